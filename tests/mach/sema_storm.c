/* SPDX-License-Identifier: ISC */
/*
 * sema_storm ROUNDS: threads that take turns by a semaphore while signals rain; then its
 * count is another process's business too, and nothing of it is lost or made.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

#include "rain.h"
#include "try.h"

enum { THREADS = 4 };
static semaphore_t turn, tokens;
static atomic_int inside, aborted;
static int rounds;

static void
wait_for(semaphore_t s)
{
	kern_return_t kr;

	while ((kr = semaphore_wait(s)) == KERN_ABORTED)
		aborted++;
	TRY(kr);
}

static void *
worker(void *arg)
{
	int i;

	for (i = 0; i < rounds; i++) {
		wait_for(turn);
		HOLDS(inside++ == 0);
		if (i % 64 == (int)(intptr_t)arg)
			usleep(10);
		HOLDS(--inside == 0);
		TRY(semaphore_signal(turn));
		TRY(semaphore_signal(tokens));
		if (i % 3 == 0)
			wait_for(tokens);
	}
	return NULL;
}

static void
storm(void)
{
	pthread_t t[THREADS];
	intptr_t i;

	for (i = 0; i < THREADS; i++)
		HOLDS(pthread_create(&t[i], NULL, worker, (void *)i) == 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
}

/* How many waits succeed without waiting. */
static int
drain(semaphore_t s)
{
	mach_timespec_t none = { 0, 0 };
	kern_return_t kr;
	int n = 0;

	while ((kr = semaphore_timedwait(s, none)) == KERN_SUCCESS)
		n++;
	HOLDS(kr == KERN_OPERATION_TIMED_OUT);
	return n;
}

static pid_t
child(int n, int waits)
{
	pid_t pid = fork();
	semaphore_t s;

	if (pid != 0)
		return pid;
	/* Our parent's names are not ours. */
	WANT(KERN_INVALID_NAME, semaphore_signal(tokens));
	TRY(task_get_bootstrap_port(mach_task_self(), &s));
	for (; n > 0; n--)
		TRY(semaphore_signal(s));
	if (waits)
		semaphore_wait(s);
	_exit(0);
}

int
main(int argc, char **argv)
{
	int kept, status, i;
	pid_t pid;

	rounds = argc > 1 ? atoi(argv[1]) : 500;
	TRY(semaphore_create(mach_task_self(), &turn, SYNC_POLICY_FIFO, 1));
	TRY(semaphore_create(mach_task_self(), &tokens, SYNC_POLICY_FIFO, 0));
	rain(1, 300);
	storm();
	rain(0, 300);
	storm();
	rain(1, 0);
	kept = 2 * THREADS * (rounds - (rounds + 2) / 3);
	HOLDS(drain(tokens) == kept);
	HOLDS(drain(turn) == 1);
	/* Two hold the right now: signals of both count. */
	TRY(task_set_bootstrap_port(mach_task_self(), tokens));
	pid = child(300, 0);
	for (i = 0; i < 300; i++)
		TRY(semaphore_signal(tokens));
	HOLDS(waitpid(pid, &status, 0) == pid && status == 0);
	HOLDS(drain(tokens) == 600);
	/* A waiter that is killed takes nothing with it. */
	pid = child(0, 1);
	usleep(50000);
	HOLDS(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
	usleep(500000);	/* veneerd hears of it by itself */
	for (i = 0; i < 10; i++)
		TRY(semaphore_signal(tokens));
	HOLDS(drain(tokens) == 10);
	TRY(semaphore_destroy(mach_task_self(), tokens));
	WANT(KERN_TERMINATED, semaphore_signal(tokens));
	printf("sema_storm: %d rounds, nothing lost\n", rounds);
	return 0;
}
