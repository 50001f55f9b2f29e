/* SPDX-License-Identifier: ISC */
/*
 * Signal masks.  vmask is what the guest asked for, hmask what the kernel has; they differ by
 * the I9 signals, which the kernel never blocks, and by what is lazy.  While a signal is
 * noted (ATT_SIGNAL) the kernel blocks everything, so that no second one is: then nothing here
 * touches the kernel's mask, and the delivery sets it.
 */
#include "host.h"
#include "internal.h"

#define UNBLOCKABLE ((1ul << 8) | (1ul << 18))	/* KILL 9, STOP 19 */

static void
mask_host(struct thread_block *t, uint64_t mask)
{
	HOST4(t, HOST_NR_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8);
	t->hmask = mask;
}

void
mask_sync(struct thread_block *t)
{
	uint64_t want = t->vmask & ~I9_SIGNALS;

	if (t->hmask != want && (t->attention & ATT_SIGNAL) == 0) {
		t->hmask = want;
		HOST4(t, HOST_NR_rt_sigprocmask, SIG_SETMASK, &want, 0, 8);
	}
}

void
mask_set(struct thread_block *t, uint64_t vmask)
{
	t->vmask = vmask & ~UNBLOCKABLE;
	if (t->held & ~t->vmask)
		t->attention |= ATT_HELD;
	/* What the kernel blocks and the guest no longer does must arrive now. */
	if (t->hmask & ~t->vmask)
		mask_sync(t);
}

void
mask_swap(struct thread_block *t, uint64_t tmp)
{
	t->saved_mask = t->vmask;
	t->saved_mask_valid = 1;
	mask_set(t, tmp);
	mask_sync(t);
}

void
mask_unswap(struct thread_block *t)
{
	if (t->saved_mask_valid) {
		t->saved_mask_valid = 0;
		mask_set(t, t->saved_mask);
	}
}

/* Everything, I9 too: for the few moments in which only the gate runs (clone, exit). */
void
mask_full(struct thread_block *t)
{
	mask_host(t, FULL_MASK);
}
