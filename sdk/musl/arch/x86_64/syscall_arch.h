/* SPDX-License-Identifier: ISC */
/*
 * musl's way to the kernel: stub calls.  Its internals want -errno, so a failure is read back
 * through the error pointer; errno itself changes only where musl sets it.  There is no vDSO:
 * the stubs of the calls that it would serve are answered in userspace.
 */
#include "veneer.h"

#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

static __inline __attribute__((__always_inline__)) long
__veneer_raw(long r)
{
	if (__builtin_expect(r == -1, 0))
		r = -(long)*(volatile int *)veneer_error_pointer();
	return r;
}

/* A number that the compiler knows goes to its own stub, any other to the last one. */
#define __VENEER_PICK(n, call, ...) __veneer_raw(__builtin_constant_p(n) ? \
	call(__VENEER_AT(n) __VA_ARGS__) : call(__VENEER_DYN(n) __VA_ARGS__))
#define __VENEER_ARG static __inline __attribute__((__always_inline__)) long

__VENEER_ARG
__syscall0(long n)
{
	return __VENEER_PICK(n, __veneer_call0);
}

__VENEER_ARG
__syscall1(long n, long a)
{
	return __VENEER_PICK(n, __veneer_call1, , a);
}

__VENEER_ARG
__syscall2(long n, long a, long b)
{
	return __VENEER_PICK(n, __veneer_call2, , a, b);
}

__VENEER_ARG
__syscall3(long n, long a, long b, long c)
{
	return __VENEER_PICK(n, __veneer_call3, , a, b, c);
}

__VENEER_ARG
__syscall4(long n, long a, long b, long c, long d)
{
	return __VENEER_PICK(n, __veneer_call4, , a, b, c, d);
}

__VENEER_ARG
__syscall5(long n, long a, long b, long c, long d, long e)
{
	return __VENEER_PICK(n, __veneer_call5, , a, b, c, d, e);
}

__VENEER_ARG
__syscall6(long n, long a, long b, long c, long d, long e, long f)
{
	return __VENEER_PICK(n, __veneer_call6, , a, b, c, d, e, f);
}

#define IPC_64 0
