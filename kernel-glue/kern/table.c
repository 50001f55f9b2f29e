/* SPDX-License-Identifier: ISC */
/* Chained hash table by number; the chains are in the elements. */
#include <stdlib.h>

#include "kern.h"

enum { TABLE_FIRST = 16 };

static size_t
bucket_of(uint64_t id, size_t nbuckets)
{
	return (size_t)((id * 0x9e3779b97f4a7c15u) >> 32) & (nbuckets - 1);
}

int
table_init(struct table *t)
{
	t->bucket = calloc(TABLE_FIRST, sizeof(*t->bucket));
	if (t->bucket == NULL)
		return RPC_ENOMEM;
	t->nbuckets = TABLE_FIRST;
	t->count = 0;
	return 0;
}

void
table_fini(struct table *t)
{
	free(t->bucket);
	t->bucket = NULL;
	t->nbuckets = t->count = 0;
}

static void
grow(struct table *t)
{
	size_t i, n = t->nbuckets * 2;
	struct node **b = calloc(n, sizeof(*b)), *e, *next, **head;

	if (b == NULL)
		return;
	for (i = 0; i < t->nbuckets; i++)
		for (e = t->bucket[i]; e != NULL; e = next) {
			next = e->next;
			head = &b[bucket_of(e->id, n)];
			e->next = *head;
			*head = e;
		}
	free(t->bucket);
	t->bucket = b;
	t->nbuckets = n;
}

void
table_insert(struct table *t, struct node *n, uint64_t id)
{
	struct node **head;

	if (t->count >= t->nbuckets)
		grow(t);
	n->id = id;
	head = &t->bucket[bucket_of(id, t->nbuckets)];
	n->next = *head;
	*head = n;
	t->count++;
}

void
table_remove(struct table *t, struct node *n)
{
	struct node **p = &t->bucket[bucket_of(n->id, t->nbuckets)];

	while (*p != n)
		p = &(*p)->next;
	*p = n->next;
	n->next = NULL;
	t->count--;
}

struct node *
table_lookup(const struct table *t, uint64_t id)
{
	struct node *n = t->bucket[bucket_of(id, t->nbuckets)];

	while (n != NULL && n->id != id)
		n = n->next;
	return n;
}
