/* SPDX-License-Identifier: ISC */
/*
 * Seeded random programs of port operations against the model: after every step the names
 * of all tasks, their references and the counts of all ports agree.  And the same with
 * every hook failing now and then, where only the books must balance.
 *
 * MACH_SIM_SEED, MACH_SIM_STEPS replay and prolong; each episode prints its seed when it
 * fails.
 */
#include <stdio.h>

#include "model.h"
#include "rig.h"
#include "rpc.h"
#include "sim.h"

enum { THREADS = 6, EPISODE = 1000 };

struct world {
	struct rig *rig;
	struct kern *k;
	struct model *m;	/* NULL: hooks fail, there is no model */
	uint32_t serial;
	bool parked[THREADS];
	int task[THREADS];
};

static uint64_t
rnd(struct world *w, uint64_t n)
{
	return rig_rnd(w->rig, n);
}

static struct space *
space(struct world *w, int task)
{
	return sim_space(w->rig, w->k, task);
}

/* The model's answer, where there is a model. */
static void
same(const struct world *w, int64_t kr, int64_t model)
{
	if (w->m != NULL)
		assert_int_equal(kr, model);
}

/* ---- names ---- */
static uint32_t
any_name(struct world *w, int task)
{
	struct space *s = space(w, task);
	uint32_t at = (uint32_t)rnd(w, s->high + 1);
	struct entry *e = entry_next(s, &at);
	uint64_t how = rnd(w, 40);

	if (how == 0)
		return (uint32_t)rnd(w, 60) << 8 | 3;
	if (how == 1)
		return rnd(w, 2) ? 0 : 0xffffffff;
	return e == NULL ? 0x103 : e->name;
}

static uint32_t
live_name(struct world *w, int task)
{
	uint32_t name = any_name(w, task);

	return name == 0 || name == 0xffffffff ? 0x103 : name;
}

static void
op_allocate(struct world *w, int task)
{
	static const uint32_t rights[] = { MACH_PORT_RIGHT_RECEIVE,
		MACH_PORT_RIGHT_RECEIVE, MACH_PORT_RIGHT_RECEIVE,
		MACH_PORT_RIGHT_PORT_SET, MACH_PORT_RIGHT_DEAD_NAME };
	uint32_t right = rights[rnd(w, 5)], name = 0;

	if (space(w, task)->count > 60)
		return;
	if (kern_port_allocate(w->k, space(w, task), right, &name))
		return;
	same(w, 0, w->m == NULL ? 0 : m_allocate(w->m, task, right, name));
}

static void
op_give_up(struct world *w, int task)
{
	uint32_t name = live_name(w, task), right = (uint32_t)rnd(w, 5);
	int32_t delta = (int32_t)rnd(w, 5) - 3;
	int kr, mk = 0;

	switch (rnd(w, 4)) {
	case 0:
		kr = kern_port_deallocate(w->k, space(w, task), name);
		if (w->m != NULL)
			mk = m_deallocate(w->m, task, name);
		break;
	case 1:
		if (rnd(w, 3))
			return;
		kr = kern_port_destroy(w->k, space(w, task), name);
		if (w->m != NULL)
			mk = m_destroy(w->m, task, name);
		break;
	default:
		if (right == MACH_PORT_RIGHT_RECEIVE && rnd(w, 4))
			delta = 0;
		kr = kern_port_mod_refs(w->k, space(w, task), name, right,
		    delta);
		if (w->m != NULL)
			mk = m_mod_refs(w->m, task, name, right, delta);
		break;
	}
	same(w, kr, mk);
}

static void
op_extract(struct world *w, int task)
{
	uint32_t name = live_name(w, task), poly = 0, type = 0;
	uint32_t how = MACH_MSG_TYPE_MOVE_RECEIVE + (uint32_t)rnd(w, 6);
	int to = (int)rnd(w, M_TASKS);
	struct m_right r;
	int kr, mk;

	if (space(w, to)->count > 80)
		return;
	kr = kern_port_extract_right(w->k, space(w, task), name, how,
	    space(w, to), &poly, &type);
	if (w->m == NULL)
		return;
	mk = m_copyin(w->m, task, name, how, &r);
	assert_int_equal(kr, mk);
	if (kr == 0)
		assert_true(m_copyout(w->m, to, r, poly));
}

static void
op_insert(struct world *w, int task)
{
	uint32_t poly = live_name(w, task);
	uint32_t name = rnd(w, 3) ? poly : (uint32_t)(100 + rnd(w, 50)) << 8 | 3;
	uint32_t how = MACH_MSG_TYPE_MOVE_RECEIVE + (uint32_t)rnd(w, 6);
	struct m_right r;
	int kr, mk;

	kr = kern_port_insert_right(w->k, space(w, task), name,
	    space(w, task), poly, how);
	if (w->m == NULL)
		return;
	mk = m_copyin(w->m, task, poly, how, &r);
	if (mk == 0 && r.port == M_DEAD)
		mk = KERN_INVALID_CAPABILITY;
	else if (mk == 0 && !m_copyout_as(w->m, task, r, name, &mk))
		m_drop(w->m, r);
	assert_int_equal(kr, mk);
}

static void
op_notify(struct world *w, int task)
{
	static const uint32_t ids[] = { MACH_NOTIFY_DEAD_NAME,
		MACH_NOTIFY_DEAD_NAME, MACH_NOTIFY_NO_SENDERS,
		MACH_NOTIFY_PORT_DESTROYED };
	uint32_t name = live_name(w, task), id = ids[rnd(w, 4)], previous = 0;
	uint32_t sync = id == MACH_NOTIFY_PORT_DESTROYED ? 0 :
	    (uint32_t)rnd(w, 4), port = rnd(w, 8) ? live_name(w, task) : 0;
	struct m_right r = { .port = M_NULL }, old = { .type = MACH_MSG_TYPE_PORT_SEND_ONCE };
	int kr, mk = 0;

	kr = kern_port_request_notification(w->k, space(w, task), name, id,
	    sync, space(w, task), port, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous);
	if (w->m == NULL)
		return;
	if (port != 0)
		mk = m_copyin(w->m, task, port, MACH_MSG_TYPE_MAKE_SEND_ONCE,
		    &r);
	if (mk == 0) {
		mk = m_request(w->m, task, name, id, sync, r.port, &old.port);
		if (mk != 0)
			m_drop(w->m, r);
	}
	assert_int_equal(kr, mk);
	if (mk == 0 && old.port >= 0)
		assert_true(m_copyout(w->m, task, old, previous));
	else if (mk == 0)
		assert_int_equal(previous, 0);
}

static void
op_member(struct world *w, int task)
{
	uint32_t name = live_name(w, task), set = live_name(w, task);
	bool in = rnd(w, 3) != 0;
	int kr = in ? kern_port_insert_member(w->k, space(w, task), name, set) :
	    kern_port_extract_member(w->k, space(w, task), name, set);

	if (w->m != NULL)
		assert_int_equal(kr, m_member(w->m, task, name, set, in));
}

static void
op_limit(struct world *w, int task)
{
	uint32_t name = live_name(w, task), limit = (uint32_t)rnd(w, 8);
	int kr = kern_port_set_attributes(w->k, space(w, task), name,
	    MACH_PORT_LIMITS_INFO, &limit, 1);

	if (w->m != NULL && kr == 0)
		m_limit(w->m, m_find(w->m, task, name)->port, limit);
}

/* ---- messages ---- */
static struct msg_header *
header(struct rig_thread *t)
{
	return (struct msg_header *)(void *)rig_bytes(t);
}

/* What a message in the slot says of itself. */
static uint32_t
look(struct rig_thread *t, uint32_t *word, uint32_t names[M_BODY], int *n)
{
	struct port_descriptor d;
	unsigned char *p = rig_bytes(t) + SIZEOF_MSG_HEADER;
	uint32_t count = 0, i;

	*word = 0;
	if (header(t)->bits & MACH_MSGH_BITS_COMPLEX) {
		memcpy(&count, p, 4);
		p += 4;
	}
	for (i = 0; i < count; i++, p += sizeof(d)) {
		memcpy(&d, p, sizeof(d));
		names[i] = d.name;
	}
	*n = (int)count;
	if (header(t)->id < 100)
		p += 8;
	if (p < rig_bytes(t) + header(t)->size)
		memcpy(word, p, 4);
	return header(t)->id;
}

/* The message in the slot of a receiver, and the model's. */
static void
arrived(struct world *w, int thread, struct m_msg *msg, int port)
{
	struct rig_thread *t = &w->rig->thread[thread];
	struct m_port *p = &w->m->port[port];
	uint32_t word, names[M_BODY] = { 0 };
	int n, i, task = w->task[thread];

	assert_int_equal(look(t, &word, names, &n), msg->id);
	assert_int_equal(word, msg->word);
	assert_int_equal(n, msg->nbody);
	if (p->alive && p->task == task)
		assert_int_equal(header(t)->local, p->name);
	assert_true(m_copyout(w->m, task, msg->reply, header(t)->remote));
	m_consume_dest(w->m, msg);
	for (i = 0; i < n; i++)
		assert_true(m_copyout(w->m, task, msg->body[i], names[i]));
	free(msg);
}

static void
returned(struct world *w, int thread, struct m_msg *msg)
{
	struct rig_thread *t = &w->rig->thread[thread];
	uint32_t word, names[M_BODY] = { 0 };
	int n, i, task = w->task[thread];

	look(t, &word, names, &n);
	assert_int_equal(n, msg->nbody);
	assert_true(m_copyout(w->m, task, msg->dest, header(t)->remote));
	assert_true(m_copyout(w->m, task, msg->reply, header(t)->local));
	for (i = 0; i < n; i++)
		assert_true(m_copyout(w->m, task, msg->body[i], names[i]));
	free(msg);
}

static uint32_t
any_disposition(struct world *w)
{
	return rnd(w, 12) == 0 ? 0 :
	    MACH_MSG_TYPE_MOVE_RECEIVE + (uint32_t)rnd(w, 6);
}

/* Mostly one that the name has the right for. */
static uint32_t
fitting(struct world *w, int task, uint32_t name)
{
	struct entry *e = entry_lookup(space(w, task), name);

	if (e == NULL || rnd(w, 5) == 0)
		return any_disposition(w);
	if ((e->type & MACH_PORT_TYPE_SEND) && rnd(w, 4))
		return rnd(w, 4) ? MACH_MSG_TYPE_COPY_SEND :
		    MACH_MSG_TYPE_MOVE_SEND;
	if (e->type & MACH_PORT_TYPE_RECEIVE)
		return rnd(w, 2) ? MACH_MSG_TYPE_MAKE_SEND :
		    MACH_MSG_TYPE_MAKE_SEND_ONCE;
	return e->type & MACH_PORT_TYPE_SEND_ONCE ?
	    MACH_MSG_TYPE_MOVE_SEND_ONCE : MACH_MSG_TYPE_COPY_SEND;
}

/* Often a port that others send to as well, so that queues fill. */
static uint32_t
popular_name(struct world *w, int task)
{
	struct space *s = space(w, task);
	uint32_t at = 1, i;
	struct entry *e;

	if (rnd(w, 3) == 0)
		return any_name(w, task);
	for (i = 0; i < 20 && (e = entry_next(s, &at)) != NULL; i++)
		if (e->type & MACH_PORT_TYPE_SEND_RECEIVE)
			return e->name;
	return any_name(w, task);
}

struct plan {
	struct rig_send s;
	struct port_descriptor d[M_BODY];
	struct m_msg *msg;
};

static void
plan_message(struct world *w, int task, struct plan *p)
{
	uint32_t i;

	memset(p, 0, sizeof(*p));
	p->s.options = MACH_SEND_MSG | (rnd(w, 2) ? MACH_SEND_TIMEOUT : 0);
	p->s.remote = popular_name(w, task);
	p->s.remote_disposition = fitting(w, task, p->s.remote);
	if (rnd(w, 2)) {
		p->s.local = rnd(w, 5) ? any_name(w, task) : p->s.remote;
		p->s.local_disposition = fitting(w, task, p->s.local);
	}
	p->s.ndescs = (uint32_t)rnd(w, M_BODY + 1);
	p->s.id = 1000 + ++w->serial;
	for (i = 0; i < p->s.ndescs; i++) {
		p->d[i].name = any_name(w, task);
		p->d[i].disposition = rnd(w, 3) ? (uint8_t)fitting(w, task,
		    p->d[i].name) : 0;
		if (p->d[i].disposition == 0)
			p->d[i].disposition = (uint8_t)
			    (MACH_MSG_TYPE_MOVE_RECEIVE + rnd(w, 6));
	}
	p->s.size = SIZEOF_MSG_HEADER + (p->s.ndescs == 0 ? 0 :
	    4 + p->s.ndescs * (uint32_t)sizeof(p->d[0])) + 4;
}

/* The model's fate of a message: MACH_SEND_x; -1: it waits. */
static int64_t
model_send(struct world *w, int thread, struct plan *p)
{
	struct m_msg *msg = calloc(1, sizeof(*msg));
	uint32_t i;
	int mr;

	msg->id = p->s.id;
	msg->word = w->serial;
	msg->sender = thread;
	mr = m_header(w->m, w->task[thread], p->s.remote,
	    p->s.remote_disposition, p->s.local, p->s.local_disposition, msg);
	if (mr != 0) {
		free(msg);
		return mr;
	}
	for (i = 0; i < p->s.ndescs; i++) {
		msg->body[i] = (struct m_right){ p->d[i].name == 0 ? M_NULL :
			M_DEAD, 0 };
		if (p->d[i].name != 0 && p->d[i].name != 0xffffffff &&
		    m_copyin(w->m, w->task[thread], p->d[i].name,
		    p->d[i].disposition, &msg->body[i]) != 0) {
			m_discard(w->m, msg);
			return MACH_SEND_INVALID_RIGHT;
		}
		msg->nbody++;
		if (msg->body[i].port >= 0 && msg->body[i].type ==
		    MACH_MSG_TYPE_PORT_RECEIVE)
			p->msg = msg;
	}
	p->msg = msg;
	if (m_transit(w->m, msg)) {
		m_discard(w->m, msg);
		return 0;
	}
	if (!w->m->port[msg->dest.port].alive ||
	    msg->dest.type == MACH_MSG_TYPE_PORT_SEND_ONCE ||
	    !m_full(w->m, msg->dest.port)) {
		m_post(w->m, msg);
		return 0;
	}
	if (p->s.options & MACH_SEND_TIMEOUT)
		return MACH_SEND_TIMED_OUT;
	m_wait_send(w->m, thread, w->task[thread], msg);
	return -1;
}

static void
op_send(struct world *w, int thread)
{
	struct rig_thread *t = &w->rig->thread[thread];
	struct plan p;
	bool answered;
	int64_t want;

	plan_message(w, w->task[thread], &p);
	memcpy(rig_bytes(t) + 28, p.d, sizeof(p.d));
	memcpy(rig_bytes(t) + p.s.size - 4, &w->serial, 4);
	answered = rig_msg(t, &p.s);
	w->parked[thread] = !answered;
	if (w->m == NULL)
		return;
	want = model_send(w, thread, &p);
	if (want == -1) {
		assert_false(answered);
		return;
	}
	assert_true(answered);
	assert_int_equal(t->result, want);
	if (want == MACH_SEND_TIMED_OUT)
		returned(w, thread, p.msg);
}

/* Which of the model's ports has this name in the task? */
static int
port_named(struct world *w, int task, uint32_t name)
{
	struct m_name *n = m_find(w->m, task, name);

	assert_non_null(n);
	assert_true(n->type & MACH_PORT_TYPE_RECEIVE);
	return n->port;
}

/* Does the model have something to receive there? */
static bool
model_has(struct world *w, const struct m_name *n)
{
	const struct m_set *s;
	int i;

	if (n->type & MACH_PORT_TYPE_RECEIVE)
		return w->m->port[n->port].q != NULL;
	s = &w->m->set[n->port];
	for (i = 0; i < s->n; i++)
		if (w->m->port[s->member[i]].q != NULL)
			return true;
	return false;
}

static void
model_receive(struct world *w, int thread, uint32_t name, bool answered,
    bool timed)
{
	struct rig_thread *t = &w->rig->thread[thread];
	int task = w->task[thread], port, n;
	struct m_name *e = m_find(w->m, task, name);
	uint32_t word, names[M_BODY], id;
	struct m_msg *msg;

	if (e == NULL || !(e->type & (MACH_PORT_TYPE_RECEIVE |
	    MACH_PORT_TYPE_PORT_SET))) {
		assert_true(answered);
		assert_int_equal(t->result, MACH_RCV_INVALID_NAME);
	} else if (!model_has(w, e)) {
		assert_int_equal(answered, timed);
		if (timed)
			assert_int_equal(t->result, MACH_RCV_TIMED_OUT);
		else
			m_wait_receive(w->m, thread, task, name);
	} else {
		assert_true(answered);
		assert_int_equal(t->result, 0);
		id = look(t, &word, names, &n);
		port = port_named(w, task, header(t)->local);
		msg = m_take(w->m, port, id, word);
		assert_non_null(msg);
		arrived(w, thread, msg, port);
	}
}

static void
op_receive(struct world *w, int thread)
{
	uint32_t name = live_name(w, w->task[thread]);
	bool timed = rnd(w, 4) != 0, answered;

	answered = rig_msg(&w->rig->thread[thread], &(struct rig_send){
		.options = MACH_RCV_MSG | (timed ? MACH_RCV_TIMEOUT : 0),
		.rcv_name = name,
	});
	w->parked[thread] = !answered;
	if (w->m != NULL)
		model_receive(w, thread, name, answered, timed);
}

static void
op_interrupt(struct world *w, int thread)
{
	struct rig_thread *t = &w->rig->thread[thread];
	struct m_msg *msg;

	if (!w->parked[thread])
		return;
	w->parked[thread] = false;
	assert_true(rig_again(t, RPC_COLLECT));
	if (w->m == NULL)
		return;
	msg = m_unwait(w->m, thread);
	assert_int_equal(t->result, msg != NULL ? MACH_SEND_INTERRUPTED :
	    MACH_RCV_INTERRUPTED);
	if (msg != NULL)
		returned(w, thread, msg);
}

static void
op_die(struct world *w, int task)
{
	struct m_msg *msg[THREADS] = { NULL };
	int i;

	rig_task_end(w->rig, task);
	if (w->m != NULL)
		w->m->dying = true;
	for (i = 0; i < THREADS; i++)
		if (w->task[i] == task) {
			w->parked[i] = false;
			rig_thread_start(w->rig, i, task);
			if (w->m != NULL)
				msg[i] = m_unwait(w->m, i);
		}
	/* None of its threads hears what this sets loose. */
	for (i = 0; i < THREADS; i++)
		if (msg[i] != NULL)
			m_discard(w->m, msg[i]);
	if (w->m != NULL)
		m_kill_task(w->m, task);
}

/* ---- agreement ---- */
static void
woken(struct world *w, const int *threads, int n, int64_t a, int64_t b)
{
	struct rig_thread *t;
	int i;

	for (i = 0; i < n; i++) {
		t = &w->rig->thread[threads[i]];
		assert_true(t->answered);
		if (t->result != b)
			assert_int_equal(t->result, a);
		w->parked[threads[i]] = false;
	}
}

static void
catch_up(struct world *w)
{
	struct m_arrival *a;
	int i;

	for (i = 0; i < w->m->narrivals; i++) {
		a = &w->m->arrival[i];
		assert_true(w->rig->thread[a->thread].answered);
		assert_int_equal(w->rig->thread[a->thread].result, 0);
		w->parked[a->thread] = false;
		arrived(w, a->thread, a->msg, a->msg->dest.port);
	}
	woken(w, w->m->done, w->m->ndone, 0, 0);
	woken(w, w->m->gone, w->m->ngone, MACH_RCV_PORT_DIED,
	    MACH_RCV_PORT_CHANGED);
}

static void
agree(struct world *w, uint64_t step)
{
	int i;

	rig_settle(w->rig);
	if (w->m != NULL) {
		catch_up(w);
		for (i = 0; i < M_TASKS; i++)
			sim_agree(w->rig, w->k, w->m, i);
		m_step(w->m);
	} else {
		for (i = 0; i < THREADS; i++)
			w->parked[i] = w->rig->thread[i].parked;
	}
	if (step % 16 == 0)
		rig_audit(w->rig);
}

static void
step(struct world *w)
{
	int thread = (int)rnd(w, THREADS), task = w->task[thread];
	uint64_t what = rnd(w, 100);

	if (what < 12)
		op_allocate(w, task);
	else if (what < 24)
		op_give_up(w, task);
	else if (what < 36)
		op_extract(w, task);
	else if (what < 44)
		op_insert(w, task);
	else if (what < 52)
		op_notify(w, task);
	else if (what < 57)
		op_member(w, task);
	else if (what < 59)
		op_limit(w, task);
	else if (what == 59 && rnd(w, 3) == 0)
		op_die(w, task);
	else if (w->parked[thread])
		op_interrupt(w, thread);
	else if (what < 84)
		op_send(w, thread);
	else
		op_receive(w, thread);
}

/* replace: after how many steps another kernel takes over, 0 never. */
static void
episode(uint64_t seed, uint64_t steps, bool with_model, unsigned replace)
{
	struct world *w = calloc(1, sizeof(*w));
	uint64_t n;
	int i, t;

	w->rig = rig_new(seed);
	w->k = &w->rig->k;
	if (with_model) {
		w->m = calloc(1, sizeof(*w->m));
		for (t = 0; t < M_TASKS; t++)
			for (i = 0; i < M_INDEX; i++)
				w->m->name[t][i].request = -1;
	} else {
		w->rig->fail_one_in = 5 + (unsigned)(seed % 40);
	}
	for (i = 0; i < THREADS; i++) {
		w->task[i] = i % M_TASKS;
		rig_thread_start(w->rig, i, w->task[i]);
	}
	for (n = 0; n < steps; n++) {
		step(w);
		if (replace != 0 && n % replace == 0)
			rig_replace(w->rig);
		agree(w, n);
	}
	for (t = 0; t < M_TASKS; t++) {
		op_die(w, t);
		agree(w, 0);
	}
	rig_end(w->rig);
	if (w->m != NULL)
		for (t = 0; t < w->m->nports; t++)
			assert_null(w->m->port[t].q);
	free(w->m);
	free(w);
}

static uint64_t
from_env(const char *name, uint64_t otherwise)
{
	const char *v = getenv(name);

	return v == NULL ? otherwise : strtoull(v, NULL, 10);
}

static void
run(bool with_model, uint64_t otherwise, unsigned replace)
{
	uint64_t seed = from_env("MACH_SIM_SEED", 1);
	uint64_t steps = from_env("MACH_SIM_STEPS", otherwise), n;

	for (n = 0; n < steps; n += EPISODE, seed++) {
		print_message("seed %llu\n", (unsigned long long)seed);
		episode(seed, EPISODE, with_model, replace);
	}
}

static void
the_model_agrees(void **state)
{
	(void)state;
	run(true, 100000, 0);
}

static void
failing_hooks(void **state)
{
	(void)state;
	run(false, 50000, 0);
}

static void
replaced_at_every_step(void **state)
{
	(void)state;
	run(true, 5000, 1);
}

static void
damaged(void **state)
{
	unsigned taken = 0, i;
	struct world *w;
	uint64_t seed, n;

	(void)state;
	for (seed = from_env("MACH_SIM_SEED", 1), n = 0; n < 10; n++, seed++) {
		w = calloc(1, sizeof(*w));
		w->rig = rig_new(seed);
		w->k = &w->rig->k;
		w->rig->fail_one_in = 40;
		for (i = 0; i < THREADS; i++) {
			w->task[i] = (int)i % M_TASKS;
			rig_thread_start(w->rig, (int)i, w->task[i]);
		}
		for (i = 0; i < 200; i++)
			step(w);
		w->rig->fail_one_in = 0;
		taken += rig_damage(w->rig, 400);
		for (i = 0; i < M_TASKS; i++)
			op_die(w, (int)i);
		rig_end(w->rig);
		free(w);
	}
	print_message("%u of 4000 were taken\n", taken);
}

static void
replaced_in_want(void **state)
{
	(void)state;
	run(false, 10000, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "simulation: kern and model agree after every step",
		    the_model_agrees, NULL, NULL, NULL },
		{ "simulation: the books balance when any hook may fail",
		    failing_hooks, NULL, NULL, NULL },
		{ "simulation: a kernel replaced after every step loses and "
		    "doubles nothing", replaced_at_every_step, NULL, NULL,
		    NULL },
		{ "simulation: a damaged image is refused or harmless", damaged,
		    NULL, NULL, NULL },
		{ "simulation: replacement while hooks fail", replaced_in_want,
		    NULL, NULL, NULL },
	};

	if (getenv("MACH_SIM_ONLY") != NULL)
		cmocka_set_test_filter(getenv("MACH_SIM_ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
