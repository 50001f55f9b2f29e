/* SPDX-License-Identifier: ISC */
/* Signal frames as Linux x86-64 lays them out: return address, ucontext, siginfo; vector state above. */
#include "linux.h"
#include "sigcontext.h"

#define RED_ZONE 128ul
#define FP_ALIGN 64ul
#define AREA_ROOM 0x2c00u	/* AVX-512 and AMX: 0x2b04 */
#define UC_FLAGS 7ul	/* FP_XSTATE, SIGCONTEXT_SS, STRICT_RESTORE_SS */
#define FLAGS_KEPT 0x50dd5ul	/* what sigreturn lets a program set: the kernel's FIX_EFLAGS */
#define ERRNO_MARK 0x566e457200000000ul

struct frame {
	uint64_t pretcode;
	struct ucontext uc;
	struct siginfo_host info;
};

static void
frame_fill(struct thread_block *t, struct delivery *d, struct frame *f, uint64_t fp)
{
	struct sigcontext *sc = &f->uc.uc_mcontext;

	memset(f, 0, sizeof(*f));
	f->pretcode = d->act.restorer;
	f->uc.uc_flags = UC_FLAGS;
	f->uc.uc_stack.ss_sp = (void *)t->altstack_sp;
	f->uc.uc_stack.ss_size = t->altstack_size;
	f->uc.uc_stack.ss_flags = (int)t->altstack_flags;
	regs_to_host(d->regs, sc);
	sc->cs = 0x33;
	sc->ss = 0x2b;
	if (d->info.code > 0 && d->trapno != 0) {
		t->priv[PRIV_TRAPNO] = d->trapno;
		t->priv[PRIV_TRAP_ERR] = d->err;
		t->priv[PRIV_CR2] = d->cr2;
	}
	sc->err = t->priv[PRIV_TRAP_ERR];
	sc->trapno = t->priv[PRIV_TRAPNO];
	sc->cr2 = t->priv[PRIV_CR2];
	sc->oldmask = d->oldmask;
	sc->fpstate = (void *)fp;
	memcpy(&f->uc.uc_sigmask, &d->oldmask, 8);
	f->info = d->info;
	/*
	 * A stub's answer is -1 and the error behind the pointer; a handler may run before the caller has
	 * read it, so our own slot is part of the context.  A program's own errno is its own affair.
	 */
	sc->reserved1[0] = ERRNO_MARK | (uint32_t)t->raw_errno;
}

int
personality_sigframe(struct thread_block *t, struct delivery *d)
{
	struct call *r = d->regs;
	struct frame f;
	uint64_t sp = altstack_pick(t, &d->act, r->rsp, RED_ZONE);
	uint64_t fp = (sp - fpstate_size(d)) & ~(FP_ALIGN - 1);
	uint64_t at = ((fp - sizeof(f)) & ~15ul) - 8;

	/* The kernel builds no frame that could not return, nor one beyond the end of the alternate stack. */
	if ((d->act.flags & SA_RESTORER) == 0 || (t->altstack_size != 0 &&
	    (linux_on_altstack(t, r->rsp) || linux_on_altstack(t, sp)) &&
	    !linux_on_altstack(t, at)))
		return LINUX_EFAULT;
	frame_fill(t, d, &f, fp);
	if (fpstate_save(d, guest(fp)) != 0 ||
	    copyout(guest(at), &f, sizeof(f)) != 0)
		return LINUX_EFAULT;
	if (t->altstack_flags & SS_AUTODISARM) {
		t->altstack_size = t->altstack_sp = 0;
		t->altstack_flags = SS_DISABLE;
	}
	r->rsp = at;
	r->rip = d->act.handler;
	r->rdi = (uint64_t)d->sig;
	r->rsi = at + offsetof(struct frame, info);
	r->rdx = at + offsetof(struct frame, uc);
	r->rax = 0;
	r->rflags &= ~0x10500ul;	/* RF, TF, DF: as the kernel clears them */
	return 0;
}

long
linux_rt_sigreturn(struct call *c)
{
	struct thread_block *t = c->thread;
	struct ucontext uc;
	uint64_t mask, flags = c->rflags, fp;
	static const uint32_t legacy = 512;
	char *area = (char *)t - 0xa000;	/* middle of the layer stack */
	uint32_t size = legacy, sw[2] = { 0, 0 };

	if (copyin(&uc, guest(c->rsp), sizeof(uc)) != 0)
		goto bad;
	regs_from_host(c, &uc.uc_mcontext);
	c->rflags = (flags & ~FLAGS_KEPT) | (c->rflags & FLAGS_KEPT);
	memcpy(&mask, &uc.uc_sigmask, 8);
	linux_altstack_set(t, &uc.uc_stack, c->rsp);
	if ((uc.uc_mcontext.reserved1[0] & ~0xfffffffful) == ERRNO_MARK)
		t->raw_errno = (int32_t)uc.uc_mcontext.reserved1[0];
	fp = (uint64_t)uc.uc_mcontext.fpstate;
	if (fp == 0)
		return signal_return(c, mask, NULL, 0);
	if (copyin(sw, guest(fp + 464), sizeof(sw)) != 0)
		goto bad;
	if (sw[0] == FP_XSTATE_MAGIC1 && sw[1] > legacy && sw[1] <= AREA_ROOM)
		size = sw[1];
	if (copyin(area, guest(fp), size) != 0)
		goto bad;
	return signal_return(c, mask, area, size);
bad:
	{
		struct siginfo_host segv = { .signo = SIGSEGV, .code = SI_KERNEL };

		signal_post(t, SIGSEGV, &segv);
	}
	return -EJUSTRETURN;
}
