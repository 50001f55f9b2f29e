/* SPDX-License-Identifier: ISC */
/* A notification object between two processes: its reader sees the last state, in order. */
#include <mach/notification.h>

#include "try.h"

int
main(void)
{
	notification_state_t s = { { 0 } };
	notification_t n, theirs;
	uint64_t last = 0, times = 0;
	pid_t pid;

	TRY(notification_create(mach_task_self(), &n));
	TRY(task_set_bootstrap_port(mach_task_self(), n));
	WANT(KERN_OPERATION_TIMED_OUT, notification_timedwait(n,
	    (mach_timespec_t){ 0, 1000000 }, &s));
	pid = fork();
	if (pid == 0) {
		TRY(task_get_bootstrap_port(mach_task_self(), &theirs));
		for (s.word[0] = 1; s.word[0] <= 1000; s.word[0]++) {
			s.word[3] = ~s.word[0];
			TRY(notification_post(theirs, &s));
		}
		return 0;
	}
	while (last < 1000) {
		TRY(notification_wait(n, &s));
		HOLDS(s.word[0] > last && s.word[3] == ~s.word[0]);
		last = s.word[0];
		times++;
	}
	reap(1);
	HOLDS(times >= 1 && times <= 1000);
	WANT(KERN_INVALID_ARGUMENT, semaphore_signal(n));
	TRY(semaphore_destroy(mach_task_self(), n));
	WANT(KERN_TERMINATED, notification_post(n, &s));
	printf("posts: the last of 1000 seen\n");
	return 0;
}
