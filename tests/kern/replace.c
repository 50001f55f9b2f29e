/* SPDX-License-Identifier: ISC */
/* Planned replacement in the simulated host: the old kernel's memory goes unseen. */
#include <stdio.h>

#include "rig.h"
#include "state.h"

enum { MEMORIES = 4096 };

struct rig_block {
	struct rig_block **link, *next;
	size_t n, pad;
};

void *
rig_block_new(struct rig *r, size_t n)
{
	struct rig_block *b = calloc(1, sizeof(*b) + n);

	b->n = n;
	b->next = r->blocks;
	b->link = &r->blocks;
	if (b->next != NULL)
		b->next->link = &b->next;
	r->blocks = b;
	return b + 1;
}

void
rig_block_free(void *p)
{
	struct rig_block *b = (struct rig_block *)p - 1;

	*b->link = b->next;
	if (b->next != NULL)
		b->next->link = b->link;
	free(b);
}

/* ---- what the host keeps ---- */
static struct memory *kept[MEMORIES];
static size_t nkept;

static uint64_t
memory_save(void *host, struct memory *m)
{
	(void)host;
	assert_true(nkept < MEMORIES);
	kept[nkept] = m;
	return nkept++;
}

static struct memory *
memory_load(void *host, uint64_t number, size_t *n)
{
	struct memory *m = number < nkept ? kept[number] : NULL;

	(void)host;
	if (m != NULL)
		*n = m->n;
	if (m != NULL)
		kept[number] = NULL;
	return m;
}

static size_t
memory_size(void *host, const struct memory *m)
{
	(void)host;
	return m->n;
}

static struct task *
old_task(void *host, uint64_t id)
{
	struct rig *r = host;

	return id < 100 || id >= 100 + RIG_TASKS ? NULL : &r->task[id - 100];
}

static struct thread *
old_thread(void *host, uint64_t id)
{
	struct rig *r = host;

	return id < 1000 || id >= 1000 + RIG_THREADS ? NULL :
	    &r->thread[id - 1000].th;
}

static const struct state_ops ops = {
	.memory_save = memory_save, .memory_load = memory_load,
	.memory_size = memory_size, .task = old_task, .thread = old_thread,
};

static void
forget_work(const struct link *head)
{
	struct link *l;
	struct work *w;

	for (l = head->next; l != head; l = l->next) {
		w = LINK_OF(struct work, link, l);
		if (w->kind == WORK_SPACE)
			table_fini(&LINK_OF(struct space, work, w)->rights);
	}
}

/* Hash tables are not the host's. */
static void
forget_tables(struct rig *r)
{
	int i;

	for (i = 0; i < RIG_TASKS; i++)
		if (r->task[i].space != NULL)
			table_fini(&r->task[i].space->rights);
	forget_work(&r->k.work);
	forget_work(&r->k.late);
	table_fini(&r->k.tasks);
	table_fini(&r->k.threads);
	free(r->k.callouts.heap);
}

void
rig_replace(struct rig *r)
{
	unsigned fail_one_in = r->fail_one_in;
	const struct kern_hooks *hooks = r->k.hooks;
	struct state_image image = { 0 };
	const char *why = NULL;
	size_t i;

	r->fail_one_in = 0;
	nkept = 0;
	assert_int_equal(kern_save(&r->k, &ops, &image), 0);
	forget_tables(r);
	while (r->blocks != NULL) {
		memset(r->blocks + 1, 0xa5, r->blocks->n);
		rig_block_free(r->blocks + 1);
		r->live--;
	}
	memset(r->task, 0, sizeof(r->task));
	for (i = 0; i < RIG_THREADS; i++)
		memset(&r->thread[i].th, 0, sizeof(r->thread[i].th));
	r->timer = 0;
	assert_int_equal(kern_init(&r->k, hooks, r), 0);
	if (kern_load(&r->k, &ops, image.bytes, image.n, &why) != 0) {
		print_error("not taken: %s\n", why);
		fail();
	}
	for (i = 0; i < nkept; i++)
		assert_null(kept[i]);
	free(image.bytes);
	r->fail_one_in = fail_one_in;
	kern_kick(&r->k);
}

/* ---- damage ---- */
static void
no_reply(void *host, struct thread *th, uint64_t id, int64_t result)
{
	(void)host;
	(void)th;
	(void)id;
	(void)result;
}

static struct node *
any(const struct table *t)
{
	size_t i;

	for (i = 0; i < t->nbuckets; i++)
		if (t->bucket[i] != NULL)
			return t->bucket[i];
	return NULL;
}

/* What was taken although a byte is another one can still be taken apart. */
static void
take_apart(struct rig *r)
{
	struct node *n;
	int i;

	while ((n = any(&r->k.threads)) != NULL) {
		struct thread *th = LINK_OF(struct thread, node, n);

		thread_fini(&r->k, th);
	}
	while ((n = any(&r->k.tasks)) != NULL)
		task_fini(&r->k, LINK_OF(struct task, node, n));
	for (i = 0; i < 100000 && !kern_work(&r->k, 64); i++)
		;
	assert_true(i < 100000);
}

static void
clear(struct rig *r)
{
	int i;

	while (r->blocks != NULL) {
		rig_block_free(r->blocks + 1);
		r->live--;
	}
	memset(r->task, 0, sizeof(r->task));
	for (i = 0; i < RIG_THREADS; i++)
		memset(&r->thread[i].th, 0, sizeof(r->thread[i].th));
}

unsigned
rig_damage(struct rig *r, unsigned rounds)
{
	const struct kern_hooks *hooks = r->k.hooks;
	struct kern_hooks deaf = *hooks;
	struct state_image image = { 0 };
	unsigned char *copy;
	const char *why;
	unsigned taken = 0, i, k;
	uint64_t sum;

	deaf.reply = no_reply;
	nkept = 0;
	assert_int_equal(kern_save(&r->k, &ops, &image), 0);
	if (nkept != 0) {
		free(image.bytes);
		return 0;
	}
	forget_tables(r);
	clear(r);
	copy = malloc(image.n);
	for (i = 0; i < rounds; i++) {
		memcpy(copy, image.bytes, image.n);
		for (k = 0; k <= rig_rnd(r, 3); k++)
			copy[STATE_HEAD + rig_rnd(r, image.n - STATE_HEAD)] ^=
			    (unsigned char)(1u << rig_rnd(r, 8));
		sum = state_sum(copy + STATE_HEAD, image.n - STATE_HEAD);
		memcpy(copy + 24, &sum, sizeof(sum));
		assert_int_equal(kern_init(&r->k, &deaf, r), 0);
		if (kern_load(&r->k, &ops, copy, image.n, &why) == 0) {
			taken++;
			take_apart(r);
		}
		table_fini(&r->k.tasks);
		table_fini(&r->k.threads);
		free(r->k.callouts.heap);
		clear(r);
	}
	r->timer = 0;
	assert_int_equal(kern_init(&r->k, hooks, r), 0);
	assert_int_equal(kern_load(&r->k, &ops, image.bytes, image.n, &why), 0);
	kern_kick(&r->k);
	free(copy);
	free(image.bytes);
	return taken;
}
