/* SPDX-License-Identifier: ISC */
/* What is done with the rights of one name.  xnu: ipc_right.c. */
#include <assert.h>

#include "ipc.h"

enum { UREFS_MAX = MACH_PORT_UREFS_MAX };

bool
right_check(struct kern *k, struct space *s, struct entry *e)
{
	struct port *p = e->object.port;

	if (p->active)
		return false;
	/* Who asked for a dead-name notification gets a reference with it. */
	if (e->request != NULL) {
		e->request->entry = NULL;
		e->request = NULL;
		if (e->urefs < UREFS_MAX)
			e->urefs++;
	}
	if (e->type & MACH_PORT_TYPE_SEND) {
		entry_unhash(k, s, e);
		port_drop_send(k, p);
	} else {
		port_consume_sonce(k, p);
	}
	e->type = MACH_PORT_TYPE_DEAD_NAME;
	e->object.port = NULL;
	return true;
}

int
right_lookup(const struct space *s, uint32_t name, struct entry **out)
{
	if (!s->active)
		return KERN_INVALID_TASK;
	*out = entry_lookup(s, name);
	return *out == NULL ? KERN_INVALID_NAME : KERN_SUCCESS;
}

int
right_receive(const struct space *s, uint32_t name, struct port **out)
{
	struct entry *e;
	int kr = right_lookup(s, name, &e);

	if (kr != KERN_SUCCESS)
		return kr;
	if (!(e->type & MACH_PORT_TYPE_RECEIVE))
		return KERN_INVALID_RIGHT;
	*out = e->object.port;
	return KERN_SUCCESS;
}

int
right_pset(const struct space *s, uint32_t name, struct pset **out)
{
	struct entry *e;
	int kr = right_lookup(s, name, &e);

	if (kr != KERN_SUCCESS)
		return kr;
	if (!(e->type & MACH_PORT_TYPE_PORT_SET))
		return KERN_INVALID_RIGHT;
	*out = e->object.pset;
	return KERN_SUCCESS;
}

/* The entry of a living port goes: whoever asked about the name hears that. */
static void
tell_deleted(struct kern *k, struct port *request, uint32_t name)
{
	if (request != NULL)
		notify_name(k, request, MACH_NOTIFY_PORT_DELETED, name);
}

static void
drop_entry(struct kern *k, struct space *s, struct entry *e)
{
	struct port *request = request_cancel(k, e);
	uint32_t name = e->name;

	entry_free(s, e);
	tell_deleted(k, request, name);
}

static void
drop_pset(struct kern *k, struct space *s, struct entry *e)
{
	struct pset *ps = e->object.pset;

	entry_free(s, e);
	pset_destroy(k, ps);
}

/*
 * The receive right goes; a send right of the same name stays, and is dead unless the
 * right goes back to a lender.
 */
static void
drop_receive(struct kern *k, struct space *s, struct entry *e)
{
	struct port *p = e->object.port;

	if (!(e->type & MACH_PORT_TYPE_SEND)) {
		drop_entry(k, s, e);
		port_destroy(k, p);
		return;
	}
	e->type &= ~(uint32_t)MACH_PORT_TYPE_RECEIVE;
	entry_hash(s, e);
	port_destroy(k, p);
	right_check(k, s, e);
}

int
right_destroy(struct kern *k, struct space *s, struct entry *e)
{
	struct port *p = e->object.port;
	uint32_t type = e->type;

	if (type == MACH_PORT_TYPE_PORT_SET) {
		drop_pset(k, s, e);
		return KERN_SUCCESS;
	}
	if (type == MACH_PORT_TYPE_DEAD_NAME) {
		entry_free(s, e);
		return KERN_SUCCESS;
	}
	if ((type & MACH_PORT_TYPE_RECEIVE) && p->guarded && p->context != 0)
		return KERN_INVALID_RIGHT;
	if (type == MACH_PORT_TYPE_SEND)
		entry_unhash(k, s, e);
	if (!p->active && e->request != NULL) {
		e->request->entry = NULL;
		e->request = NULL;
	}
	drop_entry(k, s, e);
	if (type & MACH_PORT_TYPE_SEND)
		port_drop_send(k, p);
	if (type & MACH_PORT_TYPE_SEND_ONCE)
		port_drop_sonce(k, p);
	if (type & MACH_PORT_TYPE_RECEIVE)
		port_destroy(k, p);
	return KERN_SUCCESS;
}

/* The space is dead: requests for its names have nobody to tell. */
void
right_terminate(struct kern *k, struct space *s, struct entry *e)
{
	struct port *p = e->object.port, *request;

	if ((e->type & MACH_PORT_TYPE_PORT_RIGHTS) && p->active) {
		p->guarded = p->guarded && !(e->type & MACH_PORT_TYPE_RECEIVE);
		request = request_cancel(k, e);
		if (request != NULL && request->active)
			notify_name(k, request, MACH_NOTIFY_PORT_DELETED,
			    e->name);
		else if (request != NULL)
			port_consume_sonce(k, request);
	}
	right_destroy(k, s, e);
}

static void
drop_sonce(struct kern *k, struct space *s, struct entry *e)
{
	struct port *p = e->object.port;

	drop_entry(k, s, e);
	port_drop_sonce(k, p);
}

static void
drop_send(struct kern *k, struct space *s, struct entry *e)
{
	struct port *p = e->object.port;

	if (e->type & MACH_PORT_TYPE_RECEIVE) {
		e->type &= ~(uint32_t)MACH_PORT_TYPE_SEND;
		e->urefs = 0;
	} else {
		entry_unhash(k, s, e);
		drop_entry(k, s, e);
	}
	port_drop_send(k, p);
}

int
right_dealloc(struct kern *k, struct space *s, struct entry *e)
{
	uint32_t type = e->type;

	if (type == MACH_PORT_TYPE_PORT_SET) {
		drop_pset(k, s, e);
		return KERN_SUCCESS;
	}
	if ((type & MACH_PORT_TYPE_SEND_RIGHTS) && right_check(k, s, e))
		type = e->type;
	if (type == MACH_PORT_TYPE_SEND_ONCE) {
		drop_sonce(k, s, e);
	} else if (type & MACH_PORT_TYPE_SEND) {
		if (e->urefs == 1)
			drop_send(k, s, e);
		else if (e->urefs < UREFS_MAX)
			e->urefs--;
	} else if (type == MACH_PORT_TYPE_DEAD_NAME) {
		if (e->urefs == 1)
			entry_free(s, e);
		else if (e->urefs < UREFS_MAX)
			e->urefs--;
	} else {
		return KERN_INVALID_RIGHT;
	}
	return KERN_SUCCESS;
}

/*
 * New user references.  A count that has reached the maximum stays there: only taking
 * all of them at once changes it.  False: impossible.
 */
static bool
urefs_after(uint32_t urefs, int32_t delta, uint32_t *after)
{
	int64_t n = (int64_t)urefs + delta;

	if (delta > UREFS_MAX || delta < -UREFS_MAX)
		return false;
	if (urefs == UREFS_MAX) {
		*after = delta == -UREFS_MAX ? 0 : urefs;
		return true;
	}
	if (n < 0)
		return false;
	*after = n > UREFS_MAX ? UREFS_MAX : (uint32_t)n;
	return true;
}

static int
delta_counted(struct kern *k, struct space *s, struct entry *e, int32_t delta)
{
	uint32_t urefs;

	if (!urefs_after(e->urefs, delta, &urefs))
		return KERN_INVALID_VALUE;
	if (urefs != 0)
		e->urefs = urefs;
	else if (e->type == MACH_PORT_TYPE_DEAD_NAME)
		entry_free(s, e);
	else
		drop_send(k, s, e);
	return KERN_SUCCESS;
}

/* A right without a count: it can be given up, or looked at. */
static int
delta_single(struct kern *k, struct space *s, struct entry *e, uint32_t right,
    int32_t delta)
{
	if (delta == 0)
		return KERN_SUCCESS;
	if (delta != -1)
		return KERN_INVALID_VALUE;
	if (right == MACH_PORT_RIGHT_PORT_SET) {
		drop_pset(k, s, e);
	} else if (right == MACH_PORT_RIGHT_SEND_ONCE) {
		drop_sonce(k, s, e);
	} else {
		if (e->object.port->guarded)
			return KERN_INVALID_RIGHT;
		drop_receive(k, s, e);
	}
	return KERN_SUCCESS;
}

int
right_delta(struct kern *k, struct space *s, struct entry *e, uint32_t right,
    int32_t delta)
{
	uint32_t want = 1u << (16 + right);

	if (e->type & MACH_PORT_TYPE_SEND_RIGHTS)
		right_check(k, s, e);
	if (!(e->type & want))
		return KERN_INVALID_RIGHT;
	if (right == MACH_PORT_RIGHT_SEND || right == MACH_PORT_RIGHT_DEAD_NAME)
		return delta_counted(k, s, e, delta);
	return delta_single(k, s, e, right, delta);
}

int
right_destruct(struct kern *k, struct space *s, struct entry *e,
    int32_t srdelta, uint64_t guard)
{
	struct port *p = e->object.port;
	uint32_t urefs = e->urefs;

	if (!(e->type & MACH_PORT_TYPE_RECEIVE))
		return KERN_INVALID_RIGHT;
	if (srdelta != 0 && !(e->type & MACH_PORT_TYPE_SEND))
		return KERN_INVALID_RIGHT;
	if (srdelta > 0)
		return KERN_INVALID_VALUE;
	if (p->guarded && p->context != guard)
		return KERN_INVALID_ARGUMENT;
	if (srdelta != 0) {
		if (!urefs_after(e->urefs, srdelta, &urefs))
			return KERN_INVALID_VALUE;
		if (urefs == 0)
			drop_send(k, s, e);
		else
			e->urefs = urefs;
	}
	drop_receive(k, s, e);
	return KERN_SUCCESS;
}

void
right_info(struct kern *k, struct space *s, struct entry *e, uint32_t *type,
    uint32_t *urefs)
{
	if (e->type & MACH_PORT_TYPE_SEND_RIGHTS)
		right_check(k, s, e);
	*type = e->type | request_type(e->request);
	*urefs = e->urefs;
}
