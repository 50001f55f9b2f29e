/* SPDX-License-Identifier: ISC */
/*
 * Is what was read a kernel?  Counts everything again that objects have counted, looks
 * that each stands where its state says, and makes what was not written: names in hash
 * tables, requests of names, the timer heap.
 */
#include "kobject.h"
#include "msg.h"
#include "stage.h"
#include "state.h"
#include "state_check.h"

void
check_charge(struct state_load *ld, struct account *a, size_t n, uint64_t bulk)
{
	struct state_object *o = load_find(ld, a);

	if (!load_need(ld, o != NULL, "something on nobody's account"))
		return;
	o->used += n;
	o->bulk += bulk;
}

/* ---- calls ---- */
static void
check_parked(struct state_load *ld, const struct call *c)
{
	const struct space *s = c->thread->task->space;

	load_need(ld, c->wait != WAIT_NONE, "a wait for nothing");
	if (c->wait == WAIT_NONE || c->wait == WAIT_PARK)
		return;
	load_need(ld, s != NULL, "a wait for ports without names");
	if (c->wait == WAIT_EXCEPTION)
		load_need(ld, c->x.reply != NULL &&
		    c->x.reply->kind == PORT_REPLY &&
		    c->x.reply->kobject == c->thread, "a handler's answer");
	if (c->wait == WAIT_SEMAPHORE)
		load_need(ld, c->s.on != NULL, "a wait for no semaphore");
	if (c->wait != WAIT_MSG)
		return;
	if (c->m.stage == MSG_FETCH)
		load_need(ld, c->m.out != NULL && c->m.fetching <=
		    c->m.out->ndescs && c->m.port == NULL && c->m.pset == NULL,
		    "a message that is not fetched");
	if (c->m.stage != MSG_RECEIVING)
		load_need(ld, c->m.in == NULL, "a send that received");
	if (c->m.stage == MSG_RECEIVING)
		load_need(ld, c->m.out == NULL && (c->m.port == NULL) !=
		    (c->m.pset == NULL), "a receive without a port");
	if (c->m.stage == MSG_SENDING)
		load_need(ld, c->m.pset == NULL && c->m.port != NULL,
		    "a send without a port");
	if (c->m.out != NULL && c->m.stage != MSG_FETCH)
		load_need(ld, c->m.out->remote.port == c->m.port &&
		    c->m.out->rights_in, "a send to another port");
	if (c->m.in != NULL)
		load_need(ld, c->m.in->remote.port != NULL,
		    "a message from nowhere");
}

static void
check_thread(struct state_load *ld, struct state_object *o)
{
	struct thread *th = o->p;
	struct call *c = &th->call;

	if (!load_need(ld, o->owners == 1 && th->task != NULL,
	    "a thread without a task"))
		return;
	load_need(ld, c->callout.kind == CALLOUT_CALL, "a callout's kind");
	if (th->port != NULL)
		load_need(ld, th->port->kind == PORT_THREAD &&
		    th->port->kobject == th, "another thread's port");
	if (c->state == CALL_PARKED) {
		check_parked(ld, c);
		return;
	}
	load_need(ld, c->wait == WAIT_NONE && c->callout.place == 0 &&
	    link_alone(&c->link) && c->m.in == NULL && c->m.out == NULL &&
	    c->m.port == NULL && c->m.pset == NULL && c->s.on == NULL &&
	    c->x.reply == NULL,
	    "a wait of a call that does not wait");
}

static void
check_task(struct state_load *ld, struct state_object *o)
{
	const struct task *t = o->p;
	const struct thread *th;

	for (th = t->threads; th != NULL; th = th->next)
		load_need(ld, th->task == t, "another task's thread");
	if (t->space != NULL)
		load_need(ld, t->space->task == t && t->space->active,
		    "another task's space");
}

/* ---- kernel objects ---- */
static void
check_semaphore(struct state_load *ld, struct state_object *o)
{
	struct semaphore *sem = o->p;
	const struct call *c;
	struct link *l;

	load_need(ld, sem->refs == o->refs + o->owners && sem->refs > 0,
	    "a semaphore's references");
	load_need(ld, (sem->owner != NULL) == (o->owners == 1) &&
	    (sem->owner != NULL) == (sem->port != NULL),
	    "a semaphore's owner");
	if (sem->port != NULL)
		load_need(ld, sem->port->kind == PORT_SEMAPHORE &&
		    sem->port->kobject == sem, "another semaphore's port");
	for (l = sem->waiters.next; l != &sem->waiters; l = l->next) {
		c = LINK_OF(struct call, link, l);
		load_need(ld, c->state == CALL_PARKED &&
		    c->wait == WAIT_SEMAPHORE && c->s.on == sem &&
		    !c->s.taken && sem->owner != NULL,
		    "a wait for another semaphore");
	}
	check_charge(ld, sem->account, sizeof(*sem), 0);
}

static void
check_timer(struct state_load *ld, struct state_object *o)
{
	struct timer *t = o->p;

	load_need(ld, o->owners == 1, "a timer that nobody has");
	load_need(ld, t->callout.kind == CALLOUT_TIMER, "a callout's kind");
	load_need(ld, (t->id == 0) == (t->port != NULL) &&
	    (t->id == 0) == link_alone(&t->alarms), "a timer or an alarm");
	load_need(ld, t->callout.place == 0 || t->soright != NULL,
	    "a timer that tells nobody");
	if (t->port != NULL)
		load_need(ld, t->port->kobject == t, "another timer's port");
	check_charge(ld, t->account, sizeof(*t), 0);
}

static void
check_service(struct state_load *ld, struct state_object *o)
{
	const struct service *v = o->p;

	load_need(ld, o->owners == 1 && v->port != NULL &&
	    v->name[SERVICE_NAME - 1] == '\0', "a service without a port");
	check_charge(ld, v->account, sizeof(*v), 0);
	ld->k->nservices++;
}

static void
check_account(struct state_load *ld, struct state_object *o)
{
	const struct account *a = o->p;

	load_need(ld, a->used == o->used && a->used <= a->limit &&
	    a->limit == KERN_GUEST_MEMORY, "an account's sum");
	load_need(ld, a->bulk == o->bulk && a->bulk <= KERN_GUEST_BULK,
	    "an account's bulk");
	load_need(ld, a->owned == (o->owners == 1) && o->owners <= 1,
	    "an account's owner");
}

/* ---- the heap ---- */
static struct callout *
callout_of(const struct state_object *o)
{
	if (o->type == STATE_thread)
		return &((struct thread *)o->p)->call.callout;
	return o->type == STATE_timer ? &((struct timer *)o->p)->callout : NULL;
}

static void
make_heap(struct state_load *ld)
{
	struct callouts *cs = &ld->k->callouts;
	struct callout *co;
	uint64_t i;

	for (i = 0; i < ld->nobjects; i++) {
		co = callout_of(&ld->object[i]);
		if (co != NULL && co->place != 0)
			cs->n++;
	}
	for (i = 1; i <= cs->n; i++)
		cs->heap[i] = NULL;
	for (i = 0; i < ld->nobjects && ld->why == NULL; i++) {
		co = callout_of(&ld->object[i]);
		if (co != NULL && co->place != 0 && load_need(ld, co->place <=
		    cs->n && cs->heap[co->place] == NULL, "a timer's place"))
			cs->heap[co->place] = co;
	}
	for (i = 2; i <= cs->n && ld->why == NULL; i++)
		load_need(ld, cs->heap[i / 2]->deadline <=
		    cs->heap[i]->deadline, "timers out of order");
}

static void
check_object(struct state_load *ld, struct state_object *o)
{
	switch ((int)o->type) {
	case STATE_task:
		check_task(ld, o);
		break;
	case STATE_thread:
		check_thread(ld, o);
		break;
	case STATE_space:
		check_space(ld, o);
		break;
	case STATE_port:
		check_port(ld, o);
		break;
	case STATE_pset:
		check_pset(ld, o);
		break;
	case STATE_member:
		check_member(ld, o);
		break;
	case STATE_request:
		check_request(ld, o);
		break;
	case STATE_msg:
		check_msg(ld, o);
		break;
	case STATE_semaphore:
		check_semaphore(ld, o);
		break;
	case STATE_timer:
		check_timer(ld, o);
		break;
	case STATE_exceptions:
		load_need(ld, o->owners == 1, "handlers of nobody");
		check_charge(ld, ((struct exceptions *)o->p)->account,
		    sizeof(struct exceptions), 0);
		break;
	case STATE_service:
		check_service(ld, o);
		break;
	case STATE_stage:
		load_need(ld, o->owners == 1, "a stage of nobody");
		break;
	default:
		break;
	}
}

static void
check_ready(struct state_load *ld)
{
	struct kern *k = ld->k;
	struct link *l;

	for (l = k->ready.next; l != &k->ready; l = l->next)
		load_need(ld, LINK_OF(struct call, link, l)->state ==
		    CALL_PARKED, "a call is ready that does not wait");
}

void
load_check(struct state_load *ld)
{
	uint64_t i;

	/* Names first: they hold most of the rights. */
	for (i = 0; i < ld->nobjects && ld->why == NULL; i++)
		if (ld->object[i].type == STATE_space)
			check_names(ld, ld->object[i].p);
		else if (ld->object[i].type == STATE_msg)
			count_msg(ld, ld->object[i].p);
	for (i = 0; i < ld->nobjects && ld->why == NULL; i++)
		check_object(ld, &ld->object[i]);
	for (i = 0; i < ld->nobjects && ld->why == NULL; i++)
		if (ld->object[i].type == STATE_account)
			check_account(ld, &ld->object[i]);
	check_ready(ld);
	if (ld->why == NULL)
		make_heap(ld);
}
