/* SPDX-License-Identifier: ISC */
/*
 * Callouts in a binary heap.  Every thread that may set one has reserved its place, so
 * setting never fails; a cleared callout leaves the heap, so no timer rings for nothing.
 */
#include <assert.h>
#include <stdlib.h>

#include "kern.h"

int
callouts_reserve(struct callouts *c)
{
	struct callout **heap;
	size_t room;

	if (c->promised + 1 >= c->room) {
		room = c->room ? c->room * 2 : 16;
		heap = realloc(c->heap, room * sizeof(*heap));
		if (heap == NULL)
			return RPC_ENOMEM;
		c->heap = heap;
		c->room = room;
	}
	c->promised++;
	return 0;
}

void
callouts_release(struct callouts *c)
{
	assert(c->promised > c->n);
	c->promised--;
}

static void
place(struct callouts *c, struct callout *co, size_t i)
{
	c->heap[i] = co;
	co->place = i;
}

static void
rise(struct callouts *c, struct callout *co, size_t i)
{
	while (i > 1 && c->heap[i / 2]->deadline > co->deadline) {
		place(c, c->heap[i / 2], i);
		i /= 2;
	}
	place(c, co, i);
}

static void
sink(struct callouts *c, struct callout *co, size_t i)
{
	size_t child;

	while ((child = 2 * i) <= c->n) {
		if (child < c->n && c->heap[child + 1]->deadline <
		    c->heap[child]->deadline)
			child++;
		if (co->deadline <= c->heap[child]->deadline)
			break;
		place(c, c->heap[child], i);
		i = child;
	}
	place(c, co, i);
}

void
callout_set(struct callouts *c, struct callout *co, uint64_t deadline)
{
	assert(co->place == 0 && c->n < c->promised);
	co->deadline = deadline;
	rise(c, co, ++c->n);
}

void
callout_clear(struct callouts *c, struct callout *co)
{
	struct callout *last;
	size_t i = co->place;

	if (i == 0)
		return;
	co->place = 0;
	last = c->heap[c->n--];
	if (last == co)
		return;
	if (i > 1 && c->heap[i / 2]->deadline > last->deadline)
		rise(c, last, i);
	else
		sink(c, last, i);
}

struct callout *
callouts_first(const struct callouts *c)
{
	return c->n != 0 ? c->heap[1] : NULL;
}
