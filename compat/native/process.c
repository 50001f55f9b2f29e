/* SPDX-License-Identifier: ISC */
/* What a native program's own place in memory and its stubs make different. */
#include <asm/prctl.h>
#include <linux/prctl.h>

#include "native.h"

long
native_veneer_unmapself(struct call *c)
{
	if (arena_overlaps(thread_mm(c->thread), c->arg[0], c->arg[1]))
		return LINUX_EPERM;
	thread_exit_unmap(c->thread, c->arg[0], c->arg[1]);
}

long
native_arch_prctl(struct call *c)
{
	struct thread_block *t = c->thread;

	switch (c->arg[0]) {
	case ARCH_SET_GS:	/* the SDK's programs have %gs from us */
		return LINUX_EPERM;
	case ARCH_GET_GS:
		return copyout(guest(c->arg[1]), &t->guest_gs, 8);
	default:
		return pass(c);
	}
}

long
native_ptrace(struct call *c)
{
	traced_mark(c->thread, (long)c->arg[0], (long)c->arg[1]);
	return native_pass(c);
}

#define PR_SET_SUD 59u	/* PR_SET_SYSCALL_USER_DISPATCH: ours */

long
native_prctl(struct call *c)
{
	if ((uint32_t)c->arg[0] == PR_SET_SUD ||
	    (uint32_t)c->arg[0] == PR_SET_SECCOMP) {
		log_missing(c, "filters and user dispatch are refused");
		return LINUX_EINVAL;
	}
	return pass(c);
}

long
native_getuid(struct call *c)
{
	return (long)call_thread(c)->uid;
}

long
native_geteuid(struct call *c)
{
	return (long)call_thread(c)->euid;
}

long
native_getgid(struct call *c)
{
	return (long)call_thread(c)->gid;
}

long
native_getegid(struct call *c)
{
	return (long)call_thread(c)->egid;
}
