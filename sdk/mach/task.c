/* SPDX-License-Identifier: ISC */
/* Tasks, semaphores, time, memory. */
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <mach/mk_timer.h>

#include "libmach.h"

static _Thread_local mach_port_t reply_port;
static mach_port_t self, bootstrap;
static pid_t owner;

/* A forked child's space is empty: what was known is its parent's. */
static void
know_again(void)
{
	pid_t me = getpid();

	if (owner == me)
		return;
	owner = me;
	self = bootstrap = reply_port = MACH_PORT_NULL;
}

static mach_port_t
one(int routine)
{
	uint64_t arg[6] = { 0 };

	return __mach_call(routine, arg) == KERN_SUCCESS ?
	    (mach_port_t)arg[0] : MACH_PORT_NULL;
}

mach_port_t
mach_task_self(void)
{
	know_again();
	if (self == MACH_PORT_NULL)
		self = one(MACH_ROUTINE_task_self);
	return self;
}

mach_port_t
mach_thread_self(void)
{
	return one(MACH_ROUTINE_thread_self);
}

mach_port_t
mach_reply_port(void)
{
	mach_port_t p = MACH_PORT_NULL;

	mach_port_allocate(MACH_PORT_NULL, MACH_PORT_RIGHT_RECEIVE, &p);
	return p;
}

mach_port_t
mig_get_reply_port(void)
{
	know_again();
	if (reply_port == MACH_PORT_NULL)
		reply_port = mach_reply_port();
	return reply_port;
}

mach_port_t
mach_bootstrap_port(void)
{
	know_again();
	if (bootstrap == MACH_PORT_NULL)
		task_get_special_port(MACH_PORT_NULL, TASK_BOOTSTRAP_PORT,
		    &bootstrap);
	return bootstrap;
}

kern_return_t
task_get_special_port(task_t t, int which, mach_port_t *port)
{
	uint64_t arg[6] = { t, (uint64_t)which };
	kern_return_t kr = __mach_call(MACH_ROUTINE_task_get_special, arg);

	if (kr == KERN_SUCCESS)
		*port = (mach_port_t)arg[0];
	return kr;
}

kern_return_t
task_set_special_port(task_t t, int which, mach_port_t port)
{
	return MACH_CALL(task_set_special, t, (uint64_t)which, port);
}

/* ---- time ---- */
kern_return_t
mach_timebase_info(mach_timebase_info_t info)
{
	*info = (struct mach_timebase_info){ 1, 1 };
	return KERN_SUCCESS;
}

uint64_t
mach_absolute_time(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

kern_return_t
mach_wait_until(uint64_t deadline)
{
	return MACH_CALL(clock_sleep, 0, 0, 0, deadline);
}

mach_port_name_t
mk_timer_create(void)
{
	return one(MACH_ROUTINE_timer_create);
}

kern_return_t
mk_timer_destroy(mach_port_name_t name)
{
	return MACH_CALL(timer_destroy, 0, name);
}

kern_return_t
mk_timer_arm(mach_port_name_t name, uint64_t when)
{
	return MACH_CALL(timer_arm, 0, name, when);
}

kern_return_t
mk_timer_cancel(mach_port_name_t name, uint64_t *when)
{
	uint64_t arg[6] = { 0, name };
	kern_return_t kr = __mach_call(MACH_ROUTINE_timer_cancel, arg);

	if (kr == KERN_SUCCESS && when != NULL)
		*when = arg[0];
	return kr;
}

const char *
mach_error_string(kern_return_t kr)
{
	static _Thread_local char text[40];

	snprintf(text, sizeof(text), kr == 0 ? "(os/kern) successful" :
	    (kr & ~0xff) == 0 ? "(os/kern) error %d" : "(ipc) error %#x", kr);
	return text;
}
