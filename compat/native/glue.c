/* SPDX-License-Identifier: ISC */
/* Calls that the supervisor answers. */
#include "native.h"
#include "trap.h"

long
native_veneer_null(struct call *c)
{
	return glue_null(c->thread);
}

long
native_veneer_park(struct call *c)
{
	return glue_park(c->thread, c->arg[0]);
}

long
native_veneer_effects(struct call *c)
{
	return glue_effects(c->thread, c->arg[0]);
}

long
native_veneer_echo(struct call *c)
{
	return glue_echo(c->thread, guest(c->arg[0]), guest(c->arg[1]),
	    c->arg[2]);
}

/*
 * Where the words are in which this process's semaphores may count (window.semaphore), for
 * as long as it lives; ENOMEM: no window of its own.
 */
long
native_veneer_semaphores(struct call *c)
{
	struct thread_block *t = c->thread;
	struct mm_block *mm = t->mm;

	if (mm->window == 0 || mm->supervisor_pid != t->pid)
		return LINUX_ENOMEM;
	return (long)(mm->window + OFF_WINDOW_SEMAPHORE);
}

/* libmach's one way to the supervisor: a buffer there, and what is to come back of it. */
long
native_veneer_mach(struct call *c)
{
	struct glue g = {
		.op = c->arg[0] ? RPC_MACH_MSG : RPC_MACH_CALL,
		.arg0 = c->arg[2], .arg1 = c->arg[1],
		.in = guest(c->arg[1]), .in_len = c->arg[2],
		.out = guest(c->arg[1]), .out_len = c->arg[3],
	};

	return trap_call(c->thread, &g);
}
