/* SPDX-License-Identifier: ISC */
/* Sockets: addresses with a length, options and messages with other numbers. */
#include "guest.h"
#include "pick.h"
#include "signal_defs.h"

struct in_addr4 {
	uint8_t len, family;
	uint16_t port;
	uint8_t addr[4], zero[8];
};

static const struct in_addr4 loopback = { 16, 2, 0, { 127, 0, 0, 1 }, { 0 } };

static int
listener(struct in_addr4 *at, int flags)
{
	int s = (int)SYS(N(socket), 2, 1 | flags, 0);
	uint32_t n = sizeof(*at);

	*at = loopback;
	CHECK(s >= 0);
	EQUAL(SYS(N(bind), s, at, 16), 0);
	EQUAL(SYS(N(listen), s, 5), 0);
	EQUAL(SYS(N(getsockname), s, at, &n), 0);
	EQUAL(n, 16);
	EQUAL(at->len, 16);
	EQUAL(at->family, 2);
	CHECK(at->port != 0);
	return s;
}

static void
inet(void)
{
	struct in_addr4 at, peer;
	int s = listener(&at, FREEBSD_SOCK_NONBLOCK);
	int c = (int)SYS(N(socket), 2, 1, 0);
	uint32_t n = 4;

	EQUAL(SYS(N(accept), s, 0, 0), -FREEBSD_EAGAIN);
	EQUAL(FREEBSD_EAGAIN, 35);
	EQUAL(SYS(N(connect), c, &at, 16), 0);
	memset(&peer, 0xaa, sizeof(peer));
	int a = (int)SYS(N(accept), s, &peer, &n);
	CHECK(a >= 0);
	EQUAL(n, 4);			/* cut to the room that there was */
	EQUAL(peer.len, 16);
	EQUAL(peer.addr[0], 0xaa);
	/* O_NONBLOCK is inherited by accept, but not by accept4 */
	EQUAL(SYS(N(fcntl), a, FREEBSD_F_GETFL) & FREEBSD_O_NONBLOCK, FREEBSD_O_NONBLOCK);
	c = (int)SYS(N(socket), 2, 1, 0);
	EQUAL(SYS(N(connect), c, &at, 16), 0);
	a = (int)SYS(N(accept4), s, 0, 0, FREEBSD_SOCK_CLOEXEC);
	CHECK(a >= 0);
	EQUAL(SYS(N(fcntl), a, FREEBSD_F_GETFL) & FREEBSD_O_NONBLOCK, 0);
	EQUAL(SYS(N(fcntl), a, FREEBSD_F_GETFD), 1);
	EQUAL(SYS(N(socket), 99, 1, 0), -FREEBSD_EAFNOSUPPORT);
}

static void
inet6(void)
{
	uint8_t at[28] = { 28, 28 };
	uint32_t n = sizeof(at);
	int s = (int)SYS(N(socket), FREEBSD_AF_INET6, 2, 0);

	if (s == -FREEBSD_EAFNOSUPPORT)
		return;
	CHECK(s >= 0);
	EQUAL(SYS(N(bind), s, at, 28), 0);
	EQUAL(SYS(N(getsockname), s, at, &n), 0);
	EQUAL(n, 28);
	EQUAL(at[0], 28);
	EQUAL(at[1], 28);
}

static void
local(void)
{
	struct { uint8_t len, family; char path[104]; } at = { 5, 1, "s" };
	uint32_t n = sizeof(at);
	int s = (int)SYS(N(socket), 1, 1, 0);

	EQUAL(SYS(N(getsockname), s, &at, &n), 0);
	EQUAL(n, 16);			/* without a name */
	EQUAL(at.family, 1);
	memcpy(at.path, "sock", 5);
	EQUAL(SYS(N(bind), s, &at, 7), 0);
	EQUAL(SYS(N(bind), s, &at, 7), -FREEBSD_EINVAL);
	n = sizeof(at);
	EQUAL(SYS(N(getsockname), s, &at, &n), 0);
	EQUAL(strcmp(at.path, "sock"), 0);
	at.path[0] = '\0';		/* the host's names without a file */
	EQUAL(SYS(N(bind), (int)SYS(N(socket), 1, 1, 0), &at, 7), -FREEBSD_ENOENT);
}

struct msg {
	void *name;
	uint32_t namelen;
	void *iov;
	int32_t iovlen;
	void *control;
	uint32_t controllen;
	int32_t flags;
};
struct control {
	uint32_t len;
	int32_t level, type, pad, fd, pad2;
};

static void
rights(void)
{
	int sv[2], p[2];
	char byte = 'x';
	struct { void *base; uint64_t len; } iov = { &byte, 1 };
	struct control out = { 20, 0xffff, FREEBSD_SCM_RIGHTS, 0, 0, 0 }, in = { 0 };
	struct msg m = { .iov = &iov, .iovlen = 1, .control = &out, .controllen = 24 };

	EQUAL(SYS(N(socketpair), 1, 1, 0, sv), 0);
	EQUAL(SYS(N(pipe2), p, 0), 0);
	out.fd = p[1];
	EQUAL(SYS(N(sendmsg), sv[0], &m, 0), 1);
	m.control = &in;
	m.controllen = sizeof(in);
	EQUAL(SYS(N(recvmsg), sv[1], &m, FREEBSD_MSG_CMSG_CLOEXEC), 1);
	EQUAL(in.len, 20);
	EQUAL(in.level, 0xffff);
	EQUAL(in.type, FREEBSD_SCM_RIGHTS);
	CHECK(in.fd > p[1]);
	EQUAL(SYS(N(fcntl), in.fd, FREEBSD_F_GETFD), 1);
	EQUAL(SYS(N(write), in.fd, "y", 1), 1);
	EQUAL(SYS(N(read), p[0], &byte, 1), 1);
	EQUAL(byte, 'y');
	EQUAL(SYS(N(recvfrom), sv[1], &byte, 1, FREEBSD_MSG_DONTWAIT, 0, 0),
	    -FREEBSD_EAGAIN);
}

static void
options(void)
{
	int32_t v = 65536, got = 0;
	uint32_t n = sizeof(got);
	struct in_addr4 at;
	int s = listener(&at, 0), c = (int)SYS(N(socket), 2, 1 | FREEBSD_SOCK_NONBLOCK, 0);

	EQUAL(SYS(N(setsockopt), c, 0xffff, FREEBSD_SO_RCVBUF, &v, 4), 0);
	EQUAL(SYS(N(getsockopt), c, 0xffff, FREEBSD_SO_RCVBUF, &got, &n), 0);
	EQUAL(got, 65536);
	EQUAL(SYS(N(getsockopt), c, 0xffff, 0x7777, &got, &n), -FREEBSD_ENOPROTOOPT);
	EQUAL(SYS(N(getsockopt), 0x99, 0xffff, 0x7777, &got, &n), -FREEBSD_EBADF);
	EQUAL(SYS(N(close), s), 0);
	EQUAL(SYS(N(connect), c, &at, 16), -FREEBSD_EINPROGRESS);
	pause_ms(50);
	EQUAL(SYS(N(getsockopt), c, 0xffff, FREEBSD_SO_ERROR, &got, &n), 0);
	EQUAL(got, FREEBSD_ECONNREFUSED);
	EQUAL(FREEBSD_ECONNREFUSED, 61);
	if (version() >= 14) {
		c = (int)SYS(N(socket), FREEBSD_AF_INET6, 2, 0);
		if (c >= 0) {
			EQUAL(SYS(N(getsockopt), c, 0xffff, FREEBSD_SO_DOMAIN, &got, &n), 0);
			EQUAL(got, 28);
		}
	}
}

static void
send_file(void)
{
	int sv[2], fd = (int)SYS(N(open), "f", FREEBSD_O_RDWR | FREEBSD_O_CREAT, 0600);
	struct { const char *base; uint64_t len; } head = { "<<", 2 }, tail = { ">>", 2 };
	struct { void *h; int nh, p0; void *t; int nt, p1; } hdtr = { &head, 1, 0, &tail, 1, 0 };
	int64_t sent = -1;
	char buf[16];

	EQUAL(SYS(N(write), fd, "0123456789", 10), 10);
	EQUAL(SYS(N(socketpair), 1, 1, 0, sv), 0);
	/* the seventh argument lies on the stack; a frame of this function has room for it */
	EQUAL(SYS(N(sendfile), fd, sv[0], 2, 5, &hdtr, &sent), 0);
	EQUAL(sent, 9);
	EQUAL(SYS(N(read), sv[1], buf, 16), 9);
	EQUAL(memcmp(buf, "<<23456>>", 9), 0);
	EQUAL(SYS(N(sendfile), sv[1], sv[0], 0, 5, 0, 0), -FREEBSD_EINVAL);
}

static void
on_alarm(int sig)
{
	(void)sig;
}

/* More headers than the socket takes; nobody reads; a signal ends it. */
static void
cut_short(void)
{
	static char lots[4 << 20];
	struct { const char *base; uint64_t len; } head = { lots, sizeof(lots) };
	struct { void *h; int nh, p0; void *t; int nt, p1; } hdtr = { &head, 1, 0, 0, 0, 0 };
	struct sigaction_f sa = { .handler = (uint64_t)on_alarm };
	int64_t sent = -1, soon[4] = { 0, 50000, 0, 50000 }, never[4] = { 0 };
	int sv[2], fd = (int)SYS(N(open), "f", FREEBSD_O_RDWR | FREEBSD_O_CREAT, 0600);

	EQUAL(SYS(N(socketpair), 1, 1, 0, sv), 0);
	EQUAL(SYS(N(sigaction), FREEBSD_SIGALRM, &sa, 0), 0);
	EQUAL(SYS(N(setitimer), 0, soon, 0), 0);
	EQUAL(SYS(N(sendfile), fd, sv[0], 0, 5, &hdtr, &sent), -FREEBSD_EINTR);
	EQUAL(SYS(N(setitimer), 0, never, 0), 0);
	CHECK(sent > 0 && sent < (int64_t)sizeof(lots));
	EQUAL(SYS(N(fcntl), sv[0], FREEBSD_F_SETFL, FREEBSD_O_NONBLOCK), 0);
	EQUAL(SYS(N(sendfile), fd, sv[0], 0, 5, &hdtr, &sent), -FREEBSD_EAGAIN);
	EQUAL(sent, 0);
}

int
test_main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "inet", inet }, { "inet6", inet6 }, { "local", local },
		{ "rights", rights }, { "options", options },
		{ "send_file", send_file }, { "cut_short", cut_short },
	};

	return pick(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
