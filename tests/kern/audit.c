/* SPDX-License-Identifier: ISC */
/*
 * Counts every right that can be found, in names, messages, requests and parked calls,
 * and compares with what the ports themselves have counted.  Nothing is left to do when
 * this is called.
 */
#include "rig.h"

enum { PORTS = 16384, HASH = 32768 };

struct seen {
	struct port *port;
	uint32_t send, sonce, receive, refs;
};
struct audit {
	struct seen seen[PORTS];
	int n;
	int hash[HASH];
};

static struct seen *
see(struct audit *a, struct port *p)
{
	size_t h = (p->id * 0x9e3779b97f4a7c15u >> 40) % HASH;

	for (; a->hash[h] != 0; h = (h + 1) % HASH)
		if (a->seen[a->hash[h] - 1].port == p)
			return &a->seen[a->hash[h] - 1];
	assert_true(a->n < PORTS);
	a->seen[a->n].port = p;
	a->hash[h] = ++a->n;
	return &a->seen[a->n - 1];
}

static void
right(struct audit *a, struct port *p, uint32_t type)
{
	struct seen *s;

	if (p == NULL)
		return;
	s = see(a, p);
	s->refs++;
	if (type == MACH_MSG_TYPE_PORT_SEND)
		s->send++;
	else if (type == MACH_MSG_TYPE_PORT_SEND_ONCE)
		s->sonce++;
	else
		s->receive++;
}

static void
message(struct audit *a, const struct msg *m)
{
	const struct descriptor *d;
	uint32_t i, j;

	right(a, m->remote.port, m->remote.type);
	right(a, m->local.port, m->local.type);
	for (i = 0; i < m->ndescs; i++) {
		d = &m->descs[i];
		right(a, d->right.port, d->right.type);
		for (j = 0; d->rights != NULL && j < d->n; j++)
			right(a, d->rights[j].port, d->rights[j].type);
	}
}

static void
requests(struct audit *a, struct link *list)
{
	struct link *l;

	for (l = list->next; l != list; l = l->next)
		right(a, LINK_OF(struct request, link, l)->soright,
		    MACH_MSG_TYPE_PORT_SEND_ONCE);
}

static void
space(struct audit *a, const struct space *s)
{
	uint32_t at = 0, n = 0, hashed = 0;
	struct entry *e;

	while ((e = entry_next(s, &at)) != NULL) {
		n++;
		if (e->type & MACH_PORT_TYPE_SEND)
			right(a, e->object.port, MACH_MSG_TYPE_PORT_SEND);
		if (e->type & MACH_PORT_TYPE_SEND_ONCE)
			right(a, e->object.port, MACH_MSG_TYPE_PORT_SEND_ONCE);
		if (e->type == MACH_PORT_TYPE_SEND)
			hashed++;
		if (!(e->type & MACH_PORT_TYPE_RECEIVE))
			continue;
		right(a, e->object.port, MACH_MSG_TYPE_PORT_RECEIVE);
		assert_ptr_equal(e->object.port->receiver, s);
		assert_int_equal(e->object.port->name, e->name);
		assert_true(e->object.port->active);
	}
	assert_int_equal(n, s->count);
	assert_int_equal(hashed, s->rights.count);
}

static void
port(struct audit *a, struct port *p)
{
	struct link *l;
	uint32_t n = 0;

	for (l = p->messages.next; l != &p->messages; l = l->next, n++)
		message(a, LINK_OF(struct msg, link, l));
	assert_int_equal(n, p->msgcount);
	requests(a, &p->requests);
	requests(a, &p->armed);
	right(a, p->nsrequest, MACH_MSG_TYPE_PORT_SEND_ONCE);
	right(a, p->pdrequest, MACH_MSG_TYPE_PORT_SEND_ONCE);
}

void
rig_audit(struct rig *r)
{
	struct audit *a = calloc(1, sizeof(*a));
	const struct seen *s;
	int i;

	for (i = 0; i < RIG_TASKS; i++)
		if (r->task[i].space != NULL)
			space(a, r->task[i].space);
	for (i = 0; i < RIG_THREADS; i++) {
		if (!r->thread[i].alive)
			continue;
		if (r->thread[i].th.call.m.out != NULL)
			message(a, r->thread[i].th.call.m.out);
		if (r->thread[i].th.call.m.in != NULL)
			message(a, r->thread[i].th.call.m.in);
	}
	for (i = 0; i < a->n; i++)
		port(a, a->seen[i].port);
	for (i = 0; i < a->n; i++) {
		s = &a->seen[i];
		assert_int_equal(s->port->srights, s->send);
		assert_int_equal(s->port->sorights, s->sonce);
		assert_int_equal(s->receive, s->port->active ? 1 : 0);
		assert_true(s->port->refs >= s->refs);
	}
	assert_int_equal(a->n, r->k.nports);
	free(a);
}
