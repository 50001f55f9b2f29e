/* SPDX-License-Identifier: ISC */
/*
 * Stub calls for programs that want one without libc.
 *
 * A stub call is a `syscall` by other means: same registers, same effects; it answers -1 on
 * failure and the layer stores the (positive) error through the pointer at %gs:8, which the
 * program may move.  Numbers: <veneer/native_nr.h>, NATIVE_SYS_name.
 *
 * The `call` writes below the stack pointer: compile what includes this with -mno-red-zone.
 * Numbers must be constants; veneer_stubN_dyn takes any.
 */
#ifndef _VENEER_H
#define _VENEER_H

#define __VENEER_CALL ".hidden __veneer_stubs\n\tcall __veneer_stubs+%c[__e]"
#define __VENEER_AT(nr) [__e] "i"(16 * (nr))
#define __VENEER_DYN(nr) [__e] "i"(16 * 1023), "a"((long)(nr))
#define __VENEER_KILLS "rcx", "r11", "memory"

#define __veneer_call0(at) __extension__({ long __r; \
	__asm__ __volatile__(__VENEER_CALL : "=a"(__r) : at : __VENEER_KILLS); __r; })
#define __veneer_call1(at, a) __extension__({ long __r; \
	__asm__ __volatile__(__VENEER_CALL : "=a"(__r) : at, \
	    "D"((long)(a)) : __VENEER_KILLS); __r; })
#define __veneer_call2(at, a, b) __extension__({ long __r; \
	__asm__ __volatile__(__VENEER_CALL : "=a"(__r) : at, \
	    "D"((long)(a)), "S"((long)(b)) : __VENEER_KILLS); __r; })
#define __veneer_call3(at, a, b, c) __extension__({ long __r; \
	__asm__ __volatile__(__VENEER_CALL : "=a"(__r) : at, \
	    "D"((long)(a)), "S"((long)(b)), "d"((long)(c)) \
	    : __VENEER_KILLS); __r; })
#define __veneer_call4(at, a, b, c, d) __extension__({ long __r; \
	register long __r10 __asm__("r10") = (long)(d); \
	__asm__ __volatile__(__VENEER_CALL : "=a"(__r) : at, \
	    "D"((long)(a)), "S"((long)(b)), "d"((long)(c)), "r"(__r10) \
	    : __VENEER_KILLS); __r; })
#define __veneer_call5(at, a, b, c, d, e) __extension__({ long __r; \
	register long __r10 __asm__("r10") = (long)(d); \
	register long __r8 __asm__("r8") = (long)(e); \
	__asm__ __volatile__(__VENEER_CALL : "=a"(__r) : at, \
	    "D"((long)(a)), "S"((long)(b)), "d"((long)(c)), "r"(__r10), \
	    "r"(__r8) : __VENEER_KILLS); __r; })
#define __veneer_call6(at, a, b, c, d, e, f) __extension__({ long __r; \
	register long __r10 __asm__("r10") = (long)(d); \
	register long __r8 __asm__("r8") = (long)(e); \
	register long __r9 __asm__("r9") = (long)(f); \
	__asm__ __volatile__(__VENEER_CALL : "=a"(__r) : at, \
	    "D"((long)(a)), "S"((long)(b)), "d"((long)(c)), "r"(__r10), \
	    "r"(__r8), "r"(__r9) : __VENEER_KILLS); __r; })

#define veneer_stub0(nr) __veneer_call0(__VENEER_AT(nr))
#define veneer_stub1(nr, a) __veneer_call1(__VENEER_AT(nr), a)
#define veneer_stub2(nr, a, b) __veneer_call2(__VENEER_AT(nr), a, b)
#define veneer_stub3(nr, a, b, c) __veneer_call3(__VENEER_AT(nr), a, b, c)
#define veneer_stub4(nr, a, b, c, d) __veneer_call4(__VENEER_AT(nr), a, b, c, d)
#define veneer_stub5(nr, a, b, c, d, e) \
	__veneer_call5(__VENEER_AT(nr), a, b, c, d, e)
#define veneer_stub6(nr, a, b, c, d, e, f) \
	__veneer_call6(__VENEER_AT(nr), a, b, c, d, e, f)
#define veneer_stub3_dyn(nr, a, b, c) __veneer_call3(__VENEER_DYN(nr), a, b, c)
#define veneer_stub6_dyn(nr, a, b, c, d, e, f) \
	__veneer_call6(__VENEER_DYN(nr), a, b, c, d, e, f)

/* Where the layer stores this thread's errors. */
static inline int *
veneer_error_pointer(void)
{
	int *p;

	__asm__ __volatile__("mov %%gs:8, %0" : "=r"(p));
	return p;
}

static inline void
veneer_set_error_pointer(int *p)
{
	__asm__ __volatile__("mov %0, %%gs:8" : : "r"(p) : "memory");
}

#endif
