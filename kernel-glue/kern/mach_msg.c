/* SPDX-License-Identifier: ISC */
/*
 * mach_msg: send, receive, or both.  The slot holds the arguments (struct msg_args) and
 * behind them the message, first the one to be sent, then the one that was received.
 *
 * A call that is given up (call_cancel) is never half done: a message that still waited
 * for room goes back into the slot with its rights (MACH_SEND_INTERRUPTED); one that was
 * sent stays sent, and the receive alone is interrupted (MACH_RCV_INTERRUPTED); one that
 * was taken for the caller is delivered (I3).
 */
#include <assert.h>

#include "msg.h"
#include "routine.h"
#include "stage.h"
#include "waits.h"
#include "rpc_kern.h"
#include "shared.h"

enum {
	NS_PER_MS = 1000000,
	SLOT_ROOM = sizeof(((struct window_slot *)0)->payload) -
	    sizeof(struct msg_args),
};

static int64_t receive(struct kern *k, struct call *c);

/* The result stands in the slot; the answer is how many bytes the layer copies out. */
static int64_t
answer(struct kern *k, struct call *c, int mr, uint32_t written)
{
	struct msg_args a = { .written = written, .mr = mr };
	int error = k->hooks->window_write(k->host, c->thread->task, c->slot,
	    offsetof(struct msg_args, written), &a.written,
	    sizeof(a.written) + sizeof(a.mr));

	return error ? -error : (int64_t)(sizeof(a) + written);
}

static int64_t
wait_for(struct kern *k, struct call *c, enum msg_stage stage, uint32_t timed)
{
	uint64_t deadline = 0;

	c->m.stage = stage;
	if (c->m.options & timed)
		deadline = k->hooks->now(k->host) +
		    (uint64_t)c->m.timeout * NS_PER_MS;
	return call_park(k, c, WAIT_MSG, deadline);
}

static void
let_port_go(struct kern *k, struct call *c)
{
	struct port *p = c->m.port;
	struct pset *ps = c->m.pset;

	c->m.port = NULL;
	c->m.pset = NULL;
	if (p != NULL)
		port_rele(k, p);
	if (ps != NULL)
		pset_rele(k, ps);
}

/* ---- send ---- */
static int64_t
sent(struct kern *k, struct call *c)
{
	if (c->m.options & MACH_SEND_MSG)
		c->thread->task->nsent++;
	if (c->m.options & MACH_RCV_MSG)
		return receive(k, c);
	return answer(k, c, MACH_MSG_SUCCESS, 0);
}

static int64_t
unsent(struct kern *k, struct call *c, int mr)
{
	struct msg *m = c->m.out;
	uint32_t size = m->size;

	c->m.out = NULL;
	mr |= msg_return(k, c, m, sizeof(struct msg_args));
	return answer(k, c, mr, size);
}

/* xnu: ipc_kmsg_send, ipc_mqueue_send_locked */
static int64_t
enqueue(struct kern *k, struct call *c, struct request *request)
{
	struct msg *m = c->m.out;
	struct port *p = m->remote.port;
	bool sonce = m->remote.type == MACH_MSG_TYPE_PORT_SEND_ONCE;

	if ((c->m.options & MACH_SEND_NOTIFY) && request != NULL && !sonce &&
	    p->active && !port_in_kernel(p) && port_full(p))
		request_arm(request);
	if (m->circular || port_in_kernel(p)) {
		c->m.out = NULL;
		if (m->circular || !p->active)
			msg_destroy(k, m);
		else
			mig_server(k, c, m);
		return sent(k, c);
	}
	if (!p->active || sonce ||
	    (!port_full(p) && link_alone(&p->senders))) {
		c->m.out = NULL;
		msg_post(k, m);
		return sent(k, c);
	}
	if ((c->m.options & MACH_SEND_TIMEOUT) && c->m.timeout == 0)
		return unsent(k, c, MACH_SEND_TIMED_OUT);
	port_ref(p);
	c->m.port = p;
	link_append(&p->senders, &c->link);
	return wait_for(k, c, MSG_SENDING, MACH_SEND_TIMEOUT);
}

static int64_t
copied_in(struct kern *k, struct call *c)
{
	struct request *request = NULL;
	int mr = msg_copyin(k, c->thread->task->space, c->m.out, &request);

	if (mr != MACH_MSG_SUCCESS) {
		c->m.out = NULL;
		return answer(k, c, mr, 0);
	}
	return enqueue(k, c, request);
}

/* The message bears its memory; what was staged was borne by the same account. */
static int
bear(struct kern *k, struct msg *m, struct descriptor *d, uint64_t n)
{
	if (k->hooks->memory_get != NULL && !account_bulk(m->account, n))
		return RPC_ENOMEM;
	d->bulk = n;
	return 0;
}

/* Copies memory and port arrays, one after the other; some take a while. */
static int64_t
fetch_memory(struct kern *k, struct call *c)
{
	struct msg *m = c->m.out;
	struct descriptor *d;
	uint64_t n;
	int error;

	for (; c->m.fetching < m->ndescs; c->m.fetching++) {
		d = &m->descs[c->m.fetching];
		if (d->n == 0 || d->type == MACH_MSG_PORT_DESCRIPTOR ||
		    d->type == MACH_MSG_GUARDED_PORT_DESCRIPTOR)
			continue;
		n = d->type == MACH_MSG_OOL_PORTS_DESCRIPTOR ? 4ull * d->n :
		    d->n;
		error = k->hooks->memory_get == NULL ?
		    stage_take(k, c->thread->task->space, d->address, n,
		    &d->memory) :
		    k->hooks->memory_get(k->host, c->thread, c->seq,
		    d->address, n, d->deallocate != 0, &d->memory);
		if (error == RPC_EINPROGRESS)
			return wait_for(k, c, MSG_FETCH, 0);
		if (!error)
			error = bear(k, m, d, n);
		if (error) {
			/* Found at its place by msg_copyin; no need to go on. */
			d->error = error == RPC_EFAULT ?
			    (int)MACH_SEND_INVALID_MEMORY :
			    (int)(MACH_SEND_NO_BUFFER);
			break;
		}
	}
	return copied_in(k, c);
}

void
kern_memory(struct kern *k, struct thread *th, uint64_t id, int error,
    struct memory *memory)
{
	struct call *c = &th->call;
	struct descriptor *d;

	if (c->state != CALL_PARKED || c->wait != WAIT_MSG ||
	    c->m.stage != MSG_FETCH || c->seq != id) {
		if (memory != NULL)
			k->hooks->memory_free(k->host, memory);
		return;
	}
	d = &c->m.out->descs[c->m.fetching];
	d->memory = memory;
	if (!error)
		error = bear(k, c->m.out, d, d->type ==
		    MACH_MSG_OOL_PORTS_DESCRIPTOR ? 4ull * d->n : d->n);
	if (error) {
		d->error = error == RPC_EFAULT ? (int)MACH_SEND_INVALID_MEMORY :
		    (int)MACH_SEND_NO_BUFFER;
		c->m.fetching = c->m.out->ndescs;
	} else {
		c->m.fetching++;
	}
	link_append(&k->ready, &c->link);
	kern_kick(k);
}

/* ---- receive ---- */
static int64_t
took(struct kern *k, struct call *c)
{
	struct msg *m = c->m.in;
	uint32_t written = 0;
	int mr;

	c->m.in = NULL;
	c->thread->task->nreceived++;
	let_port_go(k, c);
	if (m->size + msg_trailer_size(c->m.options) > c->m.rcv_limit)
		mr = msg_deliver_nothing(k, c, m, sizeof(struct msg_args),
		    &written, MACH_RCV_TOO_LARGE);
	else
		mr = msg_deliver(k, c, m, sizeof(struct msg_args), &written);
	return answer(k, c, mr, written);
}

/* xnu: mach_msg_receive_too_large: the message stays where it is. */
static int64_t
too_large(struct kern *k, struct call *c)
{
	struct msg_header h = { .size = c->m.large_size };
	uint32_t n = 0;

	let_port_go(k, c);
	if (c->m.options & MACH_RCV_LARGE_IDENTITY)
		h.local = c->m.large_name;
	if (c->m.rcv_limit >= sizeof(h) && !k->hooks->window_write(k->host,
	    c->thread->task, c->slot, sizeof(struct msg_args), &h, sizeof(h)))
		n = sizeof(h);
	return answer(k, c, MACH_RCV_TOO_LARGE, n);
}

/* The first message of p for this call. */
static int64_t
take(struct kern *k, struct call *c, struct port *p)
{
	const struct msg *m = LINK_OF(struct msg, link, p->messages.next);

	if (m->size + msg_trailer_size(c->m.options) > c->m.rcv_limit &&
	    (c->m.options & MACH_RCV_LARGE)) {
		c->m.large_size = m->size;
		c->m.large_name = p->name;
		return too_large(k, c);
	}
	c->m.in = msg_take(k, p, &c->m.seqno);
	return took(k, c);
}

static int64_t
receive(struct kern *k, struct call *c)
{
	struct space *s = c->thread->task->space;
	struct entry *e = entry_lookup(s, c->m.rcv_name);
	struct member *ready;
	struct link *queue;

	c->m.too_large = false;
	if (e != NULL && (e->type & MACH_PORT_TYPE_RECEIVE)) {
		if (!link_alone(&e->object.port->messages))
			return take(k, c, e->object.port);
		queue = &e->object.port->receivers;
	} else if (e != NULL && (e->type & MACH_PORT_TYPE_PORT_SET)) {
		if (!link_alone(&e->object.pset->ready)) {
			ready = LINK_OF(struct member, in_ready,
			    e->object.pset->ready.next);
			link_remove(&ready->in_ready);
			link_append(&e->object.pset->ready, &ready->in_ready);
			return take(k, c, ready->port);
		}
		queue = &e->object.pset->receivers;
	} else {
		return answer(k, c, MACH_RCV_INVALID_NAME, 0);
	}
	if ((c->m.options & MACH_RCV_TIMEOUT) && c->m.timeout == 0)
		return answer(k, c, MACH_RCV_TIMED_OUT, 0);
	if (e->type & MACH_PORT_TYPE_RECEIVE) {
		c->m.port = e->object.port;
		port_ref(c->m.port);
	} else {
		c->m.pset = e->object.pset;
		c->m.pset->refs++;
	}
	link_append(queue, &c->link);
	return wait_for(k, c, MSG_RECEIVING, MACH_RCV_TIMEOUT);
}

/* ---- waits ---- */
static int64_t
resume_send(struct kern *k, struct call *c)
{
	struct msg *m = c->m.out;

	let_port_go(k, c);
	if (m == NULL)
		return sent(k, c);
	if (!m->remote.port->active) {
		c->m.out = NULL;
		msg_destroy(k, m);
		return sent(k, c);
	}
	return unsent(k, c, c->timed_out ? MACH_SEND_TIMED_OUT :
	    MACH_SEND_INTERRUPTED);
}

static int
why_nothing(const struct call *c)
{
	if (c->timed_out)
		return MACH_RCV_TIMED_OUT;
	if (c->m.port != NULL && c->m.port->active)
		return MACH_RCV_PORT_CHANGED;
	return MACH_RCV_PORT_DIED;
}

int64_t
resume_msg(struct kern *k, struct call *c)
{
	int mr;

	if (c->m.stage == MSG_FETCH)
		return fetch_memory(k, c);
	if (c->m.stage == MSG_SENDING)
		return resume_send(k, c);
	if (c->m.in != NULL)
		return took(k, c);
	if (c->m.too_large)
		return too_large(k, c);
	mr = why_nothing(c);
	let_port_go(k, c);
	return answer(k, c, mr, 0);
}

int64_t
cancel_msg(struct kern *k, struct call *c)
{
	struct msg *m = c->m.out;

	if (c->m.stage == MSG_FETCH) {
		c->m.out = NULL;
		msg_destroy(k, m);
		return -RPC_ECANCELED;
	}
	if (c->m.in != NULL)
		return took(k, c);
	let_port_go(k, c);
	if (m != NULL)
		return unsent(k, c, MACH_SEND_INTERRUPTED);
	if (c->m.options & MACH_RCV_MSG)
		return answer(k, c, MACH_RCV_INTERRUPTED, 0);
	return answer(k, c, MACH_MSG_SUCCESS, 0);
}

/* ---- the call ---- */
int64_t
sys_mach_msg(struct kern *k, struct call *c)
{
	struct task *t = c->thread->task;
	struct msg_args a;
	int mr;

	if (k->hooks->window_read(k->host, t, c->slot, 0, &a, sizeof(a)))
		return -RPC_EFAULT;
	if (task_space(k, t) == NULL)
		return -RPC_ENOMEM;
	c->m = (struct msg_wait){
		.options = a.options, .timeout = a.timeout,
		.rcv_limit = a.rcv_size < SLOT_ROOM ? a.rcv_size : SLOT_ROOM,
		.rcv_name = a.rcv_name,
	};
	if (!(a.options & MACH_SEND_MSG))
		return sent(k, c);
	mr = msg_parse(k, c, t->space->account, sizeof(a), a.send_size,
	    &c->m.out);
	if (mr != MACH_MSG_SUCCESS)
		return answer(k, c, mr, 0);
	return fetch_memory(k, c);
}
