/* SPDX-License-Identifier: ISC */
/* Host calls, included by layer.h.  They leave through the gate alone. */
#ifndef VENEER_HOST_CALL_H
#define VENEER_HOST_CALL_H

/* gate_call and gate_call_intr as C functions: seven arguments by the C convention. */
typedef long gate_call_fn(long nr, long a, long b, long c, long d, long e, long f);

/* Follow a change of credentials, make the kernel's mask equal the virtual one. */
void host_call_prepare(struct thread_block *t);

#if __STDC_HOSTED__
/* Files of the layer in an ordinary program, where a test stands for the host. */
static inline long
host_call(struct thread_block *t, long nr, long a, long b, long c, long d, long e, long f)
{
	return ((gate_call_fn *)t->gate_call)(nr, a, b, c, d, e, f);
}
long host_call_intr(struct thread_block *t, long nr, long a, long b, long c, long d, long e, long f);

#else
/* One `call` with the arguments where the kernel wants them: it keeps all registers but the result, rcx and r11. */
#define GATE_CALL(name, entry)								\
static inline long									\
name(struct thread_block *t, long nr, long a, long b, long c, long d, long e, long f)	\
{											\
	register long r10 __asm__("r10") = d;						\
	register long r8 __asm__("r8") = e;						\
	register long r9 __asm__("r9") = f;						\
	long ret;									\
											\
	__asm__ volatile("call *%c[at](%[block])" : "=a"(ret) : [block] "r"(t),		\
	    [at] "i"(offsetof(struct thread_block, entry)), "a"(nr), "D"(a), "S"(b),	\
	    "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "cc", "memory");		\
	return ret;									\
}
/* A host call that is never turned away by a noted signal. */
GATE_CALL(host_call, gate_raw)
GATE_CALL(host_call_ready, gate_raw_intr)

/* For calls that can block: -ERESTARTSYS when a signal was noted before it began, or when the
 * kernel restarts it after a handler with SA_RESTART.  Makes the kernel's mask equal the virtual one first. */
static inline long
host_call_intr(struct thread_block *t, long nr, long a, long b, long c, long d, long e, long f)
{
	if (pass_dropped(t))
		host_call_prepare(t);
	return host_call_ready(t, nr, a, b, c, d, e, f);
}
#endif
#endif
