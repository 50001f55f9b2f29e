/* SPDX-License-Identifier: ISC */
/* Who waits: a microthread, or a thread in futex(2). */
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "micro.h"

void
waiter_init(struct waiter *w, int what)
{
	w->next = NULL;
	w->worker = worker_current(&w->micro);
	w->woken = 0;
	w->what = what;
	w->tries = 0;
}

void
waiter_wait(struct waiter *w)
{
	if (w->micro != NULL)	/* even when woken already: it is among the ready ones then */
		micro_suspend(w->micro);
	while (atomic_load(&w->woken) == 0)
		syscall(SYS_futex, &w->woken, FUTEX_WAIT_PRIVATE, 0, NULL,
		    NULL, 0);
	atomic_store(&w->woken, 0);
}

bool
waiter_wait_for(struct waiter *w, unsigned ms)
{
	struct timespec ts = {
		.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000,
	};

	if (atomic_load(&w->woken) == 0)
		syscall(SYS_futex, &w->woken, FUTEX_WAIT_PRIVATE, 0, &ts, NULL,
		    0);
	return atomic_load(&w->woken) != 0;
}

void
waiter_wake(struct waiter *w)
{
	struct worker *worker = w->worker;
	struct micro *m = w->micro;

	atomic_store(&w->woken, 1);
	if (m != NULL)
		micro_ready(worker, m);
	else	/* if it has gone on already, this wakes nobody */
		syscall(SYS_futex, &w->woken, FUTEX_WAKE_PRIVATE, 1, NULL,
		    NULL, 0);
}

void
wait_queue_init(struct wait_queue *q)
{
	q->first = NULL;
	q->end = &q->first;
}

void
wait_queue_append(struct wait_queue *q, struct waiter *w)
{
	w->next = NULL;
	*q->end = w;
	q->end = &w->next;
}

void
wait_queue_prepend(struct wait_queue *q, struct waiter *w)
{
	w->next = q->first;
	q->first = w;
	if (w->next == NULL)
		q->end = &w->next;
}

struct waiter *
wait_queue_take(struct wait_queue *q)
{
	struct waiter *w = q->first;

	if (w != NULL) {
		q->first = w->next;
		if (q->first == NULL)
			q->end = &q->first;
	}
	return w;
}

void
spin_lock(struct spin *s)
{
	unsigned n = 0;

	while (atomic_exchange_explicit(&s->held, 1, memory_order_acquire)) {
		__builtin_ia32_pause();
		if (++n % 64 == 0)	/* its holder does not run */
			syscall(SYS_sched_yield);
	}
}

void
spin_unlock(struct spin *s)
{
	atomic_store_explicit(&s->held, 0, memory_order_release);
}
