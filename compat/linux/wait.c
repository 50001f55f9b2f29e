/* SPDX-License-Identifier: ISC */
/* Calls that wait under another mask. */
#include <linux/io_uring.h>

#include "linux.h"

#define ENTER_EXT_ARG_REG (1u << 6)	/* newer than the header */

/* A call that waits under another mask: the mask is swapped here, the host gets none. */
static long
wait_masked(struct call *c, int argno, uint64_t set_addr, bool set)
{
	struct thread_block *t = c->thread;
	uint64_t mask;
	long ret;

	if (set) {
		if (copyin(&mask, guest(set_addr), 8) != 0)
			return LINUX_EFAULT;
		mask_swap(t, mask);
		c->arg[argno] = 0;
	}
	ret = pass(c);
	if (set && ret == -ERESTARTSYS)
		ret = LINUX_EINTR;	/* these calls never restart after a handler */
	return ret;
}

long
linux_ppoll(struct call *c)
{
	if (c->arg[3] != 0 && c->arg[4] != SIGSET_BYTES)
		return LINUX_EINVAL;
	return wait_masked(c, 3, c->arg[3], c->arg[3] != 0);
}

/* The sixth argument points to a set and its size. */
static long
wait_masked_pair(struct call *c)
{
	uint64_t sig[2] = { 0, 0 };

	if (c->arg[5] != 0) {
		if (copyin(sig, guest(c->arg[5]), sizeof(sig)) != 0)
			return LINUX_EFAULT;
		if (sig[0] != 0 && sig[1] != SIGSET_BYTES)
			return LINUX_EINVAL;
	}
	return wait_masked(c, 5, sig[0], sig[0] != 0);
}

long
linux_pselect6(struct call *c)
{
	return wait_masked_pair(c);
}

long
linux_epoll_pwait(struct call *c)
{
	if (c->arg[4] != 0 && c->arg[5] != SIGSET_BYTES)
		return LINUX_EINVAL;
	return wait_masked(c, 4, c->arg[4], c->arg[4] != 0);
}

long
linux_epoll_pwait2(struct call *c)
{
	return linux_epoll_pwait(c);
}

static long
wait_extended(struct call *c, struct io_uring_getevents_arg *ext)
{
	struct thread_block *t = c->thread;
	uint64_t mask;
	long ret;

	if (ext->sigmask_sz != SIGSET_BYTES || c->arg[5] != sizeof(*ext))
		return LINUX_EINVAL;
	if (copyin(&mask, guest(ext->sigmask), 8) != 0)
		return LINUX_EFAULT;
	ext->sigmask = 0;
	c->arg[4] = (uint64_t)ext;
	mask_swap(t, mask);
	ret = pass(c);
	return ret == -ERESTARTSYS ? LINUX_EINTR : ret;
}

/* io_uring_enter: the set is the fifth argument, or the first word of what it points to. */
long
linux_io_uring_enter(struct call *c)
{
	struct io_uring_getevents_arg ext = { 0 };

	if (c->arg[4] == 0 || (c->arg[3] & ENTER_EXT_ARG_REG))
		return pass(c);
	if ((c->arg[3] & IORING_ENTER_EXT_ARG) == 0) {
		if (c->arg[5] != SIGSET_BYTES)
			return LINUX_EINVAL;
		return wait_masked(c, 4, c->arg[4], true);
	}
	if (copyin(&ext, guest(c->arg[4]), sizeof(ext)) != 0)
		return LINUX_EFAULT;
	if (ext.sigmask == 0)
		return pass(c);
	return wait_extended(c, &ext);
}

long
linux_io_pgetevents(struct call *c)
{
	return wait_masked_pair(c);
}
