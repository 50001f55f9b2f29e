/* SPDX-License-Identifier: ISC */
/* Signal calls. The virtual mask and the guest's actions are the layer's; what is pending is the kernel's. */
#include "native.h"

#define MIN_ALTSTACK 2048

struct native_sigaction {
	uint64_t handler, flags, restorer, mask;
};

long
native_rt_sigaction(struct call *c)
{
	struct native_sigaction sa;
	struct sigact act, old;
	bool set = c->arg[1] != 0;
	long ret;

	if (c->arg[3] != SIGSET_BYTES)
		return NATIVE_EINVAL;
	if (set) {
		if (copyin(&sa, guest(c->arg[1]), sizeof(sa)) != 0)
			return NATIVE_EFAULT;
		act = (struct sigact){ .handler = sa.handler, .mask = sa.mask,
		    .restorer = sa.restorer, .flags = sa.flags };
	}
	ret = signal_action(c->thread, (int)c->arg[0], set ? &act : NULL, &old);
	if (ret != 0 || c->arg[2] == 0)
		return ret;
	sa = (struct native_sigaction){ .handler = old.handler, .mask = old.mask,
	    .restorer = old.restorer, .flags = old.flags };
	return copyout(guest(c->arg[2]), &sa, sizeof(sa));
}

uint64_t
personality_exec_handler(const struct sigact *act)
{
	return act->handler;
}

long
native_rt_sigprocmask(struct call *c)
{
	struct thread_block *t = c->thread;
	uint64_t old = t->vmask, set;

	if (c->arg[3] != SIGSET_BYTES)
		return NATIVE_EINVAL;
	if (c->arg[1] != 0) {
		if (copyin(&set, guest(c->arg[1]), 8) != 0)
			return NATIVE_EFAULT;
		if (c->arg[0] == SIG_BLOCK)
			set |= old;
		else if (c->arg[0] == SIG_UNBLOCK)
			set = old & ~set;
		else if (c->arg[0] != SIG_SETMASK)
			return NATIVE_EINVAL;
		mask_set(t, set);
	}
	if (c->arg[2] != 0)
		return copyout(guest(c->arg[2]), &old, 8);
	return 0;
}

long
native_rt_sigpending(struct call *c)
{
	struct thread_block *t = c->thread;
	uint64_t set = 0;
	long ret;

	if (c->arg[1] > SIGSET_BYTES)
		return NATIVE_EINVAL;
	mask_sync(t);
	ret = HOST2(t, HOST_NR_rt_sigpending, &set, 8);
	if (ret != 0)
		return ret;
	set = (set | t->held) & t->vmask;
	return copyout(guest(c->arg[0]), &set, c->arg[1]);
}

/* An I9 signal that is held is taken from here, any other from the kernel. */
long
native_rt_sigtimedwait(struct call *c)
{
	struct thread_block *t = c->thread;
	uint64_t set, held;

	if (c->arg[3] != SIGSET_BYTES)
		return NATIVE_EINVAL;
	if (copyin(&set, guest(c->arg[0]), 8) != 0)
		return NATIVE_EFAULT;
	held = t->held & set;
	if (held != 0) {
		struct siginfo_host info = { 0 };

		info.signo = __builtin_ctzl(held) + 1;
		t->held &= ~(held & -held);
		if (c->arg[1] != 0 &&
		    copyout(guest(c->arg[1]), &info, sizeof(info)) != 0)
			return NATIVE_EFAULT;
		return info.signo;
	}
	return pass(c);
}

long
native_rt_sigsuspend(struct call *c)
{
	struct thread_block *t = c->thread;
	uint64_t set;
	long ret;

	if (c->arg[1] != SIGSET_BYTES)
		return NATIVE_EINVAL;
	if (copyin(&set, guest(c->arg[0]), 8) != 0)
		return NATIVE_EFAULT;
	mask_swap(t, set);
	ret = host_call_intr(t, HOST_NR_pause, 0, 0, 0, 0, 0, 0);
	return ret == -ERESTARTSYS ? NATIVE_EINTR : ret;
}

static uint32_t
altstack_state(struct thread_block *t, uint64_t rsp)
{
	if (t->altstack_size == 0 || (t->altstack_flags & SS_DISABLE))
		return SS_DISABLE;
	if (t->altstack_flags & (1u << 31))	/* SS_AUTODISARM: never reported as in use */
		return t->altstack_flags;
	return rsp - t->altstack_sp - 1 < t->altstack_size ? SS_ONSTACK : 0;
}

long
native_sigaltstack(struct call *c)
{
	struct thread_block *t = c->thread;
	stack_t ss, old = {
		.ss_sp = (void *)t->altstack_sp,
		.ss_flags = (int)altstack_state(t, c->rsp),
		.ss_size = t->altstack_size,
	};

	if (c->arg[0] != 0) {
		if (copyin(&ss, guest(c->arg[0]), sizeof(ss)) != 0)
			return NATIVE_EFAULT;
		if (old.ss_flags & SS_ONSTACK)
			return NATIVE_EPERM;
		if (ss.ss_flags & (int)~(SS_DISABLE | SS_ONSTACK | 1u << 31))
			return NATIVE_EINVAL;
		if (ss.ss_flags & SS_DISABLE)
			ss.ss_size = 0, ss.ss_sp = NULL;
		else if (ss.ss_size < MIN_ALTSTACK)
			return NATIVE_ENOMEM;
		t->altstack_sp = (uint64_t)ss.ss_sp;
		t->altstack_size = ss.ss_size;
		t->altstack_flags = (uint32_t)ss.ss_flags & ~(uint32_t)SS_ONSTACK;
	}
	if (c->arg[1] != 0)
		return copyout(guest(c->arg[1]), &old, sizeof(old));
	return 0;
}

/* The kernel's mask holds what the guest blocks before a descriptor is to see it. */
long
native_signalfd4(struct call *c)
{
	return pass(c);
}

long
native_signalfd(struct call *c)
{
	return pass(c);
}

/* A call that waits under another mask: the mask is swapped here, the host gets none. */
static long
wait_masked(struct call *c, int argno, uint64_t set_addr, bool set)
{
	struct thread_block *t = c->thread;
	uint64_t mask;
	long ret;

	if (set) {
		if (copyin(&mask, guest(set_addr), 8) != 0)
			return NATIVE_EFAULT;
		mask_swap(t, mask);
		c->arg[argno] = 0;
	}
	ret = pass(c);
	if (set && ret == -ERESTARTSYS)
		ret = NATIVE_EINTR;	/* these calls never restart after a handler */
	return ret;
}

long
native_ppoll(struct call *c)
{
	if (c->arg[3] != 0 && c->arg[4] != SIGSET_BYTES)
		return NATIVE_EINVAL;
	return wait_masked(c, 3, c->arg[3], c->arg[3] != 0);
}

long
native_pselect6(struct call *c)
{
	uint64_t sig[2] = { 0, 0 };

	if (c->arg[5] != 0) {
		if (copyin(sig, guest(c->arg[5]), sizeof(sig)) != 0)
			return NATIVE_EFAULT;
		if (sig[0] != 0 && sig[1] != SIGSET_BYTES)
			return NATIVE_EINVAL;
	}
	return wait_masked(c, 5, sig[0], sig[0] != 0);
}

long
native_epoll_pwait(struct call *c)
{
	if (c->arg[4] != 0 && c->arg[5] != SIGSET_BYTES)
		return NATIVE_EINVAL;
	return wait_masked(c, 4, c->arg[4], c->arg[4] != 0);
}

long
native_epoll_pwait2(struct call *c)
{
	return native_epoll_pwait(c);
}
