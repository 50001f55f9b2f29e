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

#define MODES (SS_DISABLE | SS_ONSTACK)

bool
linux_on_altstack(const struct thread_block *t, uint64_t sp)
{
	return (t->altstack_flags & SS_AUTODISARM) == 0 &&
	    sp - t->altstack_sp - 1 < t->altstack_size;
}

/* What the kernel does with a new one: sigaltstack, and the end of a handler. */
long
linux_altstack_set(struct thread_block *t, const stack_t *ss, uint64_t sp)
{
	uint32_t mode = (uint32_t)ss->ss_flags & ~SS_AUTODISARM;

	if (linux_on_altstack(t, sp))
		return LINUX_EPERM;
	if (mode == MODES || (mode & ~(uint32_t)MODES) != 0)
		return LINUX_EINVAL;
	if (mode != SS_DISABLE && ss->ss_size < MIN_ALTSTACK)
		return LINUX_ENOMEM;
	t->altstack_sp = mode == SS_DISABLE ? 0 : (uint64_t)ss->ss_sp;
	t->altstack_size = mode == SS_DISABLE ? 0 : ss->ss_size;
	t->altstack_flags = (uint32_t)ss->ss_flags;
	return 0;
}

long
linux_sigaltstack(struct call *c)
{
	struct thread_block *t = c->thread;
	stack_t ss, old = {
		.ss_sp = (void *)t->altstack_sp,
		.ss_size = t->altstack_size,
	};
	long ret = 0;

	old.ss_flags = (int)(t->altstack_flags & SS_AUTODISARM);
	if (t->altstack_size == 0)
		old.ss_flags |= SS_DISABLE;
	else if (linux_on_altstack(t, c->rsp))
		old.ss_flags |= SS_ONSTACK;
	if (c->arg[0] != 0) {
		if (copyin(&ss, guest(c->arg[0]), sizeof(ss)) != 0)
			return LINUX_EFAULT;
		ret = linux_altstack_set(t, &ss, c->rsp);
	}
	if (ret == 0 && c->arg[1] != 0)
		ret = copyout(guest(c->arg[1]), &old, sizeof(old));
	return ret;
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
