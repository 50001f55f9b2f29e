/* SPDX-License-Identifier: ISC */
/* FreeBSD's signals: structures, and what the files about signals share. */
#ifndef VENEER_FREEBSD_SIGNAL_H
#define VENEER_FREEBSD_SIGNAL_H

#include "freebsd_layout.h"
#include "layer.h"
#include "sigset.h"

struct freebsd_sigaction {
	uint64_t handler;
	uint32_t flags;
	struct freebsd_sigset mask;
	uint32_t pad;
};

struct freebsd_stack {
	uint64_t sp, size;
	uint32_t flags, pad;
};

struct freebsd_siginfo {
	int32_t signo, err, code, pid;
	uint32_t uid;
	int32_t status;
	uint64_t addr, value;
	union {
		int32_t trapno;
		struct {
			int32_t timerid, overrun;
		} timer;
		int64_t band;
		uint64_t spare[5];
	} reason;
};

struct freebsd_mcontext {
	uint64_t onstack;
	uint64_t rdi, rsi, rdx, rcx, r8, r9, rax, rbx, rbp, r10, r11, r12, r13, r14, r15;
	uint32_t trapno;
	uint16_t fs, gs;
	uint64_t addr;
	uint32_t flags;
	uint16_t es, ds;
	uint64_t err, rip, cs, rflags, rsp, ss;
	uint64_t len, fpformat, ownedfp;
	uint64_t fpstate[64];
	uint64_t fsbase, gsbase, xfpustate, xfpustate_len;
	uint64_t spare[4];
};

struct freebsd_ucontext {
	struct freebsd_sigset sigmask;
	struct freebsd_mcontext mcontext;
	uint64_t link;
	struct freebsd_stack stack;
	uint32_t flags, spare[4], pad[3];
};

struct freebsd_sigframe {
	uint64_t handler, pad;
	struct freebsd_ucontext uc;
	struct freebsd_siginfo si;
};

/* What abi/freebsd/layout.tbl recorded of real programs. */
#define AT(s, field, name) \
	_Static_assert(offsetof(struct freebsd_##s, field) == FREEBSD_OFF_##name, #name)
_Static_assert(sizeof(struct freebsd_sigaction) == 32, "sigaction");
_Static_assert(sizeof(struct freebsd_stack) == 24, "stack_t");
_Static_assert(sizeof(struct freebsd_siginfo) == FREEBSD_SIZEOF_siginfo, "siginfo_t");
_Static_assert(sizeof(struct freebsd_mcontext) == FREEBSD_SIZEOF_mcontext, "mcontext_t");
_Static_assert(sizeof(struct freebsd_ucontext) == FREEBSD_SIZEOF_ucontext, "ucontext_t");
_Static_assert(sizeof(struct freebsd_sigframe) == FREEBSD_SIZEOF_sigframe, "sigframe");
AT(siginfo, status, siginfo_si_status);
AT(siginfo, addr, siginfo_si_addr);
AT(siginfo, value, siginfo_si_value);
AT(siginfo, reason, siginfo_si_trapno);
AT(mcontext, rdi, mcontext_mc_rdi);
AT(mcontext, r15, mcontext_mc_r15);
AT(mcontext, trapno, mcontext_mc_trapno);
AT(mcontext, addr, mcontext_mc_addr);
AT(mcontext, flags, mcontext_mc_flags);
AT(mcontext, err, mcontext_mc_err);
AT(mcontext, rip, mcontext_mc_rip);
AT(mcontext, rsp, mcontext_mc_rsp);
AT(mcontext, len, mcontext_mc_len);
AT(mcontext, ownedfp, mcontext_mc_ownedfp);
AT(mcontext, fpstate, mcontext_mc_fpstate);
AT(mcontext, fsbase, mcontext_mc_fsbase);
AT(mcontext, xfpustate_len, mcontext_mc_xfpustate_len);
AT(ucontext, mcontext, ucontext_uc_mcontext);
AT(ucontext, link, ucontext_uc_link);
AT(ucontext, stack, ucontext_uc_stack);
AT(ucontext, flags, ucontext_uc_flags);
AT(sigframe, uc, sigframe_sf_uc);
AT(sigframe, si, sigframe_sf_si);
#undef AT

/*
 * sigact.restorer, which FreeBSD has no use for, tells an action that is not what the guest asked:
 * a signal that FreeBSD ignores by default and the host does not, or an ignored one that an
 * EVFILT_SIGNAL knote watches (handler is then ACT_WATCHED).
 */
enum act_mark { ACT_PLAIN, ACT_DFL, ACT_IGN };
#define ACT_WATCHED 2ul

void freebsd_siginfo_from_host(const struct siginfo_host *h, struct freebsd_siginfo *f);
/* A processor's exception as FreeBSD reports it. */
void freebsd_siginfo_trap(const struct delivery *d, struct freebsd_siginfo *f);
uint32_t freebsd_trapno(uint64_t vector);

/* FreeBSD's ss_flags of the alternate stack. */
uint32_t freebsd_altstack_flags(const struct thread_block *t, uint64_t rsp);

/* Dispositions that FreeBSD has by default and the host has not; at start. */
extern const char freebsd_sigcode_end[];
void freebsd_signal_start(struct thread_block *t);
void freebsd_signal_reset(struct thread_block *t, int hostsig);	/* after SA_RESETHAND */
/* An EVFILT_SIGNAL knote came (or the last one went): ignored signals must reach the layer. */
void freebsd_signal_watch(struct thread_block *t, int hostsig, bool on);

extern const char freebsd_sigcode[] __attribute__((visibility("hidden")));

#endif
