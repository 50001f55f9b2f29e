/* SPDX-License-Identifier: ISC */
/* What late.c asks of the system it is built for.  Results are values or -1 and their kind. */
#ifndef VENEER_TESTS_LATE_OS_H
#define VENEER_TESTS_LATE_OS_H

#ifdef LATE_FREEBSD
#include "guest.h"

enum {
	R = 1, W = 2, X = 4,
	OS_SHARED = FREEBSD_MAP_SHARED, OS_PRIVATE = FREEBSD_MAP_PRIVATE,
	OS_FIXED = FREEBSD_MAP_FIXED, OS_ANON = FREEBSD_MAP_ANON,
	OS_EXCL = FREEBSD_MAP_FIXED | FREEBSD_MAP_EXCL,
	OS_RDWR = 2, OS_SIGCHLD = 20, OS_DONTNEED = 4,
};
#define os_call(...) SYS(__VA_ARGS__)
#define OS(name) N(name)
#define os_failed(r) ((long)(r) < 0 && (long)(r) > -4096)
#define os_mmap(a, n, p, f, fd, o) SYS(N(mmap), a, n, p, f, fd, o)
#define os_open(path, flags) SYS(N(openat), -100, path, flags, 0)
#define os_pread(fd, p, n, o) SYS(N(pread), fd, p, n, o)
#define os_write(fd, p, n, o) SYS(N(pwrite), fd, p, n, o)
#define os_fork() SYS(N(fork))
#define os_wait(pid, st) SYS(N(wait4), pid, st, 0, 0)
#define os_close(fd) SYS(N(close), fd)
#define os_munmap(a, n) SYS(N(munmap), a, n)
#define os_mprotect(a, n, p) SYS(N(mprotect), a, n, p)
#define os_getppid() SYS(N(getppid))
#define os_exit(c) SYS(N(exit), c)
#else
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	R = 1, W = 2, X = 4,
	OS_SHARED = MAP_SHARED, OS_PRIVATE = MAP_PRIVATE,
	OS_FIXED = MAP_FIXED, OS_ANON = MAP_ANONYMOUS,
	OS_EXCL = 0x100000, OS_RDWR = O_RDWR,
};
#define os_failed(r) ((long)(r) == -1)
#define os_mmap(a, n, p, f, fd, o) \
	((long)mmap((void *)(a), (size_t)(n), p, f, (int)(fd), (off_t)(o)))
#define os_open(path, flags) ((long)open(path, flags))
#define os_pread(fd, p, n, o) ((long)pread((int)(fd), p, n, (off_t)(o)))
#define os_write(fd, p, n, o) ((long)pwrite((int)(fd), p, n, (off_t)(o)))
#define os_fork() ((long)fork())
#define os_wait(pid, st) ((long)wait4((pid_t)(pid), st, 0, NULL))
#define os_close(fd) close((int)(fd))
#define os_munmap(a, n) munmap((void *)(a), (size_t)(n))
#define os_mprotect(a, n, p) mprotect((void *)(a), (size_t)(n), p)
#define os_getppid() ((long)getppid())
#define os_exit(c) _exit(c)
#define say(s) ((void)!write(1, s, strlen(s)))
static inline _Noreturn void
fail(const char *file, int line, const char *what, long value)
{
	fprintf(stderr, "%s: line %d: %s is %ld\n", file, line, what, value);
	exit(1);
}
#define CHECK(e) do {					\
	if (!(e))					\
		fail(__FILE__, __LINE__, #e, 0);	\
} while (0)
#define EQUAL(a, b) do {				\
	long a_ = (long)(a);				\
	if (a_ != (long)(b))				\
		fail(__FILE__, __LINE__, #a, a_);	\
} while (0)
/* A thread as the FreeBSD guests have it. */
struct thread {
	pthread_t id;
	void (*fn)(void *);
	void *arg;
};
static inline void *
thread_main(void *t)
{
	((struct thread *)t)->fn(((struct thread *)t)->arg);
	return NULL;
}
static inline void
thread_start(struct thread *t, void (*fn)(void *), void *arg)
{
	t->fn = fn;
	t->arg = arg;
	CHECK(pthread_create(&t->id, NULL, thread_main, t) == 0);
}
static inline void
thread_join(struct thread *t)
{
	CHECK(pthread_join(t->id, NULL) == 0);
}
static inline void
pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}
#endif

#endif
