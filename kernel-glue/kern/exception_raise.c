/* SPDX-License-Identifier: ISC */
/*
 * A thread met an exception: its layer says so, from the thread itself, before a signal is
 * delivered.  The handlers of the thread, its task and the host are asked in this order,
 * each by a message in the layout of Darwin's (mach_)exc.defs with a send-once right for
 * the answer; the first that says KERN_SUCCESS makes the thread go on, with the state that
 * came along.  xnu: exception_triage_thread, exception_deliver.
 *
 * The answer goes to a port of the kernel's that lives as long as the thread waits for that
 * handler.  A send-once right that is given up unused is an answer, too.
 */
#include <assert.h>

#include "kobject.h"
#include "msg.h"
#include "routine.h"
#include "waits.h"
#include "rpc_kern.h"

enum {
	LEVELS = 3,		/* thread, task, host */
	ID_CODES32 = 2400, ID_CODES64 = 2404, ID_REPLY = 100,
	NDR_WORDS = 2, CODES = 2,
	STATE_AT = OFF_EXCEPTION_CALL_STATE,
	DATA_WORDS = NDR_WORDS + 2 + 2 * CODES + 2 + x86_THREAD_STATE64_COUNT,
};

static const struct exceptions *
handlers(struct kern *k, const struct call *c, uint32_t level)
{
	const struct space *s = c->thread->task->space;

	if (level == 0)
		return c->thread->exceptions;
	if (level == 1)
		return s == NULL ? NULL : s->exceptions;
	return k->exceptions;
}

/* ---- the message ---- */

static void
put(struct msg *m, uint32_t word)
{
	memcpy(m->data + m->data_used, &word, sizeof(word));
	m->data_used += (uint32_t)sizeof(word);
}

static void
put_codes(struct msg *m, const struct exception_call *x, bool wide)
{
	int i;

	put(m, x->exception);
	put(m, CODES);
	for (i = 0; i < CODES; i++) {
		put(m, (uint32_t)x->code[i]);
		if (wide)
			put(m, (uint32_t)(x->code[i] >> 32));
	}
}

static void
put_state(struct msg *m, const struct exception_call *x)
{
	uint32_t i;

	put(m, x->flavor);
	put(m, x->nstate);
	for (i = 0; i < x->nstate; i++)
		put(m, x->state[i]);
}

/* Send rights to the thread and its task. */
static bool
put_identity(struct kern *k, struct msg *m, struct thread *th)
{
	struct port *p[2];
	int i;

	if (thread_port(k, th, &p[0]) != KERN_SUCCESS ||
	    task_port(k, th->task->space, PORT_TASK, &p[1]) != KERN_SUCCESS)
		return false;
	for (i = 0; i < 2; i++) {
		m->descs[i].type = MACH_MSG_PORT_DESCRIPTOR;
		m->descs[i].disposition = MACH_MSG_TYPE_PORT_SEND;
		right_of(p[i], &m->descs[i].right);
	}
	m->complex = true;
	m->size += SIZEOF_MSG_BODY + 2 * SIZEOF_PORT_DESCRIPTOR;
	return true;
}

static struct msg *
message(struct kern *k, struct thread *th, const struct exception_call *x,
    uint32_t behavior)
{
	uint32_t how = behavior & ~(uint32_t)MACH_EXCEPTION_MASK;
	bool wide = behavior & MACH_EXCEPTION_CODES, identity = how != EXCEPTION_STATE;
	struct msg *m = msg_new(k, th->task->space->account, identity ? 2 : 0,
	    4 * DATA_WORDS);

	if (m == NULL)
		return NULL;
	m->kernel = m->rights_in = true;
	m->subject = k->subject;
	m->id = (wide ? ID_CODES64 : ID_CODES32) + how;
	put(m, 0);	/* NDR: little-endian, ASCII, IEEE */
	put(m, 1);
	put_codes(m, x, wide);
	if (how != EXCEPTION_DEFAULT)
		put_state(m, x);
	m->size = SIZEOF_MSG_HEADER + m->data_used;
	if (identity && !put_identity(k, m, th)) {
		msg_destroy(k, m);
		return NULL;
	}
	return m;
}

/* ---- asking ---- */
static void
forget(struct kern *k, struct call *c)
{
	struct port *p = c->x.reply;

	c->x.reply = NULL;
	if (p != NULL)
		port_destroy(k, p);
}

static int
ask(struct kern *k, struct call *c, const struct exception_call *x,
    struct port *to, uint32_t behavior)
{
	struct msg *m = message(k, c->thread, x, behavior);

	if (m == NULL)
		return KERN_RESOURCE_SHORTAGE;
	if (port_new_kernel(k, m->account, PORT_REPLY, c->thread,
	    &c->x.reply) != KERN_SUCCESS ||
	    port_make_sonce(k, c->x.reply) != KERN_SUCCESS) {
		forget(k, c);
		msg_destroy(k, m);
		return KERN_RESOURCE_SHORTAGE;
	}
	m->local = (struct right){ .port = c->x.reply,
		.type = MACH_MSG_TYPE_PORT_SEND_ONCE };
	m->remote = (struct right){ .port = to,
		.type = MACH_MSG_TYPE_PORT_SEND };
	port_copy_send(to);
	c->x.behavior = behavior;
	c->x.answered = false;
	msg_post(k, m);
	return KERN_SUCCESS;
}

static int64_t
answer(struct kern *k, struct call *c, int kr)
{
	int error = k->hooks->window_write(k->host, c->thread->task, c->slot,
	    OFF_EXCEPTION_CALL_KR, &kr, sizeof(kr));

	return error ? -error : (int64_t)c->arg[0];
}

/* The next handler that there is, from c->x.level on. */
static int64_t
triage(struct kern *k, struct call *c)
{
	const struct exceptions *e;
	struct exception_call x;
	struct port *p;

	if (c->arg[0] != sizeof(x))
		return -RPC_EINVAL;
	if (k->hooks->window_read(k->host, c->thread->task, c->slot, 0, &x,
	    sizeof(x)))
		return -RPC_EFAULT;
	if (x.exception < FIRST_EXCEPTION || x.exception >= EXC_TYPES_COUNT ||
	    x.nstate > x86_THREAD_STATE64_COUNT)
		return -RPC_EINVAL;
	for (; c->x.level < LEVELS; c->x.level++) {
		e = handlers(k, c, c->x.level);
		p = e == NULL ? NULL : e->port[x.exception];
		if (p == NULL || !p->active || port_in_kernel(p) ||
		    ((e->behavior[x.exception] &
		    ~(uint32_t)MACH_EXCEPTION_MASK) != EXCEPTION_DEFAULT &&
		    e->flavor[x.exception] != x.flavor))
			continue;
		if (ask(k, c, &x, p, e->behavior[x.exception]) == KERN_SUCCESS)
			return call_park(k, c, WAIT_EXCEPTION, 0);
	}
	return answer(k, c, KERN_FAILURE);
}

int64_t
sys_exception(struct kern *k, struct call *c)
{
	if (task_space(k, c->thread->task) == NULL)
		return -RPC_ENOMEM;
	c->x = (struct exception_wait){ .reply = NULL };
	return triage(k, c);
}

/* ---- the answer ---- */
/* A thread's state, as it is to go on; the caller's own slot has room for it. */
static void
take_state(struct kern *k, struct call *c, const struct msg *m)
{
	struct exception_call x = { .kr = KERN_SUCCESS };
	uint32_t at = 4 * (NDR_WORDS + 1);

	memcpy(&x.flavor, m->data + at, sizeof(x.flavor));
	memcpy(&x.nstate, m->data + at + 4, sizeof(x.nstate));
	if (x.flavor != x86_THREAD_STATE64 ||
	    x.nstate != x86_THREAD_STATE64_COUNT ||
	    m->data_used != at + 8 + 4 * x.nstate) {
		c->x.kr = KERN_INVALID_ARGUMENT;
		return;
	}
	memcpy(x.state, m->data + at + 8, 4 * (size_t)x.nstate);
	if (k->hooks->window_write(k->host, c->thread->task, c->slot,
	    OFF_EXCEPTION_CALL_FLAVOR, &x.flavor,
	    sizeof(x) - OFF_EXCEPTION_CALL_FLAVOR))
		c->x.kr = KERN_INVALID_ADDRESS;
}

static void
decide(struct kern *k, struct thread *th, int kr)
{
	struct call *c = &th->call;

	c->x.kr = kr;
	c->x.answered = true;
	link_append(&k->ready, &c->link);
}

void
exception_reply(struct kern *k, const struct msg *m)
{
	struct thread *th = m->remote.port->kobject;
	struct call *c = th == NULL ? NULL : &th->call;
	uint32_t how;
	int kr = KERN_FAILURE;

	if (!m->remote.port->active || c == NULL || c->x.answered ||
	    c->x.reply != m->remote.port)
		return;
	how = c->x.behavior & ~(uint32_t)MACH_EXCEPTION_MASK;
	if (!m->complex && m->data_used >= 4 * (NDR_WORDS + 1) &&
	    m->id == (c->x.behavior & MACH_EXCEPTION_CODES ? ID_CODES64 :
	    ID_CODES32) + how + ID_REPLY)
		memcpy(&kr, m->data + 4 * NDR_WORDS, sizeof(kr));
	decide(k, th, kr);
	if (kr != KERN_SUCCESS || how == EXCEPTION_DEFAULT)
		return;
	if (m->data_used < 4 * (NDR_WORDS + 3))
		c->x.kr = KERN_INVALID_ARGUMENT;
	else
		take_state(k, c, m);
}

void
exception_unanswered(struct kern *k, struct port *reply)
{
	struct thread *th = reply->kobject;

	if (reply->active && th != NULL && th->call.x.reply == reply &&
	    !th->call.x.answered)
		decide(k, th, KERN_FAILURE);
}

int64_t
resume_exception(struct kern *k, struct call *c)
{
	int kr = c->x.answered ? c->x.kr : KERN_FAILURE;

	forget(k, c);
	if (kr == KERN_SUCCESS)
		return answer(k, c, kr);
	c->x.level++;
	return triage(k, c);
}

int64_t
cancel_exception(struct kern *k, struct call *c)
{
	forget(k, c);
	return -RPC_ECANCELED;
}
