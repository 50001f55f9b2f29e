/* SPDX-License-Identifier: ISC */
/* Messages as objects, and the queues of ports. */
#include <assert.h>

#include "ipc.h"
#include "msg.h"

static struct msg *
msg_alloc(struct kern *k, struct account *a)
{
	struct msg *m = kern_alloc(k, a, sizeof(*m));

	if (m == NULL)
		return NULL;
	link_init(&m->link);
	work_init(&m->work, WORK_MSG);
	m->account = a;
	k->nmsgs++;
	return m;
}

struct msg *
msg_new_notification(struct kern *k, struct account *a)
{
	struct msg *m = msg_alloc(k, a);

	if (m != NULL)
		m->notification = m->kernel = m->rights_in = true;
	return m;
}

struct msg *
msg_new(struct kern *k, struct account *a, uint32_t ndescs, uint32_t ndata)
{
	struct msg *m = msg_alloc(k, a);

	if (m == NULL)
		return NULL;
	m->descs = &m->one;
	m->data = m->small;
	if (ndescs > 1)
		m->descs = kern_alloc(k, a, ndescs * sizeof(*m->descs));
	if (ndata > sizeof(m->small))
		m->data = kern_alloc(k, a, ndata);
	if (m->descs != NULL)
		m->ndescs = ndescs;
	if (m->data != NULL)
		m->ndata = ndata;
	if (m->descs == NULL || m->data == NULL) {
		msg_free(k, m);
		return NULL;
	}
	return m;
}

void
msg_free(struct kern *k, struct msg *m)
{
	if (m->descs != NULL && m->descs != &m->one)
		kern_free(k, m->account, m->descs,
		    m->ndescs * sizeof(*m->descs));
	if (m->data != NULL && m->data != m->small)
		kern_free(k, m->account, m->data, m->ndata);
	k->nmsgs--;
	kern_free(k, m->account, m, sizeof(*m));
}

void
msg_consume_remote(struct kern *k, struct msg *m)
{
	struct port *p = m->remote.port;

	if (p == NULL)
		return;
	m->remote.port = NULL;
	if (m->remote.type == MACH_MSG_TYPE_PORT_SEND) {
		port_drop_send(k, p);
	} else if (m->notification) {
		p->sorights--;
		port_rele(k, p);
	} else {
		port_consume_sonce(k, p);
	}
}

static void
drop_remote(struct kern *k, struct msg *m)
{
	struct port *p = m->remote.port;

	if (p == NULL || m->notification) {
		msg_consume_remote(k, m);
		return;
	}
	m->remote.port = NULL;
	right_drop(k, p, m->remote.type);
}

void
msg_destroy(struct kern *k, struct msg *m)
{
	struct right local = m->local;

	if (m->rights_in) {
		m->local.port = NULL;
		drop_remote(k, m);
		if (local.port != NULL)
			right_drop(k, local.port, local.type);
	}
	work_add(k, &m->work);
}

/* One right of a port array; false: there is none left. */
static bool
array_step(struct kern *k, struct msg *m, struct descriptor *d)
{
	struct right r;

	if (d->rights == NULL)
		return false;
	if (m->dying_right < d->n) {
		r = d->rights[m->dying_right];
		d->rights[m->dying_right++].port = NULL;
		if (r.port != NULL)
			right_drop(k, r.port, r.type);
		return true;
	}
	kern_free(k, m->account, d->rights, d->n * sizeof(*d->rights));
	d->rights = NULL;
	m->dying_right = 0;
	return false;
}

void
msg_unbulk(struct kern *k, struct msg *m, struct descriptor *d)
{
	uint64_t n = d->bulk;

	d->bulk = 0;
	if (n != 0)
		account_unbulk(k, m->account, n);
}

bool
msg_step(struct kern *k, struct msg *m)
{
	struct descriptor *d;
	struct right r;

	if (m->dying == m->ndescs) {
		msg_free(k, m);
		return true;
	}
	d = &m->descs[m->dying];
	if (array_step(k, m, d))
		return false;
	r = d->right;
	d->right.port = NULL;
	if (d->memory != NULL)
		k->hooks->memory_free(k->host, d->memory);
	d->memory = NULL;
	msg_unbulk(k, m, d);
	if (r.port != NULL)
		right_drop(k, r.port, r.type);
	m->dying++;
	return false;
}

uint32_t
msg_trailer_size(uint32_t options)
{
	switch (options >> 24 & 0xf) {
	case MACH_RCV_TRAILER_NULL:
		return 8;
	case MACH_RCV_TRAILER_SEQNO:
		return 12;
	case MACH_RCV_TRAILER_SENDER:
		return 20;
	case MACH_RCV_TRAILER_AUDIT:
		return 52;
	case MACH_RCV_TRAILER_CTX:
		return 60;
	default:
		return sizeof(struct msg_trailer);
	}
}

void
msg_post(struct kern *k, struct msg *m)
{
	struct port *p = m->remote.port;

	if (!p->active) {
		/* As if it had been sent and then died with its port. */
		msg_destroy(k, m);
		return;
	}
	link_append(&p->messages, &m->link);
	if (p->msgcount++ == 0)
		pset_port_ready(p);
	msg_offer(k, p);
}

/* At most MACH_PORT_QLIMIT_MAX of them, when a limit is raised. */
void
msg_admit(struct kern *k, struct port *p)
{
	struct call *c;

	while (!port_full(p) && !link_alone(&p->senders)) {
		c = LINK_OF(struct call, link, p->senders.next);
		link_remove(&c->link);
		link_append(&p->messages, &c->m.out->link);
		c->m.out = NULL;
		if (p->msgcount++ == 0)
			pset_port_ready(p);
		link_append(&k->ready, &c->link);
	}
}

struct msg *
msg_take(struct kern *k, struct port *p, uint32_t *seqno)
{
	struct msg *m = LINK_OF(struct msg, link, p->messages.next);

	link_remove(&m->link);
	p->msgcount--;
	*seqno = p->seqno++;
	msg_admit(k, p);
	if (link_alone(&p->messages))
		pset_port_empty(p);
	request_room(k, p);
	return m;
}

/* The call that has waited longest for messages of p, on p itself or on a set with it. */
static struct call *
receiver_of(const struct port *p)
{
	const struct link *l, *r = &p->receivers;

	for (l = &p->sets; link_alone(r); r = &LINK_OF(struct member, in_port,
	    l)->pset->receivers) {
		l = l->next;
		if (l == &p->sets)
			return NULL;
	}
	return LINK_OF(struct call, link, r->next);
}

/* xnu: ipc_mqueue_post */
void
msg_offer(struct kern *k, struct port *p)
{
	struct msg_wait *w;
	struct call *c;
	uint32_t need;

	while (!link_alone(&p->messages) && (c = receiver_of(p)) != NULL) {
		w = &c->m;
		need = LINK_OF(struct msg, link, p->messages.next)->size +
		    msg_trailer_size(w->options);
		link_remove(&c->link);
		link_append(&k->ready, &c->link);
		if (need > w->rcv_limit && (w->options & MACH_RCV_LARGE)) {
			w->too_large = true;
			w->large_size = need - msg_trailer_size(w->options);
			w->large_name = p->name;
		} else {
			w->in = msg_take(k, p, &w->seqno);
		}
	}
}
