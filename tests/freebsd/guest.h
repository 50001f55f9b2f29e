/* SPDX-License-Identifier: ISC */
/*
 * A FreeBSD program without a C library: calls, output, memory.  A test program is `int test(void)`,
 * or `int test_args(int argc, char **argv)`; CHECK says which line did not hold.
 */
#ifndef VENEER_TESTS_FREEBSD_GUEST_H
#define VENEER_TESTS_FREEBSD_GUEST_H

#include <stddef.h>
#include <stdint.h>

#include "freebsd_errno.h"
#include "freebsd_flags.h"
#include "freebsd_nr.h"

#define N(name) FREEBSD_SYS_##name

/* The result, or minus the FreeBSD error. */
static inline long
sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret = nr, rdx = c;

	__asm__ volatile("syscall\n\tjnc 1f\n\tneg %%rax\n1:"
	    : "+a"(ret), "+d"(rdx), "+r"(r10), "+r"(r8), "+r"(r9)
	    : "D"(a), "S"(b) : "rcx", "r11", "memory", "cc");
	return ret;
}
#define SYS_(nr, a, b, c, d, e, f, ...) \
	sys6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define SYS(...) SYS_(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

void *memset(void *, int, size_t);
void *memcpy(void *restrict, const void *restrict, size_t);
int memcmp(const void *, const void *, size_t);
size_t strlen(const char *);
int strcmp(const char *, const char *);
void say(const char *);
void say_number(const char *, long);
void pause_ms(long);
_Noreturn void fail(const char *file, int line, const char *what, long value);

#define CHECK(e) do {					\
	if (!(e))					\
		fail(__FILE__, __LINE__, #e, 0);	\
} while (0)
#define EQUAL(a, b) do {				\
	long a_ = (long)(a);				\
	if (a_ != (long)(b))				\
		fail(__FILE__, __LINE__, #a, a_);	\
} while (0)

/* A thread on a stack of its own. */
struct thread {
	long tid;	/* 1 when it has left, for thr_exit's word */
	void (*fn)(void *);
	void *arg;
	_Alignas(16) char stack[16384];
};
void thread_start(struct thread *t, void (*fn)(void *), void *arg);
void thread_join(struct thread *t);

int test_main(int argc, char **argv);

#endif
