/* SPDX-License-Identifier: ISC */
/*
 * A mutex.  Whoever comes by may take it when it is free; who was woken for it and lost it
 * to such a one is handed it the next time, so nobody waits for good.
 */
#include "micro.h"

enum { SPINS = 200 };
enum { QUEUED, HANDED };	/* waiter.what */

void
mutex_init(struct mutex *m, const char *name)
{
	m->word = 0;
	m->spin.held = 0;
	wait_queue_init(&m->queue);
	lock_stats_init(&m->stats, name, LOCK_KIND_MUTEX);
}

void
mutex_fini(struct mutex *m)
{
	lock_stats_fini(&m->stats);
}

static bool
take(struct mutex *m)
{
	uint32_t free = 0;

	return atomic_compare_exchange_strong_explicit(&m->word, &free, 1,
	    memory_order_acquire, memory_order_relaxed);
}

bool
mutex_try(struct mutex *m)
{
	if (!take(m))
		return false;
	lock_stats_taken(&m->stats);
	return true;
}

static void
wait_for(struct mutex *m)
{
	struct waiter w;

	waiter_init(&w, QUEUED);
	for (;;) {
		spin_lock(&m->spin);
		if (atomic_exchange(&m->word, 2) == 0)
			break;
		if (w.tries == 0)
			wait_queue_append(&m->queue, &w);
		else
			wait_queue_prepend(&m->queue, &w);
		spin_unlock(&m->spin);
		waiter_wait(&w);
		if (w.what == HANDED)
			return;
		w.tries++;
	}
	spin_unlock(&m->spin);
}

void
mutex_lock(struct mutex *m)
{
	uint64_t since;
	int i;

	if (take(m)) {
		lock_stats_taken(&m->stats);
		return;
	}
	since = lock_clock();
	for (i = 0; i < SPINS; i++) {
		__builtin_ia32_pause();
		if (atomic_load_explicit(&m->word, memory_order_relaxed) == 0 &&
		    take(m))
			break;
	}
	if (i == SPINS)
		wait_for(m);
	lock_stats_waited(&m->stats, since);
	lock_stats_taken(&m->stats);
}

void
mutex_unlock(struct mutex *m)
{
	struct waiter *w;
	uint32_t held = 1;

	lock_stats_given(&m->stats);
	if (atomic_compare_exchange_strong_explicit(&m->word, &held, 0,
	    memory_order_release, memory_order_relaxed))
		return;
	spin_lock(&m->spin);
	w = wait_queue_take(&m->queue);
	if (w != NULL && w->tries > 0)
		w->what = HANDED;	/* the word stays */
	else
		atomic_store_explicit(&m->word, 0, memory_order_release);
	spin_unlock(&m->spin);
	if (w != NULL)
		waiter_wake(w);
}
