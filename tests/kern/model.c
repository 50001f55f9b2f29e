/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define SEND MACH_MSG_TYPE_PORT_SEND
#define SONCE MACH_MSG_TYPE_PORT_SEND_ONCE
#define RECEIVE MACH_MSG_TYPE_PORT_RECEIVE
#define T_SEND MACH_PORT_TYPE_SEND
#define T_SONCE MACH_PORT_TYPE_SEND_ONCE
#define T_RECEIVE MACH_PORT_TYPE_RECEIVE
#define T_SET MACH_PORT_TYPE_PORT_SET
#define T_DEAD MACH_PORT_TYPE_DEAD_NAME

static void kill_port(struct model *m, int port);

struct m_name *
m_find(struct model *m, int task, uint32_t name)
{
	struct m_name *n = &m->name[task][(name >> 8) % M_INDEX];

	return name != 0 && n->type != 0 && n->name == name ? n : NULL;
}

static struct m_name *
of_port(struct model *m, int task, int port)
{
	struct m_name *n;
	int i;

	for (i = 0; i < M_INDEX; i++) {
		n = &m->name[task][i];
		if ((n->type & (T_SEND | T_RECEIVE)) && n->port == port)
			return n;
	}
	return NULL;
}

static void
forget(struct m_name *n)
{
	memset(n, 0, sizeof(*n));
	n->request = -1;
}

static void
notify(struct model *m, int port, uint32_t id, uint32_t word)
{
	struct m_msg *msg;

	if (!m->port[port].alive) {
		m->port[port].sorights--;
		return;
	}
	msg = calloc(1, sizeof(*msg));
	msg->id = id;
	msg->word = word;
	msg->notification = true;
	msg->sender = -1;
	msg->dest = (struct m_right){ port, SONCE };
	msg->reply.port = M_NULL;
	m_post(m, msg);
}

void
m_drop(struct model *m, struct m_right r)
{
	struct m_port *p;
	int ns;

	if (r.port < 0)
		return;
	p = &m->port[r.port];
	if (r.type == SEND) {
		if (--p->srights == 0 && p->alive && p->ns >= 0) {
			ns = p->ns;
			p->ns = -1;
			notify(m, ns, MACH_NOTIFY_NO_SENDERS, p->mscount);
		}
	} else if (r.type == SONCE) {
		notify(m, r.port, MACH_NOTIFY_SEND_ONCE, 0);
	} else {
		p->to = -1;
		kill_port(m, r.port);
	}
}

void
m_discard(struct model *m, struct m_msg *msg)
{
	int i;

	if (msg->dest.port >= 0) {
		if (msg->notification)
			m->port[msg->dest.port].sorights--;
		else
			m_drop(m, msg->dest);
	}
	m_drop(m, msg->reply);
	for (i = 0; i < msg->nbody; i++)
		m_drop(m, msg->body[i]);
	free(msg);
}

void
m_consume_dest(struct model *m, struct m_msg *msg)
{
	if (msg->dest.type == SEND)
		m_drop(m, msg->dest);
	else
		m->port[msg->dest.port].sorights--;
	msg->dest.port = M_NULL;
}

static void
leave_sets(struct model *m, int port)
{
	struct m_set *s;
	int i, j;

	for (i = 0; i < m->nsets; i++) {
		s = &m->set[i];
		for (j = 0; j < s->n; j++)
			if (s->member[j] == port) {
				s->member[j] = s->member[--s->n];
				break;
			}
	}
}

/* Those who wait to receive on it go; when it died, those who send have sent. */
static void
wake_all(struct model *m, int port, int set, bool senders)
{
	struct m_wait w;
	int i;

	for (i = 0; i < m->nwaits;) {
		w = m->wait[i];
		if (w.out == NULL && ((port >= 0 && w.port == port) ||
		    (set >= 0 && w.set == set))) {
			m->gone[m->ngone++] = w.thread;
		} else if (senders && w.out != NULL &&
		    w.out->dest.port == port) {
			m->done[m->ndone++] = w.thread;
		} else {
			i++;
			continue;
		}
		memmove(&m->wait[i], &m->wait[i + 1],
		    (size_t)(--m->nwaits - i) * sizeof(w));
		if (w.out != NULL)
			m_discard(m, w.out);
		i = 0;
	}
}

static void
loses_receiver(struct model *m, int port)
{
	struct m_port *p = &m->port[port];

	leave_sets(m, port);
	p->task = -1;
	p->mscount = p->seqno = 0;
	wake_all(m, port, -1, false);
}

/* Is `port` on the way to itself when it goes to `to`? */
bool
m_circle(const struct model *m, int port, int to)
{
	for (; to >= 0; to = m->port[to].to)
		if (to == port)
			return true;
	return false;
}

static void
names_die(struct model *m, int port)
{
	struct m_name *n;
	int t, i, request;
	uint32_t name;

	for (t = 0; t < M_TASKS; t++)
		for (i = 0; i < M_INDEX; i++) {
			n = &m->name[t][i];
			if (!(n->type & (T_SEND | T_SONCE)) ||
			    n->port != port)
				continue;
			if (n->type & T_SEND)
				m->port[port].srights--;
			else
				m->port[port].sorights--;
			n->type = T_DEAD;
			n->port = -1;
			request = n->request;
			name = n->name;
			n->request = -1;
			if (request < 0)
				continue;
			if (n->urefs < MACH_PORT_UREFS_MAX)
				n->urefs++;
			notify(m, request, MACH_NOTIFY_DEAD_NAME, name);
		}
}

/* The receive right is given up. */
static void
kill_port(struct model *m, int port)
{
	struct m_port *p = &m->port[port];
	struct m_msg *msg;
	int pd = p->pd, ns = p->ns;

	p->pd = -1;
	loses_receiver(m, port);
	if (pd >= 0 && m->port[pd].alive) {
		if (m_circle(m, port, pd)) {
			notify(m, pd, MACH_NOTIFY_SEND_ONCE, 0);
			kill_port(m, port);
			return;
		}
		msg = calloc(1, sizeof(*msg));
		msg->id = MACH_NOTIFY_PORT_DESTROYED;
		msg->notification = true;
		msg->sender = -1;
		msg->dest = (struct m_right){ pd, SONCE };
		msg->reply.port = M_NULL;
		msg->nbody = 1;
		msg->body[0] = (struct m_right){ port, RECEIVE };
		p->to = pd;
		m_post(m, msg);
		return;
	}
	if (pd >= 0)
		m->port[pd].sorights--;
	p->alive = false;
	p->died_now = true;
	p->ns = -1;
	if (ns >= 0)
		notify(m, ns, MACH_NOTIFY_SEND_ONCE, 0);
	wake_all(m, port, -1, true);
	while ((msg = p->q) != NULL) {
		p->q = msg->next;
		p->nq--;
		m_discard(m, msg);
	}
	names_die(m, port);
}

int
m_allocate(struct model *m, int task, uint32_t right, uint32_t name)
{
	struct m_name *n = &m->name[task][(name >> 8) % M_INDEX];
	struct m_port *p;

	if (n->type != 0 || (name >> 8) >= M_INDEX)
		return KERN_FAILURE;
	forget(n);
	n->name = name;
	n->urefs = right == MACH_PORT_RIGHT_DEAD_NAME;
	n->type = 1u << (16 + right);
	if (right == MACH_PORT_RIGHT_RECEIVE) {
		n->port = m->nports++;
		p = &m->port[n->port];
		memset(p, 0, sizeof(*p));
		p->alive = true;
		p->task = task;
		p->name = name;
		p->qlimit = MACH_PORT_QLIMIT_DEFAULT;
		p->qend = &p->q;
		p->to = p->ns = p->pd = -1;
	} else if (right == MACH_PORT_RIGHT_PORT_SET) {
		n->port = m->nsets++;
		m->set[n->port] = (struct m_set){ .used = true };
	}
	return KERN_SUCCESS;
}

/* The name goes though what it names lives: who asked is told. */
static void
name_goes(struct model *m, struct m_name *n)
{
	int request = n->request;
	uint32_t name = n->name;

	forget(n);
	if (request >= 0)
		notify(m, request, MACH_NOTIFY_PORT_DELETED, name);
}

static void
lose_send(struct model *m, struct m_name *n)
{
	int port = n->port;

	n->urefs = 0;
	n->type &= ~(uint32_t)T_SEND;
	if (n->type == 0)
		name_goes(m, n);
	m_drop(m, (struct m_right){ port, SEND });
}

static void
lose_receive(struct model *m, struct m_name *n)
{
	int port = n->port;

	n->type &= ~(uint32_t)T_RECEIVE;
	if (n->type == 0)
		name_goes(m, n);
	kill_port(m, port);
}

static void
lose_set(struct model *m, struct m_name *n)
{
	int set = n->port;

	m->set[set] = (struct m_set){ 0 };
	forget(n);
	wake_all(m, -1, set, false);
}

static void
lose_sonce(struct model *m, struct m_name *n)
{
	int port = n->port;

	name_goes(m, n);
	m_drop(m, (struct m_right){ port, SONCE });
}

int
m_mod_refs(struct model *m, int task, uint32_t name, uint32_t right,
    int32_t delta)
{
	struct m_name *n = m_find(m, task, name);

	if (n == NULL)
		return KERN_INVALID_NAME;
	if (!(n->type & 1u << (16 + right)))
		return KERN_INVALID_RIGHT;
	if (right == MACH_PORT_RIGHT_SEND || right == MACH_PORT_RIGHT_DEAD_NAME) {
		if ((int64_t)n->urefs + delta < 0)
			return KERN_INVALID_VALUE;
		if ((uint32_t)((int32_t)n->urefs + delta) != 0)
			n->urefs = (uint32_t)((int32_t)n->urefs + delta);
		else if (right == MACH_PORT_RIGHT_SEND)
			lose_send(m, n);
		else
			forget(n);
		return KERN_SUCCESS;
	}
	if (delta == 0)
		return KERN_SUCCESS;
	if (delta != -1)
		return KERN_INVALID_VALUE;
	if (right == MACH_PORT_RIGHT_RECEIVE)
		lose_receive(m, n);
	else if (right == MACH_PORT_RIGHT_SEND_ONCE)
		lose_sonce(m, n);
	else
		lose_set(m, n);
	return KERN_SUCCESS;
}

int
m_deallocate(struct model *m, int task, uint32_t name)
{
	static const uint32_t order[] = { MACH_PORT_RIGHT_SEND,
		MACH_PORT_RIGHT_SEND_ONCE, MACH_PORT_RIGHT_PORT_SET,
		MACH_PORT_RIGHT_DEAD_NAME };
	struct m_name *n = m_find(m, task, name);
	int i;

	if (n == NULL)
		return KERN_INVALID_NAME;
	for (i = 0; i < 4; i++)
		if (n->type & 1u << (16 + order[i]))
			return m_mod_refs(m, task, name, order[i], -1);
	return KERN_INVALID_RIGHT;
}

int
m_destroy(struct model *m, int task, uint32_t name)
{
	struct m_name *n = m_find(m, task, name);
	uint32_t type;
	int port;

	if (n == NULL)
		return KERN_INVALID_NAME;
	type = n->type;
	port = n->port;
	if (type == T_DEAD) {
		forget(n);
	} else if (type == T_SET) {
		lose_set(m, n);
	} else {
		name_goes(m, n);
		if (type & T_SEND)
			m_drop(m, (struct m_right){ port, SEND });
		if (type & T_SONCE)
			m_drop(m, (struct m_right){ port, SONCE });
		if (type & T_RECEIVE)
			kill_port(m, port);
	}
	return KERN_SUCCESS;
}

static int
copyin_dead(struct m_name *n, uint32_t disposition, struct m_right *out)
{
	out->port = M_DEAD;
	if (disposition == MACH_MSG_TYPE_COPY_SEND)
		return KERN_SUCCESS;
	if (--n->urefs == 0)
		forget(n);
	return KERN_SUCCESS;
}

int
m_copyin(struct model *m, int task, uint32_t name, uint32_t disposition,
    struct m_right *out)
{
	struct m_name *n = m_find(m, task, name);
	struct m_port *p;

	if (n == NULL)
		return KERN_INVALID_NAME;
	p = &m->port[n->port < 0 ? 0 : n->port];
	out->port = n->port;
	out->type = disposition == MACH_MSG_TYPE_MOVE_RECEIVE ? RECEIVE :
	    disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE ||
	    disposition == MACH_MSG_TYPE_MAKE_SEND_ONCE ? SONCE : SEND;
	switch (disposition) {
	case MACH_MSG_TYPE_MAKE_SEND:
		if (!(n->type & T_RECEIVE))
			return KERN_INVALID_RIGHT;
		p->mscount++;
		p->srights++;
		return KERN_SUCCESS;
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
		if (!(n->type & T_RECEIVE))
			return KERN_INVALID_RIGHT;
		p->sorights++;
		return KERN_SUCCESS;
	case MACH_MSG_TYPE_MOVE_RECEIVE:
		if (!(n->type & T_RECEIVE))
			return KERN_INVALID_RIGHT;
		n->type &= ~(uint32_t)T_RECEIVE;
		if (n->type == 0)
			name_goes(m, n);
		loses_receiver(m, out->port);
		return KERN_SUCCESS;
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
		if (n->type & T_DEAD)
			return copyin_dead(n, disposition, out);
		if (!(n->type & T_SONCE))
			return KERN_INVALID_RIGHT;
		name_goes(m, n);
		return KERN_SUCCESS;
	default:
		if (n->type & T_DEAD)
			return copyin_dead(n, disposition, out);
		if (!(n->type & T_SEND))
			return KERN_INVALID_RIGHT;
		p->srights++;
		if (disposition == MACH_MSG_TYPE_MOVE_SEND && --n->urefs == 0) {
			p->srights--;
			n->type &= ~(uint32_t)T_SEND;
			if (n->type == 0)
				name_goes(m, n);
		}
		return KERN_SUCCESS;
	}
}

static void
settle(struct model *m, int task, struct m_name *n, struct m_right r,
    uint32_t name)
{
	struct m_port *p = &m->port[r.port];

	if (n->type == 0) {
		forget(n);
		n->name = name;
		n->port = r.port;
	}
	if (r.type == SEND) {
		if (n->type & T_SEND)
			p->srights--;
		n->type |= T_SEND;
		n->urefs++;
	} else if (r.type == SONCE) {
		n->type = T_SONCE;
		n->urefs = 1;
	} else {
		n->type |= T_RECEIVE;
		p->task = task;
		p->name = name;
		p->to = -1;
	}
}

bool
m_copyout(struct model *m, int task, struct m_right r, uint32_t name)
{
	struct m_name *n = NULL;

	if (r.port == M_NULL)
		return name == MACH_PORT_NULL;
	if (r.port == M_DEAD || !m->port[r.port].alive) {
		m_drop(m, r);
		if (name == MACH_PORT_DEAD)
			return true;
		/* It may have arrived just before the port died. */
		if (r.port == M_DEAD || !m->port[r.port].died_now ||
		    (name >> 8) >= M_INDEX)
			return false;
		n = &m->name[task][name >> 8];
		if (n->type == 0) {
			forget(n);
			n->name = name;
			n->type = T_DEAD;
		}
		n->urefs++;
		return n->name == name && n->type == T_DEAD;
	}
	if (name == MACH_PORT_NULL || (name >> 8) >= M_INDEX)
		return false;
	if (r.type != SONCE)
		n = of_port(m, task, r.port);
	if (n == NULL) {
		n = &m->name[task][name >> 8];
		if (n->type != 0)
			return false;
	} else if (n->name != name) {
		return false;
	}
	settle(m, task, n, r, name);
	return true;
}

/* mach_port_insert_right: under a chosen name. True: the right was used up. */
bool
m_copyout_as(struct model *m, int task, struct m_right r, uint32_t name,
    int *kr)
{
	struct m_name *n = &m->name[task][(name >> 8) % M_INDEX], *old = NULL;

	*kr = KERN_SUCCESS;
	if (n->type != 0 && n->name != name)
		*kr = KERN_FAILURE;
	else if (!m->port[r.port].alive)
		*kr = KERN_INVALID_CAPABILITY;
	else if (r.type != SONCE && (old = of_port(m, task, r.port)) != NULL)
		*kr = old == n ? KERN_SUCCESS : KERN_RIGHT_EXISTS;
	else if (n->type != 0)
		*kr = KERN_NAME_EXISTS;
	if (*kr != KERN_SUCCESS)
		return false;
	settle(m, task, n, r, name);
	return true;
}

int
m_request(struct model *m, int task, uint32_t name, uint32_t id, uint32_t sync,
    int note, int *previous)
{
	struct m_name *n = m_find(m, task, name);
	struct m_port *p;

	*previous = -1;
	if (n == NULL)
		return KERN_INVALID_NAME;
	if (id == MACH_NOTIFY_DEAD_NAME) {
		if (note < 0 && n->request < 0)
			return KERN_SUCCESS;
		if (n->type & (T_SEND | T_RECEIVE | T_SONCE)) {
			*previous = n->request;
			n->request = note;
			return KERN_SUCCESS;
		}
		if (!(n->type & T_DEAD))
			return KERN_INVALID_RIGHT;
		if (!sync || note < 0)
			return KERN_INVALID_ARGUMENT;
		n->urefs++;
		notify(m, note, MACH_NOTIFY_DEAD_NAME, name);
		return KERN_SUCCESS;
	}
	if (!(n->type & T_RECEIVE))
		return KERN_INVALID_RIGHT;
	p = &m->port[n->port];
	if (id == MACH_NOTIFY_PORT_DESTROYED) {
		if (p->pd >= 0)
			return KERN_FAILURE;
		p->pd = note;
		return KERN_SUCCESS;
	}
	*previous = p->ns;
	p->ns = note;
	if (note >= 0 && p->srights == 0 && sync <= p->mscount) {
		p->ns = -1;
		notify(m, note, MACH_NOTIFY_NO_SENDERS, p->mscount);
	}
	return KERN_SUCCESS;
}
