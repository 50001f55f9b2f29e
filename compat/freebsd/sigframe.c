/* SPDX-License-Identifier: ISC */
/*
 * The frame that a handler finds, and the ways back from it.
 *
 *	handler's stack  ->  sigframe (handler, ucontext, siginfo), 16-aligned
 *	                     vector state in the host's format, 64-aligned
 *
 * The vector state lies whole behind the frame; its first 512 bytes are copied into mc_fpstate,
 * mc_xfpustate points at the rest.  On the way back it is put together again from the two, since the
 * program may have changed or moved either.
 */
#include <linux/signal.h>
#include <asm/prctl.h>
#include <asm/sigcontext.h>

#include "freebsd.h"
#include "fbsd_state.h"
#include "freestanding.h"
#include "kqueue.h"
#include "signal.h"

#define RED_ZONE 128
#define LEGACY 512u
#define SW_RESERVED 464u
#define XSTATE_HEADER 64u
#define XSAVE_MAX 0x3000u
#define MXCSR_OFFSET 24u
#define MXCSR_MASK 0xffbfu
#define MXCSR_DAZ 0x40u
#define FLAGS_USER 0x244dd5ul	/* PSL_USERCHANGE */
#define FLAGS_FIXED 0x202ul
#define FLAGS_RESUME 0x10000ul
#define TRAP_PROTECTION 13
#define UC_COPY_SIZE offsetof(struct freebsd_ucontext, link)

enum { FREEBSD_UCODESEL = 0x43, FREEBSD_UDATASEL = 0x3b, FREEBSD_UFSSEL = 0x13,
	FREEBSD_UGSSEL = 0x1b };

static uint64_t
fsbase_get(struct thread_block *t)
{
	uint64_t base = 0;

	if (thread_mm(t)->flags & MM_FSGSBASE)
		__asm__ volatile("rdfsbase %0" : "=r"(base));
	else
		(void)host_call(t, HOST_NR_arch_prctl, ARCH_GET_FS, (long)&base, 0, 0, 0, 0);
	return base;
}

static void
fsbase_set(struct thread_block *t, uint64_t base)
{
	if (base != fsbase_get(t))
		(void)host_call(t, HOST_NR_arch_prctl, ARCH_SET_FS, (long)base, 0, 0, 0, 0);
}

static bool
on_altstack(const struct thread_block *t, uint64_t rsp)
{
	return t->altstack_size != 0 && (t->altstack_flags & SS_DISABLE) == 0 &&
	    rsp - t->altstack_sp < t->altstack_size;
}

static void
mcontext_fill(struct freebsd_mcontext *m, struct thread_block *t, const struct call *c)
{
	m->onstack = on_altstack(t, c->rsp);
	m->rdi = c->rdi; m->rsi = c->rsi; m->rdx = c->rdx; m->rcx = c->rcx;
	m->r8 = c->r8; m->r9 = c->r9; m->rax = c->rax; m->rbx = c->rbx;
	m->rbp = c->rbp; m->r10 = c->r10; m->r11 = c->r11; m->r12 = c->r12;
	m->r13 = c->r13; m->r14 = c->r14; m->r15 = c->r15;
	m->rip = c->rip; m->rflags = c->rflags; m->rsp = c->rsp;
	m->cs = FREEBSD_UCODESEL;
	m->ss = m->ds = m->es = FREEBSD_UDATASEL;
	m->fs = FREEBSD_UFSSEL;
	m->gs = FREEBSD_UGSSEL;
	m->flags = FREEBSD_MC_HASSEGS | FREEBSD_MC_HASBASES;
	m->len = sizeof(*m);
	m->fpformat = FREEBSD_MC_FPFMT_XMM;
	m->ownedfp = FREEBSD_MC_FPOWNED_FPU;
	m->fsbase = fsbase_get(t);
	m->gsbase = t->guest_gs;
}

static void
registers_restore(struct call *c, const struct freebsd_mcontext *m)
{
	c->rdi = m->rdi; c->rsi = m->rsi; c->rdx = m->rdx; c->rcx = m->rcx;
	c->r8 = m->r8; c->r9 = m->r9; c->rax = m->rax; c->rbx = m->rbx;
	c->rbp = m->rbp; c->r10 = m->r10; c->r11 = m->r11; c->r12 = m->r12;
	c->r13 = m->r13; c->r14 = m->r14; c->r15 = m->r15;
	c->rip = m->rip; c->rsp = m->rsp;
	c->rflags = (m->rflags & FLAGS_USER) | FLAGS_FIXED;
}

/* A general protection fault is SIGBUS there: its handler gets it, if there is one. */
static void
protection_fault(struct thread_block *t, struct delivery *d)
{
	const struct sighand_block *sh = t->sighand;
	const struct sigact *bus = &sh->action[SIGBUS];

	if (d->sig != SIGSEGV || d->trapno != TRAP_PROTECTION || d->info.code <= 0 ||
	    bus->handler <= 1 || bus->restorer != ACT_PLAIN)
		return;
	d->sig = SIGBUS;
	d->act = *bus;
}

uint32_t
freebsd_altstack_flags(const struct thread_block *t, uint64_t rsp)
{
	if (t->altstack_size == 0 || (t->altstack_flags & SS_DISABLE) != 0)
		return FREEBSD_SS_DISABLE;
	return on_altstack(t, rsp) ? FREEBSD_SS_ONSTACK : 0;
}

static void
stack_fill(const struct thread_block *t, uint64_t rsp, struct freebsd_stack *ss)
{
	ss->sp = t->altstack_sp;
	ss->size = t->altstack_size;
	ss->flags = freebsd_altstack_flags(t, rsp);
}

static bool
is_trap(const struct delivery *d)
{
	return d->info.code > 0 && (d->sig == SIGSEGV || d->sig == SIGBUS ||
	    d->sig == SIGILL || d->sig == SIGFPE || d->sig == SIGTRAP) &&
	    (d->info.code != SI_KERNEL || d->trapno != 0);
}

/* Save the vector state above the frame; *sp moves below it. */
static long
fp_save(struct thread_block *t, struct delivery *d, struct freebsd_mcontext *m, uint64_t *sp)
{
	struct mm_block *mm = thread_mm(t);
	size_t size = fpstate_size(d);
	uint64_t area = (*sp - size) & ~63ul;
	long ret = fpstate_save(d, guest(area));

	if (ret < 0)
		return ret;
	ret = copyin(m->fpstate, guest(area), LEGACY);
	if (ret != 0)
		return ret;
	cpu_vector(mm);
	if (size > LEGACY && mm->xsave_size > LEGACY) {
		m->xfpustate = area + LEGACY;
		m->xfpustate_len = mm->xsave_size - LEGACY;
		m->flags |= FREEBSD_MC_HASFPXSTATE;
	}
	*sp = area;
	return 0;
}

int
personality_sigframe(struct thread_block *t, struct delivery *d)
{
	struct freebsd_sigframe f;
	struct freebsd_siginfo entry;
	struct call *c = d->regs;
	uint64_t sp, at;

	freebsd_kq_signal(t, d->sig);
	if (d->act.restorer != ACT_PLAIN)
		return 1;
	if (d->act.flags & SA_RESETHAND)
		freebsd_signal_reset(t, d->sig);
	protection_fault(t, d);
	memset(&f, 0, sizeof(f));
	f.handler = d->act.handler;
	freebsd_sigset_get(t, d->oldmask, &f.uc.sigmask);
	stack_fill(t, c->rsp, &f.uc.stack);
	mcontext_fill(&f.uc.mcontext, t, c);
	if (is_trap(d)) {
		freebsd_siginfo_trap(d, &f.si);
		f.uc.mcontext.trapno = freebsd_trapno(d->trapno);
		f.uc.mcontext.err = d->err;
		f.uc.mcontext.addr = d->cr2;
	} else
		freebsd_siginfo_from_host(&d->info, &f.si);
	sp = altstack_pick(t, &d->act, c->rsp, RED_ZONE);
	if (fp_save(t, d, &f.uc.mcontext, &sp) != 0)
		return -EFAULT;
	at = (sp - sizeof(f)) & ~15ul;
	entry = f.si;
	if ((d->act.flags & SA_SIGINFO) == 0)
		memset(&f.si, 0, sizeof(f.si));
	if (copyout(guest(at), &f, sizeof(f)) != 0)
		return -EFAULT;
	c->rdi = (uint64_t)entry.signo;
	c->rsi = d->act.flags & SA_SIGINFO ?
	    at + offsetof(struct freebsd_sigframe, si) : (uint64_t)(int64_t)entry.code;
	c->rcx = entry.addr;
	c->rdx = at + offsetof(struct freebsd_sigframe, uc);
	c->rsp = at;
	c->rip = (uint64_t)(uintptr_t)freebsd_sigcode;
	c->rflags &= ~0x10500ul;	/* RF, DF, TF */
	return 0;
}

/* ---- back ---- */

static void
put32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

/* What the host wants behind the legacy area's registers to see the rest. */
static void
host_format(const struct mm_block *mm, uint8_t *area)
{
	uint64_t bv;

	memset(area + SW_RESERVED, 0, LEGACY - SW_RESERVED);
	put32(area + SW_RESERVED, FP_XSTATE_MAGIC1);
	put32(area + SW_RESERVED + 4, mm->xsave_size + 4);
	memcpy(area + SW_RESERVED + 8, &mm->xfeatures, 8);
	put32(area + SW_RESERVED + 16, mm->xsave_size);
	put32(area + mm->xsave_size, FP_XSTATE_MAGIC2);
	memcpy(&bv, area + LEGACY, 8);
	bv = (bv & mm->xfeatures) | 3;
	memset(area + LEGACY, 0, XSTATE_HEADER);
	memcpy(area + LEGACY, &bv, 8);
}

/*
 * Assemble the vector state of a context in area.  Bytes, 0 when the context has none, or -errno.
 * Without the extended part only the legacy registers are restored and the others start anew.
 */
static long
fp_load(struct thread_block *t, const struct freebsd_mcontext *m, uint8_t *area)
{
	struct mm_block *mm = thread_mm(t);
	uint32_t mxcsr;

	if (m->fpformat == FREEBSD_MC_FPFMT_NODEV)
		return 0;
	if (m->fpformat != FREEBSD_MC_FPFMT_XMM)
		return -EINVAL;
	if (m->ownedfp == FREEBSD_MC_FPOWNED_NONE)
		return 0;
	if (m->ownedfp != FREEBSD_MC_FPOWNED_FPU && m->ownedfp != FREEBSD_MC_FPOWNED_PCB)
		return -EINVAL;
	memcpy(area, m->fpstate, LEGACY);
	memcpy(&mxcsr, area + MXCSR_OFFSET, 4);
	put32(area + MXCSR_OFFSET, mxcsr & (MXCSR_MASK | MXCSR_DAZ));
	memset(area + SW_RESERVED, 0, LEGACY - SW_RESERVED);
	if ((m->flags & FREEBSD_MC_HASFPXSTATE) == 0 || m->xfpustate_len == 0)
		return LEGACY;
	cpu_vector(mm);
	if (mm->xsave_size <= LEGACY || mm->xsave_size > XSAVE_MAX - 4 ||
	    m->xfpustate_len > mm->xsave_size - LEGACY)
		return -EINVAL;
	memset(area + LEGACY, 0, mm->xsave_size - LEGACY);
	if (copyin(area + LEGACY, guest(m->xfpustate), m->xfpustate_len) != 0)
		return -EFAULT;
	host_format(mm, area);
	return (long)mm->xsave_size + 4;
}

static long
context_check(const struct freebsd_mcontext *m)
{
	uint64_t fixed = m->rflags & ~(FLAGS_USER | FLAGS_RESUME);

	if ((m->flags & ~(uint32_t)(FREEBSD_MC_HASSEGS |
	    FREEBSD_MC_HASBASES | FREEBSD_MC_HASFPXSTATE)) != 0 || fixed != FLAGS_FIXED)
		return -EINVAL;
	return (m->cs & 3) == 3 ? 0 : -EINVAL;
}

static long
context_restore(struct call *c, const struct freebsd_ucontext *uc)
{
	struct thread_block *t = call_thread(c);
	_Alignas(64) uint8_t area[XSAVE_MAX];
	long fplen = fp_load(t, &uc->mcontext, area);

	if (fplen < 0)
		return fplen;
	registers_restore(c, &uc->mcontext);
	if (uc->mcontext.flags & FREEBSD_MC_HASBASES) {
		fsbase_set(t, uc->mcontext.fsbase);
		t->guest_gs = uc->mcontext.gsbase;
	}
	freebsd_sigset_keep(t, &uc->sigmask);
	return signal_return(c, freebsd_sigset_to_host(&uc->sigmask),
	    fplen != 0 ? area : NULL, (size_t)fplen);
}

CALL(sigreturn)
{
	struct freebsd_ucontext uc;
	long ret = copyin(&uc, arg_ptr(c, 0), sizeof(uc));

	if (ret == 0)
		ret = context_check(&uc.mcontext);
	return ret != 0 ? ret : context_restore(c, &uc);
}

/* The context in which this call has returned 0. */
static long
context_get(struct call *c, gaddr to)
{
	struct freebsd_ucontext uc;
	struct call regs = *c;
	_Alignas(16) uint8_t area[LEGACY];

	if (to.a == 0)
		return -EINVAL;
	memset(&uc, 0, sizeof(uc));
	regs.rax = 0;
	regs.rdx = 0;
	regs.rflags &= ~1ul;
	mcontext_fill(&uc.mcontext, call_thread(c), &regs);
	__asm__ volatile("fxsave64 %0" : "=m"(area));
	memcpy(uc.mcontext.fpstate, area, LEGACY);
	freebsd_sigset_get(call_thread(c), call_thread(c)->vmask, &uc.sigmask);
	return copyout(to, &uc, UC_COPY_SIZE);
}

static long
context_set(struct call *c, gaddr from)
{
	struct freebsd_ucontext uc;
	long ret;

	if (from.a == 0)
		return -EINVAL;
	memset(&uc, 0, sizeof(uc));
	ret = copyin(&uc, from, UC_COPY_SIZE);
	if (ret != 0)
		return ret;
	if (uc.mcontext.len != sizeof(uc.mcontext))
		return -EINVAL;
	uc.mcontext.rflags = (uc.mcontext.rflags & FLAGS_USER) | FLAGS_FIXED;
	ret = context_check(&uc.mcontext);
	return ret != 0 ? ret : context_restore(c, &uc);
}

CALL(getcontext)
{
	return context_get(c, arg_ptr(c, 0));
}

CALL(setcontext)
{
	return context_set(c, arg_ptr(c, 0));
}

CALL(swapcontext)
{
	long ret;

	if (c->arg[0] == 0 || c->arg[1] == 0)
		return -EINVAL;
	ret = context_get(c, arg_ptr(c, 0));
	return ret != 0 ? ret : context_set(c, arg_ptr(c, 1));
}
