/* SPDX-License-Identifier: ISC */
/* kqueue and kevent, each promise of kqueue(2) that the layer keeps. */
#include "guest.h"
#include "signal_defs.h"

struct ev {
	uint64_t ident;
	int16_t filter;
	uint16_t flags;
	uint32_t fflags;
	int64_t data;
	uint64_t udata, ext[4];
};

static int kq;
static struct ev got[16];

static long
change(uint64_t ident, int filter, int flags, uint32_t fflags, int64_t data)
{
	struct ev e = { ident, (int16_t)filter, (uint16_t)flags, fflags, data, ident + 1000,
		{ 0 } };

	return SYS(N(kevent), kq, &e, 1, 0, 0, 0);
}

static long
wait_ms(long ms)
{
	int64_t ts[2] = { ms / 1000, ms % 1000 * 1000000 };

	memset(got, 0, sizeof(got));
	return SYS(N(kevent), kq, 0, 0, got, 16, ts);
}

static void
fresh(void)
{
	kq = (int)SYS(N(kqueue), 0);
	CHECK(kq >= 0);
}

static void
make_pipe(int *fds)
{
	EQUAL(SYS(N(pipe2), fds, FREEBSD_O_NONBLOCK), 0);
}

/* ---- descriptors ---- */

static void
level(void)
{
	char buf[16];
	int p[2];

	fresh();
	make_pipe(p);
	EQUAL(change(p[0], FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0), 0);
	EQUAL(wait_ms(0), 0);
	SYS(N(write), p[1], "abc", 3);
	for (int i = 0; i < 2; i++) {
		EQUAL(wait_ms(60000), 1);
		EQUAL(got[0].ident, p[0]);
		EQUAL(got[0].filter, FREEBSD_EVFILT_READ);
		EQUAL(got[0].data, 3);
		EQUAL(got[0].udata, p[0] + 1000);
		EQUAL(got[0].flags, 0);
	}
	SYS(N(read), p[0], buf, 16);
	EQUAL(wait_ms(0), 0);
	SYS(N(close), p[1]);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].flags, FREEBSD_EV_EOF);
	EQUAL(got[0].data, 0);
	SYS(N(close), p[0]);
	EQUAL(wait_ms(0), 0);
	SYS(N(close), kq);
}

static void
edge(void)
{
	int p[2];

	fresh();
	make_pipe(p);
	EQUAL(change(p[0], FREEBSD_EVFILT_READ, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, 0, 0), 0);
	SYS(N(write), p[1], "abc", 3);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].flags, FREEBSD_EV_CLEAR);
	EQUAL(got[0].data, 3);
	EQUAL(wait_ms(0), 0);
	SYS(N(write), p[1], "d", 1);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].data, 4);
	EQUAL(wait_ms(0), 0);
	SYS(N(close), p[0]);
	SYS(N(close), p[1]);
	SYS(N(close), kq);
}

static void
once(void)
{
	int p[2];

	fresh();
	make_pipe(p);
	SYS(N(write), p[1], "abc", 3);
	EQUAL(change(p[0], FREEBSD_EVFILT_READ, FREEBSD_EV_ADD | FREEBSD_EV_ONESHOT, 0, 0), 0);
	EQUAL(wait_ms(60000), 1);
	EQUAL(wait_ms(0), 0);
	EQUAL(change(p[0], FREEBSD_EVFILT_READ, FREEBSD_EV_DELETE, 0, 0), -FREEBSD_ENOENT);
	EQUAL(change(p[0], FREEBSD_EVFILT_READ, FREEBSD_EV_ADD | FREEBSD_EV_DISPATCH, 0, 0), 0);
	EQUAL(wait_ms(60000), 1);
	EQUAL(wait_ms(0), 0);
	EQUAL(change(p[0], FREEBSD_EVFILT_READ, FREEBSD_EV_ENABLE, 0, 0), 0);
	EQUAL(wait_ms(60000), 1);
	EQUAL(wait_ms(0), 0);
	EQUAL(change(p[0], FREEBSD_EVFILT_READ, FREEBSD_EV_DELETE, 0, 0), 0);
	EQUAL(change(p[0], FREEBSD_EVFILT_READ, FREEBSD_EV_ADD | FREEBSD_EV_DISABLE, 0, 0), 0);
	EQUAL(wait_ms(0), 0);
	SYS(N(close), p[1]);
	EQUAL(wait_ms(0), 0);
	EQUAL(change(p[0], FREEBSD_EVFILT_READ, FREEBSD_EV_ENABLE, 0, 0), 0);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].flags, FREEBSD_EV_EOF);
	EQUAL(got[0].data, 3);
	SYS(N(close), p[0]);
	SYS(N(close), kq);
}

/* Both filters of one descriptor, one edge- and one level-triggered. */
static void
both(void)
{
	int s[2];
	char c;

	fresh();
	EQUAL(SYS(N(socketpair), 1, 1, 0, s), 0);
	EQUAL(change(s[0], FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0), 0);
	EQUAL(change(s[0], FREEBSD_EVFILT_WRITE, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, 0, 0), 0);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].filter, FREEBSD_EVFILT_WRITE);
	CHECK(got[0].data > 0);
	EQUAL(wait_ms(0), 0);
	SYS(N(write), s[1], "xy", 2);
	for (int i = 0; i < 3; i++) {
		long n = wait_ms(60000);

		CHECK(n >= 1);
		CHECK(got[0].filter == FREEBSD_EVFILT_READ || n == 2);
	}
	SYS(N(read), s[0], &c, 1);
	EQUAL(wait_ms(0), 1);
	EQUAL(got[0].data, 1);
	SYS(N(read), s[0], &c, 1);
	EQUAL(wait_ms(0), 0);
	EQUAL(change(s[0], FREEBSD_EVFILT_WRITE, FREEBSD_EV_DELETE, 0, 0), 0);
	SYS(N(close), s[1]);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].filter, FREEBSD_EVFILT_READ);
	CHECK(got[0].flags & FREEBSD_EV_EOF);
	SYS(N(close), s[0]);
	SYS(N(close), kq);
}

static void
lowat(void)
{
	int s[2];

	fresh();
	EQUAL(SYS(N(socketpair), 1, 1, 0, s), 0);
	EQUAL(change(s[0], FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, FREEBSD_NOTE_LOWAT, 4), 0);
	SYS(N(write), s[1], "xy", 2);
	EQUAL(wait_ms(20), 0);
	SYS(N(write), s[1], "xy", 2);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].data, 4);
	SYS(N(close), s[0]);
	SYS(N(close), s[1]);
	SYS(N(close), kq);
}

static void
sockets(void)
{
	struct { uint8_t len, family; uint16_t port; uint32_t addr; uint64_t zero; } a =
	    { 16, 2, 0, 0x0100007f, 0 };
	uint32_t len = sizeof(a);
	int l = (int)SYS(N(socket), 2, 1, 0), c = (int)SYS(N(socket), 2, 1, 0);

	fresh();
	/* Not connected: nothing to tell. */
	EQUAL(change(c, FREEBSD_EVFILT_WRITE, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, 0, 0), 0);
	EQUAL(change(c, FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0), 0);
	EQUAL(wait_ms(10), 0);
	EQUAL(SYS(N(bind), l, &a, sizeof(a)), 0);
	EQUAL(SYS(N(listen), l, 5), 0);
	EQUAL(change(l, FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0), 0);
	EQUAL(SYS(N(getsockname), l, &a, &len), 0);
	EQUAL(SYS(N(connect), c, &a, sizeof(a)), 0);
	long n = wait_ms(60000);
	if (n == 1)	/* the two ends need not be ready at one moment */
		CHECK(wait_ms(60000) >= 1 || got[0].ident != 0);
	EQUAL(change(c, FREEBSD_EVFILT_WRITE, FREEBSD_EV_DELETE, 0, 0), 0);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].ident, l);
	EQUAL(got[0].data, 1);
	SYS(N(close), l);
	SYS(N(close), c);
	SYS(N(close), kq);
}

static void
files(void)
{
	int fd = (int)SYS(N(open), "kq.tmp", FREEBSD_O_RDWR | FREEBSD_O_CREAT |
	    FREEBSD_O_TRUNC, 0600);
	char buf[8];

	fresh();
	CHECK(fd >= 0);
	SYS(N(write), fd, "12345", 5);
	EQUAL(change(fd, FREEBSD_EVFILT_WRITE, FREEBSD_EV_ADD | FREEBSD_EV_ONESHOT, 0, 0), 0);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].filter, FREEBSD_EVFILT_WRITE);
	EQUAL(change(fd, FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0), 0);
	EQUAL(wait_ms(10), 0);
	SYS(N(pwrite), fd, "678", 3, 5);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].data, 3);
	EQUAL(wait_ms(0), 1);
	SYS(N(read), fd, buf, 8);
	EQUAL(wait_ms(0), 0);
	EQUAL(change(fd, FREEBSD_EVFILT_VNODE, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR,
	    FREEBSD_NOTE_WRITE | FREEBSD_NOTE_EXTEND | FREEBSD_NOTE_DELETE |
	    FREEBSD_NOTE_RENAME | FREEBSD_NOTE_ATTRIB, 0), 0);
	EQUAL(change(fd, FREEBSD_EVFILT_READ, FREEBSD_EV_DELETE, 0, 0), 0);
	SYS(N(pwrite), fd, "9", 1, 8);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].fflags, FREEBSD_NOTE_WRITE | FREEBSD_NOTE_EXTEND);
	SYS(N(rename), "kq.tmp", "kq.tmp2");
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].fflags, FREEBSD_NOTE_RENAME);
	SYS(N(unlink), "kq.tmp2");
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].fflags, FREEBSD_NOTE_DELETE);
	SYS(N(close), fd);
	EQUAL(wait_ms(0), 0);
	SYS(N(close), kq);
}

/* Truncation is a change of attributes, writing what follows is none. */
static void
truncation(void)
{
	int fd = (int)SYS(N(open), "kq.tmp", FREEBSD_O_RDWR | FREEBSD_O_CREAT, 0600);

	fresh();
	SYS(N(write), fd, "12345", 5);
	EQUAL(change(fd, FREEBSD_EVFILT_VNODE, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR,
	    FREEBSD_NOTE_WRITE | FREEBSD_NOTE_ATTRIB, 0), 0);
	EQUAL(SYS(N(close), SYS(N(open), "kq.tmp", FREEBSD_O_RDWR | FREEBSD_O_TRUNC, 0)), 0);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].fflags, FREEBSD_NOTE_ATTRIB);
	SYS(N(pwrite), fd, "9", 1, 0);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].fflags, FREEBSD_NOTE_WRITE);
	SYS(N(unlink), "kq.tmp");
	SYS(N(close), fd);
	SYS(N(close), kq);
}

/* An open directory hears of its own removal, where it was made and where it was moved to. */
static void
directories(void)
{
	fresh();
	for (int moved = 0; moved < 2; moved++) {
		EQUAL(SYS(N(mkdir), "kq.up", 0700), 0);
		EQUAL(SYS(N(mkdir), "kq.dir", 0700), 0);
		EQUAL(SYS(N(mkdir), "kq.other", 0700), 0);
		int fd = (int)SYS(N(open), "kq.dir", FREEBSD_O_RDONLY, 0);

		CHECK(fd >= 0);
		EQUAL(change(fd, FREEBSD_EVFILT_VNODE, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR,
		    FREEBSD_NOTE_DELETE | FREEBSD_NOTE_RENAME, 0), 0);
		EQUAL(SYS(N(rmdir), "kq.other"), 0);
		EQUAL(wait_ms(0), 0);
		if (moved) {
			EQUAL(SYS(N(rename), "kq.dir", "kq.up/kq.dir"), 0);
			EQUAL(wait_ms(60000), 1);
			EQUAL(got[0].fflags, FREEBSD_NOTE_RENAME);
		}
		EQUAL(SYS(N(rmdir), moved ? "kq.up/kq.dir" : "kq.dir"), 0);
		EQUAL(wait_ms(60000), 1);
		EQUAL(got[0].fflags, FREEBSD_NOTE_DELETE);
		EQUAL(wait_ms(0), 0);
		EQUAL(SYS(N(close), fd), 0);
		EQUAL(SYS(N(rmdir), "kq.up"), 0);
	}
	SYS(N(close), kq);
}

/* ---- USER ---- */

static struct thread helper;

static void
trigger_later(void *arg)
{
	(void)arg;
	pause_ms(30);
	EQUAL(change(7, FREEBSD_EVFILT_USER, 0, FREEBSD_NOTE_TRIGGER, 0), 0);
}

static void
user(void)
{
	fresh();
	EQUAL(change(7, FREEBSD_EVFILT_USER, 0, FREEBSD_NOTE_TRIGGER, 0), -FREEBSD_ENOENT);
	EQUAL(change(7, FREEBSD_EVFILT_USER, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, 0, 0), 0);
	EQUAL(wait_ms(0), 0);
	EQUAL(change(7, FREEBSD_EVFILT_USER, 0,
	    FREEBSD_NOTE_TRIGGER | FREEBSD_NOTE_FFCOPY | 0x55, 42), 0);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].fflags, 0x55);
	EQUAL(got[0].data, 42);
	EQUAL(wait_ms(0), 0);
	/* It wakes who waits. */
	thread_start(&helper, trigger_later, 0);
	EQUAL(SYS(N(kevent), kq, 0, 0, got, 16, 0), 1);
	EQUAL(got[0].ident, 7);
	thread_join(&helper);
	EQUAL(change(7, FREEBSD_EVFILT_USER, FREEBSD_EV_DELETE, 0, 0), 0);
	/* Without EV_CLEAR it stays triggered. */
	EQUAL(change(8, FREEBSD_EVFILT_USER, FREEBSD_EV_ADD, 0, 0), 0);
	EQUAL(change(8, FREEBSD_EVFILT_USER, 0, FREEBSD_NOTE_TRIGGER, 0), 0);
	EQUAL(wait_ms(0), 1);
	EQUAL(wait_ms(0), 1);
	EQUAL(change(8, FREEBSD_EVFILT_USER, FREEBSD_EV_DISABLE, 0, 0), 0);
	EQUAL(wait_ms(0), 0);
	EQUAL(change(8, FREEBSD_EVFILT_USER, FREEBSD_EV_ENABLE, 0, 0), 0);
	EQUAL(wait_ms(0), 1);
	SYS(N(close), kq);
}

/* ---- TIMER ---- */

static void
timers(void)
{
	fresh();
	EQUAL(change(1, FREEBSD_EVFILT_TIMER, FREEBSD_EV_ADD | FREEBSD_EV_ONESHOT, 0, 300), 0);
	EQUAL(wait_ms(0), 0);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].data, 1);
	EQUAL(wait_ms(30), 0);
	EQUAL(change(2, FREEBSD_EVFILT_TIMER, FREEBSD_EV_ADD, FREEBSD_NOTE_USECONDS, 5000), 0);
	pause_ms(28);
	EQUAL(wait_ms(60000), 1);
	CHECK(got[0].data >= 5);
	CHECK(got[0].flags & FREEBSD_EV_CLEAR);
	EQUAL(wait_ms(60000), 1);
	EQUAL(change(2, FREEBSD_EVFILT_TIMER, FREEBSD_EV_DELETE, 0, 0), 0);
	EQUAL(wait_ms(20), 0);
	EQUAL(change(3, FREEBSD_EVFILT_TIMER, FREEBSD_EV_ADD, 0, -1), -FREEBSD_EINVAL);
	EQUAL(change(3, FREEBSD_EVFILT_TIMER, FREEBSD_EV_ADD,
	    FREEBSD_NOTE_SECONDS | FREEBSD_NOTE_ABSTIME, 1), 0);
	EQUAL(wait_ms(60000), 1);
	SYS(N(close), kq);
}

/* ---- SIGNAL, PROC ---- */

static volatile int handled;

static void
on_signal(int sig)
{
	(void)sig;
	handled++;
}

static void
send_later(void *arg)
{
	(void)arg;
	pause_ms(30);
	SYS(N(kill), SYS(N(getpid)), FREEBSD_SIGUSR2);
}

static void
signals(void)
{
	struct sigaction_f ign = { .handler = 1 }, old, h = { .handler = (uint64_t)on_signal };
	long pid = SYS(N(getpid));

	fresh();
	EQUAL(SYS(N(sigaction), FREEBSD_SIGUSR2, &ign, 0), 0);
	EQUAL(change(FREEBSD_SIGUSR2, FREEBSD_EVFILT_SIGNAL, FREEBSD_EV_ADD, 0, 0), 0);
	EQUAL(SYS(N(sigaction), FREEBSD_SIGUSR2, 0, &old), 0);
	EQUAL(old.handler, 1);
	SYS(N(kill), pid, FREEBSD_SIGUSR2);
	SYS(N(kill), pid, FREEBSD_SIGUSR2);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].ident, FREEBSD_SIGUSR2);
	EQUAL(got[0].data, 2);
	EQUAL(wait_ms(0), 0);
	thread_start(&helper, send_later, 0);
	EQUAL(SYS(N(kevent), kq, 0, 0, got, 16, 0), 1);
	EQUAL(got[0].data, 1);
	thread_join(&helper);
	EQUAL(SYS(N(sigaction), FREEBSD_SIGUSR2, &h, 0), 0);
	SYS(N(kill), pid, FREEBSD_SIGUSR2);
	EQUAL(handled, 1);
	EQUAL(wait_ms(60000), 1);
	EQUAL(SYS(N(sigaction), FREEBSD_SIGUSR2, &ign, 0), 0);
	EQUAL(change(FREEBSD_SIGUSR2, FREEBSD_EVFILT_SIGNAL, FREEBSD_EV_DELETE, 0, 0), 0);
	SYS(N(kill), pid, FREEBSD_SIGUSR2);
	EQUAL(wait_ms(0), 0);
	EQUAL(change(500, FREEBSD_EVFILT_SIGNAL, FREEBSD_EV_ADD, 0, 0), -FREEBSD_EINVAL);
	SYS(N(close), kq);
}

static void
processes(void)
{
	fresh();
	long pid = SYS(N(fork));
	if (pid == 0) {
		/* Not inherited. */
		if (SYS(N(kevent), kq, 0, 0, got, 1, 0) != -FREEBSD_EBADF)
			SYS(N(exit), 1);
		/* Its own work as ever, in memory of its own. */
		fresh();
		EQUAL(change(9, FREEBSD_EVFILT_USER, FREEBSD_EV_ADD, 0, 0), 0);
		EQUAL(change(9, FREEBSD_EVFILT_USER, 0, FREEBSD_NOTE_TRIGGER, 0), 0);
		EQUAL(wait_ms(0), 1);
		pause_ms(30);
		SYS(N(exit), 7);
	}
	EQUAL(change(pid, FREEBSD_EVFILT_PROC, FREEBSD_EV_ADD, FREEBSD_NOTE_EXIT, 0), 0);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].ident, pid);
	EQUAL(got[0].fflags, FREEBSD_NOTE_EXIT);
	EQUAL(got[0].data, 7 << 8);
	CHECK(got[0].flags & FREEBSD_EV_EOF);
	EQUAL(wait_ms(0), 0);
	EQUAL(SYS(N(wait4), pid, 0, 0, 0), pid);
	EQUAL(change(pid, FREEBSD_EVFILT_PROC, FREEBSD_EV_ADD, FREEBSD_NOTE_EXIT, 0),
	    -FREEBSD_ESRCH);
	SYS(N(close), kq);
}

/* ---- errors, receipts, nesting ---- */

static void
errors(void)
{
	struct ev e[2] = {
		{ 99, FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0, 5, { 0 } },
		{ 3, FREEBSD_EVFILT_USER, FREEBSD_EV_ADD | FREEBSD_EV_RECEIPT, 0, 0, 6, { 0 } },
	};
	int64_t zero[2] = { 0, 0 }, bad[2] = { 0, -1 };

	fresh();
	EQUAL(SYS(N(kevent), kq, e, 2, got, 16, zero), 2);
	EQUAL(got[0].flags, FREEBSD_EV_ERROR);
	EQUAL(got[0].data, FREEBSD_EBADF);
	EQUAL(got[0].udata, 5);
	EQUAL(got[1].flags, FREEBSD_EV_ERROR);
	EQUAL(got[1].data, 0);
	EQUAL(SYS(N(kevent), kq, e, 1, 0, 0, zero), -FREEBSD_EBADF);
	EQUAL(SYS(N(kevent), 0, 0, 0, got, 1, zero), -FREEBSD_EBADF);
	EQUAL(SYS(N(kevent), kq, 0, 0, got, 1, bad), -FREEBSD_EINVAL);
	EQUAL(SYS(N(kevent), kq, 0, -1, got, 1, zero), -FREEBSD_EINVAL);
	EQUAL(SYS(N(kevent), kq, 0x1000, 1, got, 1, zero), -FREEBSD_EFAULT);
	EQUAL(change(1, -30, FREEBSD_EV_ADD, 0, 0), -FREEBSD_EINVAL);
	EQUAL(change(kq, FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0), -FREEBSD_EINVAL);
	SYS(N(close), kq);
	EQUAL(wait_ms(0), -FREEBSD_EBADF);
}

static void
nested(void)
{
	int outer, inner, p[2];

	fresh();
	inner = kq;
	fresh();
	outer = kq;
	make_pipe(p);
	EQUAL(change(inner, FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0), 0);
	kq = inner;
	EQUAL(change(p[0], FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0), 0);
	kq = outer;
	EQUAL(wait_ms(0), 0);
	SYS(N(write), p[1], "x", 1);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].ident, inner);
	kq = inner;
	char c;
	SYS(N(read), p[0], &c, 1);
	EQUAL(change(1, FREEBSD_EVFILT_USER, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, 0, 0), 0);
	kq = outer;
	EQUAL(wait_ms(0), 0);
	kq = inner;
	EQUAL(change(1, FREEBSD_EVFILT_USER, 0, FREEBSD_NOTE_TRIGGER, 0), 0);
	kq = outer;
	EQUAL(wait_ms(60000), 1);
	kq = inner;
	EQUAL(wait_ms(0), 1);
	kq = outer;
	EQUAL(wait_ms(0), 0);
	/* Another descriptor of the same queue. */
	kq = (int)SYS(N(dup), inner);
	EQUAL(change(1, FREEBSD_EVFILT_USER, 0, FREEBSD_NOTE_TRIGGER, 0), 0);
	SYS(N(close), inner);
	EQUAL(wait_ms(0), 1);
	SYS(N(close), kq);
	SYS(N(close), outer);
}

/* What closes everything does not close what the layer needs. */
static void
closing(void)
{
	int p[2];

	fresh();
	make_pipe(p);
	EQUAL(change(7, FREEBSD_EVFILT_USER, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, 0, 0), 0);
	EQUAL(change(7, FREEBSD_EVFILT_USER, 0, FREEBSD_NOTE_TRIGGER, 0), 0);
	EQUAL(wait_ms(0), 1);
	EQUAL(change(p[0], FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0), 0);
	SYS(N(write), p[1], "x", 1);
	EQUAL(SYS(N(close_range), kq + 1, ~0u, 0), 0);
	EQUAL(SYS(N(close), p[0]), -FREEBSD_EBADF);
	EQUAL(wait_ms(0), 0);
	for (int fd = kq + 1; fd < 1024; fd++)
		SYS(N(close), fd);
	thread_start(&helper, trigger_later, 0);
	EQUAL(SYS(N(kevent), kq, 0, 0, got, 16, 0), 1);
	thread_join(&helper);
	for (int fd = kq + 1; fd < 1024; fd++)
		EQUAL(SYS(N(dup2), 1, fd), fd);
	thread_start(&helper, trigger_later, 0);
	EQUAL(SYS(N(kevent), kq, 0, 0, got, 16, 0), 1);
	thread_join(&helper);
	SYS(N(close_range), kq, ~0u, 0);
	EQUAL(wait_ms(0), -FREEBSD_EBADF);
}

/* Entries of the list of descriptors from FROM on. */
static int
listed(int from)
{
	static char buf[8192];
	int64_t base;
	int n = 0, fd = (int)SYS(N(open), "/dev/fd", FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY, 0);
	long got_bytes;

	CHECK(fd >= 0);
	while ((got_bytes = SYS(N(getdirentries), fd, buf, sizeof(buf), &base)) > 0) {
		for (long at = 0; at < got_bytes;) {
			const char *name = buf + at + 24;
			uint16_t reclen;
			int v = 0;

			while (*name >= '0' && *name <= '9')
				v = v * 10 + (*name++ - '0');
			n += v >= from;
			memcpy(&reclen, buf + at + 16, sizeof(reclen));
			at += reclen;
		}
	}
	SYS(N(close), fd);
	return n;
}

/* What the layer opens for itself is not there for the guest, and makes room for it. */
static void
own(void)
{
	static char st[256];
	int p[2], file, high;

	SYS(N(close_range), 3, ~0u, 0);		/* what was inherited */
	fresh();
	make_pipe(p);
	file = (int)SYS(N(open), "own", FREEBSD_O_RDWR | FREEBSD_O_CREAT, 0600);
	CHECK(file >= 0);
	high = file + 1;
	long pid = SYS(N(fork));
	if (pid == 0) {
		struct { int fd; int16_t events, revents; } pfd = { p[0], FREEBSD_POLLIN, 0 };

		SYS(N(poll), &pfd, 1, -1);
		SYS(N(exit), 5);
	}
	EQUAL(change(pid, FREEBSD_EVFILT_PROC, FREEBSD_EV_ADD, FREEBSD_NOTE_EXIT, 0), 0);
	EQUAL(change(file, FREEBSD_EVFILT_VNODE, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR,
	    FREEBSD_NOTE_WRITE, 0), 0);
	EQUAL(change(7, FREEBSD_EVFILT_USER, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR,
	    FREEBSD_NOTE_TRIGGER, 0), 0);
	EQUAL(wait_ms(0), 1);
	for (int fd = high; fd < 1100; fd++) {
		EQUAL(SYS(N(fcntl), fd, FREEBSD_F_GETFD), -FREEBSD_EBADF);
		EQUAL(SYS(N(fstat), fd, st), -FREEBSD_EBADF);
		EQUAL(SYS(N(read), fd, st, 8), -FREEBSD_EBADF);	/* which the gate would pass through */
		EQUAL(SYS(N(write), fd, st, 8), -FREEBSD_EBADF);
		EQUAL(SYS(N(lseek), fd, 0, 0), -FREEBSD_EBADF);
		EQUAL(SYS(N(dup), fd), -FREEBSD_EBADF);
		EQUAL(SYS(N(close), fd), -FREEBSD_EBADF);
	}
	EQUAL(listed(high + 1), 0);
	for (int fd = high; fd < 1024; fd++)
		EQUAL(SYS(N(dup2), 1, fd), fd);
	SYS(N(close_range), high, 1023, 0);
	EQUAL(listed(high + 1), 0);
	SYS(N(write), file, "x", 1);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].ident, file);
	SYS(N(write), p[1], "x", 1);
	EQUAL(wait_ms(60000), 1);
	EQUAL(got[0].ident, pid);
	EQUAL(got[0].data, 5 << 8);
	EQUAL(SYS(N(wait4), pid, 0, 0, 0), pid);
	for (int fd = kq; fd < high; fd++)
		SYS(N(close), fd);
	SYS(N(unlink), "own");
}

/* Many at once, and more than fit in one answer. */
static void
many(void)
{
	static struct ev e[200];
	int seen = 0;
	int64_t zero[2] = { 0, 0 };

	fresh();
	for (int i = 0; i < 200; i++) {
		e[i] = (struct ev){ (uint64_t)i, FREEBSD_EVFILT_USER,
			FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, FREEBSD_NOTE_TRIGGER, 0, 0, { 0 } };
	}
	EQUAL(SYS(N(kevent), kq, e, 200, 0, 0, zero), 0);
	for (;;) {
		long n = SYS(N(kevent), kq, 0, 0, e, 200, zero);
		if (n == 0)
			break;
		CHECK(n > 0);
		seen += (int)n;
	}
	EQUAL(seen, 200);
	SYS(N(close), kq);
}

int
test_main(int argc, char **argv)
{
	static const struct { const char *name; void (*fn)(void); } tests[] = {
		{ "level", level }, { "edge", edge }, { "once", once }, { "both", both },
		{ "lowat", lowat }, { "sockets", sockets }, { "files", files },
		{ "truncation", truncation }, { "directories", directories }, { "user", user },
		{ "timers", timers }, { "signals", signals }, { "processes", processes },
		{ "errors", errors }, { "nested", nested }, { "closing", closing }, { "own", own },
		{ "many", many },
	};

	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (argc < 2 || strcmp(argv[1], tests[i].name) == 0)
			tests[i].fn();
	say("ok\n");
	return 0;
}
