/* SPDX-License-Identifier: ISC */
/*
 * What a program says about its signals: actions, masks, the alternate stack.
 *
 * FreeBSD ignores IO and INFO by default and the host would end the process: they are set to
 * ignored, and the mark in the action's restorer tells sigaction what the program set.
 */
#include <linux/signal.h>

#include "freebsd.h"
#include "fbsd_state.h"
#include "signal.h"

#define SIG_DFL_ 0ul
#define SIG_IGN_ 1ul
#define HOST_SIGINFO 30

static bool
freebsd_default_ignores(int hostsig)
{
	return hostsig == SIGIO || hostsig == HOST_SIGINFO;
}

/* Does the signal, under this action as the guest sees it, end nowhere? */
static bool
is_ignored(int hostsig, uint64_t handler)
{
	if (handler != SIG_DFL_)
		return handler == SIG_IGN_;
	return freebsd_default_ignores(hostsig) || hostsig == SIGCHLD ||
	    hostsig == SIGURG || hostsig == SIGWINCH || hostsig == SIGCONT;
}

static uint64_t *
watched_set(struct thread_block *t)
{
	return &thread_mm(t)->priv[FREEBSD_MM_WATCHED];
}

/* The action to give to the layer for what the guest asked. */
static void
action_make(struct thread_block *t, int hostsig, struct sigact *act)
{
	bool watched = (*watched_set(t) >> (hostsig - 1)) & 1;

	act->restorer = ACT_PLAIN;
	if (watched && is_ignored(hostsig, act->handler)) {
		act->restorer = act->handler == SIG_IGN_ ? ACT_IGN : ACT_DFL;
		if (hostsig == SIGCHLD && act->handler == SIG_IGN_)
			act->flags |= SA_NOCLDWAIT;
		act->flags = (act->flags & (SA_NOCLDWAIT | SA_NOCLDSTOP)) | SA_RESTART;
		act->handler = ACT_WATCHED;
	} else if (act->handler == SIG_DFL_ && freebsd_default_ignores(hostsig)) {
		act->restorer = ACT_DFL;
		act->handler = SIG_IGN_;
	}
}

static uint64_t
action_handler(const struct sigact *act)
{
	if (act->restorer == ACT_DFL)
		return SIG_DFL_;
	return act->restorer == ACT_IGN ? SIG_IGN_ : act->handler;
}

uint64_t
personality_exec_handler(const struct sigact *act)
{
	return action_handler(act);
}

void
freebsd_signal_watch(struct thread_block *t, int hostsig, bool on)
{
	uint64_t bit = 1ul << (hostsig - 1);
	struct sigact act;

	if (hostsig == SIGKILL || hostsig == SIGSTOP)
		return;
	if (on)
		*watched_set(t) |= bit;
	else
		*watched_set(t) &= ~bit;
	if (signal_action(t, hostsig, NULL, &act) != 0)
		return;
	act.handler = action_handler(&act);
	if (!is_ignored(hostsig, act.handler))
		return;
	action_make(t, hostsig, &act);
	(void)signal_action(t, hostsig, &act, NULL);
}

/* The layer has set the default: FreeBSD's may be another. */
void
freebsd_signal_reset(struct thread_block *t, int hostsig)
{
	struct sigact act = { .handler = SIG_DFL_ };

	if (!is_ignored(hostsig, SIG_DFL_))
		return;
	action_make(t, hostsig, &act);
	(void)signal_action(t, hostsig, &act, NULL);
}

void
freebsd_signal_start(struct thread_block *t)
{
	static const uint8_t sigs[] = { SIGIO, HOST_SIGINFO };

	for (size_t i = 0; i < sizeof(sigs); i++) {
		struct sigact act;

		if (signal_action(t, sigs[i], NULL, &act) != 0 || act.handler != SIG_DFL_)
			continue;
		action_make(t, sigs[i], &act);
		(void)signal_action(t, sigs[i], &act, NULL);
	}
}

static long
action_out(gaddr to, const struct sigact *act)
{
	struct freebsd_sigaction f = { .handler = action_handler(act) };

	f.flags = freebsd_sa_from_host((uint32_t)act->flags);
	freebsd_sigset_from_host(act->mask, &f.mask);
	return copyout(to, &f, offsetof(struct freebsd_sigaction, pad));
}

static long
action_in(struct thread_block *t, int hostsig, gaddr from, struct sigact *act)
{
	struct freebsd_sigaction f;
	uint32_t rest;
	long ret = copyin(&f, from, offsetof(struct freebsd_sigaction, pad));

	if (ret != 0)
		return ret;
	*act = (struct sigact){ .handler = f.handler };
	act->flags = freebsd_sa_to_host(f.flags, &rest);
	if (rest != 0)
		return -EINVAL;
	act->mask = freebsd_sigset_to_host(&f.mask);
	action_make(t, hostsig, act);
	return 0;
}

CALL(sigaction)
{
	struct thread_block *t = call_thread(c);
	int sig = arg_int(c, 0), hostsig = freebsd_sig_to_host(sig);
	struct sigact act, old;
	bool set = c->arg[1] != 0;
	long ret = 0;

	if (!freebsd_sig_valid(sig) || hostsig == 0)
		return -EINVAL;
	if (set)
		ret = action_in(t, hostsig, arg_ptr(c, 1), &act);
	if (ret != 0)
		return ret;
	if (set && (hostsig == SIGKILL || hostsig == SIGSTOP)) {
		if (act.handler != SIG_DFL_)
			return -EINVAL;
		set = false;
	}
	ret = signal_action(t, hostsig, set ? &act : NULL, &old);
	if (ret == 0 && c->arg[2] != 0)
		ret = action_out(arg_ptr(c, 2), &old);
	return ret;
}

static void
set_combine(int how, const struct freebsd_sigset *set, struct freebsd_sigset *mask)
{
	for (int i = 0; i < FREEBSD_SIGSET_WORDS; i++) {
		if (how == FREEBSD_SIG_BLOCK)
			mask->bits[i] |= set->bits[i];
		else if (how == FREEBSD_SIG_UNBLOCK)
			mask->bits[i] &= ~set->bits[i];
		else
			mask->bits[i] = set->bits[i];
	}
}

CALL(sigprocmask)
{
	struct thread_block *t = call_thread(c);
	struct freebsd_sigset set, mask;
	int how = arg_int(c, 0);
	long ret = 0;

	freebsd_sigset_get(t, t->vmask, &mask);
	if (c->arg[1] != 0)
		ret = copyin(&set, arg_ptr(c, 1), sizeof(set));
	if (ret == 0 && c->arg[1] != 0 && (how < FREEBSD_SIG_BLOCK || how > FREEBSD_SIG_SETMASK))
		ret = -EINVAL;
	if (ret != 0)
		return ret;
	if (c->arg[2] != 0)
		ret = copyout(arg_ptr(c, 2), &mask, sizeof(mask));
	if (ret != 0 || c->arg[1] == 0)
		return ret;
	set_combine(how, &set, &mask);
	freebsd_sigset_keep(t, &mask);
	/* What the host has and FreeBSD has not keeps its state. */
	mask_set(t, freebsd_sigset_to_host(&mask));
	return 0;
}

CALL(sigpending)
{
	struct thread_block *t = call_thread(c);
	struct freebsd_sigset set;
	uint64_t pending = 0;
	long ret;

	mask_sync(t);
	ret = HOST(c, rt_sigpending, &pending, sizeof(pending));
	if (ret != 0)
		return ret;
	freebsd_sigset_from_host(pending | t->held, &set);
	return copyout(arg_ptr(c, 0), &set, sizeof(set));
}

static void
stack_out(const struct thread_block *t, uint64_t rsp, struct freebsd_stack *ss)
{
	*ss = (struct freebsd_stack){ .sp = t->altstack_sp, .size = t->altstack_size };
	ss->flags = freebsd_altstack_flags(t, rsp);
}

CALL(sigaltstack)
{
	struct thread_block *t = call_thread(c);
	struct freebsd_stack ss, old;
	long ret = 0;

	stack_out(t, c->rsp, &old);
	if (c->arg[0] != 0)
		ret = copyin(&ss, arg_ptr(c, 0), sizeof(ss));
	if (ret == 0 && c->arg[0] != 0) {
		if (old.flags & FREEBSD_SS_ONSTACK)
			return -EPERM;
		if ((ss.flags & ~(uint32_t)FREEBSD_SS_DISABLE) != 0)
			return -EINVAL;
		if (ss.flags == 0 && ss.size < FREEBSD_MINSIGSTKSZ)
			return -ENOMEM;
		if (ss.flags != 0)
			t->altstack_flags = SS_DISABLE;
		else {
			t->altstack_sp = ss.sp;
			t->altstack_size = ss.size;
			t->altstack_flags = 0;
		}
	}
	if (ret == 0 && c->arg[1] != 0)
		ret = copyout(arg_ptr(c, 1), &old, sizeof(old));
	return ret;
}
