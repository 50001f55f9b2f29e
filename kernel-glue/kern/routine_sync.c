/* SPDX-License-Identifier: ISC */
/* Semaphores, clocks, timers and staged memory, as routines. */
#include "routine.h"
#include "stage.h"

enum { WORDS = MACH_CALL_WORDS, NS_PER_S = 1000000000 };

int
r_semaphore_create(struct in *in)
{
	struct semaphore *sem;
	int kr = semaphore_new(in->k, in->target, N(1), (int32_t)A(2), &sem);

	if (kr != KERN_SUCCESS)
		return kr;
	port_make_send(sem->port);
	in->out.port = sem->port;
	in->out.type = MACH_MSG_TYPE_PORT_SEND;
	return kr;
}

int
r_semaphore_destroy(struct in *in)
{
	const struct port *p = in->right[0].port;
	struct semaphore *sem;

	if (p == NULL)
		return in->right[0].name == MACH_PORT_DEAD ? KERN_TERMINATED :
		    KERN_INVALID_ARGUMENT;
	if (!p->active || p->kind != PORT_SEMAPHORE)
		return KERN_INVALID_ARGUMENT;
	sem = p->kobject;
	if (sem->owner != in->target)
		return KERN_INVALID_ARGUMENT;
	semaphore_end(in->k, sem);
	return KERN_SUCCESS;
}

int
r_semaphore_wait(struct in *in)
{
	return kern_semaphore_wait(in->k, in->c, N(1), N(2), 0);
}

int
r_semaphore_timedwait(struct in *in)
{
	uint64_t now = in->k->hooks->now(in->k->host), ns = A(3);

	if (ns > INT64_MAX - now)
		return KERN_INVALID_VALUE;
	return kern_semaphore_wait(in->k, in->c, N(1), N(2),
	    ns == 0 ? 1 : now + ns);
}

/* A notification object takes posts alone. */
static bool
counts(const struct in *in)
{
	const struct semaphore *sem = in->object->kobject;

	return !sem->stateful;
}

int
r_semaphore_signal(struct in *in)
{
	if (!counts(in))
		return KERN_INVALID_ARGUMENT;
	semaphore_signal(in->k, in->object->kobject);
	return KERN_SUCCESS;
}

int
r_semaphore_signal_all(struct in *in)
{
	if (!counts(in))
		return KERN_INVALID_ARGUMENT;
	semaphore_signal_all(in->k, in->object->kobject);
	return KERN_SUCCESS;
}

int
r_semaphore_signal_thread(struct in *in)
{
	const struct port *p = in->right[0].port;

	if (p == NULL && in->right[0].name == MACH_PORT_NULL)
		return r_semaphore_signal(in);
	if (p == NULL || !p->active || p->kind != PORT_THREAD)
		return p == NULL ? KERN_TERMINATED : KERN_INVALID_ARGUMENT;
	return !counts(in) ? KERN_INVALID_ARGUMENT :
	    semaphore_signal_thread(in->k, in->object->kobject, p->kobject);
}

int
r_notification_create(struct in *in)
{
	struct semaphore *sem;
	int kr = notification_new(in->k, in->target, &sem);

	if (kr != KERN_SUCCESS)
		return kr;
	port_make_send(sem->port);
	in->out.port = sem->port;
	in->out.type = MACH_MSG_TYPE_PORT_SEND;
	return kr;
}

int
r_notification_post(struct in *in)
{
	return kern_notification_post(in->k, in->s, N(1), &A(2));
}

int
r_notification_wait(struct in *in)
{
	uint64_t now = in->k->hooks->now(in->k->host), ns = A(2), deadline = 0;

	if (ns == 0)
		deadline = 1;
	else if (ns != UINT64_MAX && ns > INT64_MAX - now)
		return KERN_INVALID_VALUE;
	else if (ns != UINT64_MAX)
		deadline = now + ns;
	return kern_notification_wait(in->k, in->c, N(1), deadline, &A(2));
}

int
r_clock_sleep(struct in *in)
{
	return kern_clock_sleep(in->k, in->c, N(1), N(2), A(3));
}

int
r_clock_alarm(struct in *in)
{
	return clock_alarm(in->k, in->s->account, N(1), N(2), A(3),
	    &in->right[0]);
}

int
r_clock_alarm_service(struct in *in)
{
	uint32_t sec = in->m->word[0], nsec = in->m->word[1];

	if (nsec >= NS_PER_S)
		return KERN_INVALID_VALUE;
	return clock_alarm(in->k, in->s->account,
	    (uint32_t)in->object->context, N(1),
	    (uint64_t)sec * NS_PER_S + nsec, &in->right[0]);
}

int
r_clock_get_time(struct in *in)
{
	uint64_t ns;
	int kr = clock_time(in->k, (uint32_t)in->object->context, &ns);

	in->m->word[0] = (uint32_t)(ns / NS_PER_S);
	in->m->word[1] = (uint32_t)(ns % NS_PER_S);
	in->m->n = 2;
	return kr;
}

int
r_clock_get_attributes(struct in *in)
{
	if (N(2) < 1)
		return KERN_FAILURE;
	switch (N(1)) {
	case CLOCK_GET_TIME_RES:
	case CLOCK_ALARM_CURRES:
	case CLOCK_ALARM_MINRES:
	case CLOCK_ALARM_MAXRES:
		in->m->word[0] = 1;	/* nanosecond */
		in->m->n = 1;
		return KERN_SUCCESS;
	default:
		return KERN_INVALID_VALUE;
	}
}

int
r_clock_now(struct in *in)
{
	return result(in, in->k->hooks->now(in->k->host), KERN_SUCCESS);
}

int
r_timer_create(struct in *in)
{
	uint32_t name = 0;
	int kr = kern_timer_create(in->k, in->s, &name);

	return result(in, name, kr);
}

int
r_timer_destroy(struct in *in)
{
	return kern_timer_destroy(in->k, in->s, N(1));
}

int
r_timer_arm(struct in *in)
{
	return kern_timer_arm(in->k, in->s, N(1), A(2));
}

int
r_timer_cancel(struct in *in)
{
	uint64_t when = 0;
	int kr = kern_timer_cancel(in->k, in->s, N(1), &when);

	return result(in, when, kr);
}

int
r_stage_new(struct in *in)
{
	uint64_t id = 0;
	int kr = stage_new(in->k, in->s, A(1), &id);

	return result(in, id, kr);
}

int
r_stage_write(struct in *in)
{
	return stage_copy(in->k, in->s, A(1), A(2), A(3), WORDS * 4ull,
	    in->m->word, true);
}

int
r_stage_read(struct in *in)
{
	int kr = stage_copy(in->k, in->s, A(1), A(2), A(3), WORDS * 4ull,
	    in->m->word, false);

	in->m->n = kr == KERN_SUCCESS ? (N(3) + 3) / 4 : 0;
	return kr;
}

int
r_stage_drop(struct in *in)
{
	return stage_drop(in->k, in->s, A(1));
}

/* ---- memory with a descriptor: what the host adds is in word 1 ---- */
int
r_memory_new(struct in *in)
{
	uint64_t id = 0;
	int kr = stage_open(in->k, in->c, A(1), &id);

	A(1) = UINT64_MAX;
	return result(in, id, kr);
}

int
r_memory_fetch(struct in *in)
{
	uint64_t id = A(1);

	A(1) = UINT64_MAX;
	return stage_gift(in->k, in->c, GIFT_FETCH, id);
}

int
r_memory_seal(struct in *in)
{
	return stage_gift(in->k, in->c, GIFT_SEAL, A(1));
}

int
r_memory_open(struct in *in)
{
	uint64_t id = A(1);

	A(1) = UINT64_MAX;
	return stage_gift(in->k, in->c, GIFT_OPEN, id);
}
