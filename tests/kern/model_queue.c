/* SPDX-License-Identifier: ISC */
/* The model's queues: who waits, what comes in and is taken, headers, and what dies with a task. */
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define RECEIVE MACH_MSG_TYPE_PORT_RECEIVE
#define T_SEND MACH_PORT_TYPE_SEND
#define T_SONCE MACH_PORT_TYPE_SEND_ONCE
#define T_RECEIVE MACH_PORT_TYPE_RECEIVE
#define T_SET MACH_PORT_TYPE_PORT_SET
#define T_DEAD MACH_PORT_TYPE_DEAD_NAME

/* A receiver that waits for this port, or -1. */
static int
waiter(const struct model *m, int port)
{
	const struct m_set *s;
	int i, j;

	for (i = 0; i < m->nwaits; i++)
		if (m->wait[i].out == NULL && m->wait[i].port == port)
			return i;
	for (i = 0; i < m->nwaits; i++) {
		if (m->wait[i].out != NULL || m->wait[i].set < 0)
			continue;
		s = &m->set[m->wait[i].set];
		for (j = 0; j < s->n; j++)
			if (s->member[j] == port)
				return i;
	}
	return -1;
}

static void
unwait(struct model *m, int i)
{
	memmove(&m->wait[i], &m->wait[i + 1],
	    (size_t)(--m->nwaits - i) * sizeof(m->wait[0]));
}

static void
append(const struct model *m, struct m_port *p, struct m_msg *msg)
{
	msg->step = m->step;
	msg->dying = m->dying;
	if (p->q == NULL)
		p->qend = &p->q;
	*p->qend = msg;
	msg->next = NULL;
	p->qend = &msg->next;
	p->nq++;
}

static void
admit(struct model *m, int port)
{
	int i;

	for (i = 0; i < m->nwaits && !m_full(m, port);)
		if (m->wait[i].out != NULL &&
		    m->wait[i].out->dest.port == port) {
			append(m, &m->port[port], m->wait[i].out);
			m->done[m->ndone++] = m->wait[i].thread;
			unwait(m, i);
		} else {
			i++;
		}
}

static void
offer(struct model *m, int port)
{
	struct m_port *p = &m->port[port];
	struct m_msg *msg;
	int i;

	while (p->q != NULL && (i = waiter(m, port)) >= 0) {
		msg = p->q;
		p->q = msg->next;
		p->nq--;
		m->arrival[m->narrivals++] = (struct m_arrival){
			m->wait[i].thread, m->wait[i].task, msg, p->seqno++ };
		unwait(m, i);
		admit(m, port);
	}
}

void
m_post(struct model *m, struct m_msg *msg)
{
	int port = msg->dest.port;

	if (!m->port[port].alive) {
		m_discard(m, msg);
		return;
	}
	append(m, &m->port[port], msg);
	offer(m, port);
}

bool
m_full(const struct model *m, int port)
{
	return m->port[port].nq >= m->port[port].qlimit;
}

void
m_limit(struct model *m, int port, uint32_t qlimit)
{
	m->port[port].qlimit = qlimit;
	admit(m, port);
}

int
m_member(struct model *m, int task, uint32_t name, uint32_t set, bool in)
{
	struct m_name *n = m_find(m, task, name), *s = m_find(m, task, set);
	struct m_set *ms;
	int i;

	if (n == NULL)
		return KERN_INVALID_NAME;
	if (!(n->type & T_RECEIVE))
		return KERN_INVALID_RIGHT;
	if (s == NULL)
		return KERN_INVALID_NAME;
	if (!(s->type & T_SET))
		return KERN_INVALID_RIGHT;
	ms = &m->set[s->port];
	for (i = 0; i < ms->n; i++)
		if (ms->member[i] == n->port) {
			if (in)
				return KERN_ALREADY_IN_SET;
			ms->member[i] = ms->member[--ms->n];
			return KERN_SUCCESS;
		}
	if (!in)
		return KERN_NOT_IN_SET;
	ms->member[ms->n++] = n->port;
	offer(m, n->port);
	return KERN_SUCCESS;
}

bool
m_transit(struct model *m, struct m_msg *msg)
{
	bool round = false;
	int i;

	for (i = 0; i < msg->nbody; i++)
		if (msg->body[i].type == RECEIVE && msg->body[i].port >= 0) {
			if (m_circle(m, msg->body[i].port, msg->dest.port))
				round = true;
			else
				m->port[msg->body[i].port].to = msg->dest.port;
		}
	return round;
}

static bool
sendable(uint32_t d)
{
	return d >= MACH_MSG_TYPE_MOVE_SEND &&
	    d <= MACH_MSG_TYPE_MAKE_SEND_ONCE;
}

/* Could this disposition take a right from the name? Dead names count for replies. */
static bool
could(const struct m_name *n, uint32_t d, bool reply)
{
	if (d == MACH_MSG_TYPE_MAKE_SEND || d == MACH_MSG_TYPE_MAKE_SEND_ONCE)
		return (n->type & T_RECEIVE) != 0;
	if (n->type & T_DEAD)
		return reply;
	return (n->type & (d == MACH_MSG_TYPE_MOVE_SEND_ONCE ? T_SONCE :
	    T_SEND)) != 0;
}

int
m_header(struct model *m, int task, uint32_t remote, uint32_t rd,
    uint32_t local, uint32_t ld, struct m_msg *msg)
{
	struct m_name *d, *r = NULL;
	bool named = local != MACH_PORT_NULL && local != MACH_PORT_DEAD;

	if (ld == 0 ? local != 0 : !sendable(ld))
		return MACH_SEND_INVALID_HEADER;
	if (!sendable(rd))
		return MACH_SEND_INVALID_HEADER;
	if (remote == 0 || remote == MACH_PORT_DEAD)
		return MACH_SEND_INVALID_DEST;
	if (remote == local && (rd == MACH_MSG_TYPE_MOVE_SEND_ONCE ||
	    ld == MACH_MSG_TYPE_MOVE_SEND_ONCE))
		return MACH_SEND_INVALID_DEST;
	d = m_find(m, task, remote);
	if (d == NULL || !(d->type & (T_SEND | T_RECEIVE | T_SONCE)))
		return MACH_SEND_INVALID_DEST;
	if (named) {
		r = m_find(m, task, local);
		/* A name that has been dead for long is no right. */
		if (r == NULL || (r->type & (T_DEAD | T_SET)) ||
		    !could(r, ld, true))
			return MACH_SEND_INVALID_REPLY;
	}
	if (!could(d, rd, false) || (d == r && rd == MACH_MSG_TYPE_MOVE_SEND &&
	    ld == MACH_MSG_TYPE_MOVE_SEND && d->urefs < 2))
		return MACH_SEND_INVALID_DEST;
	msg->reply = (struct m_right){ local == MACH_PORT_DEAD ? M_DEAD :
		M_NULL, 0 };
	/* Of one name, what is copied goes first: the last reference may move. */
	if (d == r && ld == MACH_MSG_TYPE_COPY_SEND)
		m_copyin(m, task, local, ld, &msg->reply);
	m_copyin(m, task, remote, rd, &msg->dest);
	if (r != NULL && !(d == r && ld == MACH_MSG_TYPE_COPY_SEND))
		m_copyin(m, task, local, ld, &msg->reply);
	return MACH_MSG_SUCCESS;
}

void
m_wait_send(struct model *m, int thread, int task, struct m_msg *msg)
{
	m->wait[m->nwaits++] = (struct m_wait){ thread, task, msg, -1, -1 };
}

void
m_wait_receive(struct model *m, int thread, int task, uint32_t name)
{
	struct m_name *n = m_find(m, task, name);

	m->wait[m->nwaits++] = (struct m_wait){ thread, task, NULL,
		n->type & T_RECEIVE ? n->port : -1,
		n->type & T_SET ? n->port : -1 };
}

struct m_msg *
m_unwait(struct model *m, int thread)
{
	struct m_msg *msg;
	int i;

	for (i = 0; i < m->nwaits; i++)
		if (m->wait[i].thread == thread) {
			msg = m->wait[i].out;
			unwait(m, i);
			return msg;
		}
	return NULL;
}

/* A port and its last send right may die with a task in either order. */
static bool
no_more(uint32_t id)
{
	return id == MACH_NOTIFY_NO_SENDERS || id == MACH_NOTIFY_SEND_ONCE;
}

/* Where the message stands; what the kernel says and what others send in one step has no
 * order. */
static struct m_msg **
find(struct m_port *p, uint32_t id, uint32_t word, bool either)
{
	struct m_msg **at, *msg, *passed = NULL;

	for (at = &p->q; (msg = *at) != NULL; at = &msg->next) {
		if (either ? msg->dying && no_more(id) && no_more(msg->id) :
		    msg->id == id && msg->word == word)
			break;
		if (!msg->notification && passed == NULL)
			passed = msg;
	}
	return msg == NULL || (passed != NULL && (!msg->notification ||
	    msg->step != passed->step)) ? NULL : at;
}

struct m_msg *
m_take(struct model *m, int port, uint32_t id, uint32_t word)
{
	struct m_port *p = &m->port[port];
	struct m_msg **at = find(p, id, word, false), *msg;

	if (at == NULL)
		at = find(p, id, word, true);
	if (at == NULL)
		return NULL;
	msg = *at;
	msg->id = id;
	msg->word = word;
	*at = msg->next;
	if (*at == NULL)
		p->qend = at;
	p->nq--;
	p->seqno++;
	admit(m, port);
	return msg;
}

void
m_kill_task(struct model *m, int task)
{
	struct m_name *n;
	int i, pass, request;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < M_INDEX; i++) {
			n = &m->name[task][i];
			if (n->type == 0 || (pass == 0 &&
			    !(n->type & T_RECEIVE)))
				continue;
			request = n->request;
			if (request >= 0 && !m->port[request].alive) {
				m->port[request].sorights--;
				n->request = -1;
			}
			m_destroy(m, task, n->name);
		}
}

void
m_step(struct model *m)
{
	int i;

	for (i = 0; i < m->nports; i++)
		m->port[i].died_now = false;
	m->narrivals = m->ndone = m->ngone = 0;
	m->step++;
	m->dying = false;
}
