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
	pass_drop(t);
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

/* Stop signals, and those that are thrown away by default: the kernel itself must know that they are blocked. */
#define KERNEL_ACTS ((1ul << (SIGTSTP - 1)) | (1ul << (SIGTTIN - 1)) | (1ul << (SIGTTOU - 1)) | \
	(1ul << (SIGCHLD - 1)) | (1ul << (SIGURG - 1)) | (1ul << (SIGWINCH - 1)) | (1ul << (SIGCONT - 1)))

/*
 * Before a signal is blocked in memory alone.  One without a handler would be acted on before the layer hears of
 * it: those that end the process are caught from now on, for the others the answer is false.
 */
static bool
may_be_lazy(struct thread_block *t, uint64_t set)
{
	const struct sighand_block *sh = t->sighand;
	const struct mm_block *mm = t->mm;
	uint64_t catch = 0;

	/* Sent again it would go to whoever does not block it, or the guest's filter may not let it be sent. */
	if ((set & mm->directed) || (mm->flags & MM_FILTERED))
		return false;
	signal_learn(t, set);
	for (uint64_t s = set; s != 0; s &= s - 1) {
		uint64_t bit = s & -s, handler = sh->action[__builtin_ctzl(s) + 1].handler;

		if (handler == 1 || (handler == 0 && (bit & KERNEL_ACTS)))
			return false;
		if (handler == 0)
			catch |= bit & ~sh->caught;
	}
	if (catch != 0)
		signal_catch(t, catch);
	return true;
}

void
mask_set(struct thread_block *t, uint64_t vmask)
{
	bool lazy;

	vmask &= ~UNBLOCKABLE;
	/* What the kernel blocks and the guest no longer does must arrive now. */
	lazy = (t->hmask & ~vmask) == 0 &&
	    may_be_lazy(t, vmask & ~t->hmask & ~I9_SIGNALS);
	t->vmask = vmask;
	if (t->held & ~t->vmask)
		attention_raise(t, ATT_HELD);
	if (!lazy)
		mask_sync(t);
	else if (t->hmask != (t->vmask & ~I9_SIGNALS))
		pass_drop(t);
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
