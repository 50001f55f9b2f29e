/* SPDX-License-Identifier: ISC */
/*
 * A space: the names of a task.  A name is an index and a generation, which changes with
 * every use of the index, so that a name that was given up is not soon given out again;
 * the lowest two bits are always set (xnu: ipc_entry_name_mask).  Entries stay where they
 * are, in chunks, and point back nowhere: a name is found in two steps.
 */
#include <assert.h>
#include <string.h>

#include "kobject.h"
#include "stage.h"

enum {
	NAME_LOW = 3,
	GENERATION_STEP = 4,
	FREE_ENOUGH = 64,	/* reuse an index when so many are free */
	CHUNKS_FIRST = 4,
};

static inline uint32_t
index_of(uint32_t name)
{
	return name >> 8;
}

int
space_new(struct kern *k, struct task *task, struct space **out)
{
	struct account *a = account_new(k, KERN_GUEST_MEMORY);
	struct space *s;

	if (a == NULL)
		return KERN_RESOURCE_SHORTAGE;
	s = kern_alloc(k, a, sizeof(*s));
	if (s == NULL || table_init(&s->rights)) {
		if (s != NULL)
			kern_free(k, a, s, sizeof(*s));
		account_rele(k, a);
		return KERN_RESOURCE_SHORTAGE;
	}
	s->active = true;
	s->task = task;
	s->account = a;
	s->high = 1;
	work_init(&s->work, WORK_SPACE);
	link_init(&s->semaphores);
	link_init(&s->stages);
	*out = s;
	return KERN_SUCCESS;
}

static struct entry *
entry_at(const struct space *s, uint32_t index)
{
	uint32_t c = index / SPACE_CHUNK;

	if (c >= s->nchunks || s->chunk[c] == NULL)
		return NULL;
	return &s->chunk[c][index % SPACE_CHUNK];
}

struct entry *
entry_lookup(const struct space *s, uint32_t name)
{
	struct entry *e = entry_at(s, index_of(name));

	return e != NULL && e->type != 0 && e->name == name ? e : NULL;
}

static bool
chunks_grow(struct kern *k, struct space *s, uint32_t want)
{
	uint32_t n = s->nchunks == 0 ? CHUNKS_FIRST : s->nchunks;
	struct entry **c;

	while (n <= want)
		n *= 2;
	c = kern_alloc(k, s->account, n * sizeof(*c));
	if (c == NULL)
		return false;
	if (s->chunk != NULL) {
		memcpy(c, s->chunk, s->nchunks * sizeof(*c));
		kern_free(k, s->account, s->chunk, s->nchunks * sizeof(*c));
	}
	s->chunk = c;
	s->nchunks = n;
	return true;
}

/* The entry of an index, made if need be. */
static struct entry *
entry_make(struct kern *k, struct space *s, uint32_t index)
{
	uint32_t c = index / SPACE_CHUNK, i;

	if (c >= s->nchunks && !chunks_grow(k, s, c))
		return NULL;
	if (s->chunk[c] == NULL) {
		s->chunk[c] = kern_alloc(k, s->account,
		    SPACE_CHUNK * sizeof(struct entry));
		if (s->chunk[c] == NULL)
			return NULL;
		for (i = 0; i < SPACE_CHUNK; i++)
			s->chunk[c][i].name =
			    (c * SPACE_CHUNK + i) << 8 | NAME_LOW;
	}
	return &s->chunk[c][index % SPACE_CHUNK];
}

static void
free_remove(struct space *s, struct entry *e)
{
	if (e->prev_free != 0)
		entry_at(s, e->prev_free)->next_free = e->next_free;
	else
		s->first_free = e->next_free;
	if (e->next_free != 0)
		entry_at(s, e->next_free)->prev_free = e->prev_free;
	else
		s->last_free = e->prev_free;
	e->prev_free = e->next_free = 0;
	s->nfree--;
}

int
entry_alloc(struct kern *k, struct space *s, struct entry **out)
{
	struct entry *e = NULL;

	while (s->high < SPACE_INDEX_MAX && s->nfree < FREE_ENOUGH) {
		e = entry_make(k, s, s->high);
		if (e == NULL)
			break;
		s->high++;
		if (e->type == 0)
			break;
		e = NULL;	/* somebody chose this name */
	}
	if (e == NULL) {
		if (s->nfree == 0)
			return s->high < SPACE_INDEX_MAX ?
			    KERN_RESOURCE_SHORTAGE : KERN_NO_SPACE;
		e = entry_at(s, s->first_free);
		free_remove(s, e);
	}
	s->count++;
	*out = e;
	return KERN_SUCCESS;
}

int
entry_alloc_name(struct kern *k, struct space *s, uint32_t name,
    struct entry **out)
{
	uint32_t index = index_of(name);
	struct entry *e;

	/* xnu: ipc_entry_alloc_name */
	if (index >= SPACE_INDEX_MAX)
		return KERN_NO_SPACE;
	if ((name & NAME_LOW) != NAME_LOW)
		return KERN_INVALID_VALUE;
	if (index == 0)
		return KERN_FAILURE;
	e = entry_make(k, s, index);
	if (e == NULL)
		return KERN_RESOURCE_SHORTAGE;
	if (e->type != 0) {
		*out = e;
		return e->name == name ? KERN_SUCCESS : KERN_FAILURE;
	}
	if (e->prev_free != 0 || s->first_free == index)
		free_remove(s, e);
	e->name = name;
	s->count++;
	*out = e;
	return KERN_SUCCESS;
}

void
entry_free(struct space *s, struct entry *e)
{
	uint32_t index = index_of(e->name);

	e->type = 0;
	e->urefs = 0;
	e->object.port = NULL;
	e->request = NULL;
	e->name = (e->name & ~0xffu) | ((e->name + GENERATION_STEP) & 0xffu);
	s->count--;
	if (index >= s->high)
		return;		/* entry_alloc will come by */
	e->prev_free = s->last_free;
	e->next_free = 0;
	if (s->last_free != 0)
		entry_at(s, s->last_free)->next_free = index;
	else
		s->first_free = index;
	s->last_free = index;
	s->nfree++;
}

struct entry *
entry_of_port(const struct space *s, const struct port *p)
{
	struct node *n;

	if (p->receiver == s)
		return entry_lookup(s, p->name);
	n = table_lookup(&s->rights, p->id);
	return n == NULL ? NULL : LINK_OF(struct entry, node, n);
}

void
entry_hash(struct space *s, struct entry *e)
{
	table_insert(&s->rights, &e->node, e->object.port->id);
}

void
entry_unhash(struct kern *k, struct space *s, struct entry *e)
{
	struct port *p = e->object.port;

	if (p->kind == PORT_SEMAPHORE && p->kobject != NULL)
		semaphore_unname(k, p->kobject, s);
	table_remove(&s->rights, &e->node);
}

struct entry *
entry_next(const struct space *s, uint32_t *index)
{
	struct entry *e;

	for (; *index < s->nchunks * SPACE_CHUNK; ++*index) {
		e = entry_at(s, *index);
		if (e == NULL) {
			*index |= SPACE_CHUNK - 1;
			continue;
		}
		if (e->type != 0) {
			++*index;
			return e;
		}
	}
	return NULL;
}

void
space_kill(struct kern *k, struct space *s)
{
	s->active = false;
	s->task = NULL;
	task_ports_end(k, s);
	work_add(k, &s->work);
}

static void
space_free(struct kern *k, struct space *s)
{
	struct account *a = s->account;
	uint32_t c;

	assert(s->count == 0 && s->rights.count == 0);
	stages_end(k, s);
	for (c = 0; c < s->nchunks; c++)
		if (s->chunk[c] != NULL)
			kern_free(k, a, s->chunk[c],
			    SPACE_CHUNK * sizeof(struct entry));
	if (s->chunk != NULL)
		kern_free(k, a, s->chunk, s->nchunks * sizeof(*s->chunk));
	table_fini(&s->rights);
	kern_free(k, a, s, sizeof(*s));
	account_rele(k, a);
}

/* Receive rights first, so that no notification goes to a port of the dead. */
bool
space_step(struct kern *k, struct space *s)
{
	struct entry *e;
	int i;

	if (!link_alone(&s->semaphores)) {
		semaphore_end(k, LINK_OF(struct semaphore, owned,
		    s->semaphores.next));
		return false;
	}
	for (i = 0; i < SPACE_CHUNK; i++) {
		e = entry_next(s, &s->cursor);
		if (e == NULL) {
			s->cursor = 0;
			if (s->pass++ == 0)
				return false;
			space_free(k, s);
			return true;
		}
		if (s->pass == 1 || (e->type & MACH_PORT_TYPE_RECEIVE)) {
			right_terminate(k, s, e);
			break;
		}
	}
	return false;
}
