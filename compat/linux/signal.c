/* SPDX-License-Identifier: ISC */
/* Signal calls. The virtual mask and the guest's actions are the layer's; what is pending is the kernel's. */
#include "linux.h"

#define MIN_ALTSTACK 2048
#define FLAGS_KEPT 0xdc000807ul	/* SA_ flags that the kernel knows; the others read back as 0 */
#define UNBLOCKABLE (1ul << (SIGKILL - 1) | 1ul << (SIGSTOP - 1))

struct linux_sigaction {
	uint64_t handler, flags, restorer, mask;
};

long
linux_rt_sigaction(struct call *c)
{
	struct linux_sigaction sa;
	struct sigact act, old;
	bool set = c->arg[1] != 0;
	long ret;

	if (c->arg[3] != SIGSET_BYTES)
		return LINUX_EINVAL;
	if (set) {
		if (copyin(&sa, guest(c->arg[1]), sizeof(sa)) != 0)
			return LINUX_EFAULT;
		act = (struct sigact){ .handler = sa.handler,
		    .mask = sa.mask & ~UNBLOCKABLE, .restorer = sa.restorer,
		    .flags = sa.flags & FLAGS_KEPT };
	}
	ret = signal_action(c->thread, (int)c->arg[0], set ? &act : NULL, &old);
	if (ret != 0 || c->arg[2] == 0)
		return ret;
	sa = (struct linux_sigaction){ .handler = old.handler, .mask = old.mask,
	    .restorer = old.restorer, .flags = old.flags };
	return copyout(guest(c->arg[2]), &sa, sizeof(sa));
}

uint64_t
personality_exec_handler(const struct sigact *act)
{
	return act->handler;
}

long
linux_rt_sigprocmask(struct call *c)
{
	struct thread_block *t = c->thread;
	uint64_t old = t->vmask, set;

	if (c->arg[3] != SIGSET_BYTES)
		return LINUX_EINVAL;
	if (c->arg[1] != 0) {
		if (copyin(&set, guest(c->arg[1]), 8) != 0)
			return LINUX_EFAULT;
		if (c->arg[0] == SIG_BLOCK)
			set |= old;
		else if (c->arg[0] == SIG_UNBLOCK)
			set = old & ~set;
		else if (c->arg[0] != SIG_SETMASK)
			return LINUX_EINVAL;
		mask_set(t, set);
	}
	if (c->arg[2] != 0)
		return copyout(guest(c->arg[2]), &old, 8);
	return 0;
}

long
linux_rt_sigpending(struct call *c)
{
	struct thread_block *t = c->thread;
	uint64_t set = 0;
	long ret;

	if (c->arg[1] > SIGSET_BYTES)
		return LINUX_EINVAL;
	mask_sync(t);
	ret = HOST2(t, HOST_NR_rt_sigpending, &set, 8);
	if (ret != 0)
		return ret;
	set = (set | t->held) & t->vmask;
	return copyout(guest(c->arg[0]), &set, c->arg[1]);
}

/* An I9 signal that is held is taken from here, any other from the kernel. */
long
linux_rt_sigtimedwait(struct call *c)
{
	struct thread_block *t = c->thread;
	uint64_t set, held;

	if (c->arg[3] != SIGSET_BYTES)
		return LINUX_EINVAL;
	if (copyin(&set, guest(c->arg[0]), 8) != 0)
		return LINUX_EFAULT;
	held = t->held & set;
	if (held != 0) {
		struct siginfo_host info = { 0 };

		info.signo = __builtin_ctzl(held) + 1;
		t->held &= ~(held & -held);
		if (c->arg[1] != 0 &&
		    copyout(guest(c->arg[1]), &info, sizeof(info)) != 0)
			return LINUX_EFAULT;
		return info.signo;
	}
	return pass(c);
}

long
linux_rt_sigsuspend(struct call *c)
{
	struct thread_block *t = c->thread;
	uint64_t set;
	long ret;

	if (c->arg[1] != SIGSET_BYTES)
		return LINUX_EINVAL;
	if (copyin(&set, guest(c->arg[0]), 8) != 0)
		return LINUX_EFAULT;
	mask_swap(t, set);
	ret = host_call_intr(t, HOST_NR_pause, 0, 0, 0, 0, 0, 0);
	return ret == -ERESTARTSYS ? LINUX_EINTR : ret;
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
linux_sigaltstack(struct call *c)
{
	struct thread_block *t = c->thread;
	stack_t ss, old = {
		.ss_sp = (void *)t->altstack_sp,
		.ss_flags = (int)altstack_state(t, c->rsp),
		.ss_size = t->altstack_size,
	};

	if (c->arg[0] != 0) {
		if (copyin(&ss, guest(c->arg[0]), sizeof(ss)) != 0)
			return LINUX_EFAULT;
		if (old.ss_flags & SS_ONSTACK)
			return LINUX_EPERM;
		if (ss.ss_flags & (int)~(SS_DISABLE | SS_ONSTACK | 1u << 31))
			return LINUX_EINVAL;
		if (ss.ss_flags & SS_DISABLE)
			ss.ss_size = 0, ss.ss_sp = NULL;
		else if (ss.ss_size < MIN_ALTSTACK)
			return LINUX_ENOMEM;
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
linux_signalfd4(struct call *c)
{
	return pass(c);
}

long
linux_signalfd(struct call *c)
{
	return pass(c);
}
