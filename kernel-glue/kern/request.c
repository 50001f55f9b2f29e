/* SPDX-License-Identifier: ISC */
/*
 * Notifications and the requests for them.  Each goes through a send-once right, whose
 * port holds a message in reserve for it: telling never fails.
 */
#include <assert.h>
#include <string.h>

#include "ipc.h"
#include "msg.h"

/* What MIG puts in front of data: encoding little-endian, ASCII, IEEE. */
static const unsigned char ndr[8] = { 0, 0, 0, 0, 1, 0, 0, 0 };

/* The reserved message of a send-once right, which the message consumes when received. */
static struct msg *
notification(struct kern *k, struct port *soright, uint32_t id)
{
	struct msg *m = soright->reserve;

	assert(soright->sorights > 0 && m != NULL);
	soright->reserve = m->reserve_next;
	m->reserve_next = NULL;
	m->id = id;
	m->size = SIZEOF_MSG_HEADER;
	m->remote.port = soright;
	m->remote.type = MACH_MSG_TYPE_PORT_SEND_ONCE;
	m->subject = k->subject;
	return m;
}

static bool
deaf(const struct port *soright)
{
	return !soright->active || port_in_kernel(soright);
}

void
notify_bytes(struct kern *k, struct port *soright, uint32_t id,
    const void *bytes, uint32_t n)
{
	struct msg *m;

	if (deaf(soright)) {
		port_consume_sonce(k, soright);
		return;
	}
	m = notification(k, soright, id);
	m->data = m->small;
	m->data_used = n;
	memcpy(m->small, bytes, n);
	m->size += n;
	msg_post(k, m);
}

static void
notify_word(struct kern *k, struct port *soright, uint32_t id, uint32_t word)
{
	unsigned char body[sizeof(ndr) + sizeof(word)];

	memcpy(body, ndr, sizeof(ndr));
	memcpy(body + sizeof(ndr), &word, sizeof(word));
	notify_bytes(k, soright, id, body, sizeof(body));
}

void
notify_name(struct kern *k, struct port *soright, uint32_t id, uint32_t name)
{
	notify_word(k, soright, id, name);
}

/* p has lost its last send right. */
void
notify_no_senders(struct kern *k, struct port *p)
{
	struct port *soright = p->nsrequest;

	if (soright == NULL)
		return;
	p->nsrequest = NULL;
	notify_word(k, soright, MACH_NOTIFY_NO_SENDERS, p->mscount);
}

void
notify_send_once(struct kern *k, struct port *p)
{
	msg_post(k, notification(k, p, MACH_NOTIFY_SEND_ONCE));
}

void
notify_port_destroyed(struct kern *k, struct port *soright,
    struct port *receive)
{
	struct msg *m;

	if (port_enter_transit(receive, soright) != TRANSIT_ENTERED) {
		notify_send_once(k, soright);
		port_destroy(k, receive);
		return;
	}
	m = notification(k, soright, MACH_NOTIFY_PORT_DESTROYED);
	m->complex = true;
	m->ndescs = 1;
	m->descs = &m->one;
	memset(&m->one, 0, sizeof(m->one));
	m->one.type = MACH_MSG_PORT_DESCRIPTOR;
	m->one.disposition = MACH_MSG_TYPE_PORT_RECEIVE;
	m->one.right.port = receive;
	m->one.right.type = MACH_MSG_TYPE_PORT_RECEIVE;
	m->size += SIZEOF_MSG_BODY + SIZEOF_PORT_DESCRIPTOR;
	msg_post(k, m);
}

uint32_t
request_type(const struct request *r)
{
	if (r == NULL)
		return 0;
	if (!r->possible)
		return MACH_PORT_TYPE_DNREQUEST;
	return MACH_PORT_TYPE_DNREQUEST | MACH_PORT_TYPE_SPREQUEST |
	    (r->armed ? 0 : MACH_PORT_TYPE_SPREQUEST_DELAYED);
}

/* Frees the request; the caller has its send-once right now. */
static struct port *
request_end(struct kern *k, struct request *r)
{
	struct port *soright = r->soright;

	if (r->entry != NULL)
		r->entry->request = NULL;
	link_remove(&r->link);
	r->port->nrequests--;
	kern_free(k, r->account, r, sizeof(*r));
	return soright;
}

struct port *
request_cancel(struct kern *k, struct entry *e)
{
	return e->request == NULL ? NULL : request_end(k, e->request);
}

void
request_arm(struct request *r)
{
	if (r == NULL || !r->possible || r->armed)
		return;
	r->armed = true;
	link_remove(&r->link);
	link_append(&r->port->armed, &r->link);
}

void
request_room(struct kern *k, struct port *p)
{
	if (link_alone(&p->armed) || !link_alone(&p->work.link) || !p->active)
		return;
	port_ref(p);
	work_add(k, &p->work);
}

bool
request_possible_step(struct kern *k, struct port *p)
{
	struct request *r;
	uint32_t name;

	if (link_alone(&p->armed))
		return false;
	r = LINK_OF(struct request, link, p->armed.next);
	name = r->name;
	notify_name(k, request_end(k, r), MACH_NOTIFY_SEND_POSSIBLE, name);
	return true;
}

bool
request_dead_step(struct kern *k, struct port *p)
{
	struct link *l = p->requests.next;
	struct request *r;
	struct entry *e;
	uint32_t name;

	if (l == &p->requests)
		l = p->armed.next;
	if (l == &p->armed)
		return false;
	r = LINK_OF(struct request, link, l);
	name = r->name;
	e = r->entry;
	if (e != NULL)
		right_check(k, r->space, e);
	notify_name(k, request_end(k, r), MACH_NOTIFY_DEAD_NAME, name);
	return true;
}

static int
request_new(struct kern *k, struct space *s, struct entry *e, bool possible,
    bool armed, struct port *notify)
{
	struct port *p = e->object.port;
	struct request *r = kern_alloc(k, s->account, sizeof(*r));

	if (r == NULL)
		return KERN_RESOURCE_SHORTAGE;
	r->entry = e;
	r->space = s;
	r->port = p;
	r->name = e->name;
	r->soright = notify;
	r->possible = possible;
	r->armed = armed;
	r->account = s->account;
	link_append(armed ? &p->armed : &p->requests, &r->link);
	p->nrequests++;
	e->request = r;
	return KERN_SUCCESS;
}

/* A living port's name: take the old request away and put the new one in its place. */
static int
request_replace(struct kern *k, struct space *s, struct entry *e,
    bool possible, bool sync, struct port *notify, struct port **previous)
{
	struct port *p = e->object.port;
	struct request *old = e->request;
	int kr;

	if (notify == NULL) {
		*previous = request_cancel(k, e);
		return KERN_SUCCESS;
	}
	if (possible && sync && ((e->type & MACH_PORT_TYPE_SEND_ONCE) ||
	    port_in_kernel(p) || !port_full(p))) {
		*previous = request_cancel(k, e);
		notify_name(k, notify, MACH_NOTIFY_SEND_POSSIBLE, e->name);
		return KERN_SUCCESS;
	}
	kr = request_new(k, s, e, possible, possible && sync, notify);
	if (kr != KERN_SUCCESS)
		return kr;
	if (old != NULL) {
		old->entry = NULL;
		*previous = request_end(k, old);
	}
	return KERN_SUCCESS;
}

/* xnu: ipc_right_request_alloc.  Consumes `notify` only when it succeeds. */
int
request_alloc(struct kern *k, struct space *s, struct entry *e, bool possible,
    bool sync, struct port *notify, struct port **previous)
{
	*previous = NULL;
	if (notify == NULL && e->request == NULL)
		return KERN_SUCCESS;
	if ((e->type & MACH_PORT_TYPE_PORT_RIGHTS) && !right_check(k, s, e))
		return request_replace(k, s, e, possible, sync, notify,
		    previous);
	if ((possible || sync) && notify != NULL &&
	    (e->type & MACH_PORT_TYPE_DEAD_NAME)) {
		if (e->urefs < MACH_PORT_UREFS_MAX)
			e->urefs++;
		notify_name(k, notify, MACH_NOTIFY_DEAD_NAME, e->name);
		return KERN_SUCCESS;
	}
	return e->type & MACH_PORT_TYPE_PORT_OR_DEAD ? KERN_INVALID_ARGUMENT :
	    KERN_INVALID_RIGHT;
}

static int
request_no_senders(struct kern *k, struct port *p, uint32_t sync,
    struct port *notify, struct port **previous)
{
	/* xnu: ipc_port_nsrequest */
	*previous = p->nsrequest;
	p->nsrequest = notify;
	if (p->srights == 0 && sync <= p->mscount && notify != NULL)
		notify_no_senders(k, p);
	return KERN_SUCCESS;
}

int
request_by_id(struct kern *k, struct space *s, uint32_t name, uint32_t id,
    uint32_t sync, struct port *notify, struct port **previous)
{
	bool named = name != MACH_PORT_NULL && name != MACH_PORT_DEAD;
	struct entry *e;
	struct port *p;
	int kr;

	*previous = NULL;
	switch (id) {
	case MACH_NOTIFY_PORT_DESTROYED:
	case MACH_NOTIFY_NO_SENDERS:
		if (id == MACH_NOTIFY_PORT_DESTROYED && sync != 0)
			return KERN_INVALID_VALUE;
		kr = named ? right_receive(s, name, &p) : KERN_INVALID_RIGHT;
		if (kr != KERN_SUCCESS)
			return kr;
		if (p->reply_only || (id == MACH_NOTIFY_PORT_DESTROYED &&
		    p->kind == PORT_TIMER))
			return KERN_INVALID_RIGHT;
		if (id == MACH_NOTIFY_NO_SENDERS)
			return request_no_senders(k, p, sync, notify, previous);
		if (p->pdrequest != NULL)
			return KERN_FAILURE;
		p->pdrequest = notify;
		return KERN_SUCCESS;
	case MACH_NOTIFY_DEAD_NAME:
	case MACH_NOTIFY_SEND_POSSIBLE:
		if (!named)
			return KERN_INVALID_ARGUMENT;
		kr = right_lookup(s, name, &e);
		return kr != KERN_SUCCESS ? kr : request_alloc(k, s, e,
		    id == MACH_NOTIFY_SEND_POSSIBLE, sync != 0, notify,
		    previous);
	default:
		return KERN_INVALID_VALUE;
	}
}
