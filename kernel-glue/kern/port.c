/* SPDX-License-Identifier: ISC */
/* Ports: making and ending them, and counting the rights to them. */
#include <assert.h>

#include "kobject.h"
#include "msg.h"

int
port_new(struct kern *k, struct account *a, struct port **out)
{
	struct port *p = kern_alloc(k, a, sizeof(*p));

	if (p == NULL)
		return KERN_RESOURCE_SHORTAGE;
	p->id = ++k->last_id;
	p->refs = 1;
	p->active = true;
	p->qlimit = MACH_PORT_QLIMIT_DEFAULT;
	p->account = a;
	link_init(&p->messages);
	link_init(&p->requests);
	link_init(&p->armed);
	link_init(&p->receivers);
	link_init(&p->senders);
	link_init(&p->sets);
	work_init(&p->work, WORK_PORT);
	k->nports++;
	*out = p;
	return KERN_SUCCESS;
}

int
port_new_kernel(struct kern *k, struct account *a, enum port_kind kind,
    void *kobject, struct port **out)
{
	int kr = port_new(k, a, out);

	if (kr == KERN_SUCCESS) {
		(*out)->kind = kind;
		(*out)->kobject = kobject;
	}
	return kr;
}

void
port_ref(struct port *p)
{
	p->refs++;
}

void
port_rele(struct kern *k, struct port *p)
{
	struct account *a = p->account;

	assert(p->refs > 0);
	if (--p->refs > 0)
		return;
	assert(!p->active && link_alone(&p->work.link));
	assert(p->srights == 0 && p->sorights == 0 && p->reserve == NULL);
	assert(link_alone(&p->messages) && link_alone(&p->requests) &&
	    link_alone(&p->armed));
	k->nports--;
	kern_free(k, a, p, sizeof(*p));
}

void
port_make_send(struct port *p)
{
	p->mscount++;
	p->srights++;
	p->refs++;
}

void
port_copy_send(struct port *p)
{
	p->srights++;
	p->refs++;
}

int
port_make_sonce(struct kern *k, struct port *p)
{
	struct msg *m = msg_new_notification(k, p->account);

	if (m == NULL)
		return KERN_RESOURCE_SHORTAGE;
	m->reserve_next = p->reserve;
	p->reserve = m;
	p->sorights++;
	p->refs++;
	return KERN_SUCCESS;
}

void
port_drop_send(struct kern *k, struct port *p)
{
	assert(p->srights > 0);
	if (--p->srights == 0 && p->active)
		notify_no_senders(k, p);
	port_rele(k, p);
}

void
port_consume_sonce(struct kern *k, struct port *p)
{
	struct msg *m = p->reserve;

	assert(p->sorights > 0 && m != NULL);
	p->reserve = m->reserve_next;
	p->sorights--;
	msg_free(k, m);
	port_rele(k, p);
}

void
port_drop_sonce(struct kern *k, struct port *p)
{
	if (p->kind == PORT_REPLY)
		exception_unanswered(k, p);
	/* xnu: ipc_notify_send_once_and_unlock */
	if (!p->active || port_in_kernel(p))
		port_consume_sonce(k, p);
	else
		notify_send_once(k, p);
}

/* A receive right in limbo or transit is given up. */
void
port_drop_receive(struct kern *k, struct port *p)
{
	port_leave_transit(k, p);
	port_destroy(k, p);
}

void
right_drop(struct kern *k, struct port *p, uint32_t type)
{
	if (type == MACH_MSG_TYPE_PORT_SEND)
		port_drop_send(k, p);
	else if (type == MACH_MSG_TYPE_PORT_SEND_ONCE)
		port_drop_sonce(k, p);
	else
		port_drop_receive(k, p);
}

void
port_clear_receiver(struct kern *k, struct port *p)
{
	pset_remove_all(k, p, NULL);
	work_calls(k, &p->receivers);
	/* xnu: ipc_port_clear_receiver */
	p->receiver = NULL;
	p->name = MACH_PORT_NULL;
	p->mscount = p->seqno = 0;
	p->context = 0;
	p->guarded = p->strict = p->immovable = false;
}

void
port_destroy(struct kern *k, struct port *p)
{
	struct port *back = p->pdrequest, *ns = p->nsrequest;

	p->pdrequest = NULL;
	port_clear_receiver(k, p);
	if (back != NULL) {
		if (back->active) {
			notify_port_destroyed(k, back, p);
			return;
		}
		port_consume_sonce(k, back);
	}
	kobject_end(k, p);
	p->active = false;
	p->nsrequest = NULL;
	if (ns != NULL)
		port_drop_sonce(k, ns);
	work_calls(k, &p->senders);
	if (link_alone(&p->work.link))
		work_add(k, &p->work);	/* keeps the caller's reference */
	else
		port_rele(k, p);	/* it was at work and had its own */
}

/* Reap a dead port, or tell those who wait for room in a living one. */
bool
port_step(struct kern *k, struct port *p)
{
	struct msg *m;

	if (p->active) {
		if (request_possible_step(k, p))
			return false;
		port_rele(k, p);
		return true;
	}
	if (!link_alone(&p->messages)) {
		m = LINK_OF(struct msg, link, p->messages.next);
		link_remove(&m->link);
		p->msgcount--;
		msg_destroy(k, m);
		return false;
	}
	if (request_dead_step(k, p))
		return false;
	port_rele(k, p);
	return true;
}

enum transit
port_enter_transit(struct port *p, struct port *dest)
{
	struct port *base = dest;
	int n;

	/* xnu: ipc_port_check_circularity */
	for (n = 0; n < TRANSIT_MAX; n++) {
		if (base == p)
			return TRANSIT_CIRCLE;
		if (base->destination == NULL) {
			p->destination = dest;
			port_ref(dest);
			return TRANSIT_ENTERED;
		}
		base = base->destination;
	}
	return TRANSIT_TOO_DEEP;
}

void
port_leave_transit(struct kern *k, struct port *p)
{
	struct port *dest = p->destination;

	p->destination = NULL;
	if (dest != NULL)
		port_rele(k, dest);
}
