/* SPDX-License-Identifier: ISC */
#include <string.h>

#include <mach/notification.h>

#include "libmach.h"

kern_return_t
notification_create(task_t t, notification_t *n)
{
	uint64_t arg[6] = { t };
	kern_return_t kr = __mach_call(MACH_ROUTINE_notification_create, arg);

	if (kr == KERN_SUCCESS)
		*n = (notification_t)arg[0];
	return kr;
}

kern_return_t
notification_post(notification_t n, const notification_state_t *state)
{
	uint64_t arg[6] = { 0, n };

	memcpy(arg + 2, state, sizeof(*state));
	return __mach_call(MACH_ROUTINE_notification_post, arg);
}

static kern_return_t
wait_for(notification_t n, uint64_t ns, notification_state_t *state)
{
	uint64_t arg[6] = { 0, n, ns };
	kern_return_t kr = __mach_call(MACH_ROUTINE_notification_wait, arg);

	if (kr == KERN_SUCCESS)
		memcpy(state, arg + 2, sizeof(*state));
	return kr;
}

kern_return_t
notification_wait(notification_t n, notification_state_t *state)
{
	return wait_for(n, UINT64_MAX, state);
}

kern_return_t
notification_timedwait(notification_t n, mach_timespec_t t,
    notification_state_t *state)
{
	if (BAD_MACH_TIMESPEC(&t))
		return KERN_INVALID_VALUE;
	return wait_for(n, t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec, state);
}
