/* SPDX-License-Identifier: ISC */
/* Dispositions: the guest's are in the sighand block, the host's follow them. */
#include <asm/errno.h>

#include "arena.h"
#include "freestanding.h"
#include "host.h"
#include "internal.h"
#include "sigcontext.h"

#define NSIG_HOST 64
#define SA_RESTORER_HOST 0x04000000ul

struct host_sigaction {
	uint64_t handler, flags, restorer, mask;
};

static bool
is_i9(int sig)
{
	return (I9_SIGNALS >> (sig - 1)) & 1;
}

/* The kernel's action for the guest's. */
static void
host_action(struct thread_block *t, int sig, const struct sigact *act, bool dfl,
    struct host_sigaction *sa)
{
	struct mm_block *mm = t->mm;

	*sa = (struct host_sigaction){ 0 };
	if (act->handler <= 1 && (!is_i9(sig) || dfl)) {
		sa->handler = act->handler;
		sa->flags = act->flags & (SA_NOCLDSTOP | SA_NOCLDWAIT);
	} else {
		sa->handler = mm->gate + gate_of(mm)->off_signal;
		sa->restorer = mm->gate + gate_of(mm)->off_restorer;
		sa->flags = SA_SIGINFO | SA_ONSTACK | SA_RESTORER_HOST |
		    (act->flags & (SA_RESTART | SA_NOCLDSTOP | SA_NOCLDWAIT));
		if (act->handler <= 1)
			sa->flags |= SA_RESTART;
		/* Ours reads what the guest's place says: a guest that called NULL has none, and that is a fault in a fault. */
		if (sig == SIGSEGV || sig == SIGBUS)
			sa->flags |= SA_NODEFER;
		sa->mask = ~I9_SIGNALS;
	}
}

long
signal_host_action(struct thread_block *t, int sig, const struct sigact *act, bool dfl)
{
	struct host_sigaction sa;

	host_action(t, sig, act, dfl, &sa);
	return HOST4(t, HOST_NR_rt_sigaction, sig, &sa, 0, 8);
}

/*
 * What a program inherits is that signals are ignored.  Nobody but this layer changes that, so the kernel is asked
 * when it first matters; most programs never get there.  Under the block's lock.
 */
static void
action_learn(struct thread_block *t, struct sighand_block *sh, int sig)
{
	struct host_sigaction sa = { 0 };
	uint64_t bit = 1ul << (sig - 1);

	if (sh->known & bit)
		return;
	HOST4(t, HOST_NR_rt_sigaction, sig, 0, &sa, 8);
	if (sa.handler == 1 && sh->action[sig].handler == 0)
		sh->action[sig].handler = 1;
	sh->known |= bit;
}

void
signal_learn(struct thread_block *t, uint64_t set)
{
	struct sighand_block *sh = t->sighand;

	if ((set & ~sh->known) == 0)
		return;
	layer_lock(t, &sh->lock);
	for (; set != 0; set &= set - 1)
		action_learn(t, sh, __builtin_ctzl(set) + 1);
	layer_unlock(t, &sh->lock);
}

long
signal_action(struct thread_block *t, int sig, const struct sigact *act, struct sigact *old)
{
	struct sighand_block *sh = t->sighand;
	long ret = 0;

	if (sig < 1 || sig > NSIG_HOST)
		return -EINVAL;
	if (act != NULL && (sig == SIGKILL || sig == SIGSTOP))
		return -EINVAL;
	layer_lock(t, &sh->lock);
	action_learn(t, sh, sig);
	if (old != NULL)
		*old = sh->action[sig];
	if (act != NULL) {
		struct sigact before = sh->action[sig];

		if (act->handler <= 1)	/* the kernel decides: it must know the mask */
			mask_sync(t);
		sh->action[sig] = *act;
		ret = signal_host_action(t, sig, act, false);
		if (ret != 0)
			sh->action[sig] = before;
		else
			sh->caught &= ~(1ul << (sig - 1));
		if (ret == 0 && is_i9(sig) && act->handler == 1)
			t->held &= ~(1ul << (sig - 1));
	}
	layer_unlock(t, &sh->lock);
	return ret;
}

void
signal_drop_caught(struct thread_block *t)
{
	struct sighand_block *sh = t->sighand;
	const struct sigact dfl = { .handler = 0 };

	layer_lock(t, &sh->lock);
	for (int sig = 1; sig <= NSIG_HOST; sig++) {
		if (personality_exec_handler(&sh->action[sig]) <= 1)
			continue;
		sh->action[sig] = dfl;
		sh->caught &= ~(1ul << (sig - 1));
		signal_host_action(t, sig, &dfl, false);
	}
	layer_unlock(t, &sh->lock);
}

void
signal_catch(struct thread_block *t, uint64_t set)
{
	struct sighand_block *sh = t->sighand;
	const struct sigact ours = { .handler = 2, .flags = SA_RESTART };

	layer_lock(t, &sh->lock);
	for (; set != 0; set &= set - 1) {
		int sig = __builtin_ctzl(set) + 1;

		if (sh->action[sig].handler == 0 &&
		    signal_host_action(t, sig, &ours, false) == 0)
			sh->caught |= set & -set;
	}
	layer_unlock(t, &sh->lock);
}

void
signal_thread_start(struct thread_block *t)
{
	stack_t ss = {
		.ss_sp = (char *)t - SLOT_BLOCK + SLOT_SIGSTACK,
		.ss_size = SLOT_SIZE - SLOT_SIGSTACK,
	};

	HOST2(t, HOST_NR_sigaltstack, &ss, 0);
}

/* One of I9 becomes ours; what it was is learnt in the same call. */
static void
action_take(struct thread_block *t, struct sighand_block *sh, int sig)
{
	struct host_sigaction sa, old = { 0 };

	host_action(t, sig, &sh->action[sig], false, &sa);
	HOST4(t, HOST_NR_rt_sigaction, sig, &sa, &old, 8);
	sh->known |= 1ul << (sig - 1);
	if (old.handler != 1)
		return;
	sh->action[sig].handler = 1;
	signal_host_action(t, sig, &sh->action[sig], false);
}

/* What this process inherited: the mask and what is ignored are the guest's; the rest becomes ours. */
void
signal_start(struct thread_block *t)
{
	struct sighand_block *sh = t->sighand;

	signal_thread_start(t);
	for (uint64_t set = I9_SIGNALS; set != 0; set &= set - 1)
		action_take(t, sh, __builtin_ctzl(set) + 1);
	HOST4(t, HOST_NR_rt_sigprocmask, SIG_SETMASK, 0, &t->vmask, 8);
	t->hmask = t->vmask;
	if (t->vmask & I9_SIGNALS) {
		t->hmask = t->vmask & ~I9_SIGNALS;
		HOST4(t, HOST_NR_rt_sigprocmask, SIG_SETMASK, &t->hmask, 0, 8);
	}
}

/* Must the host be told what the next program is to inherit? */
static bool
exec_differs(int sig, const struct sigact *act, uint64_t handler)
{
	if (handler > 1)
		return false;	/* the kernel makes it the default */
	return handler != act->handler || (is_i9(sig) && handler == 1);
}

/* Held signals are pending ones: they become the kernel's, or they would end here. If exec fails they come back. */
static void
held_to_kernel(struct thread_block *t, uint64_t mask)
{
	for (uint64_t s = t->held & mask; s != 0; s &= s - 1) {
		int sig = __builtin_ctzl(s) + 1;
		struct siginfo_host info = { sig, 0, SI_USER, 0,
		    { t->pid | (uint64_t)t->uid << 32 } };

		if (HOST4(t, HOST_NR_rt_tgsigqueueinfo, t->pid, t->tid, sig,
		    &info) == 0)
			t->held &= ~(s & -s);
	}
}

/*
 * A program that exec starts inherits masks and ignored signals from the kernel, so the kernel must
 * have all of them, I9 included.  Until the exec, or the undo, only the gate makes calls.
 */
void
signal_exec_prepare(struct thread_block *t)
{
	struct sighand_block *sh = t->sighand;
	uint64_t mask = FULL_MASK;

	t->saved_mask_valid = 0;
	/* Nothing is noted any more, unless something was: then the exec is turned away. */
	HOST4(t, HOST_NR_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8);
	if ((t->attention & ATT_SIGNAL) == 0)
		mask = t->vmask;
	for (int sig = 1; sig <= NSIG_HOST; sig++) {
		struct sigact act = { .handler = personality_exec_handler(&sh->action[sig]) };

		if (exec_differs(sig, &sh->action[sig], act.handler))
			signal_host_action(t, sig, &act, true);
	}
	held_to_kernel(t, mask);
	t->hmask = mask;
	HOST4(t, HOST_NR_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8);
}

void
signal_exec_undo(struct thread_block *t)
{
	struct sighand_block *sh = t->sighand;
	uint64_t mask;

	for (int sig = 1; sig <= NSIG_HOST; sig++)
		if (exec_differs(sig, &sh->action[sig],
		    personality_exec_handler(&sh->action[sig])))
			signal_host_action(t, sig, &sh->action[sig], false);
	mask = FULL_MASK;	/* as in mask_set: while one is noted no second may be */
	HOST4(t, HOST_NR_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8);
	t->hmask = (t->attention & ATT_SIGNAL ? FULL_MASK : t->vmask) & ~I9_SIGNALS;
	HOST4(t, HOST_NR_rt_sigprocmask, SIG_SETMASK, &t->hmask, 0, 8);
}

/*
 * The thread goes on without a layer: the kernel gets the guest's actions, alternate stack and mask as they
 * are, and dispatch ends.  Meant for the one thread of a process that is about to exec.
 */
void
signal_leave(struct thread_block *t)
{
	struct sighand_block *sh = t->sighand;
	const uint64_t full = FULL_MASK;
	stack_t ss = {
		.ss_sp = (void *)t->altstack_sp,
		.ss_flags = (int)t->altstack_flags,
		.ss_size = t->altstack_size,
	};

	HOST4(t, HOST_NR_rt_sigprocmask, SIG_SETMASK, &full, 0, 8);
	for (int sig = 1; sig <= NSIG_HOST; sig++) {
		const struct sigact *act = &sh->action[sig];
		struct host_sigaction sa = { act->handler, act->flags,
		    act->restorer, act->mask };

		if (act->handler > 1 || is_i9(sig) || (sh->caught >> (sig - 1) & 1))
			HOST4(t, HOST_NR_rt_sigaction, sig, &sa, 0, 8);
	}
	HOST2(t, HOST_NR_sigaltstack, &ss, 0);
	thread_disarm(t);
	t->hmask = t->vmask;
	pass_drop(t);
	HOST4(t, HOST_NR_rt_sigprocmask, SIG_SETMASK, &t->vmask, 0, 8);
}

void
regs_from_host(struct call *c, const struct sigcontext *sc)
{
	c->rax = sc->rax; c->rbx = sc->rbx; c->rcx = sc->rcx; c->rdx = sc->rdx;
	c->rsi = sc->rsi; c->rdi = sc->rdi; c->rbp = sc->rbp; c->rsp = sc->rsp;
	c->r8 = sc->r8; c->r9 = sc->r9; c->r10 = sc->r10; c->r11 = sc->r11;
	c->r12 = sc->r12; c->r13 = sc->r13; c->r14 = sc->r14; c->r15 = sc->r15;
	c->rip = sc->rip;
	c->rflags = sc->eflags;
}

void
regs_to_host(const struct call *c, struct sigcontext *sc)
{
	sc->rax = c->rax; sc->rbx = c->rbx; sc->rcx = c->rcx; sc->rdx = c->rdx;
	sc->rsi = c->rsi; sc->rdi = c->rdi; sc->rbp = c->rbp; sc->rsp = c->rsp;
	sc->r8 = c->r8; sc->r9 = c->r9; sc->r10 = c->r10; sc->r11 = c->r11;
	sc->r12 = c->r12; sc->r13 = c->r13; sc->r14 = c->r14; sc->r15 = c->r15;
	sc->rip = c->rip;
	sc->eflags = c->rflags;
}
