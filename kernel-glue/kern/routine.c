/* SPDX-License-Identifier: ISC */
/* The table of routines, and what their targets are. */
#define ROUTINE_TABLE
#include "routine.h"

const struct routine *
routine_by_number(uint32_t nr)
{
	return nr < MACH_ROUTINE_COUNT && routines[nr].fn != NULL ?
	    &routines[nr] : NULL;
}

const struct routine *
routine_by_id(uint32_t id)
{
	uint32_t i;

	for (i = 0; id != 0 && i < MACH_ROUTINE_COUNT; i++)
		if (routines[i].id == id)
			return &routines[i];
	return NULL;
}

const struct routine_arg *
routine_arg(const struct routine *r, uint16_t i)
{
	return &routine_args[r->first + i];
}

/* How much a port lets do with its task: 0 nothing, 1 to 4 its name to its control. */
static int
power(const struct port *p)
{
	static const int of[PORT_KINDS] = {
		[PORT_TASK] = 4, [PORT_TASK_READ] = 3, [PORT_TASK_INSPECT] = 2,
		[PORT_TASK_NAME] = 1,
	};

	return of[p->kind];
}

static int
task_of(struct in *in, struct port *p, int need, int error)
{
	struct space *s;

	if (p == NULL || !p->active || power(p) < need)
		return error;
	s = p->kobject;
	if (s == NULL || !s->active)
		return error;
	in->target = s;
	return KERN_SUCCESS;
}

static int
kind_of(struct in *in, const struct port *p, enum port_kind kind)
{
	if (p == NULL || !p->active || p->kind != kind)
		return KERN_INVALID_ARGUMENT;
	if (kind == PORT_THREAD)
		in->thread = p->kobject;
	return KERN_SUCCESS;
}

int
routine_target(struct in *in, const struct routine *r, struct port *p)
{
	in->object = p;
	in->target = in->s;
	switch (r->target) {
	case TARGET_SPACE:
		return task_of(in, p, 4, KERN_INVALID_TASK);
	case TARGET_SPACE_READ:
		return task_of(in, p, 3, KERN_INVALID_TASK);
	case TARGET_SPACE_INSPECT:
		return task_of(in, p, 2, KERN_INVALID_TASK);
	case TARGET_TASK:
		return task_of(in, p, 4, KERN_INVALID_ARGUMENT);
	case TARGET_TASK_READ:
		return task_of(in, p, 3, KERN_INVALID_ARGUMENT);
	case TARGET_TASK_INSPECT:
		return task_of(in, p, 2, KERN_INVALID_ARGUMENT);
	case TARGET_TASK_NAME:
		return task_of(in, p, 1, KERN_INVALID_ARGUMENT);
	case TARGET_THREAD:
		return kind_of(in, p, PORT_THREAD);
	case TARGET_HOST:
		if (kind_of(in, p, PORT_HOST_PRIV) == KERN_SUCCESS)
			return KERN_SUCCESS;
		return kind_of(in, p, PORT_HOST);
	case TARGET_HOST_PRIV:
		return kind_of(in, p, PORT_HOST_PRIV);
	case TARGET_SEMAPHORE:
		return kind_of(in, p, PORT_SEMAPHORE);
	case TARGET_CLOCK:
		return kind_of(in, p, PORT_CLOCK);
	case TARGET_SELF:
		break;
	}
	return KERN_SUCCESS;
}

int
routine_rights(struct in *in, uint32_t n)
{
	if (n == 0)
		return KERN_SUCCESS;
	in->rights = kern_alloc(in->k, in->s->account, n * sizeof(*in->rights));
	if (in->rights == NULL)
		return KERN_RESOURCE_SHORTAGE;
	in->nrights = n;
	return KERN_SUCCESS;
}

static void
drop(struct kern *k, struct right *r)
{
	struct port *p = r->port;

	r->port = NULL;
	if (p != NULL)
		right_drop(k, p, r->type);
}

void
routine_drop_in(struct in *in)
{
	int i;

	for (i = 0; i < ROUTINE_RIGHTS; i++)
		drop(in->k, &in->right[i]);
}

void
routine_drop_out(struct in *in)
{
	uint32_t i;

	drop(in->k, &in->out);
	for (i = 0; in->rights != NULL && i < in->nrights; i++)
		drop(in->k, &in->rights[i]);
	if (in->rights != NULL)
		kern_free(in->k, in->s->account, in->rights,
		    in->nrights * sizeof(*in->rights));
	in->rights = NULL;
	in->nrights = 0;
	for (i = 0; i < ROUTINE_MEMORIES; i++) {
		if (in->memory[i] != NULL)
			in->k->hooks->memory_free(in->k->host, in->memory[i]);
		in->memory[i] = NULL;
		if (in->bulk[i] != 0)
			account_unbulk(in->k, in->s->account, in->bulk[i]);
		in->bulk[i] = 0;
	}
}
