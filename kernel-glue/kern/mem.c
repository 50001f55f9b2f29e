/* SPDX-License-Identifier: ISC */
/*
 * Memory on account: what a guest makes the kernel keep is charged to it, up to a limit,
 * until it is freed, even if the guest has ended before.
 */
#include <assert.h>

#include "ipc.h"

struct account *
account_new(struct kern *k, size_t limit)
{
	struct account *a = k->hooks->alloc(k->host, sizeof(*a));

	if (a != NULL) {
		a->limit = limit;
		a->owned = true;
	}
	return a;
}

static void
account_end(struct kern *k, struct account *a)
{
	if (!a->owned && a->used == 0 && a->bulk == 0)
		k->hooks->free(k->host, a, sizeof(*a));
}

void
account_rele(struct kern *k, struct account *a)
{
	a->owned = false;
	account_end(k, a);
}

void *
kern_alloc(struct kern *k, struct account *a, size_t n)
{
	void *p;

	if (n > a->limit - a->used)
		return NULL;
	p = k->hooks->alloc(k->host, n);
	if (p != NULL)
		a->used += n;
	return p;
}

void
kern_free(struct kern *k, struct account *a, void *p, size_t n)
{
	assert(a->used >= n);
	k->hooks->free(k->host, p, n);
	a->used -= n;
	account_end(k, a);
}

bool
account_bulk(struct account *a, uint64_t n)
{
	if (n > KERN_GUEST_BULK - a->bulk)
		return false;
	a->bulk += n;
	return true;
}

void
account_unbulk(struct kern *k, struct account *a, uint64_t n)
{
	assert(a->bulk >= n);
	a->bulk -= n;
	account_end(k, a);
}
