/* SPDX-License-Identifier: ISC */
/* What each lock has seen. */
#include <stdio.h>
#include <time.h>

#include "micro.h"

static struct spin spin;
static struct lock_stats *all;

uint64_t
lock_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void
lock_stats_init(struct lock_stats *s, const char *name, enum lock_kind kind)
{
	*s = (struct lock_stats){ .name = name, .kind = kind };
	spin_lock(&spin);
	s->next = all;
	all = s;
	spin_unlock(&spin);
}

void
lock_stats_fini(struct lock_stats *s)
{
	struct lock_stats **p = &all;

	spin_lock(&spin);
	while (*p != s)
		p = &(*p)->next;
	*p = s->next;
	spin_unlock(&spin);
}

/* One writer at a time: who holds the lock. */
static void
add(_Atomic uint64_t *p, uint64_t n)
{
	atomic_store_explicit(p, atomic_load_explicit(p,
	    memory_order_relaxed) + n, memory_order_relaxed);
}

static void
raise_to(_Atomic uint64_t *p, uint64_t n)
{
	uint64_t old = atomic_load_explicit(p, memory_order_relaxed);

	while (old < n && !atomic_compare_exchange_weak(p, &old, n))
		continue;
}

void
lock_stats_taken(struct lock_stats *s)
{
	add(&s->taken, 1);
	s->since = s->taken % HELD_SAMPLE == 1 ? lock_clock() : 0;
}

void
lock_stats_given(struct lock_stats *s)
{
	uint64_t ns;

	if (s->since == 0)
		return;
	ns = lock_clock() - s->since;
	add(&s->held, 1);
	add(&s->held_ns, ns);
	raise_to(&s->held_max, ns);
}

void
lock_stats_waited(struct lock_stats *s, uint64_t since)
{
	uint64_t ns = lock_clock() - since;

	atomic_fetch_add(&s->contended, 1);
	atomic_fetch_add(&s->wait_ns, ns);
	raise_to(&s->wait_max, ns);
}

size_t
lock_stats_print(char *buf, size_t size)
{
	const struct lock_stats *s;
	size_t n = 0;
	int r;

	buf[0] = '\0';
	spin_lock(&spin);
	for (s = all; s != NULL; s = s->next) {
		r = snprintf(buf + n, size - n,
		    "%s %s %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu\n",
		    s->name, s->kind == LOCK_KIND_MUTEX ? "mutex" : "rw",
		    (unsigned long long)s->taken, (unsigned long long)s->read,
		    (unsigned long long)s->contended,
		    (unsigned long long)s->wait_ns,
		    (unsigned long long)s->wait_max,
		    (unsigned long long)s->held, (unsigned long long)s->held_ns,
		    (unsigned long long)s->held_max,
		    (unsigned long long)s->upgraded,
		    (unsigned long long)s->refused);
		if (r < 0 || (size_t)r >= size - n) {
			buf[n] = '\0';
			break;
		}
		n += (size_t)r;
	}
	spin_unlock(&spin);
	return n;
}
