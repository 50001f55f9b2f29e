/* SPDX-License-Identifier: ISC */
/*
 * Host calls of the two static programs, front and enter.  They have no libc; every
 * result is raw, -4095..-1 is an error.
 */
#ifndef VENEER_LOADER_HOST_H
#define VENEER_LOADER_HOST_H

#include "host_nr.h"

static inline long
host6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall" : "=a"(ret)
	    : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
	    : "rcx", "r11", "memory");
	return ret;
}

static inline long
host3(long nr, long a, long b, long c)
{
	return host6(nr, a, b, c, 0, 0, 0);
}

static inline long
host4(long nr, long a, long b, long c, long d)
{
	return host6(nr, a, b, c, d, 0, 0);
}

#endif
