/* SPDX-License-Identifier: ISC */
/* Reading: first all objects, then what is in each; state_parts.c and state_check.c. */
#include <stdlib.h>
#include <string.h>

#include "kobject.h"
#include "msg.h"
#include "stage.h"
#include "state.h"

bool
load_fail(struct state_load *ld, const char *why)
{
	if (ld->why == NULL) {
		ld->why = why;
		ld->error = RPC_EINVAL;
	}
	ld->at = ld->end;
	return false;
}

static void
no_memory(struct state_load *ld)
{
	load_fail(ld, "no memory");
	ld->error = RPC_ENOMEM;
}

void *
load_alloc(struct state_load *ld, size_t n)
{
	struct block *b = ld->block;
	void *p;

	if (ld->nblocks == ld->room) {
		ld->room = ld->room == 0 ? 256 : ld->room * 2;
		b = realloc(b, ld->room * sizeof(*b));
		if (b == NULL) {
			ld->room = ld->nblocks;
			no_memory(ld);
			return NULL;
		}
		ld->block = b;
	}
	p = ld->k->hooks->alloc(ld->k->host, n);
	if (p == NULL) {
		no_memory(ld);
		return NULL;
	}
	b[ld->nblocks++] = (struct block){ .p = p, .n = n };
	return p;
}

uint64_t
load_num(struct state_load *ld, uint64_t max)
{
	uint64_t v = 0;
	unsigned shift = 0, b;

	do {
		if (ld->at == ld->end || shift > 63) {
			load_fail(ld, "it ends too early");
			return 0;
		}
		b = *ld->at++;
		v |= (uint64_t)(b & 0x7f) << shift;
		shift += 7;
	} while (b & 0x80);
	if (max != 0 && v > max) {
		load_fail(ld, "a number is too large");
		return 0;
	}
	return v;
}

static void
load_bytes(struct state_load *ld, void *p, size_t n)
{
	if (n > (size_t)(ld->end - ld->at)) {
		load_fail(ld, "it ends too early");
		return;
	}
	memcpy(p, ld->at, n);
	ld->at += n;
}

struct state_object *
load_find(struct state_load *ld, const void *p)
{
	struct node *n = p == NULL ? NULL :
	    table_lookup(&ld->map, (uint64_t)(uintptr_t)p);

	return n == NULL ? NULL : LINK_OF(struct state_object, node, n);
}

struct state_object *
load_object(struct state_load *ld, enum state_type type)
{
	uint64_t n = load_num(ld, 0);

	if (n == 0)
		return NULL;
	if (n > ld->nobjects || (type != STATE_NONE &&
	    ld->object[n - 1].type != type)) {
		load_fail(ld, "a reference to no such object");
		return NULL;
	}
	return &ld->object[n - 1];
}

/* ---- the walk ---- */
static void
load_list(struct state_load *ld, const struct state_field *f,
    struct link *head)
{
	uint64_t n = load_num(ld, ld->nobjects), i;
	struct state_object *o;
	struct link *l;

	for (i = 0; i < n; i++) {
		o = load_object(ld, f->type);
		if (o == NULL) {
			load_fail(ld, "a list without an element");
			return;
		}
		l = (struct link *)((uintptr_t)o->p + f->element);
		if (!link_alone(l)) {
			load_fail(ld, "an element of two lists");
			return;
		}
		link_append(head, l);
		if (f->how == HOW_owns)
			o->owners++;
	}
}

static void
load_pointer(struct state_load *ld, const struct state_field *f, void *at)
{
	struct state_object *o = load_object(ld, f->how == HOW_send ||
	    f->how == HOW_sonce || f->how == HOW_sends ? STATE_port : f->type);

	if (o == NULL)
		return;
	memcpy(at, &o->p, sizeof(o->p));
	if (f->how == HOW_own)
		o->owners++;
	if (f->how == HOW_own || f->how == HOW_lend)
		return;
	o->refs++;
	if (f->how == HOW_sonce)
		o->sonces++;
	else if (f->how != HOW_ref)
		o->sends++;
}

void
load_right(struct state_load *ld, void *right)
{
	struct right *r = right;
	struct state_object *o = load_object(ld, STATE_port);

	r->type = (uint32_t)load_num(ld, UINT32_MAX);
	r->name = (uint32_t)load_num(ld, UINT32_MAX);
	if (o == NULL)
		return;
	r->port = o->p;
	o->refs++;
	if (r->type == MACH_MSG_TYPE_PORT_SEND)
		o->sends++;
	else if (r->type == MACH_MSG_TYPE_PORT_SEND_ONCE)
		o->sonces++;
	else if (r->type == MACH_MSG_TYPE_PORT_RECEIVE)
		o->receives++;
	else
		load_fail(ld, "a right of no kind");
}

static void
load_memory(struct state_load *ld, void *at)
{
	struct memory *m;
	size_t n;

	if (load_num(ld, 1) == 0)
		return;
	m = ld->ops->memory_load(ld->k->host, load_num(ld, 0), &n);
	if (m == NULL)
		load_fail(ld, "memory that is not there");
	else
		memcpy(at, &m, sizeof(m));
}

static void
load_number(struct state_load *ld, const struct state_field *f, void *at)
{
	uint64_t top = f->size == 8 ? UINT64_MAX :
	    ((uint64_t)1 << 8 * f->size) - 1, v;

	/* Results are signed: all of their bits are there. */
	v = load_num(ld, f->max != 0 ? f->max : top);
	memcpy(at, &v, f->size);
}

static void
load_field(struct state_load *ld, const struct state_field *f, void *base)
{
	unsigned char *at = (unsigned char *)base + f->offset;
	size_t i;

	switch (f->how) {
	case HOW_num:
		load_number(ld, f, at);
		break;
	case HOW_raw:
		if (load_num(ld, 0) != f->size)
			load_fail(ld, "a field of another size");
		else
			load_bytes(ld, at, f->size);
		break;
	case HOW_part:
		load_struct(ld, f->type, at);
		break;
	case HOW_list:
	case HOW_owns:
		load_list(ld, f, (void *)at);
		break;
	case HOW_sends:
		for (i = 0; i < f->size; i += sizeof(void *))
			load_pointer(ld, f, at + i);
		break;
	case HOW_send:
	case HOW_sonce:
	case HOW_ref:
	case HOW_own:
	case HOW_lend:
		load_pointer(ld, f, at);
		break;
	case HOW_right:
		load_right(ld, at);
		break;
	case HOW_memory:
		load_memory(ld, at);
		break;
	case HOW_code:
		load_code(ld, (enum state_code)f->max, base);
		break;
	case HOW_key:
	case HOW_link:
	case HOW_drop:
		break;
	}
}

void
load_struct(struct state_load *ld, enum state_type type, void *p)
{
	const struct state_struct *s = &state_structs[type];
	size_t i;

	for (i = 0; i < s->nfields && ld->why == NULL; i++)
		if (s->field[i].since <= ld->version)
			load_field(ld, &s->field[i], p);
}

/* ---- objects ---- */
static void
init_links(enum state_type type, void *p)
{
	const struct state_struct *s = &state_structs[type];
	const struct state_field *f;
	size_t i;

	for (i = 0; i < s->nfields; i++) {
		f = &s->field[i];
		if (f->how == HOW_link || f->how == HOW_list ||
		    f->how == HOW_owns)
			link_init((struct link *)((uintptr_t)p + f->offset));
		else if (f->how == HOW_part)
			init_links(f->type, (char *)p + f->offset);
	}
}

static void *
new_task(struct state_load *ld)
{
	uint64_t id = load_num(ld, 0);
	struct task *t = ld->why != NULL ||
	    table_lookup(&ld->k->tasks, id) != NULL ? NULL :
	    ld->ops->task(ld->k->host, id);

	if (t == NULL)
		load_fail(ld, "a task that is not there");
	else
		table_insert(&ld->k->tasks, &t->node, id);
	return t;
}

static void *
new_thread(struct state_load *ld)
{
	uint64_t id = load_num(ld, 0);
	struct thread *th = ld->why != NULL ||
	    table_lookup(&ld->k->threads, id) != NULL ? NULL :
	    ld->ops->thread(ld->k->host, id);

	if (th == NULL) {
		load_fail(ld, "a thread that is not there");
		return NULL;
	}
	th->call.thread = th;
	table_insert(&ld->k->threads, &th->node, id);
	return th;
}

static void
new_object(struct state_load *ld, struct state_object *o)
{
	enum state_type type = (enum state_type)load_num(ld, STATE_TYPES - 1);

	if (!state_structs[type].object) {
		load_fail(ld, "an object of no kind");
		return;
	}
	o->type = type;
	if (type == STATE_task)
		o->p = new_task(ld);
	else if (type == STATE_thread)
		o->p = new_thread(ld);
	else
		o->p = load_alloc(ld, state_structs[type].size);
	if (o->p == NULL)
		return;
	table_insert(&ld->map, &o->node, (uint64_t)(uintptr_t)o->p);
	init_links(type, o->p);
	if (type == STATE_space && table_init(&((struct space *)o->p)->rights))
		no_memory(ld);
	if ((type == STATE_thread || type == STATE_timer) &&
	    callouts_reserve(&ld->k->callouts))
		no_memory(ld);
}

static void
load_objects(struct state_load *ld)
{
	uint64_t i;

	if (ld->nobjects > (uint64_t)(ld->end - ld->at)) {
		ld->nobjects = 0;
		load_fail(ld, "it ends too early");
		return;
	}
	ld->object = calloc((size_t)ld->nobjects + 1, sizeof(*ld->object));
	if (ld->object == NULL) {
		ld->nobjects = 0;
		no_memory(ld);
		return;
	}
	for (i = 0; i < ld->nobjects && ld->why == NULL; i++) {
		ld->object[i].number = i + 1;
		new_object(ld, &ld->object[i]);
	}
}

static struct work *
work_of(struct state_object *o)
{
	switch ((int)o->type) {
	case STATE_space:
		return &((struct space *)o->p)->work;
	case STATE_port:
		return &((struct port *)o->p)->work;
	case STATE_pset:
		return &((struct pset *)o->p)->work;
	case STATE_msg:
		return &((struct msg *)o->p)->work;
	default:
		return NULL;
	}
}

static void
load_work(struct state_load *ld, struct link *head)
{
	uint64_t n = load_num(ld, ld->nobjects), i;
	struct state_object *o;
	struct work *w;

	for (i = 0; i < n && ld->why == NULL; i++) {
		o = load_object(ld, STATE_NONE);
		w = o == NULL ? NULL : work_of(o);
		if (w == NULL || !link_alone(&w->link)) {
			load_fail(ld, "work of no kind");
			return;
		}
		link_append(head, &w->link);
		o->owners++;
		o->refs++;
	}
}

static void
load_kern(struct state_load *ld)
{
	static const struct state_field ready = { .how = HOW_list,
		.type = STATE_thread,
		.element = offsetof(struct thread, call.link) };
	static const struct state_field alarms = { .how = HOW_owns,
		.type = STATE_timer, .element = offsetof(struct timer, alarms) };
	static const struct state_field services = { .how = HOW_owns,
		.type = STATE_service,
		.element = offsetof(struct service, link) };
	static const struct state_field account = { .how = HOW_own,
		.type = STATE_account };
	static const struct state_field exceptions = { .how = HOW_own,
		.type = STATE_exceptions };
	static const struct state_field port = { .how = HOW_ref,
		.type = STATE_port };
	struct kern *k = ld->k;

	k->last_id = load_num(ld, 0);
	k->nports = load_num(ld, 0);
	k->nmsgs = load_num(ld, 0);
	load_pointer(ld, &account, &k->account);
	load_pointer(ld, &port, &k->host_port);
	load_pointer(ld, &port, &k->host_priv);
	load_pointer(ld, &port, &k->clock[0]);
	load_pointer(ld, &port, &k->clock[1]);
	if (ld->version >= 2)
		load_pointer(ld, &exceptions, &k->exceptions);
	load_list(ld, &ready, &k->ready);
	load_work(ld, &k->work);
	if (ld->version >= 2)
		load_work(ld, &k->late);
	load_list(ld, &alarms, &k->alarms);
	if (ld->version >= 2)
		load_list(ld, &services, &k->services);
}

static void
load_head(struct state_load *ld, size_t n)
{
	const unsigned char *p = ld->at;
	uint32_t half[2];
	uint64_t word[3];

	if (n < STATE_HEAD) {
		load_fail(ld, "it is too short");
		return;
	}
	memcpy(half, p, sizeof(half));
	memcpy(word, p + sizeof(half), sizeof(word));
	ld->version = half[1];
	ld->nobjects = word[0] >> 32;
	ld->at += STATE_HEAD;
	if (half[0] != STATE_MAGIC)
		load_fail(ld, "it is no state of a supervisor");
	else if (ld->version > STATE_VERSION)
		load_fail(ld, "its version is newer than this veneerd");
	else if (ld->version < STATE_OLDEST)
		load_fail(ld, "its version is too old for this veneerd");
	else if ((uint32_t)word[0] != state_shape(ld->version))
		load_fail(ld, "it is of another build with the same version");
	else if (word[1] != n - STATE_HEAD ||
	    word[2] != state_sum(ld->at, n - STATE_HEAD))
		load_fail(ld, "it is damaged");
}

/* k as kern_init left it; what the host gave is the host's. */
static void
undo(struct state_load *ld)
{
	const struct kern_hooks *hooks = ld->k->hooks;
	void *host = ld->k->host;
	uint64_t i;
	size_t b;

	for (i = 0; i < ld->nobjects; i++)
		if (ld->object[i].type == STATE_space &&
		    ld->object[i].p != NULL)
			table_fini(&((struct space *)ld->object[i].p)->rights);
	for (b = 0; b < ld->nblocks; b++)
		hooks->free(host, ld->block[b].p, ld->block[b].n);
	table_fini(&ld->k->tasks);
	table_fini(&ld->k->threads);
	free(ld->k->callouts.heap);
	if (kern_init(ld->k, hooks, host))
		ld->error = RPC_ENOMEM;
}

int
kern_load(struct kern *k, const struct state_ops *ops, const void *bytes,
    size_t n, const char **why)
{
	struct state_load ld = { .k = k, .ops = ops, .at = bytes,
		.end = (const unsigned char *)bytes + n };
	uint64_t i;

	if (table_init(&ld.map))
		return RPC_ENOMEM;
	load_head(&ld, n);
	if (ld.why != NULL)
		ld.nobjects = 0;
	else
		load_objects(&ld);
	if (ld.why == NULL)
		load_kern(&ld);
	for (i = 0; i < ld.nobjects && ld.why == NULL; i++)
		load_struct(&ld, ld.object[i].type, ld.object[i].p);
	if (ld.why == NULL && ld.at != ld.end)
		load_fail(&ld, "it goes on behind its end");
	if (ld.why == NULL)
		load_check(&ld);
	if (ld.why != NULL)
		undo(&ld);
	*why = ld.why;
	table_fini(&ld.map);
	free(ld.object);
	free(ld.block);
	return ld.error;
}
