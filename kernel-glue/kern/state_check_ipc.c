/* SPDX-License-Identifier: ISC */
/* state_check.c's part for names, ports, sets and messages. */
#include "kobject.h"
#include "msg.h"
#include "stage.h"
#include "state_check.h"

/* ---- names ---- */
static bool
is_pset(const struct state_object *o)
{
	return o != NULL && o->type == STATE_pset;
}

static bool
right_type(uint32_t type)
{
	return type == MACH_PORT_TYPE_SEND || type == MACH_PORT_TYPE_RECEIVE ||
	    type == MACH_PORT_TYPE_SEND_ONCE ||
	    type == (MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_RECEIVE);
}

static void
check_entry(struct state_load *ld, struct space *s, struct entry *e)
{
	struct state_object *o = load_find(ld, e->object.port);

	if (e->type == MACH_PORT_TYPE_DEAD_NAME || e->type == 0) {
		load_need(ld, o == NULL, "a port without a right");
		return;
	}
	if (e->type == MACH_PORT_TYPE_PORT_SET) {
		if (load_need(ld, is_pset(o) && e->object.pset->active &&
		    e->object.pset->space == s && e->object.pset->name ==
		    e->name, "a name for no set"))
			o->refs++;
		return;
	}
	if (!load_need(ld, right_type(e->type) && o != NULL &&
	    o->type == STATE_port, "a right to no port"))
		return;
	if (e->type & MACH_PORT_TYPE_SEND) {
		o->refs++;
		o->sends++;
	}
	if (e->type & MACH_PORT_TYPE_SEND_ONCE) {
		o->refs++;
		o->sonces++;
	}
	if (e->type & MACH_PORT_TYPE_RECEIVE) {
		o->refs++;
		o->receives++;
		load_need(ld, e->object.port->receiver == s &&
		    e->object.port->name == e->name, "another's receive right");
	}
	if (e->type == MACH_PORT_TYPE_SEND &&
	    load_need(ld, entry_of_port(s, e->object.port) == NULL,
	    "two names for a port"))
		entry_hash(s, e);
}

static void
check_free(struct state_load *ld, const struct space *s, uint32_t nfree)
{
	uint32_t i = s->first_free, n = 0, before = 0;
	const struct entry *e;

	for (; i != 0 && n < nfree + 1; i = e->next_free, n++) {
		e = i / SPACE_CHUNK < s->nchunks ?
		    s->chunk[i / SPACE_CHUNK] : NULL;
		if (!load_need(ld, e != NULL, "a free name that is not there"))
			return;
		e += i % SPACE_CHUNK;
		if (!load_need(ld, e->type == 0 && e->prev_free == before,
		    "a free name that is not free"))
			return;
		before = i;
	}
	load_need(ld, n == s->nfree && before == s->last_free,
	    "free names that do not add up");
}

void
check_names(struct state_load *ld, struct space *s)
{
	uint32_t i, used = 0, nfree = 0;
	struct entry *e;

	for (i = 0; i < s->nchunks * SPACE_CHUNK && ld->why == NULL; i++) {
		if (s->chunk[i / SPACE_CHUNK] == NULL)
			continue;
		e = &s->chunk[i / SPACE_CHUNK][i % SPACE_CHUNK];
		load_need(ld, e->name >> 8 == i && (e->name & 3) == 3 &&
		    (i != 0 || e->type == 0), "a name out of place");
		used += e->type != 0;
		nfree += e->type == 0;
		check_entry(ld, s, e);
	}
	load_need(ld, used == s->count, "names that do not add up");
	load_need(ld, s->high >= 1 && s->high <= s->nchunks * SPACE_CHUNK + 1,
	    "names beyond the end");
	if (ld->why == NULL)
		check_free(ld, s, nfree);
}

static void
charge_space(struct state_load *ld, struct space *s)
{
	size_t n = sizeof(*s) + s->nchunks * sizeof(*s->chunk), bytes;
	uint64_t bulk = 0;
	uint32_t c, stages = 0;
	struct stage *st;
	struct link *l;

	for (c = 0; c < s->nchunks; c++)
		if (s->chunk[c] != NULL)
			n += SPACE_CHUNK * sizeof(struct entry);
	for (l = s->stages.next; l != &s->stages; l = l->next, stages++) {
		st = LINK_OF(struct stage, link, l);
		n += sizeof(*st);
		bulk += st->n;
		bytes = st->memory == NULL ? 0 :
		    ld->ops->memory_size(ld->k->host, st->memory);
		load_need(ld, st->memory != NULL && bytes >= st->n,
		    "less memory than staged");
	}
	load_need(ld, stages == s->nstages, "stages that do not add up");
	check_charge(ld, s->account, n, bulk);
}

static void
check_self(struct state_load *ld, const struct space *s, const struct port *p,
    enum port_kind kind)
{
	if (p != NULL)
		load_need(ld, p->kind == kind && p->kobject == s,
		    "another task's port");
}

void
check_space(struct state_load *ld, struct state_object *o)
{
	struct space *s = o->p;
	struct state_object *a = load_find(ld, s->account);
	struct link *l;

	if (!load_need(ld, o->owners == 1 && a != NULL, "a space of nobody"))
		return;
	a->owners++;
	load_need(ld, s->active == (s->task != NULL) &&
	    (s->task == NULL || s->task->space == s) &&
	    s->active == link_alone(&s->work.link), "a space without a task");
	load_need(ld, s->work.kind == WORK_SPACE, "a kind of work");
	check_self(ld, s, s->self, PORT_TASK);
	check_self(ld, s, s->name_port, PORT_TASK_NAME);
	check_self(ld, s, s->inspect_port, PORT_TASK_INSPECT);
	check_self(ld, s, s->read_port, PORT_TASK_READ);
	for (l = s->semaphores.next; l != &s->semaphores; l = l->next)
		load_need(ld, LINK_OF(struct semaphore, owned, l)->owner == s,
		    "another's semaphore");
	charge_space(ld, s);
}

/* ---- ports ---- */
static void
check_queue(struct state_load *ld, struct port *p)
{
	const struct call *c;
	uint32_t n = 0;
	struct link *l;

	for (l = p->messages.next; l != &p->messages; l = l->next, n++)
		load_need(ld, LINK_OF(struct msg, link, l)->remote.port == p,
		    "a message in another's queue");
	load_need(ld, n == p->msgcount, "messages that do not add up");
	for (l = p->senders.next; l != &p->senders; l = l->next) {
		c = LINK_OF(struct call, link, l);
		load_need(ld, c->state == CALL_PARKED && c->wait == WAIT_MSG &&
		    c->m.stage == MSG_SENDING && c->m.port == p &&
		    c->m.out != NULL, "a sender of another port");
	}
	for (l = p->receivers.next; l != &p->receivers; l = l->next) {
		c = LINK_OF(struct call, link, l);
		load_need(ld, c->state == CALL_PARKED && c->wait == WAIT_MSG &&
		    c->m.stage == MSG_RECEIVING && c->m.port == p &&
		    c->m.in == NULL, "a receiver of another port");
	}
}

static uint32_t
check_requests(struct state_load *ld, struct port *p, struct link *list)
{
	struct link *l;
	uint32_t n = 0;

	for (l = list->next; l != list; l = l->next, n++)
		load_need(ld, LINK_OF(struct request, link, l)->port == p,
		    "a request about another port");
	return n;
}

/* A message for each send-once right that is not on its way already. */
static void
check_reserve(struct state_load *ld, const struct state_object *o)
{
	const struct port *p = o->p;
	const struct msg *m;
	uint64_t n = 0;

	for (m = p->reserve; m != NULL && n <= ld->nobjects;
	    m = m->reserve_next, n++)
		load_need(ld, m->notification && m->account == p->account &&
		    m->remote.port == NULL && link_alone(&m->link) &&
		    m->descs == NULL && m->data == NULL,
		    "a reserve that is not one");
	load_need(ld, n + o->used == o->sonces, "reserves that do not add up");
}

static void
check_role(struct state_load *ld, const struct state_object *o)
{
	const struct port *p = o->p;
	bool kernel = p->kind != PORT_QUEUE && p->kind != PORT_TIMER;
	bool object = p->kind == PORT_TASK || p->kind == PORT_THREAD ||
	    p->kind == PORT_SEMAPHORE || p->kind == PORT_TIMER ||
	    p->kind >= PORT_TASK_NAME;

	load_need(ld, o->receives == (p->active && !kernel ? 1 : 0),
	    "a port's receive right");
	if (kernel)
		load_need(ld, p->receiver == NULL, "a kernel port with a name");
	if (object)
		load_need(ld, (p->kobject != NULL) == p->active,
		    "a kernel port without an object");
	if (p->receiver != NULL)
		load_need(ld, p->active && p->destination == NULL &&
		    entry_of_port(p->receiver, p) != NULL,
		    "a receiver without a name");
	if (!p->active)
		load_need(ld, (link_alone(&p->messages) &&
		    link_alone(&p->requests) && link_alone(&p->armed)) ||
		    !link_alone(&p->work.link), "a dead port with a queue");
}

void
check_port(struct state_load *ld, struct state_object *o)
{
	struct port *p = o->p;
	uint32_t n;
	struct link *l;

	load_need(ld, p->refs == o->refs && p->refs > 0, "a port's references");
	load_need(ld, p->srights == o->sends, "a port's send rights");
	load_need(ld, p->sorights == o->sonces, "a port's send-once rights");
	load_need(ld, p->work.kind == WORK_PORT, "a kind of work");
	check_reserve(ld, o);
	check_role(ld, o);
	check_queue(ld, p);
	n = check_requests(ld, p, &p->requests);
	n += check_requests(ld, p, &p->armed);
	load_need(ld, n == p->nrequests, "requests that do not add up");
	for (n = 0, l = p->sets.next; l != &p->sets; l = l->next, n++)
		load_need(ld, LINK_OF(struct member, in_port, l)->port == p,
		    "a member for another port");
	load_need(ld, n == p->nsets, "sets that do not add up");
	check_charge(ld, p->account, sizeof(*p), 0);
}

void
check_pset(struct state_load *ld, struct state_object *o)
{
	struct pset *ps = o->p;
	const struct member *m;
	const struct call *c;
	struct link *l;

	load_need(ld, ps->refs == o->refs && ps->refs > 0,
	    "a set's references");
	load_need(ld, ps->work.kind == WORK_PSET && ps->active ==
	    (ps->space != NULL), "a set without a space");
	for (l = ps->members.next; l != &ps->members; l = l->next)
		load_need(ld, LINK_OF(struct member, in_set, l)->pset == ps,
		    "a member of another set");
	for (l = ps->ready.next; l != &ps->ready; l = l->next) {
		m = LINK_OF(struct member, in_ready, l);
		load_need(ld, m->pset == ps && m->port != NULL &&
		    !link_alone(&m->port->messages), "a member without need");
	}
	for (l = ps->receivers.next; l != &ps->receivers; l = l->next) {
		c = LINK_OF(struct call, link, l);
		load_need(ld, c->state == CALL_PARKED && c->wait == WAIT_MSG &&
		    c->m.stage == MSG_RECEIVING && c->m.pset == ps &&
		    c->m.in == NULL, "a receiver of another set");
	}
	check_charge(ld, ps->account, sizeof(*ps), 0);
}

void
check_member(struct state_load *ld, struct state_object *o)
{
	struct member *m = o->p;

	if (load_need(ld, o->owners == 1 && m->port != NULL &&
	    m->pset != NULL && !link_alone(&m->in_set), "a member of nothing"))
		check_charge(ld, m->pset->account, sizeof(*m), 0);
}

void
check_request(struct state_load *ld, struct state_object *o)
{
	struct request *r = o->p;
	struct entry *e;

	load_need(ld, o->owners == 1 && r->soright != NULL,
	    "a request of nobody");
	check_charge(ld, r->account, sizeof(*r), 0);
	if (r->space == NULL)
		return;
	e = entry_lookup(r->space, r->name);
	if (!load_need(ld, e != NULL && e->request == NULL &&
	    e->object.port == r->port, "a request about no name"))
		return;
	r->entry = e;
	e->request = r;
}

/* ---- messages ---- */
static void
check_descriptor(struct state_load *ld, const struct descriptor *d,
    size_t *bytes, uint64_t *bulk)
{
	uint64_t n = d->type == MACH_MSG_OOL_PORTS_DESCRIPTOR ? 4ull * d->n :
	    d->n;

	if (d->memory != NULL)
		load_need(ld, ld->ops->memory_size(ld->k->host, d->memory) >= n,
		    "less memory than described");
	load_need(ld, d->type <= MACH_MSG_GUARDED_PORT_DESCRIPTOR,
	    "a descriptor of no kind");
	*bulk += d->bulk;
	if (d->rights != NULL)
		*bytes += d->n * sizeof(*d->rights);
}

/* Messages that a send-once right has become. */
void
count_msg(struct state_load *ld, const struct msg *m)
{
	struct state_object *dest = load_find(ld, m->remote.port);

	if (dest != NULL && m->notification)
		dest->used++;
}

void
check_msg(struct state_load *ld, struct state_object *o)
{
	struct msg *m = o->p;
	size_t n = sizeof(*m);
	uint64_t bulk = 0;
	uint32_t i;

	load_need(ld, o->owners == 1, "a message of nobody");
	load_need(ld, m->work.kind == WORK_MSG, "a kind of work");
	load_need(ld, m->dying <= m->ndescs && (m->data_used <= m->ndata ||
	    (m->data == m->small && m->data_used <= sizeof(m->small))) &&
	    (m->data_used == 0 || m->data != NULL), "a message's size");
	if (m->descs != NULL && m->descs != &m->one)
		n += m->ndescs * sizeof(*m->descs);
	if (m->data != NULL && m->data != m->small)
		n += m->ndata;
	for (i = 0; i < m->ndescs; i++)
		check_descriptor(ld, &m->descs[i], &n, &bulk);
	check_charge(ld, m->account, n, bulk);
}
