/* SPDX-License-Identifier: ISC */
/*
 * A call is named by its thread and sequence number and happens once (I2), however often
 * the host's notification of it is repeated or lost:
 *
 * - a signal without a handler, SIGSTOP or a debugger makes the host repeat the
 *   notification: same seq, attached to the same operation, or given its result;
 * - a signal with a handler ends the host call.  The layer then says `collect`: an
 *   operation that is done gives its result, any other is given up;
 * - a notification may die before it is read here.  Then `collect` names a seq that was
 *   never seen: nothing has happened, and it counts as given up.
 *
 * The host cannot tell whether an answer arrived, so the latest result of each thread is
 * kept until the thread makes another call.
 */
#include <assert.h>

#include "kobject.h"
#include "waits.h"
#define RPC_ROUTINES
#include "rpc_kern.h"

const struct wait_ops wait_ops[WAIT_KINDS] = {
	[WAIT_PARK] = { .resume = resume_park, .cancel = cancel_park },
	[WAIT_MSG] = { .resume = resume_msg, .cancel = cancel_msg },
	[WAIT_SEMAPHORE] = { .resume = resume_semaphore,
	    .cancel = cancel_semaphore },
	[WAIT_SLEEP] = { .resume = resume_sleep, .cancel = cancel_sleep },
	[WAIT_EXCEPTION] = { .resume = resume_exception,
	    .cancel = cancel_exception },
};

/* So many at a time, so that a crowd does not keep others from the kernel. */
enum { TIMER_SLICE = 64, WORK_SLICE = 64 };

static void
rearm(struct kern *k)
{
	struct callout *first = callouts_first(&k->callouts);
	uint64_t deadline = first == NULL ? 0 : first->deadline;

	if (!link_alone(&k->ready) || !link_alone(&k->work) ||
	    !link_alone(&k->late))
		deadline = 1;	/* at once */
	if (deadline == k->callouts.armed)
		return;
	k->callouts.armed = deadline;
	k->hooks->timer(k->host, deadline);
}

static int64_t
finish(struct call *c, int64_t result)
{
	c->state = CALL_DONE;
	c->wait = WAIT_NONE;
	c->result = result;
	return result;
}

int64_t
call_park(struct kern *k, struct call *c, enum wait_kind wait,
    uint64_t deadline)
{
	assert(c->state == CALL_RUNNING);
	c->state = CALL_PARKED;
	c->wait = wait;
	c->timed_out = false;
	if (deadline != 0) {
		callout_set(&k->callouts, &c->callout, deadline);
		rearm(k);
	}
	return KERN_PARKED;
}

void
call_wake(struct kern *k, struct call *c)
{
	int64_t r;

	assert(c->state == CALL_PARKED);
	callout_clear(&k->callouts, &c->callout);
	c->state = CALL_RUNNING;
	r = wait_ops[c->wait].resume(k, c);
	if (r == KERN_PARKED)
		return;
	k->hooks->reply(k->host, c->thread, c->reply, finish(c, r));
}

void
call_cancel(struct kern *k, struct call *c)
{
	assert(c->state == CALL_PARKED);
	callout_clear(&k->callouts, &c->callout);
	link_remove(&c->link);
	c->state = CALL_RUNNING;
	finish(c, wait_ops[c->wait].cancel(k, c));
	rearm(k);
}

void
call_abort(struct kern *k, struct call *c)
{
	int64_t r;

	if (c->state != CALL_PARKED || c->wait == WAIT_PARK ||
	    (c->wait == WAIT_MSG && c->m.stage == MSG_FETCH))
		return;
	callout_clear(&k->callouts, &c->callout);
	link_remove(&c->link);
	c->state = CALL_RUNNING;
	r = wait_ops[c->wait].cancel(k, c);
	k->hooks->reply(k->host, c->thread, c->reply, finish(c, r));
}

static int64_t
collect(struct kern *k, struct call *c, const struct kern_request *rq)
{
	if (c->state == CALL_PARKED)
		call_cancel(k, c);
	if (c->state == CALL_IDLE || rq->seq > c->seq) {
		c->seq = rq->seq;
		c->op = RPC_COLLECT;
		finish(c, -RPC_ECANCELED);
	}
	return c->result;
}

static int64_t
again(struct call *c, const struct kern_request *rq)
{
	if (rq->op != c->op)
		return -RPC_EINVAL;
	if (c->state == CALL_DONE)
		return c->result;
	c->reply = rq->reply;
	return KERN_PARKED;
}

static int64_t
begin(struct kern *k, struct call *c, const struct kern_request *rq)
{
	const struct rpc_routine *routine;
	int64_t r;
	int i;

	if (c->state == CALL_PARKED)
		call_cancel(k, c);
	c->seq = rq->seq;
	c->op = (uint32_t)rq->op;
	c->slot = rq->slot;
	c->reply = rq->reply;
	for (i = 0; i < 3; i++)
		c->arg[i] = rq->arg[i];
	if (rq->op >= sizeof(rpc_routines) / sizeof(rpc_routines[0]) ||
	    rpc_routines[rq->op].sys == NULL)
		return finish(c, -RPC_EOPNOTSUPP);
	routine = &rpc_routines[rq->op];
	if (routine->payload && c->slot == 0)
		return finish(c, -RPC_EFAULT);
	c->state = CALL_RUNNING;
	c->thread->task->ncalls++;
	r = routine->sys(k, c);
	if (r == KERN_PARKED)
		return r;
	return finish(c, r);
}

static int64_t
dispatch(struct kern *k, struct thread *th, const struct kern_request *rq)
{
	struct call *c = &th->call;

	if (rq->seq < c->seq)
		return -RPC_EINVAL;
	if (rq->op == RPC_COLLECT)
		return collect(k, c, rq);
	if (c->state != CALL_IDLE && rq->seq == c->seq)
		return again(c, rq);
	return begin(k, c, rq);
}

static void
call_expire(struct kern *k, struct call *c)
{
	c->timed_out = true;
	link_remove(&c->link);
	call_wake(k, c);
}

void
kern_kick(struct kern *k)
{
	kern_work(k, WORK_SLICE);
	rearm(k);
}

int64_t
kern_call(struct kern *k, struct thread *th, const struct kern_request *rq)
{
	int64_t r = dispatch(k, th, rq);

	kern_kick(k);
	return r;
}

void
kern_timer(struct kern *k)
{
	uint64_t now = k->hooks->now(k->host);
	struct callout *co;
	int i;

	k->callouts.armed = 0;
	for (i = 0; i < TIMER_SLICE; i++) {
		co = callouts_first(&k->callouts);
		if (co == NULL || co->deadline > now)
			break;
		if (co->kind == CALLOUT_CALL) {
			call_expire(k, LINK_OF(struct call, callout, co));
			continue;
		}
		callout_clear(&k->callouts, co);
		timer_fire(k, LINK_OF(struct timer, callout, co));
	}
	kern_kick(k);
}
