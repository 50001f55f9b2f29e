/* SPDX-License-Identifier: ISC */
/*
 * Port sets.  A port may be in several; a member ties one port to one set and stands in
 * the set's ready list while the port has messages.  Receiving from a set takes the first
 * ready port and puts it last, so no member starves.
 */
#include <assert.h>

#include "ipc.h"
#include "msg.h"

int
pset_new(struct kern *k, struct account *a, struct pset **out)
{
	struct pset *ps = kern_alloc(k, a, sizeof(*ps));

	if (ps == NULL)
		return KERN_RESOURCE_SHORTAGE;
	ps->id = ++k->last_id;
	ps->refs = 1;
	ps->active = true;
	ps->account = a;
	link_init(&ps->members);
	link_init(&ps->ready);
	link_init(&ps->receivers);
	work_init(&ps->work, WORK_PSET);
	*out = ps;
	return KERN_SUCCESS;
}

void
pset_rele(struct kern *k, struct pset *ps)
{
	if (--ps->refs == 0) {
		assert(link_alone(&ps->members) && link_alone(&ps->receivers));
		kern_free(k, ps->account, ps, sizeof(*ps));
	}
}

static void
member_free(struct kern *k, struct member *m)
{
	struct pset *ps = m->pset;
	struct port *p = m->port;

	link_remove(&m->in_port);
	link_remove(&m->in_set);
	link_remove(&m->in_ready);
	p->nsets--;
	kern_free(k, ps->account, m, sizeof(*m));
	port_rele(k, p);
	pset_rele(k, ps);
}

void
pset_destroy(struct kern *k, struct pset *ps)
{
	ps->active = false;
	ps->space = NULL;
	work_calls(k, &ps->receivers);
	work_add(k, &ps->work);
}

bool
pset_step(struct kern *k, struct pset *ps)
{
	if (!link_alone(&ps->members)) {
		member_free(k, LINK_OF(struct member, in_set,
		    ps->members.next));
		return false;
	}
	pset_rele(k, ps);
	return true;
}

static struct member *
member_lookup(const struct port *p, const struct pset *ps)
{
	struct link *l;
	struct member *m;

	for (l = p->sets.next; l != &p->sets; l = l->next) {
		m = LINK_OF(struct member, in_port, l);
		if (m->pset == ps)
			return m;
	}
	return NULL;
}

int
pset_insert(struct kern *k, struct pset *ps, struct port *p)
{
	struct member *m;

	if (member_lookup(p, ps) != NULL)
		return KERN_ALREADY_IN_SET;
	if (p->nsets >= PORT_SETS_MAX)
		return KERN_RESOURCE_SHORTAGE;
	m = kern_alloc(k, ps->account, sizeof(*m));
	if (m == NULL)
		return KERN_RESOURCE_SHORTAGE;
	m->port = p;
	m->pset = ps;
	port_ref(p);
	ps->refs++;
	link_append(&p->sets, &m->in_port);
	link_append(&ps->members, &m->in_set);
	link_init(&m->in_ready);
	p->nsets++;
	if (!link_alone(&p->messages)) {
		link_append(&ps->ready, &m->in_ready);
		msg_offer(k, p);
	}
	return KERN_SUCCESS;
}

int
pset_remove(struct kern *k, struct pset *ps, struct port *p)
{
	struct member *m = member_lookup(p, ps);

	if (m == NULL)
		return KERN_NOT_IN_SET;
	member_free(k, m);
	return KERN_SUCCESS;
}

void
pset_remove_all(struct kern *k, struct port *p, const struct pset *but)
{
	struct link *l, *next;
	struct member *m;

	for (l = p->sets.next; l != &p->sets; l = next) {
		next = l->next;
		m = LINK_OF(struct member, in_port, l);
		if (m->pset != but)
			member_free(k, m);
	}
}

bool
pset_has_any(const struct port *p)
{
	struct link *l;

	for (l = p->sets.next; l != &p->sets; l = l->next)
		if (LINK_OF(struct member, in_port, l)->pset->active)
			return true;
	return false;
}

void
pset_port_ready(struct port *p)
{
	struct link *l;
	struct member *m;

	for (l = p->sets.next; l != &p->sets; l = l->next) {
		m = LINK_OF(struct member, in_port, l);
		if (m->pset->active && link_alone(&m->in_ready))
			link_append(&m->pset->ready, &m->in_ready);
	}
}

void
pset_port_empty(struct port *p)
{
	struct link *l;

	for (l = p->sets.next; l != &p->sets; l = l->next)
		link_remove(&LINK_OF(struct member, in_port, l)->in_ready);
}
