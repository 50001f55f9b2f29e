/* SPDX-License-Identifier: ISC */
/*
 * Notification objects: post and wait with one state of fixed size, which each post
 * overwrites.  A post wakes the thread that has waited longest; one that nobody waits for
 * stays for the next to wait, and is overwritten by the next post.  The name is a send
 * right, which travels in messages; semaphore_destroy ends the object (KERN_TERMINATED).
 */
#ifndef _MACH_NOTIFICATION_H_
#define _MACH_NOTIFICATION_H_

#include <mach/mach_types.h>

typedef mach_port_t notification_t;
typedef struct {
	uint64_t word[4];
} notification_state_t;

kern_return_t notification_create(task_t, notification_t *);
kern_return_t notification_post(notification_t, const notification_state_t *);
/* KERN_ABORTED: a signal came. The other: KERN_OPERATION_TIMED_OUT as well. */
kern_return_t notification_wait(notification_t, notification_state_t *);
kern_return_t notification_timedwait(notification_t, mach_timespec_t,
    notification_state_t *);

#endif
