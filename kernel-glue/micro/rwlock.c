/* SPDX-License-Identifier: ISC */
/*
 * A read-write lock.  Who lets go of it gives it on, so the rules stand in one place,
 * grant():
 *
 * - an upgrade comes before every writer that waits, as soon as it is the last reader;
 * - else who came first comes first, and readers that follow each other come together;
 * - a reader that comes while somebody waits to write waits behind.
 */
#include "micro.h"

enum { READ, WRITE, UPGRADE };	/* waiter.what */

void
rw_init(struct rwlock *l, const char *name)
{
	l->spin.held = 0;
	l->readers = l->writers = 0;
	l->writing = false;
	l->wanted = false;
	l->upgrade = NULL;
	wait_queue_init(&l->queue);
	lock_stats_init(&l->stats, name, LOCK_KIND_RW);
}

void
rw_fini(struct rwlock *l)
{
	lock_stats_fini(&l->stats);
}

/* Under the spin lock: those who may have the lock now have it, and are to be woken. */
static struct waiter *
grant(struct rwlock *l)
{
	struct waiter *woken = NULL, **end = &woken, *w;

	if (l->upgrade != NULL && l->readers == 1 && !l->writing) {
		woken = l->upgrade;
		woken->next = NULL;
		l->upgrade = NULL;
		l->readers = 0;
		l->writing = true;
	}
	while (!l->writing && l->upgrade == NULL && l->queue.first != NULL) {
		if (l->queue.first->what == WRITE && l->readers > 0)
			break;
		w = wait_queue_take(&l->queue);
		if (w->what == WRITE) {
			l->writing = true;
			l->writers--;
		} else {
			l->readers++;
		}
		w->next = NULL;
		*end = w;
		end = &w->next;
	}
	l->wanted = l->upgrade != NULL || l->writers > 0;
	return woken;
}

static void
wake(struct waiter *w)
{
	struct waiter *next;

	for (; w != NULL; w = next) {
		next = w->next;
		waiter_wake(w);
	}
}

/* The spin lock is held, and let go of.  ms: 0 is for good.  False: that was too long. */
static bool
queue_up(struct rwlock *l, int what, unsigned ms)
{
	uint64_t since = lock_clock();
	struct waiter w, *woken = NULL;
	bool ok = true;

	waiter_init(&w, what);
	if (what == UPGRADE) {
		l->upgrade = &w;
	} else {
		wait_queue_append(&l->queue, &w);
		l->writers += what == WRITE;
	}
	if (what != READ)
		l->wanted = true;
	spin_unlock(&l->spin);
	if (ms == 0) {
		waiter_wait(&w);
	} else if (!waiter_wait_for(&w, ms)) {
		spin_lock(&l->spin);
		ok = l->upgrade != &w;
		if (!ok) {
			l->upgrade = NULL;
			woken = grant(l);
		}
		spin_unlock(&l->spin);
		if (ok)		/* just now */
			waiter_wait(&w);
		wake(woken);
	}
	lock_stats_waited(&l->stats, since);
	return ok;
}

void
rw_read(struct rwlock *l)
{
	spin_lock(&l->spin);
	if (!l->writing && l->upgrade == NULL && l->queue.first == NULL) {
		l->readers++;
		spin_unlock(&l->spin);
	} else {
		queue_up(l, READ, 0);
	}
	atomic_fetch_add_explicit(&l->stats.read, 1, memory_order_relaxed);
}

void
rw_write(struct rwlock *l)
{
	spin_lock(&l->spin);
	if (!l->writing && l->readers == 0 && l->queue.first == NULL) {
		l->writing = true;
		spin_unlock(&l->spin);
	} else {
		queue_up(l, WRITE, 0);
	}
	lock_stats_taken(&l->stats);
}

enum rw_result
rw_upgrade_for(struct rwlock *l, unsigned ms)
{
	enum rw_result r = RW_UPGRADED;
	struct waiter *woken;

	spin_lock(&l->spin);
	if (l->upgrade != NULL) {
		r = RW_REFUSED;
		l->readers--;
		woken = grant(l);
		spin_unlock(&l->spin);
		wake(woken);
	} else if (l->readers == 1) {
		l->readers = 0;
		l->writing = true;
		spin_unlock(&l->spin);
	} else if (!queue_up(l, UPGRADE, ms)) {
		r = RW_LATE;
	}
	if (r == RW_UPGRADED) {
		atomic_fetch_add(&l->stats.upgraded, 1);
		lock_stats_taken(&l->stats);
	} else {
		atomic_fetch_add(&l->stats.refused, 1);
	}
	return r;
}

bool
rw_upgrade(struct rwlock *l)
{
	return rw_upgrade_for(l, 0) == RW_UPGRADED;
}

void
rw_downgrade(struct rwlock *l)
{
	struct waiter *woken;

	lock_stats_given(&l->stats);
	spin_lock(&l->spin);
	l->writing = false;
	l->readers++;
	woken = grant(l);
	spin_unlock(&l->spin);
	wake(woken);
}

void
rw_unlock(struct rwlock *l)
{
	struct waiter *woken;

	if (l->writing)		/* then it is ours, else it cannot become so */
		lock_stats_given(&l->stats);
	spin_lock(&l->spin);
	if (l->writing)
		l->writing = false;
	else
		l->readers--;
	woken = grant(l);
	spin_unlock(&l->spin);
	wake(woken);
}

void
rw_yield(struct rwlock *l)
{
	if (!rw_wanted(l))
		return;
	rw_unlock(l);
	rw_read(l);
}
