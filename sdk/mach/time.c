/* SPDX-License-Identifier: ISC */
/* Time.  What only reads a clock makes no system call: the layer has the clocks. */
#include <time.h>

#include <mach/mk_timer.h>

#include "libmach.h"

static uint64_t
ns_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

kern_return_t
mach_timebase_info(mach_timebase_info_t info)
{
	*info = (struct mach_timebase_info){ 1, 1 };
	return KERN_SUCCESS;
}

uint64_t
mach_absolute_time(void)
{
	return ns_of(CLOCK_MONOTONIC);
}

uint64_t
mach_approximate_time(void)
{
	return ns_of(CLOCK_MONOTONIC_COARSE);
}

uint64_t
mach_continuous_time(void)
{
	return ns_of(CLOCK_BOOTTIME);
}

uint64_t
mach_continuous_approximate_time(void)
{
	return mach_continuous_time();
}

kern_return_t
mach_get_times(uint64_t *absolute, uint64_t *continuous, struct timespec *wall)
{
	if (absolute != NULL)
		*absolute = mach_absolute_time();
	if (continuous != NULL)
		*continuous = mach_continuous_time();
	if (wall != NULL)
		clock_gettime(CLOCK_REALTIME, wall);
	return KERN_SUCCESS;
}

kern_return_t
mach_wait_until(uint64_t deadline)
{
	return MACH_CALL(clock_sleep, 0, SYSTEM_CLOCK, TIME_ABSOLUTE, deadline);
}

mach_port_name_t
mk_timer_create(void)
{
	return __mach_one(MACH_ROUTINE_timer_create);
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

kern_return_t
mach_timebase_info_trap(mach_timebase_info_t info)
{
	return mach_timebase_info(info);
}

/* ---- clock services ---- */
enum { TWO_WORDS = MACH_CALL_HEAD + 2 * sizeof(uint32_t) };

kern_return_t
clock_get_time(clock_serv_t clock, mach_timespec_t *t)
{
	struct mach_call u = { .routine = MACH_ROUTINE_clock_get_time,
		.arg = { clock } };
	kern_return_t kr = __mach_call_words(&u, MACH_CALL_HEAD, TWO_WORDS);

	if (kr == KERN_SUCCESS)
		*t = (mach_timespec_t){ u.word[0], (int)u.word[1] };
	return kr;
}

kern_return_t
clock_get_attributes(clock_serv_t clock, clock_flavor_t flavor,
    clock_attr_t attr, mach_msg_type_number_t *count)
{
	struct mach_call u = { .routine = MACH_ROUTINE_clock_get_attributes,
		.arg = { clock, (uint64_t)flavor, *count } };
	kern_return_t kr = __mach_call_words(&u, MACH_CALL_HEAD, TWO_WORDS);

	if (kr == KERN_SUCCESS) {
		*attr = (int)u.word[0];
		*count = 1;
	}
	return kr;
}

kern_return_t
clock_alarm(clock_serv_t clock, alarm_type_t type, mach_timespec_t t,
    clock_reply_t reply)
{
	struct mach_call u = { .routine = MACH_ROUTINE_clock_alarm_service,
		.arg = { clock, (uint64_t)type, 0, 0, reply,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE },
		.word = { t.tv_sec, (uint32_t)t.tv_nsec } };

	return __mach_call_words(&u, TWO_WORDS, MACH_CALL_HEAD);
}

static kern_return_t
system_clock(mach_port_name_t clock)
{
	clock_serv_t service = MACH_PORT_NULL;
	host_t host;
	kern_return_t kr;

	if (clock == MACH_PORT_NULL)
		return KERN_SUCCESS;
	host = mach_host_self();
	kr = host_get_clock_service(host, SYSTEM_CLOCK, &service);
	mach_port_deallocate(0, host);
	if (kr == KERN_SUCCESS)
		mach_port_deallocate(0, service);
	return service == clock ? KERN_SUCCESS : KERN_INVALID_ARGUMENT;
}

kern_return_t
clock_sleep(mach_port_name_t clock, sleep_type_t type, mach_timespec_t t,
    mach_timespec_t *wakeup)
{
	kern_return_t kr = system_clock(clock);
	uint64_t now;

	if (kr != KERN_SUCCESS)
		return kr;
	if (BAD_MACH_TIMESPEC(&t) || BAD_ALARM_TYPE(type))
		return KERN_INVALID_VALUE;
	kr = MACH_CALL(clock_sleep, 0, SYSTEM_CLOCK, (uint64_t)type,
	    t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec);
	now = mach_absolute_time();
	if (wakeup != NULL)
		*wakeup = (mach_timespec_t){
			(unsigned)(now / NSEC_PER_SEC), (int)(now % NSEC_PER_SEC)
		};
	return kr;
}

kern_return_t
clock_sleep_trap(mach_port_name_t clock, sleep_type_t type, int sec, int nsec,
    mach_timespec_t *wakeup)
{
	return clock_sleep(clock, type, (mach_timespec_t){ (unsigned)sec, nsec },
	    wakeup);
}
