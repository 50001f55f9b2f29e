/* SPDX-License-Identifier: ISC */
/*
 * Helper threads: started when there is something to do and nobody to do it, HELPERS_MAX of
 * them, gone when they had nothing to do for a while.
 */
#include <errno.h>
#include <time.h>

#include "micro.h"

enum { HELPERS_MAX = 8, PATIENCE_S = 2, STACK = 128 * 1024 };

struct job {			/* on the stack of who waits for it */
	struct job *next;
	struct waiter waiter;
	void (*fn)(void *);
	void *arg;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct job *first, **end;
	unsigned threads, idle, queued;
} helpers = {
	.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER,
};

/* Under the lock; NULL: there was nothing for a while. */
static struct job *
next_job(void)
{
	struct timespec until;
	struct job *j;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	helpers.idle++;
	while (helpers.first == NULL)
		if (pthread_cond_timedwait(&helpers.more, &helpers.lock,
		    &until) == ETIMEDOUT && helpers.first == NULL)
			break;
	helpers.idle--;
	j = helpers.first;
	if (j != NULL) {
		helpers.first = j->next;
		helpers.queued--;
	}
	return j;
}

static void *
helper_main(void *arg)
{
	struct job *j;

	(void)arg;
	pthread_mutex_lock(&helpers.lock);
	while ((j = next_job()) != NULL) {
		pthread_mutex_unlock(&helpers.lock);
		j->fn(j->arg);
		waiter_wake(&j->waiter);
		pthread_mutex_lock(&helpers.lock);
	}
	helpers.threads--;
	pthread_mutex_unlock(&helpers.lock);
	return NULL;
}

/* Under the lock. */
static bool
start(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	if (helpers.threads >= HELPERS_MAX)
		return helpers.threads > 0;
	if (pthread_attr_init(&attr))
		return helpers.threads > 0;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK);
	error = pthread_create(&thread, &attr, helper_main, NULL);
	pthread_attr_destroy(&attr);
	helpers.threads += error == 0;
	return helpers.threads > 0;
}

static bool
submit(struct job *j)
{
	bool ok = true;

	pthread_mutex_lock(&helpers.lock);
	if (helpers.first == NULL)
		helpers.end = &helpers.first;
	if (helpers.idle <= helpers.queued)
		ok = start();
	if (ok) {
		*helpers.end = j;
		helpers.end = &j->next;
		helpers.queued++;
		pthread_cond_signal(&helpers.more);
	}
	pthread_mutex_unlock(&helpers.lock);
	return ok;
}

void
micro_await(void (*fn)(void *), void *arg)
{
	struct job j = { .fn = fn, .arg = arg };

	waiter_init(&j.waiter, 0);
	if (j.waiter.micro == NULL || !submit(&j)) {
		fn(arg);
		return;
	}
	waiter_wait(&j.waiter);
}
