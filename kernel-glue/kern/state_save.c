/* SPDX-License-Identifier: ISC */
/* Writing: objects get numbers as they are found, and are written in that order. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "kobject.h"
#include "msg.h"
#include "stage.h"
#include "state.h"

struct save {
	struct kern *k;
	const struct state_ops *ops;
	struct state_image *out;
	struct table map;		/* of struct state_object */
	struct state_object **object;	/* owned, by number - 1 */
	size_t n, room;
};

static void put_struct(struct save *sv, enum state_type type, const void *p);

static void
put(struct state_image *out, const void *p, size_t n)
{
	size_t room = out->room == 0 ? 4096 : out->room;
	unsigned char *b;

	if (out->failed || n == 0)
		return;
	while (room - out->n < n)
		room *= 2;
	if (room != out->room) {
		b = realloc(out->bytes, room);
		if (b == NULL) {
			out->failed = true;
			return;
		}
		out->bytes = b;
		out->room = room;
	}
	memcpy(out->bytes + out->n, p, n);
	out->n += n;
}

/* Seven bits a byte, the last without the eighth. */
static void
put_num(struct save *sv, uint64_t v)
{
	unsigned char b[10];
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		b[n++] = (unsigned char)(v | 0x80);
	b[n++] = (unsigned char)v;
	put(sv->out, b, n);
}

static uint64_t
number(struct save *sv, enum state_type type, void *p)
{
	struct node *n = p == NULL ? NULL :
	    table_lookup(&sv->map, (uint64_t)(uintptr_t)p);
	struct state_object *o;
	void *more;

	if (p == NULL || sv->out->failed)
		return 0;
	if (n != NULL)
		return LINK_OF(struct state_object, node, n)->number;
	if (sv->n == sv->room) {
		sv->room = sv->room == 0 ? 256 : sv->room * 2;
		more = realloc(sv->object, sv->room * sizeof(*sv->object));
		if (more == NULL) {
			sv->out->failed = true;
			return 0;
		}
		sv->object = more;
	}
	o = calloc(1, sizeof(*o));
	if (o == NULL) {
		sv->out->failed = true;
		return 0;
	}
	o->p = p;
	o->type = type;
	sv->object[sv->n++] = o;
	o->number = sv->n;
	table_insert(&sv->map, &o->node, (uint64_t)(uintptr_t)p);
	return o->number;
}

static void
put_object(struct save *sv, enum state_type type, void *p)
{
	put_num(sv, number(sv, type, p));
}

static void
put_list(struct save *sv, enum state_type type, size_t offset,
    const struct link *head)
{
	const struct link *l;
	uint64_t n = 0;

	for (l = head->next; l != head; l = l->next)
		n++;
	put_num(sv, n);
	for (l = head->next; l != head; l = l->next)
		put_object(sv, type, (void *)((uintptr_t)l - offset));
}

/* ---- what has rules of its own ---- */
static void
save_threads(struct save *sv, const struct task *t)
{
	struct thread *th;

	put_num(sv, t->nthreads);
	for (th = t->threads; th != NULL; th = th->next)
		put_object(sv, STATE_thread, th);
}

static void
save_chunks(struct save *sv, const struct space *s)
{
	uint32_t c, i;

	put_num(sv, s->nchunks);
	for (c = 0; c < s->nchunks; c++) {
		put_num(sv, s->chunk[c] != NULL);
		for (i = 0; s->chunk[c] != NULL && i < SPACE_CHUNK; i++)
			put_struct(sv, STATE_entry, &s->chunk[c][i]);
	}
}

static void
save_entry_object(struct save *sv, const struct entry *e)
{
	if (e->type & MACH_PORT_TYPE_PORT_SET)
		put_object(sv, STATE_pset, e->object.pset);
	else
		put_object(sv, STATE_port, e->object.port);
}

static void
save_kobject(struct save *sv, const struct port *p)
{
	static const enum state_type behind[PORT_KINDS] = {
		[PORT_TASK] = STATE_space, [PORT_THREAD] = STATE_thread,
		[PORT_SEMAPHORE] = STATE_semaphore, [PORT_TIMER] = STATE_timer,
		[PORT_TASK_NAME] = STATE_space,
		[PORT_TASK_INSPECT] = STATE_space, [PORT_TASK_READ] = STATE_space,
		[PORT_REPLY] = STATE_thread,
	};

	put_object(sv, behind[p->kind], behind[p->kind] == STATE_NONE ? NULL :
	    p->kobject);
}

/* 0: none; 1: inside of the message; 2: allocated. */
static void
save_descs(struct save *sv, const struct msg *m)
{
	uint32_t i;

	put_num(sv, m->descs == NULL ? 0 : m->descs == &m->one ? 1 : 2);
	if (m->descs == NULL || m->descs == &m->one)
		return;
	put_num(sv, m->ndescs);
	for (i = 0; i < m->ndescs; i++)
		put_struct(sv, STATE_descriptor, &m->descs[i]);
}

static void
save_data(struct save *sv, const struct msg *m)
{
	put_num(sv, m->data == NULL ? 0 : m->data == m->small ? 1 : 2);
	put_num(sv, m->ndata);
	if (m->data != NULL && m->data != m->small)
		put(sv->out, m->data, m->ndata);
}

static void
put_right(struct save *sv, const struct right *r)
{
	put_object(sv, STATE_port, r->port);
	put_num(sv, r->type);
	put_num(sv, r->name);
}

static void
save_rights(struct save *sv, const struct descriptor *d)
{
	uint32_t i;

	put_num(sv, d->rights != NULL);
	if (d->rights == NULL)
		return;
	put_num(sv, d->n);
	for (i = 0; i < d->n; i++)
		put_right(sv, &d->rights[i]);
}

static void
put_code(struct save *sv, enum state_code code, const void *p)
{
	const struct request *r = p;

	switch (code) {
	case CODE_threads:
		save_threads(sv, p);
		break;
	case CODE_call_state:
		assert(((const struct call *)p)->state != CALL_RUNNING);
		put_num(sv, ((const struct call *)p)->state);
		break;
	case CODE_chunks:
		save_chunks(sv, p);
		break;
	case CODE_entry_object:
		save_entry_object(sv, p);
		break;
	case CODE_kobject:
		save_kobject(sv, p);
		break;
	case CODE_request_entry:
		put_object(sv, STATE_space, r->entry == NULL ? NULL : r->space);
		break;
	case CODE_descs:
		save_descs(sv, p);
		break;
	case CODE_data:
		save_data(sv, p);
		break;
	case CODE_rights:
		save_rights(sv, p);
		break;
	case CODE_NONE:
		break;
	}
}

/* ---- the walk ---- */
static uint64_t
get_num(const void *at, size_t size)
{
	uint64_t v = 0;

	memcpy(&v, at, size);	/* little-endian, as all that is written */
	return v;
}

static void *
get_pointer(const void *at)
{
	void *p;

	memcpy(&p, at, sizeof(p));
	return p;
}

static void
put_memory(struct save *sv, struct memory *m)
{
	put_num(sv, m != NULL);
	if (m != NULL)
		put_num(sv, sv->ops->memory_save(sv->k->host, m));
}

static void
put_field(struct save *sv, const struct state_field *f, const void *base)
{
	const unsigned char *at = (const unsigned char *)base + f->offset;
	size_t i;

	switch (f->how) {
	case HOW_num:
		put_num(sv, get_num(at, f->size));
		break;
	case HOW_raw:
		put_num(sv, f->size);
		put(sv->out, at, f->size);
		break;
	case HOW_part:
		put_struct(sv, f->type, at);
		break;
	case HOW_list:
	case HOW_owns:
		put_list(sv, f->type, f->element, (const void *)at);
		break;
	case HOW_send:
	case HOW_sonce:
	case HOW_sends:
		for (i = 0; i < f->size; i += sizeof(void *))
			put_object(sv, STATE_port, get_pointer(at + i));
		break;
	case HOW_ref:
	case HOW_own:
	case HOW_lend:
		put_object(sv, f->type, get_pointer(at));
		break;
	case HOW_right:
		put_right(sv, (const void *)at);
		break;
	case HOW_memory:
		put_memory(sv, get_pointer(at));
		break;
	case HOW_code:
		put_code(sv, (enum state_code)f->max, base);
		break;
	case HOW_key:
	case HOW_link:
	case HOW_drop:
		break;
	}
}

static void
put_struct(struct save *sv, enum state_type type, const void *p)
{
	const struct state_struct *s = &state_structs[type];
	size_t i;

	for (i = 0; i < s->nfields; i++)
		put_field(sv, &s->field[i], p);
}

/* What is at work, by what it is part of. */
static void
save_work(struct save *sv, struct link *head)
{
	static const struct {
		enum state_type type;
		size_t offset;
	} kinds[] = {
		[WORK_SPACE] = { STATE_space, offsetof(struct space, work) },
		[WORK_PORT] = { STATE_port, offsetof(struct port, work) },
		[WORK_PSET] = { STATE_pset, offsetof(struct pset, work) },
		[WORK_MSG] = { STATE_msg, offsetof(struct msg, work) },
	};
	struct link *l;
	struct work *w;
	uint64_t n = 0;

	for (l = head->next; l != head; l = l->next)
		n++;
	put_num(sv, n);
	for (l = head->next; l != head; l = l->next) {
		w = LINK_OF(struct work, link, l);
		put_object(sv, kinds[w->kind].type,
		    (void *)((uintptr_t)w - kinds[w->kind].offset));
	}
}

static void
save_kern(struct save *sv)
{
	struct kern *k = sv->k;
	struct node *n;
	size_t i;

	/* All are found from here. */
	for (i = 0; i < k->tasks.nbuckets; i++)
		for (n = k->tasks.bucket[i]; n != NULL; n = n->next)
			number(sv, STATE_task, LINK_OF(struct task, node, n));
	put_num(sv, k->last_id);
	put_num(sv, k->nports);
	put_num(sv, k->nmsgs);
	put_object(sv, STATE_account, k->account);
	put_object(sv, STATE_port, k->host_port);
	put_object(sv, STATE_port, k->host_priv);
	put_object(sv, STATE_port, k->clock[0]);
	put_object(sv, STATE_port, k->clock[1]);
	put_object(sv, STATE_exceptions, k->exceptions);
	put_list(sv, STATE_thread, offsetof(struct thread, call.link),
	    &k->ready);
	save_work(sv, &k->work);
	save_work(sv, &k->late);
	put_list(sv, STATE_timer, offsetof(struct timer, alarms), &k->alarms);
	put_list(sv, STATE_service, offsetof(struct service, link),
	    &k->services);
}

/* In front of what has been written: what each object is. */
static void
save_head(struct save *sv, struct state_image *body)
{
	struct state_object *o;
	unsigned char head[STATE_HEAD] = { 0 };
	uint64_t word[3];
	uint32_t half[2] = { STATE_MAGIC, STATE_VERSION };
	size_t i, start = sv->out->n;

	memcpy(head, half, sizeof(half));
	put(sv->out, head, sizeof(head));
	for (i = 0; i < sv->n; i++) {
		o = sv->object[i];
		put_num(sv, o->type);
		if (o->type == STATE_task)
			put_num(sv, ((struct task *)o->p)->node.id);
		if (o->type == STATE_thread)
			put_num(sv, ((struct thread *)o->p)->node.id);
	}
	put(sv->out, body->bytes, body->n);
	if (sv->out->failed)
		return;
	word[0] = (uint64_t)state_shape(STATE_VERSION) |
	    (uint64_t)sv->n << 32;
	word[1] = sv->out->n - start - sizeof(head);
	word[2] = state_sum(sv->out->bytes + start + sizeof(head),
	    (size_t)word[1]);
	memcpy(sv->out->bytes + start + sizeof(half), word, sizeof(word));
}

int
kern_save(struct kern *k, const struct state_ops *ops,
    struct state_image *out)
{
	struct state_image body = { 0 };
	struct save sv = { .k = k, .ops = ops, .out = &body };
	size_t i;

	if (table_init(&sv.map))
		return RPC_ENOMEM;
	save_kern(&sv);
	for (i = 0; i < sv.n && !body.failed; i++)
		put_struct(&sv, sv.object[i]->type, sv.object[i]->p);
	sv.out = out;
	out->failed = out->failed || body.failed || sv.n > UINT32_MAX;
	save_head(&sv, &body);
	for (i = 0; i < sv.n; i++)
		free(sv.object[i]);
	free(sv.object);
	free(body.bytes);
	table_fini(&sv.map);
	return out->failed ? RPC_ENOMEM : 0;
}
