/* SPDX-License-Identifier: ISC */
/* Failing stub calls answer -1; the layer stores the error where %gs:8 points. */
#include <pthread.h>
#include <signal.h>

#include "t.h"
#include "veneer.h"
#include "veneer/native_nr.h"

static volatile int handled;

static void
on_signal(int sig)
{
	(void)sig;
	handled = veneer_stub1(NATIVE_SYS_dup, -1) == -1 &&
	    *veneer_error_pointer() == EBADF;
	errno = 0;
}

static void
raw(void)
{
	errno = 77;
	CHECK(veneer_stub1(NATIVE_SYS_close, -1) == -1);
	CHECK(*veneer_error_pointer() == EBADF);
	CHECK(veneer_stub3(NATIVE_SYS_open, "/does/not/exist", 0, 0) == -1);
	CHECK(*veneer_error_pointer() == ENOENT);
	CHECK(errno == 77);	/* C's errno belongs to libc */
	CHECK(veneer_stub0(NATIVE_SYS_getppid) > 0);
	CHECK(*veneer_error_pointer() == ENOENT);	/* success stores nothing */
	CHECK(veneer_stub3_dyn(NATIVE_SYS_close, -1, 0, 0) == -1);
	CHECK(*veneer_error_pointer() == EBADF);
	CHECK(veneer_stub3_dyn(599, 0, 0, 0) == -1);
	CHECK(*veneer_error_pointer() == ENOSYS);
	CHECK(veneer_stub3_dyn(-1L, 0, 0, 0) == -1);
	CHECK(*veneer_error_pointer() == ENOSYS);
	CHECK(errno == 77);
	CHECK(close(-1) == -1 && errno == EBADF);
}

static void
moved(void)
{
	int *old = veneer_error_pointer(), mine[3] = { 1, 2, 3 }, was = *old;

	veneer_set_error_pointer(&mine[1]);
	CHECK(veneer_stub3(NATIVE_SYS_open, "/does/not/exist", 0, 0) == -1);
	CHECK(mine[0] == 1 && mine[1] == ENOENT && mine[2] == 3);
	CHECK(*old == was);
	errno = 0;
	CHECK(close(-1) == -1 && errno == EBADF && mine[1] == EBADF);
	veneer_set_error_pointer(old);
}

static void *
other(void *arg)
{
	int *p = veneer_error_pointer();

	CHECK(p != arg);
	CHECK(veneer_stub1(NATIVE_SYS_close, -1) == -1 && *p == EBADF);
	return NULL;
}

/* A handler that fails between a failed call and the read of its error. */
static void
interrupted(void)
{
	int p[2];
	char b;
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGALRM, &sa, NULL);
	CHECK(pipe(p) == 0);
	ualarm(20000, 20000);	/* one that comes before the call is not the last */
	CHECK(veneer_stub3(NATIVE_SYS_read, p[0], &b, 1) == -1);
	CHECK(*veneer_error_pointer() == EINTR);
	CHECK(handled);
	handled = 0;
	CHECK(read(p[0], &b, 1) == -1 && errno == EINTR && handled);
	ualarm(0, 0);
}

int
main(void)
{
	pthread_t t;
	int *mine = veneer_error_pointer();

	raw();
	moved();
	CHECK(veneer_stub3(NATIVE_SYS_open, "/does/not/exist", 0, 0) == -1);
	CHECK(pthread_create(&t, NULL, other, mine) == 0);
	CHECK(pthread_join(t, NULL) == 0);
	CHECK(*mine == ENOENT);
	interrupted();
	return 0;
}
