/* SPDX-License-Identifier: ISC */
/* Threads around semaphores; signals that interrupt waits. */
#include <pthread.h>
#include <signal.h>

#include "try.h"

static semaphore_t items, room, done;
static volatile int buffer, taken;

static void *
producer(void *arg)
{
	int i;

	(void)arg;
	for (i = 1; i <= 500; i++) {
		TRY(semaphore_wait(room));
		buffer = i;
		TRY(semaphore_signal(items));
	}
	return NULL;
}

static void *
consumer(void *arg)
{
	int i;

	(void)arg;
	for (i = 1; i <= 500; i++) {
		TRY(semaphore_wait(items));
		HOLDS(buffer == i);
		taken++;
		TRY(semaphore_signal(room));
	}
	TRY(semaphore_signal(done));
	return NULL;
}

static void
nothing(int sig)
{
	(void)sig;
}

int
main(void)
{
	task_t self = mach_task_self();
	struct sigaction sa = { .sa_handler = nothing };
	mach_timespec_t soon = { 0, 50000000 };
	pthread_t a, b;

	TRY(semaphore_create(self, &items, SYNC_POLICY_FIFO, 0));
	TRY(semaphore_create(self, &room, SYNC_POLICY_FIFO, 1));
	TRY(semaphore_create(self, &done, SYNC_POLICY_FIFO, 0));
	HOLDS(pthread_create(&a, NULL, producer, NULL) == 0);
	HOLDS(pthread_create(&b, NULL, consumer, NULL) == 0);
	TRY(semaphore_wait(done));
	HOLDS(taken == 500);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	WANT(KERN_OPERATION_TIMED_OUT, semaphore_timedwait(done, soon));
	WANT(KERN_INVALID_ARGUMENT, semaphore_create(self, &items,
	    SYNC_POLICY_FIFO, -1));
	sigaction(SIGALRM, &sa, NULL);
	ualarm(50000, 50000);	/* one that comes before the wait is not the last */
	WANT(KERN_ABORTED, semaphore_wait(done));
	ualarm(0, 0);
	TRY(semaphore_destroy(self, done));
	WANT(KERN_TERMINATED, semaphore_wait(done));
	printf("semaphores: 500 items passed\n");
	return 0;
}
