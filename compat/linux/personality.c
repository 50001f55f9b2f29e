/* SPDX-License-Identifier: ISC */
/*
 * The linux personality: programs that nobody changed.  Numbers, structures and answers are the
 * host's own, so most calls pass; what the layer keeps (masks, actions, threads, its own mappings)
 * is answered here as the kernel would.
 */
#include <asm/prctl.h>

#include "linux.h"

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

/* As the kernel, only the low half of the register counts; what the table does not know the host may. */
long
personality_call(struct call *c)
{
	if (c->nr >= sysent_count)
		return pass(c);
	return sysent_run(&sysent[c->nr], c);
}

void
personality_return(struct call *c, long ret)
{
	c->rax = (uint64_t)ret;
}

/* The stack, its auxiliary vector and the vDSO are the kernel's; enter has put the program into them. */
void
personality_start(struct thread_block *t, const struct start *s)
{
	(void)s;
	t->call.rdx = 0;
}

long
linux_arch_prctl(struct call *c)
{
	struct thread_block *t = c->thread;

	switch ((uint32_t)c->arg[0]) {
	case ARCH_SET_GS:
		log_missing(c, "ARCH_SET_GS: %gs is the layer's");
		return LINUX_EPERM;
	case ARCH_GET_GS:
		return copyout(guest(c->arg[1]), &t->guest_gs, 8);
	default:
		return pass(c);
	}
}

/* A filter would judge the layer's calls too. The answer is that of a kernel without filters. */
long
linux_seccomp(struct call *c)
{
	if ((uint32_t)c->arg[0] > 1)	/* SECCOMP_GET_ACTION_AVAIL, _GET_NOTIF_SIZES: questions */
		return pass(c);
	log_missing(c, "seccomp filters are refused");
	return LINUX_EINVAL;
}
