/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "mach_call.h"
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
	if (st->open || n > room || at > st->n || n > st->n - at)
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

	if (st == NULL || st->n < n || st->open)
		return RPC_EFAULT;
	if (st->n > n)
		account_unbulk(k, s->account, st->n - n);
	*out = st->memory;
	forget(k, s, st);
	return 0;
}

int
stage_open(struct kern *k, struct call *c, uint64_t n, uint64_t *id)
{
	struct space *s = c->thread->task->space;
	int kr;

	if (k->hooks->memory_gift == NULL)
		return KERN_NOT_SUPPORTED;
	kr = stage_new(k, s, n, id);
	if (kr != KERN_SUCCESS)
		return kr;
	lookup(s, *id)->open = true;
	kr = stage_gift(k, c, GIFT_OPEN, *id);
	if (kr != KERN_SUCCESS)
		stage_drop(k, s, *id);
	return kr;
}

int
stage_gift(struct kern *k, struct call *c, enum gift gift, uint64_t id)
{
	struct stage *st = lookup(c->thread->task->space, id);

	if (st == NULL)
		return KERN_INVALID_NAME;
	if (st->open == (gift == GIFT_FETCH))
		return KERN_INVALID_VALUE;
	return k->hooks->memory_gift == NULL || k->hooks->memory_gift(k->host,
	    c->thread, gift, id, st->memory) ? KERN_NOT_SUPPORTED :
	    KERN_SUCCESS;
}

/* The routine left word 1 without a descriptor: that is what stays when it fails. */
void
kern_gift(struct kern *k, struct thread *th, enum gift gift, uint64_t id,
    int error, uint64_t value)
{
	struct space *s = th->task->space;
	struct stage *st = s == NULL ? NULL : lookup(s, id);
	int kr = error ? KERN_NO_SPACE : KERN_SUCCESS;

	if (st == NULL)
		return;
	if (!error && gift == GIFT_SEAL)
		st->open = false;
	if (!error && gift == GIFT_FETCH)
		stage_drop(k, s, id);
	if (!error)
		(void)k->hooks->window_write(k->host, th->task, th->call.slot,
		    offsetof(struct mach_call, arg[1]), &value, sizeof(value));
	(void)k->hooks->window_write(k->host, th->task, th->call.slot,
	    offsetof(struct mach_call, kr), &kr, sizeof(kr));
}

void
stages_end(struct kern *k, struct space *s)
{
	while (!link_alone(&s->stages))
		stage_drop(k, s, LINK_OF(struct stage, link, s->stages.next)
		    ->node.id);
}
