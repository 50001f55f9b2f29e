/* SPDX-License-Identifier: ISC */
/* Asynchronous io: requests, results, and each way of being told. */
#include "guest.h"
#include "pick.h"
#include "signal_defs.h"

struct event { int notify, signo; uint64_t value; int tid, pad; uint64_t spare[7]; };
struct aiocb_f {
	int fd;
	int64_t offset;
	void *buf;
	uint64_t nbytes, spare[2];
	int opcode, reqprio;
	int64_t status, error;
	void *info;
	struct event event;
};
struct ev {
	uint64_t ident;
	int16_t filter;
	uint16_t flags;
	uint32_t fflags;
	int64_t data;
	uint64_t udata, ext[4];
};

static char buf[16];
static volatile int told, code;

static int
file(void)
{
	int fd = (int)SYS(N(open), "f", FREEBSD_O_RDWR | FREEBSD_O_CREAT | FREEBSD_O_TRUNC, 0600);

	CHECK(fd >= 0);
	EQUAL(SYS(N(write), fd, "0123456789", 10), 10);
	return fd;
}

static struct aiocb_f
request(int fd, int64_t offset, uint64_t n)
{
	return (struct aiocb_f){ .fd = fd, .offset = offset, .buf = buf, .nbytes = n };
}

static void
results(void)
{
	int fd = file(), p[2];
	struct aiocb_f r = request(fd, 2, 4), w = request(fd, 10, 3), bad = request(99, 0, 1);
	struct aiocb_f *list[2] = { &r, &w }, *done;
	int64_t zero[2] = { 0, 0 };

	EQUAL(SYS(N(aio_read), &r), 0);
	EQUAL(SYS(N(aio_suspend), list, 2, 0), 0);
	EQUAL(SYS(N(aio_error), &r), 0);
	EQUAL(SYS(N(aio_return), &r), 4);
	EQUAL(memcmp(buf, "2345", 4), 0);
	EQUAL(SYS(N(aio_return), &r), -FREEBSD_EINVAL);
	EQUAL(SYS(N(aio_write), &w), 0);
	EQUAL(SYS(N(aio_cancel), fd, &w), 3);
	EQUAL(SYS(N(aio_waitcomplete), &done, 0), 3);
	EQUAL(done, &w);
	EQUAL(SYS(N(aio_waitcomplete), &done, zero), -FREEBSD_EAGAIN);
	EQUAL(done, 0);
	EQUAL(SYS(N(aio_read), &bad), -FREEBSD_EBADF);
	EQUAL(SYS(N(aio_error), &bad), FREEBSD_EBADF);
	EQUAL(SYS(N(aio_return), &bad), -FREEBSD_EINVAL);
	r.offset = -1;
	EQUAL(SYS(N(aio_read), &r), -FREEBSD_EINVAL);
	r = request(fd, 0, 4);
	r.buf = (void *)8;	/* fails while it runs: the result says so */
	EQUAL(SYS(N(aio_read), &r), 0);
	EQUAL(SYS(N(aio_error), &r), FREEBSD_EFAULT);
	EQUAL(SYS(N(aio_return), &r), -FREEBSD_EFAULT);
	EQUAL(SYS(N(pipe2), p, 0), 0);
	r = request(p[0], 0, 4);
	EQUAL(SYS(N(aio_read), &r), -FREEBSD_EOPNOTSUPP);
	r = request(fd, 0, 0);
	EQUAL(SYS(N(aio_fsync), FREEBSD_O_SYNC, &r), 0);
	EQUAL(SYS(N(aio_return), &r), 0);
	EQUAL(SYS(N(aio_fsync), 1, &r), -FREEBSD_EINVAL);
	EQUAL(SYS(N(aio_read), 8), -FREEBSD_EFAULT);
}

static void
on_done(int sig, struct siginfo_f *si)
{
	(void)sig;
	told = (int)si->value;
	code = si->code;
}

static void
telling(void)
{
	struct sigaction_f sa = { .handler = (uint64_t)on_done, .flags = FREEBSD_SA_SIGINFO };
	struct aiocb_f r = request(file(), 0, 4);
	struct ev e;
	int64_t zero[2] = { 0, 0 };

	EQUAL(SYS(N(sigaction), FREEBSD_SIGUSR1, &sa, 0), 0);
	r.event = (struct event){ FREEBSD_SIGEV_SIGNAL, FREEBSD_SIGUSR1, 71, 0, 0, { 0 } };
	EQUAL(SYS(N(aio_read), &r), 0);
	EQUAL(told, 71);
	EQUAL(code, FREEBSD_SI_ASYNCIO);
	EQUAL(SYS(N(aio_return), &r), 4);
	if (version() < 12)
		return;
	int kq = (int)SYS(N(kqueue));
	r.event = (struct event){ FREEBSD_SIGEV_KEVENT, kq, 72, 0, 0, { 0 } };
	EQUAL(SYS(N(aio_read), &r), 0);
	for (int i = 0; i < 2; i++) {
		EQUAL(SYS(N(kevent), kq, 0, 0, &e, 1, zero), 1);
		EQUAL(e.ident, &r);
		EQUAL(e.filter, FREEBSD_EVFILT_AIO);
		EQUAL(e.udata, 72);
		EQUAL(e.data, 0);
	}
	EQUAL(SYS(N(aio_return), &r), 4);
	EQUAL(SYS(N(kevent), kq, 0, 0, &e, 1, zero), 0);
	r.event.signo = 1;
	EQUAL(SYS(N(aio_read), &r), -FREEBSD_EBADF);
}

static void
lists(void)
{
	int fd = file();
	struct aiocb_f r = request(fd, 0, 4), w = request(fd, 5, 2), nop = request(-1, 0, 0),
	    bad = request(99, 0, 1);
	struct aiocb_f *list[4] = { &r, &w, &nop, 0 };
	struct event e = { FREEBSD_SIGEV_SIGNAL, FREEBSD_SIGUSR1, 73, 0, 0, { 0 } };
	struct sigaction_f sa = { .handler = (uint64_t)on_done, .flags = FREEBSD_SA_SIGINFO };

	r.opcode = FREEBSD_LIO_READ;
	w.opcode = FREEBSD_LIO_WRITE;
	bad.opcode = FREEBSD_LIO_READ;
	EQUAL(SYS(N(sigaction), FREEBSD_SIGUSR1, &sa, 0), 0);
	EQUAL(SYS(N(lio_listio), FREEBSD_LIO_WAIT, list, 4, 0), 0);
	EQUAL(SYS(N(aio_return), &r), 4);
	EQUAL(SYS(N(aio_return), &w), 2);
	EQUAL(SYS(N(aio_return), &nop), -FREEBSD_EINVAL);
	list[2] = &bad;
	EQUAL(SYS(N(lio_listio), FREEBSD_LIO_NOWAIT, list, 4, &e), -FREEBSD_EIO);
	EQUAL(told, 73);
	EQUAL(SYS(N(aio_error), &bad), FREEBSD_EBADF);
	EQUAL(SYS(N(aio_return), &r), 4);
	EQUAL(SYS(N(aio_return), &w), 2);
	EQUAL(SYS(N(lio_listio), 7, list, 4, 0), -FREEBSD_EINVAL);
}

/* No more than the kernel keeps; a child has none. */
static void
limits(void)
{
	static struct aiocb_f many[300];
	int fd = file(), n = 0, status = 0;

	for (int i = 0; i < 300; i++)
		many[i] = request(fd, 0, 1);
	while (n < 300 && SYS(N(aio_read), &many[n]) == 0)
		n++;
	EQUAL(n, 256);
	EQUAL(SYS(N(aio_read), &many[n]), -FREEBSD_EAGAIN);
	long child = SYS(N(fork));
	if (child == 0) {
		EQUAL(SYS(N(aio_return), &many[0]), -FREEBSD_EINVAL);
		EQUAL(SYS(N(aio_read), &many[1]), 0);
		SYS(N(exit), 0);
	}
	EQUAL(SYS(N(wait4), child, &status, 0, 0), child);
	EQUAL(status, 0);
	for (int i = 0; i < n; i++)
		EQUAL(SYS(N(aio_return), &many[i]), 1);
	EQUAL(SYS(N(aio_read), &many[n]), 0);
}

int
test_main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "results", results }, { "telling", telling }, { "lists", lists },
		{ "limits", limits },
	};

	return pick(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
