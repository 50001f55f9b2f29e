/* SPDX-License-Identifier: ISC */
/* The structures as a FreeBSD program has them, written down independently of the layer's. */
#ifndef VENEER_TESTS_FREEBSD_SIGNAL_DEFS_H
#define VENEER_TESTS_FREEBSD_SIGNAL_DEFS_H

#include <stdint.h>

struct sigset_f { uint32_t bits[4]; };
struct sigaction_f { uint64_t handler; uint32_t flags; struct sigset_f mask; };
struct stack_f { uint64_t sp, size; uint32_t flags, pad; };
struct siginfo_f {
	int32_t signo, err, code, pid;
	uint32_t uid;
	int32_t status;
	uint64_t addr, value;
	int32_t trapno, pad[9];
};
struct mcontext_f {
	uint64_t onstack, rdi, rsi, rdx, rcx, r8, r9, rax, rbx, rbp, r10, r11, r12, r13, r14, r15;
	uint32_t trapno;
	uint16_t fs, gs;
	uint64_t addr;
	uint32_t flags;
	uint16_t es, ds;
	uint64_t err, rip, cs, rflags, rsp, ss, len, fpformat, ownedfp, fpstate[64];
	uint64_t fsbase, gsbase, xfpustate, xfpustate_len, spare[4];
};
struct ucontext_f {
	struct sigset_f mask;
	struct mcontext_f mc;
	uint64_t link;
	struct stack_f stack;
	uint32_t flags, spare[4], pad[3];
};

#endif
