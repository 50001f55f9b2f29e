/* SPDX-License-Identifier: ISC */
/*
 * Time: sleeping, alarms, timers, all over the one timer hook.  A timer is armed with a
 * point in time, so it does not drift; its message is reserved when it is armed.
 */
#include <assert.h>
#include <string.h>

#include "kobject.h"
#include "msg.h"
#include "waits.h"

enum {
	CLOCK_REPLY = 3125107,	/* clock_reply.defs */
	NS_PER_S = 1000000000,
};

static int
timer_new(struct kern *k, struct account *a, struct timer **out)
{
	struct timer *t = kern_alloc(k, a, sizeof(*t));

	if (t == NULL)
		return KERN_RESOURCE_SHORTAGE;
	if (callouts_reserve(&k->callouts)) {
		kern_free(k, a, t, sizeof(*t));
		return KERN_RESOURCE_SHORTAGE;
	}
	t->account = a;
	t->callout.kind = CALLOUT_TIMER;
	link_init(&t->alarms);
	*out = t;
	return KERN_SUCCESS;
}

static void
disarm(struct kern *k, struct timer *t)
{
	struct port *p = t->soright;

	callout_clear(&k->callouts, &t->callout);
	t->soright = NULL;
	if (p != NULL)
		port_consume_sonce(k, p);
}

/* Its port died, or it was an alarm that has rung. */
void
timer_end(struct kern *k, struct timer *t)
{
	disarm(k, t);
	link_remove(&t->alarms);
	callouts_release(&k->callouts);
	kern_free(k, t->account, t, sizeof(*t));
}

void
alarms_end(struct kern *k)
{
	while (!link_alone(&k->alarms))
		timer_end(k, LINK_OF(struct timer, alarms, k->alarms.next));
}

void
timer_fire(struct kern *k, struct timer *t)
{
	struct port *p = t->soright;
	uint64_t now = k->hooks->now(k->host);
	uint32_t body[6] = { 0 };

	t->soright = NULL;
	if (t->id == 0) {	/* mk_timer_expire_msg_t */
		notify_bytes(k, p, 0, body, sizeof(body));
		return;
	}
	/* xnu: clock_alarm_reply: NDR, code, type, time */
	body[0] = 0;
	body[1] = 1;
	body[3] = t->alarm_type;
	body[4] = (uint32_t)(now / NS_PER_S);
	body[5] = (uint32_t)(now % NS_PER_S);
	notify_bytes(k, p, t->id, body, sizeof(body));
	timer_end(k, t);
}

int
kern_timer_create(struct kern *k, struct space *s, uint32_t *name)
{
	struct timer *t;
	struct port *p;
	int kr = timer_new(k, s->account, &t);

	if (kr != KERN_SUCCESS)
		return kr;
	kr = port_new_named(k, s, name, &p);
	if (kr != KERN_SUCCESS) {
		timer_end(k, t);
		return kr;
	}
	p->kind = PORT_TIMER;
	p->kobject = t;
	p->immovable = true;
	t->port = p;
	return KERN_SUCCESS;
}

static int
lookup(struct space *s, uint32_t name, struct timer **out)
{
	struct port *p;
	int kr = right_receive(s, name, &p);

	if (kr != KERN_SUCCESS)
		return kr;
	if (p->kind != PORT_TIMER)
		return KERN_INVALID_ARGUMENT;
	*out = p->kobject;
	return KERN_SUCCESS;
}

int
kern_timer_destroy(struct kern *k, struct space *s, uint32_t name)
{
	struct timer *t;
	struct entry *e;
	int kr = lookup(s, name, &t);

	if (kr != KERN_SUCCESS)
		return kr;
	kr = right_lookup(s, name, &e);
	return kr != KERN_SUCCESS ? kr : right_destroy(k, s, e);
}

int
kern_timer_arm(struct kern *k, struct space *s, uint32_t name, uint64_t when)
{
	struct timer *t;
	int kr = lookup(s, name, &t);

	if (kr != KERN_SUCCESS)
		return kr;
	if (t->soright == NULL) {
		kr = port_make_sonce(k, t->port);
		if (kr != KERN_SUCCESS)
			return kr;
		t->soright = t->port;
	}
	callout_clear(&k->callouts, &t->callout);
	callout_set(&k->callouts, &t->callout, when == 0 ? 1 : when);
	return KERN_SUCCESS;
}

int
kern_timer_cancel(struct kern *k, struct space *s, uint32_t name,
    uint64_t *when)
{
	struct timer *t;
	int kr = lookup(s, name, &t);

	if (kr != KERN_SUCCESS)
		return kr;
	*when = t->soright == NULL ? 0 : t->callout.deadline;
	disarm(k, t);
	return KERN_SUCCESS;
}

/* The point in time that a clock's user means, not 0. */
static int
deadline_of(struct kern *k, uint32_t clock, uint32_t type, uint64_t when,
    uint64_t *deadline)
{
	uint64_t now = k->hooks->now(k->host);

	if (clock != SYSTEM_CLOCK)
		return KERN_INVALID_ARGUMENT;
	if (type != TIME_ABSOLUTE && type != TIME_RELATIVE)
		return KERN_INVALID_VALUE;
	if (type == TIME_RELATIVE && when > INT64_MAX - now)
		return KERN_INVALID_VALUE;
	*deadline = type == TIME_RELATIVE ? now + when : when;
	if (*deadline == 0)
		*deadline = 1;
	return KERN_SUCCESS;
}

int
kern_clock_alarm(struct kern *k, struct space *s, uint32_t clock,
    uint32_t type, uint64_t when, uint32_t reply, uint32_t disposition)
{
	struct right r;
	int kr;

	if (right_copyin_type(disposition) != MACH_MSG_TYPE_PORT_SEND_ONCE)
		return KERN_INVALID_VALUE;
	kr = right_copyin_name(k, s, reply, disposition, &r);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = clock_alarm(k, s->account, clock, type, when, &r);
	if (r.port != NULL)
		right_drop(k, r.port, r.type);
	return kr;
}

/* Takes the send-once right when it succeeds. */
int
clock_alarm(struct kern *k, struct account *a, uint32_t clock, uint32_t type,
    uint64_t when, struct right *r)
{
	struct timer *t;
	uint64_t deadline;
	int kr = deadline_of(k, clock, type, when, &deadline);

	if (kr != KERN_SUCCESS)
		return kr;
	if (r->port == NULL)
		return KERN_INVALID_CAPABILITY;
	kr = timer_new(k, a, &t);
	if (kr != KERN_SUCCESS)
		return kr;
	t->soright = r->port;
	r->port = NULL;
	t->id = CLOCK_REPLY;
	t->alarm_type = type;
	link_append(&k->alarms, &t->alarms);
	callout_set(&k->callouts, &t->callout, deadline);
	return KERN_SUCCESS;
}

int
clock_time(struct kern *k, uint32_t clock, uint64_t *ns)
{
	struct host_facts f = { 0 };

	*ns = 0;
	if (clock == SYSTEM_CLOCK) {
		*ns = k->hooks->now(k->host);
		return KERN_SUCCESS;
	}
	if (k->hooks->host_facts == NULL)
		return KERN_FAILURE;
	k->hooks->host_facts(k->host, &f);
	*ns = f.wall_ns;
	return KERN_SUCCESS;
}

int
kern_clock_sleep(struct kern *k, struct call *c, uint32_t clock, uint32_t type,
    uint64_t when)
{
	uint64_t deadline;
	int kr = deadline_of(k, clock, type, when, &deadline);

	if (kr != KERN_SUCCESS)
		return kr;
	call_park(k, c, WAIT_SLEEP, deadline);
	return -1;
}

int64_t
resume_sleep(struct kern *k, struct call *c)
{
	return mach_answer(k, c, KERN_SUCCESS);
}

int64_t
cancel_sleep(struct kern *k, struct call *c)
{
	return mach_answer(k, c, KERN_ABORTED);
}
