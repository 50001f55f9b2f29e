/* SPDX-License-Identifier: ISC */
/*
 * The linux personality: programs that nobody changed.  Numbers, structures and answers are the
 * host's own, so most calls pass; what the layer keeps (masks, actions, threads, its own mappings)
 * is answered here as the kernel would.
 */
#include <asm/prctl.h>
#include <linux/prctl.h>

#include "dispatch.h"
#include "filter.h"
#include "gs.h"
#include "linux.h"

#define TRACEME 0	/* PTRACE_TRACEME */

long
linux_pass(struct call *c)
{
	return pass(c);
}

/* The one number that is the trap's (abi/linux/syscalls.tbl), unknown to every kernel. */
long
linux_nosys(struct call *c)
{
	log_missing(c, "is not there");
	return LINUX_ENOSYS;
}

/*
 * PTRACE_TRACEME: the tracer waits for this thread's own stops, and must not see the SIGSYS of its calls (a parent
 * that waits in vfork could not even answer them).  So the thread leaves the layer until it execs.
 */
long
linux_ptrace(struct call *c)
{
	struct thread_block *t = c->thread;
	long ret;

	traced_mark(t, (long)c->arg[0], (long)c->arg[1]);
	ret = pass(c);
	if (c->arg[0] == TRACEME && ret == 0) {
		log_missing(c, "traced from now on: no layer for this thread");
		t->priv[PRIV_LEFT] = 1;
		signal_leave(t);
	}
	return ret;
}

/* Of a thread that has left: what the layer would keep is the kernel's. */
static long
left_call(struct call *c)
{
	struct thread_block *t = c->thread;

	switch (c->nr) {
	case LINUX_SYS_rt_sigreturn:
		((void (*)(uint64_t))t->gate_sigreturn)(c->rsp);
		__builtin_unreachable();
	case LINUX_SYS_rt_sigaction:
	case LINUX_SYS_rt_sigprocmask:
	case LINUX_SYS_rt_sigpending:
	case LINUX_SYS_rt_sigsuspend:
	case LINUX_SYS_rt_sigtimedwait:
	case LINUX_SYS_sigaltstack:
	case LINUX_SYS_execve:
	case LINUX_SYS_execveat:
		return HOST6(t, c->nr, c->arg[0], c->arg[1], c->arg[2],
		    c->arg[3], c->arg[4], c->arg[5]);
	default:
		return sysent_run(&sysent[c->nr], c);
	}
}

/* What the guest has put in front of its own calls: 1 when this one may be made, else what it answers. */
static long
guarded(struct call *c)
{
	uint32_t guards = call_thread(c)->guards;
	long ret = 1;

	if (guards & GUARD_DISPATCH)
		ret = linux_dispatch_judge(c);
	if (ret == 1 && (guards & GUARD_FILTER))
		ret = filter_judge(c);
	return ret;
}

/* As the kernel, only the low half of the register counts; what the table does not know the host may. */
static inline long
run(struct call *c)
{
	if (call_thread(c)->guards != 0) {
		long ret = guarded(c);

		if (ret != 1)
			return ret;
	}
	if (c->nr >= sysent_count)
		return pass(c);
	if (call_thread(c)->priv[PRIV_LEFT] != 0)
		return left_call(c);
	return sysent_run(&sysent[c->nr], c);
}

void
personality_return(struct call *c, long ret)
{
	c->rax = (uint64_t)ret;
}

DISPATCH(run, personality_return)

/* The stack and its auxiliary vector are the kernel's, but for the vDSO; enter has put the program into them. */
void
personality_start(struct thread_block *t, const struct start *s)
{
	linux_vdso_start(t, (uint64_t *)s->sp);
	t->call.rdx = 0;
	if ((s->flags & START_SETS_GS) != 0)
		gs_take(t, 0);
}

#define PR_SET_SUD 59u	/* PR_SET_SYSCALL_USER_DISPATCH */

long
linux_prctl(struct call *c)
{
	if ((uint32_t)c->arg[0] == PR_SET_SUD)
		return linux_prctl_dispatch(c);
	if ((uint32_t)c->arg[0] == PR_SET_SECCOMP)
		return linux_prctl_seccomp(c);
	return pass(c);
}

long
linux_arch_prctl(struct call *c)
{
	struct thread_block *t = c->thread;

	switch ((uint32_t)c->arg[0]) {
	case ARCH_SET_GS:
		return gs_take(t, c->arg[1]);
	case ARCH_GET_GS:
		return copyout(guest(c->arg[1]), &t->guest_gs, 8);
	default:
		return pass(c);
	}
}

