/* SPDX-License-Identifier: ISC */
/*
 * Vector state.  The layer uses no vector register, so what is live while it runs is the
 * guest's: it is saved straight into the guest's frame, and restored by the host's sigreturn from a
 * frame at the bottom of the layer stack, which goes on at gate_exit with the record complete.
 */
#include <asm/errno.h>

#include "arena.h"
#include "freestanding.h"
#include "host.h"
#include "internal.h"
#include "sigcontext.h"

#define LEGACY 512u
#define SW_RESERVED 464u
#define AREA_ALIGN 64ul
#define AREA_MAX 0x4000ul	/* of the layer stack's bottom; calls never get so deep */
#define UC_FP_XSTATE_HOST 1ul

#define HEADER 64u
#define FCW_INITIAL 0x37f
#define MXCSR_INITIAL 0x1f80
#define FEATURE_PKRU (1ul << 9)

struct legacy {	/* the beginning of an fxsave area */
	uint16_t cwd, swd, twd, fop;
	uint64_t rip, rdp;
	uint32_t mxcsr, mxcsr_mask;
};

struct sw_bytes {
	uint32_t magic1, extended_size;
	uint64_t xfeatures;
	uint32_t xstate_size, pad[7];
};
_Static_assert(sizeof(struct sw_bytes) == 48, "fpx_sw_bytes");

static uint32_t
host_fp_size(const void *fp)
{
	const struct sw_bytes *sw = (const void *)((const char *)fp + SW_RESERVED);

	return sw->magic1 == FP_XSTATE_MAGIC1 ? sw->extended_size : LEGACY;
}

size_t
fpstate_size(struct delivery *d)
{
	struct thread_block *t = d->regs->thread;
	struct mm_block *mm = t->mm;

	if (d->fpstate != NULL)
		return host_fp_size(d->fpstate);
	cpu_vector(mm);
	return mm->xfeatures != 0 ? mm->xsave_size + 4 : LEGACY;
}

long
fpstate_save(struct delivery *d, gaddr dst)
{
	struct thread_block *t = d->regs->thread;
	struct mm_block *mm = t->mm;
	struct sw_bytes sw = { 0 };
	uint32_t magic2 = FP_XSTATE_MAGIC2;

	if (d->fpstate != NULL)
		return copyout(dst, d->fpstate, host_fp_size(d->fpstate));
	/* Not a byte more than is written: the arena may begin right above the guest's stack. */
	cpu_vector(mm);
	if (arena_overlaps(mm, dst.a, mm->xfeatures != 0 ? mm->xsave_size + 4 : LEGACY))
		return -EFAULT;
	if (xsave_to((void *)dst.a, mm->xfeatures) != 0)
		return -EFAULT;
	if (mm->xfeatures != 0) {
		sw.magic1 = FP_XSTATE_MAGIC1;
		sw.extended_size = mm->xsave_size + 4;
		sw.xfeatures = mm->xfeatures;
		sw.xstate_size = mm->xsave_size;
		if (copyout(guest(dst.a + mm->xsave_size), &magic2, 4) != 0)
			return -EFAULT;
	}
	return copyout(guest(dst.a + SW_RESERVED), &sw, sizeof(sw));
}

/* From the host's frame when the guest was interrupted, else the live registers. */
void
fpstate_init(struct delivery *d)
{
	const struct mm_block *mm = ((struct thread_block *)d->regs->thread)->mm;
	union {
		struct legacy legacy;
		char bytes[LEGACY + HEADER];
	} fresh __attribute__((aligned(64)));
	uint64_t bv;

	memset(&fresh, 0, sizeof(fresh));
	fresh.legacy.cwd = FCW_INITIAL;
	fresh.legacy.mxcsr = MXCSR_INITIAL;
	if (d->fpstate == NULL) {
		xrstor_from(&fresh, mm->xfeatures & ~FEATURE_PKRU);
		return;
	}
	memcpy(d->fpstate, &fresh, SW_RESERVED);
	if (host_fp_size(d->fpstate) <= LEGACY)
		return;
	memcpy(&bv, (char *)d->fpstate + LEGACY, sizeof(bv));
	bv &= FEATURE_PKRU;
	memcpy((char *)d->fpstate + LEGACY, &bv, sizeof(bv));
}

long
signal_return(struct call *c, uint64_t mask, const void *fp, size_t fplen)
{
	struct thread_block *t = c->thread;
	uint64_t bottom = (uint64_t)t - SLOT_BLOCK + SLOT_STACK;
	struct ucontext *uc = (struct ucontext *)bottom;
	uint64_t area = (bottom + sizeof(*uc) + AREA_ALIGN - 1) & ~(AREA_ALIGN - 1);

	t->vmask = mask & ~(1ul << 8 | 1ul << 18);
	if (t->held & ~t->vmask)
		attention_raise(t, ATT_HELD);
	if (fp == NULL || fplen < LEGACY || fplen > AREA_MAX - (area - bottom)) {
		mask_sync(t);
		return -EJUSTRETURN;
	}
	memset(uc, 0, sizeof(*uc));
	memcpy((void *)area, fp, fplen);
	if (fplen > LEGACY)
		uc->uc_flags = UC_FP_XSTATE_HOST;
	uc->uc_mcontext.fpstate = (void *)area;
	uc->uc_mcontext.cs = 0x33;
	uc->uc_mcontext.ss = 0x2b;
	uc->uc_mcontext.eflags = 0x202;
	uc->uc_mcontext.rip = t->gate_exit;
	uc->uc_mcontext.rsp = t->stack_top;
	uc->uc_stack.ss_sp = (char *)t - SLOT_BLOCK + SLOT_SIGSTACK;
	uc->uc_stack.ss_size = SLOT_SIZE - SLOT_SIGSTACK;
	/* From here a signal would be noted under the old mask: none may come. */
	mask_full(t);
	t->hmask = t->attention & ATT_SIGNAL ? ~I9_SIGNALS : t->vmask & ~I9_SIGNALS;
	memcpy(&uc->uc_sigmask, &t->hmask, 8);
	((void (*)(void *))t->gate_sigreturn)(uc);
	__builtin_unreachable();
}

uint64_t
altstack_pick(struct thread_block *t, const struct sigact *act, uint64_t rsp, uint64_t redzone)
{
	bool usable = t->altstack_size != 0 && (t->altstack_flags & SS_DISABLE) == 0;
	bool on = usable && rsp - t->altstack_sp - 1 < t->altstack_size;

	if ((act->flags & SA_ONSTACK) && usable && !on)
		return t->altstack_sp + t->altstack_size;
	return rsp - redzone;
}
