/* SPDX-License-Identifier: ISC */
/*
 * Exception ports: send rights of threads, tasks and the host, by exception, and what
 * goes to them.  exception_raise.c uses them.  xnu: set_exception_ports_validation,
 * task_swap_exception_ports and its like.
 */
#include "routine.h"

struct exceptions *
exceptions_copy(struct kern *k, const struct exceptions *from, struct account *a)
{
	struct exceptions *e;
	int i;

	e = from == NULL ? NULL : kern_alloc(k, a, sizeof(*e));
	if (e == NULL)
		return NULL;
	*e = *from;
	e->account = a;
	for (i = 0; i < EXC_TYPES_COUNT; i++)
		if (e->port[i] != NULL)
			port_copy_send(e->port[i]);
	return e;
}

void
exceptions_end(struct kern *k, struct exceptions **at)
{
	struct exceptions *e = *at;
	int i;

	*at = NULL;
	if (e == NULL)
		return;
	for (i = 0; i < EXC_TYPES_COUNT; i++)
		if (e->port[i] != NULL)
			port_drop_send(k, e->port[i]);
	kern_free(k, e->account, e, sizeof(*e));
}

/* What the routine is about: a thread's, a task's, the host's. */
struct holder {
	struct exceptions **at;
	struct account *account;
};

static struct holder
of_task(struct in *in)
{
	return (struct holder){ &in->target->exceptions, in->target->account };
}

static struct holder
of_thread(struct in *in)
{
	return (struct holder){ &in->thread->exceptions,
		in->thread->task->space->account };
}

static struct holder
of_host(struct in *in)
{
	return (struct holder){ &in->k->exceptions, in->k->account };
}

/* ---- asking ---- */
static bool
same(const struct exceptions *e, int a, int b)
{
	return e->port[a] == e->port[b] && e->behavior[a] == e->behavior[b] &&
	    e->flavor[a] == e->flavor[b];
}

/* Exceptions with the same handler are one element of the answer: which ones, and behind
 * the rights their masks, behaviors and flavors. */
static int
get(struct in *in, const struct exceptions *e)
{
	static const struct exceptions none;
	uint32_t mask = N(1), n = 0, masks[EXC_TYPES_COUNT], i, j, *word = in->m->word;
	int first[EXC_TYPES_COUNT];

	e = e == NULL ? &none : e;
	if (mask & ~(uint32_t)EXC_MASK_VALID)
		return KERN_INVALID_ARGUMENT;
	for (i = FIRST_EXCEPTION; i < EXC_TYPES_COUNT; i++) {
		if (!(mask & 1u << i))
			continue;
		for (j = 0; j < n && !same(e, first[j], (int)i); j++)
			;
		if (j == n) {
			first[n] = (int)i;
			masks[n++] = 0;
		}
		masks[j] |= 1u << i;
	}
	if (routine_rights(in, n) != KERN_SUCCESS)
		return KERN_RESOURCE_SHORTAGE;
	for (i = 0; i < n; i++) {
		in->rights[i] = (struct right){ .port = e->port[first[i]],
			.type = MACH_MSG_TYPE_PORT_SEND };
		if (in->rights[i].port != NULL)
			port_copy_send(in->rights[i].port);
		word[n + i] = masks[i];
		word[2 * n + i] = e->behavior[first[i]];
		word[3 * n + i] = e->flavor[first[i]];
	}
	in->m->n = 4 * n;
	return result(in, n, KERN_SUCCESS);
}

/* ---- setting ---- */
static bool
flavor_known(uint32_t flavor)
{
	return flavor <= THREAD_STATE_NONE || (flavor >= 16 && flavor <= 25);
}

/* Handlers without the thread's identity are xnu's own (EXCEPTION_x_PROTECTED). */
static int
check(uint32_t mask, const struct port *p, uint32_t behavior, uint32_t flavor)
{
	uint32_t how = behavior & ~(uint32_t)MACH_EXCEPTION_MASK;

	if (mask & ~(uint32_t)EXC_MASK_VALID)
		return KERN_INVALID_ARGUMENT;
	if (p != NULL && (how < EXCEPTION_DEFAULT ||
	    how > EXCEPTION_STATE_IDENTITY))
		return KERN_INVALID_ARGUMENT;
	if (p != NULL && (port_in_kernel(p) || p->immovable))
		return KERN_INVALID_RIGHT;
	if (!flavor_known(flavor) ||
	    ((behavior & MACH_EXCEPTION_BACKTRACE_PREFERRED) &&
	    !(behavior & MACH_EXCEPTION_CODES)))
		return KERN_INVALID_ARGUMENT;
	return KERN_SUCCESS;
}

static void
set(struct kern *k, struct exceptions *e, uint32_t mask, struct port *p,
    uint32_t behavior, uint32_t flavor)
{
	struct port *old;
	int i;

	for (i = FIRST_EXCEPTION; i < EXC_TYPES_COUNT; i++) {
		if (!(mask & 1u << i))
			continue;
		old = e->port[i];
		e->port[i] = p;
		e->behavior[i] = behavior;
		e->flavor[i] = flavor;
		if (p != NULL)
			port_copy_send(p);
		if (old != NULL)
			port_drop_send(k, old);
	}
}

static int
change(struct in *in, struct holder h, bool swap)
{
	struct port *p = in->right[0].port;
	int kr = check(N(1), p, N(3), N(4));

	if (kr == KERN_SUCCESS && *h.at == NULL) {
		*h.at = kern_alloc(in->k, h.account, sizeof(**h.at));
		if (*h.at == NULL)
			return KERN_RESOURCE_SHORTAGE;
		(*h.at)->account = h.account;
	}
	if (kr == KERN_SUCCESS && swap) {
		uint32_t behavior = N(3), flavor = N(4);

		kr = get(in, *h.at);
		if (kr == KERN_SUCCESS)
			set(in->k, *h.at, N(1), p, behavior, flavor);
	} else if (kr == KERN_SUCCESS) {
		set(in->k, *h.at, N(1), p, N(3), N(4));
	}
	return kr;
}

int
r_task_set_exc(struct in *in)
{
	return change(in, of_task(in), false);
}

int
r_task_get_exc(struct in *in)
{
	return get(in, in->target->exceptions);
}

int
r_task_swap_exc(struct in *in)
{
	return change(in, of_task(in), true);
}

int
r_thread_set_exc(struct in *in)
{
	return change(in, of_thread(in), false);
}

int
r_thread_get_exc(struct in *in)
{
	return get(in, in->thread->exceptions);
}

int
r_thread_swap_exc(struct in *in)
{
	return change(in, of_thread(in), true);
}

int
r_host_set_exc(struct in *in)
{
	return change(in, of_host(in), false);
}

int
r_host_get_exc(struct in *in)
{
	return get(in, in->k->exceptions);
}

int
r_host_swap_exc(struct in *in)
{
	return change(in, of_host(in), true);
}
