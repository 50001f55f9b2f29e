/* SPDX-License-Identifier: ISC */
/*
 * Syscall User Dispatch of the guest's own.  The kernel's is the layer's, so the guest's is kept here: with it on, each
 * call of the thread takes the long way, and is held against the range and the selector before anything else is asked.
 */
#include <linux/prctl.h>

#include "internal.h"
#include "linux.h"

enum { DISPATCH_OFF, DISPATCH_ON, DISPATCH_INCLUSIVE };
enum { SELECTOR_ALLOW, SELECTOR_BLOCK };
#define SYS_USER_DISPATCH_CODE 2
#define TASK_TOP 0x7ffffffff000ul

long
linux_prctl_dispatch(struct call *c)
{
	struct thread_block *t = c->thread;
	uint64_t mode = c->arg[1], off = c->arg[2], len = c->arg[3], selector = c->arg[4];

	if (mode == DISPATCH_OFF ? (off | len | selector) != 0 :
	    mode == DISPATCH_ON ? off != 0 && off + len <= off :
	    mode != DISPATCH_INCLUSIVE || len == 0 || off + len <= off)
		return LINUX_EINVAL;
	if (mode != DISPATCH_OFF && selector >= TASK_TOP)
		return LINUX_EFAULT;
	t->dispatch_offset = mode == DISPATCH_INCLUSIVE ? off + len : off;
	t->dispatch_len = mode == DISPATCH_INCLUSIVE ? 0 - len : len;
	t->dispatch_selector = selector;
	if (mode == DISPATCH_OFF)
		t->guards &= ~(uint32_t)GUARD_DISPATCH;
	else
		t->guards |= GUARD_DISPATCH;
	thread_ways(t);
	return 0;
}

/* 1: the call may be made; else what it answers. */
long
linux_dispatch_judge(struct call *c)
{
	struct thread_block *t = c->thread;
	uint8_t state = SELECTOR_BLOCK;

	if (c->rip - t->dispatch_offset < t->dispatch_len)
		return 1;
	if (t->dispatch_selector != 0 &&
	    copyin(&state, guest(t->dispatch_selector), 1) != 0)
		die_by_signal(t, SIGSEGV);
	if (state == SELECTOR_ALLOW)
		return 1;
	if (state != SELECTOR_BLOCK)
		die_by_signal(t, SIGSYS);
	t->trapped = SYS_USER_DISPATCH_CODE;
	t->trapped_errno = 0;
	return -ETRAPPED;
}
