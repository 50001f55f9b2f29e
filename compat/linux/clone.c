/* SPDX-License-Identifier: ISC */
/*
 * clone3.  The structure is copied once and goes to the host as the guest made it, but for the stack
 * (a child that shares memory begins on the layer's) and CLONE_CLEAR_SIGHAND: the host would
 * take the layer's handlers away too, so the child itself clears the guest's.
 */
#include <linux/sched.h>

#include "linux.h"

#define ARGS_MAX 4096u
#define NSIG_LINUX 64

static void
clear_handlers(struct thread_block *t)
{
	struct sighand_block *sh = t->sighand;
	const struct sigact dfl = { 0 };

	if (t->priv[PRIV_CLEAR] == 0)
		return;
	t->priv[PRIV_CLEAR] = 0;
	for (int sig = 1; sig <= NSIG_LINUX; sig++)
		if (sh->action[sig].handler > 1)
			signal_action(t, sig, &dfl, NULL);
}

void
personality_fork_child(struct thread_block *t)
{
	clear_handlers(t);
}

void
personality_child_start(struct thread_block *t)
{
	clear_handlers(t);
}

/* 0 or -errno. What lies beyond what we know must be zero, as in the kernel. */
static long
args_copy(struct call *c, struct clone_args *a)
{
	uint64_t size = c->arg[1], at = sizeof(*a), word;

	if (size > ARGS_MAX)
		return LINUX_E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return LINUX_EINVAL;
	memset(a, 0, sizeof(*a));
	if (copyin(a, guest(c->arg[0]), size < at ? size : at) != 0)
		return LINUX_EFAULT;
	for (; at < size; at += 8) {
		word = 0;
		if (copyin(&word, guest(c->arg[0] + at),
		    size - at < 8 ? size - at : 8) != 0)
			return LINUX_EFAULT;
		if (word != 0)
			return LINUX_E2BIG;
	}
	return 0;
}

long
linux_clone3(struct call *c)
{
	struct thread_block *t = c->thread;
	struct clone_args a;
	struct clone_request r = { .args3 = &a, .args3_size = sizeof(a) };
	long ret = args_copy(c, &a);

	if (ret != 0)
		return ret;
	/* The kernel would take our stack for a right one. */
	if ((a.stack == 0) != (a.stack_size == 0) || a.stack + a.stack_size < a.stack ||
	    ((a.flags & CLONE_SIGHAND) && (a.flags & CLONE_CLEAR_SIGHAND)))
		return LINUX_EINVAL;
	r.flags = a.flags;
	r.child = *c;
	r.child.rax = 0;
	if (a.stack != 0)
		r.child.rsp = a.stack + a.stack_size;
	if (a.flags & CLONE_CLEAR_SIGHAND) {
		a.flags &= ~CLONE_CLEAR_SIGHAND;
		t->priv[PRIV_CLEAR] = 1;
	}
	ret = thread_clone(c, &r);
	t->priv[PRIV_CLEAR] = 0;
	return ret;
}
