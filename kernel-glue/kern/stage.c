/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "stage.h"

enum { STAGES_MAX = 2048 };

static struct stage *
lookup(struct space *s, uint64_t id)
{
	struct link *l;
	struct stage *st;

	for (l = s->stages.next; l != &s->stages; l = l->next) {
		st = LINK_OF(struct stage, link, l);
		if (st->node.id == id)
			return st;
	}
	return NULL;
}

static void
forget(struct kern *k, struct space *s, struct stage *st)
{
	link_remove(&st->link);
	s->nstages--;
	kern_free(k, s->account, st, sizeof(*st));
}

int
stage_put(struct kern *k, struct space *s, struct memory *m, uint64_t n,
    uint64_t *id)
{
	struct stage *st;

	if (s->nstages >= STAGES_MAX || !account_bulk(s->account, n))
		return RPC_ENOMEM;
	st = kern_alloc(k, s->account, sizeof(*st));
	if (st == NULL) {
		account_unbulk(k, s->account, n);
		return RPC_ENOMEM;
	}
	st->memory = m;
	st->n = n;
	st->node.id = *id = ++k->last_id;
	s->nstages++;
	/* The latest first: it is mostly the next to be asked for. */
	link_append(s->stages.next, &st->link);
	return 0;
}

int
stage_new(struct kern *k, struct space *s, uint64_t n, uint64_t *id)
{
	struct memory *m;

	if (n == 0 || n > KERN_GUEST_BULK)
		return KERN_INVALID_VALUE;
	m = k->hooks->memory_new(k->host, (size_t)n);
	if (m == NULL)
		return KERN_RESOURCE_SHORTAGE;
	if (stage_put(k, s, m, n, id)) {
		k->hooks->memory_free(k->host, m);
		return KERN_RESOURCE_SHORTAGE;
	}
	return KERN_SUCCESS;
}

int
stage_copy(struct kern *k, struct space *s, uint64_t id, uint64_t at,
    uint64_t n, uint64_t room, void *buffer, bool in)
{
	struct stage *st = lookup(s, id);
	unsigned char *p;

	if (st == NULL)
		return KERN_INVALID_NAME;
	if (n > room || at > st->n || n > st->n - at)
		return KERN_INVALID_VALUE;
	p = k->hooks->memory_bytes(k->host, st->memory) + at;
	if (in)
		memcpy(p, buffer, n);
	else
		memcpy(buffer, p, n);
	return KERN_SUCCESS;
}

int
stage_drop(struct kern *k, struct space *s, uint64_t id)
{
	struct stage *st = lookup(s, id);

	if (st == NULL)
		return KERN_INVALID_NAME;
	k->hooks->memory_free(k->host, st->memory);
	account_unbulk(k, s->account, st->n);
	forget(k, s, st);
	return KERN_SUCCESS;
}

int
stage_take(struct kern *k, struct space *s, uint64_t id, uint64_t n,
    struct memory **out)
{
	struct stage *st = lookup(s, id);

	if (st == NULL || st->n != n)
		return RPC_EFAULT;
	*out = st->memory;
	forget(k, s, st);
	return 0;
}

void
stages_end(struct kern *k, struct space *s)
{
	while (!link_alone(&s->stages))
		stage_drop(k, s, LINK_OF(struct stage, link, s->stages.next)
		    ->node.id);
}
