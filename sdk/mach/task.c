/* SPDX-License-Identifier: ISC */
/* Tasks, threads, the host: who they are, and what can be known of them. */
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <veneer.h>
#include <veneer/native_nr.h>

#include "libmach.h"

static mach_port_t self, bootstrap;
static long owner;

/* A forked child's space is empty: what was known is its parent's. */
static void
know_again(void)
{
	long me = veneer_stub0(NATIVE_SYS_getpid);

	if (owner == me)
		return;
	self = bootstrap = MACH_PORT_NULL;
	owner = me;
}

mach_port_t
__mach_one(int routine)
{
	uint64_t arg[6] = { 0 };

	return __mach_call(routine, arg) == KERN_SUCCESS ?
	    (mach_port_t)arg[0] : MACH_PORT_NULL;
}

mach_port_name_t
task_self_trap(void)
{
	return __mach_one(MACH_ROUTINE_task_self);
}

mach_port_t
mach_task_self(void)
{
	know_again();
	if (self == MACH_PORT_NULL)
		self = task_self_trap();
	return self;
}

mach_port_t
mach_thread_self(void)
{
	return __mach_one(MACH_ROUTINE_thread_self);
}

mach_port_name_t
thread_self_trap(void)
{
	return mach_thread_self();
}

mach_port_t
mach_host_self(void)
{
	return __mach_one(MACH_ROUTINE_host_self);
}

mach_port_name_t
host_self_trap(void)
{
	return mach_host_self();
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

/* ---- information: so many words, the caller's room in the third ---- */
static kern_return_t
info(uint32_t routine, mach_port_t of, uint32_t flavor, void *out,
    mach_msg_type_number_t *count)
{
	union {
		struct mach_call m;
		char bytes[MACH_SLOT];
	} u = { .m = { .routine = routine, .arg = { of, flavor, *count } } };
	kern_return_t kr = __mach_call_words(&u.m, MACH_CALL_HEAD, sizeof(u));

	if (kr != KERN_SUCCESS)
		return kr;
	if (u.m.n < *count)
		*count = u.m.n;
	memcpy(out, u.m.word, *count * sizeof(uint32_t));
	return KERN_SUCCESS;
}

kern_return_t
task_info(task_name_t t, task_flavor_t flavor, task_info_t out,
    mach_msg_type_number_t *count)
{
	return info(MACH_ROUTINE_task_info, t, flavor, out, count);
}

kern_return_t
thread_info(thread_act_t t, thread_flavor_t flavor, thread_info_t out,
    mach_msg_type_number_t *count)
{
	return info(MACH_ROUTINE_thread_info, t, flavor, out, count);
}

kern_return_t
host_info(host_t h, host_flavor_t flavor, host_info_t out,
    mach_msg_type_number_t *count)
{
	return info(MACH_ROUTINE_host_info, h, (uint32_t)flavor, out, count);
}

kern_return_t
host_kernel_version(host_t h, kernel_version_t version)
{
	mach_msg_type_number_t n = sizeof(kernel_version_t) / 4;

	memset(version, 0, sizeof(kernel_version_t));
	return info(MACH_ROUTINE_host_kernel_version, h, 0, version, &n);
}

kern_return_t
host_page_size(host_t h, vm_size_t *size)
{
	return _host_page_size(h, size);
}

/* ---- arrays of rights ---- */
static kern_return_t
rights(uint32_t routine, mach_port_t of, mach_port_array_t *out,
    mach_msg_type_number_t *count)
{
	union {
		struct mach_call m;
		char bytes[MACH_SLOT];
	} u = { .m = { .routine = routine, .arg = { of } } };
	kern_return_t kr = __mach_call_words(&u.m, MACH_CALL_HEAD, sizeof(u));
	vm_address_t at = 0;

	*count = 0;
	*out = NULL;
	if (kr != KERN_SUCCESS || u.m.n == 0)
		return kr;
	kr = vm_allocate(MACH_PORT_NULL, &at, u.m.n * sizeof(**out),
	    VM_FLAGS_ANYWHERE);
	if (kr != KERN_SUCCESS)
		return kr;
	*out = (mach_port_array_t)at;
	*count = u.m.n;
	memcpy(*out, u.m.word, u.m.n * sizeof(**out));
	return KERN_SUCCESS;
}

kern_return_t
task_threads(task_t t, thread_act_array_t *out, mach_msg_type_number_t *count)
{
	return rights(MACH_ROUTINE_task_threads, t, out, count);
}

kern_return_t
mach_ports_lookup(task_t t, mach_port_array_t *out,
    mach_msg_type_number_t *count)
{
	return rights(MACH_ROUTINE_ports_lookup, t, out, count);
}

kern_return_t
mach_ports_register(task_t t, mach_port_array_t ports,
    mach_msg_type_number_t count)
{
	struct mach_call m = { .routine = MACH_ROUTINE_ports_register,
		.arg = { t }, .n = count };

	if (count > TASK_PORT_REGISTER_MAX)
		return KERN_INVALID_ARGUMENT;
	memcpy(m.word, ports, count * sizeof(*ports));
	return __mach_call_words(&m, MACH_CALL_HEAD + 4 * count,
	    MACH_CALL_HEAD);
}

kern_return_t
task_get_exc_guard_behavior(task_inspect_t t, task_exc_guard_behavior_t *out)
{
	(void)t;
	*out = TASK_EXC_GUARD_NONE;
	return KERN_SUCCESS;
}

kern_return_t
task_set_exc_guard_behavior(task_t t, task_exc_guard_behavior_t behavior)
{
	(void)t;
	return behavior == TASK_EXC_GUARD_NONE ? KERN_SUCCESS :
	    KERN_NOT_SUPPORTED;
}

/* Any port of the task, its name, read and inspect ports too. */
boolean_t
mach_task_is_self(task_name_t t)
{
	int pid;

	return pid_for_task(t, &pid) == KERN_SUCCESS &&
	    pid == veneer_stub0(NATIVE_SYS_getpid);
}

/* ---- turns ---- */
kern_return_t
thread_switch(mach_port_name_t to, int option, mach_msg_timeout_t ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000l };

	(void)to;
	if (option < SWITCH_OPTION_NONE || option > SWITCH_OPTION_WAIT)
		return KERN_INVALID_ARGUMENT;
	if (option == SWITCH_OPTION_WAIT)
		nanosleep(&ts, NULL);
	else
		sched_yield();
	return KERN_SUCCESS;
}

boolean_t
swtch(void)
{
	return sched_yield() == 0;
}

boolean_t
swtch_pri(int pri)
{
	(void)pri;
	return swtch();
}
