/* SPDX-License-Identifier: ISC */
/*
 * Rights into and out of messages.  A living right of an entry is backed by one reference
 * of the port for the receive right and one for the send right, whatever the count.
 */
#include <assert.h>

#include "ipc.h"

uint32_t
right_copyin_type(uint32_t disposition)
{
	switch (disposition) {
	case MACH_MSG_TYPE_MOVE_SEND:
	case MACH_MSG_TYPE_COPY_SEND:
	case MACH_MSG_TYPE_MAKE_SEND:
		return MACH_MSG_TYPE_PORT_SEND;
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
		return MACH_MSG_TYPE_PORT_SEND_ONCE;
	case MACH_MSG_TYPE_MOVE_RECEIVE:
		return MACH_MSG_TYPE_PORT_RECEIVE;
	default:
		return 0;
	}
}

/* The name was deleted although its port lives: who asked about it hears that. */
static void
deleted(struct kern *k, struct space *s, struct entry *e)
{
	struct port *request = request_cancel(k, e);
	uint32_t name = e->name;

	entry_free(s, e);
	if (request != NULL)
		notify_name(k, request, MACH_NOTIFY_PORT_DELETED, name);
}

static int
make(struct kern *k, struct entry *e, const struct copyin *how,
    struct right *out)
{
	struct port *p = e->object.port;

	if (!(e->type & MACH_PORT_TYPE_RECEIVE))
		return KERN_INVALID_RIGHT;
	if (how->disposition == MACH_MSG_TYPE_MAKE_SEND) {
		if (p->reply_only)
			return KERN_INVALID_CAPABILITY;
		port_make_send(p);
	} else if (port_make_sonce(k, p) != KERN_SUCCESS) {
		return KERN_RESOURCE_SHORTAGE;
	}
	out->port = p;
	return KERN_SUCCESS;
}

static int
move_receive(struct kern *k, struct space *s, struct entry *e,
    const struct copyin *how, struct right *out)
{
	struct port *p = e->object.port;

	if (!(e->type & MACH_PORT_TYPE_RECEIVE))
		return KERN_INVALID_RIGHT;
	if (p->immovable || p->reply_only)
		return KERN_INVALID_CAPABILITY;
	if (how->guarded && !(how->unguarded_ok && !p->guarded &&
	    how->context == 0) && !(p->guarded && p->context == how->context))
		return KERN_INVALID_ARGUMENT;
	if (e->type & MACH_PORT_TYPE_SEND) {
		e->type &= ~(uint32_t)MACH_PORT_TYPE_RECEIVE;
		entry_hash(s, e);
	} else {
		deleted(k, s, e);
	}
	port_clear_receiver(k, p);
	out->port = p;
	return KERN_SUCCESS;
}

/* A dead name, where a right was wanted. */
static int
dead(struct space *s, struct entry *e, const struct copyin *how,
    struct right *out)
{
	unsigned moves = how->disposition == MACH_MSG_TYPE_COPY_SEND ? 0 :
	    how->moves;

	if (!how->dead_ok || e->urefs < moves)
		return KERN_INVALID_RIGHT;
	if (moves != 0 && e->urefs == moves)
		entry_free(s, e);
	else if (e->urefs < MACH_PORT_UREFS_MAX)
		e->urefs -= moves;
	out->port = NULL;
	out->name = MACH_PORT_DEAD;
	return KERN_SUCCESS;
}

static int
move_send(struct kern *k, struct space *s, struct entry *e,
    const struct copyin *how, struct right *out)
{
	struct port *p = e->object.port;

	if (!(e->type & MACH_PORT_TYPE_SEND) || e->urefs < how->moves)
		return KERN_INVALID_RIGHT;
	out->port = p;
	if (e->urefs != how->moves) {
		port_copy_send(p);
		if (e->urefs < MACH_PORT_UREFS_MAX)
			e->urefs -= how->moves;
	} else if (e->type & MACH_PORT_TYPE_RECEIVE) {
		e->type &= ~(uint32_t)MACH_PORT_TYPE_SEND;
		e->urefs = 0;
	} else {
		entry_unhash(k, s, e);
		deleted(k, s, e);
	}
	if (how->moves == 2 || how->extra_copy)
		port_copy_send(p);
	return KERN_SUCCESS;
}

static int
take(struct kern *k, struct space *s, struct entry *e,
    const struct copyin *how, struct right *out)
{
	bool sonce = how->disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE;
	struct port *p = e->object.port;

	if (e->type & MACH_PORT_TYPE_DEAD_NAME)
		return dead(s, e, how, out);
	if (!(e->type & MACH_PORT_TYPE_SEND_RIGHTS))
		return KERN_INVALID_RIGHT;
	if (!(how->dead_sonce_ok && sonce && e->request == NULL &&
	    (e->type & MACH_PORT_TYPE_SEND_ONCE)) && right_check(k, s, e))
		return dead(s, e, how, out);
	if (how->disposition == MACH_MSG_TYPE_MOVE_SEND)
		return move_send(k, s, e, how, out);
	if (sonce) {
		if (!(e->type & MACH_PORT_TYPE_SEND_ONCE))
			return KERN_INVALID_RIGHT;
		deleted(k, s, e);
	} else {
		if (!(e->type & MACH_PORT_TYPE_SEND))
			return KERN_INVALID_RIGHT;
		port_copy_send(p);
		if (how->extra_copy)
			port_copy_send(p);
	}
	out->port = p;
	return KERN_SUCCESS;
}

int
right_copyin(struct kern *k, struct space *s, struct entry *e,
    const struct copyin *how, struct right *out)
{
	out->type = right_copyin_type(how->disposition);
	out->name = MACH_PORT_NULL;
	switch (how->disposition) {
	case MACH_MSG_TYPE_MAKE_SEND:
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
		return make(k, e, how, out);
	case MACH_MSG_TYPE_MOVE_RECEIVE:
		return move_receive(k, s, e, how, out);
	case MACH_MSG_TYPE_COPY_SEND:
	case MACH_MSG_TYPE_MOVE_SEND:
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
		return take(k, s, e, how, out);
	default:
		return KERN_INVALID_RIGHT;
	}
}

int
right_copyin_name(struct kern *k, struct space *s, uint32_t name,
    uint32_t disposition, struct right *out)
{
	struct copyin how = {
		.disposition = disposition, .dead_ok = true, .moves = 1,
	};
	struct entry *e;
	int kr;

	if (name == MACH_PORT_NULL || name == MACH_PORT_DEAD) {
		*out = (struct right){ .name = name,
			.type = right_copyin_type(disposition) };
		return KERN_SUCCESS;
	}
	kr = right_lookup(s, name, &e);
	return kr != KERN_SUCCESS ? kr : right_copyin(k, s, e, &how, out);
}

/* Puts a living right under an entry that is new or has rights for the same port. */
static void
settle(struct kern *k, struct space *s, struct entry *e,
    const struct right *r)
{
	struct port *p = r->port;

	e->object.port = p;
	switch (r->type) {
	case MACH_MSG_TYPE_PORT_SEND_ONCE:
		e->type = MACH_PORT_TYPE_SEND_ONCE;
		e->urefs = 1;
		break;
	case MACH_MSG_TYPE_PORT_SEND:
		if (e->type & MACH_PORT_TYPE_SEND) {
			if (e->urefs < MACH_PORT_UREFS_MAX)
				e->urefs++;
			p->srights--;	/* the entry has its own */
			port_rele(k, p);
			break;
		}
		if (!(e->type & MACH_PORT_TYPE_RECEIVE))
			entry_hash(s, e);
		e->type |= MACH_PORT_TYPE_SEND;
		e->urefs = 1;
		break;
	default:
		port_leave_transit(k, p);
		if (e->type & MACH_PORT_TYPE_SEND)
			entry_unhash(k, s, e);
		e->type |= MACH_PORT_TYPE_RECEIVE;
		p->receiver = s;
		p->name = e->name;
		break;
	}
}

int
right_copyout(struct kern *k, struct space *s, const struct right *r,
    uint32_t *name)
{
	struct entry *e = NULL;
	int kr = KERN_SUCCESS;

	if (r->port == NULL) {
		*name = r->name;
		return KERN_SUCCESS;
	}
	*name = MACH_PORT_NULL;
	if (!r->port->active)
		kr = KERN_INVALID_CAPABILITY;
	else if (!s->active)
		kr = KERN_INVALID_TASK;
	else if (r->type == MACH_MSG_TYPE_PORT_SEND_ONCE ||
	    (e = entry_of_port(s, r->port)) == NULL)
		kr = entry_alloc(k, s, &e);
	if (kr != KERN_SUCCESS) {
		if (kr == KERN_INVALID_CAPABILITY)
			*name = MACH_PORT_DEAD;
		right_drop(k, r->port, r->type);
		return kr;
	}
	settle(k, s, e, r);
	*name = e->name;
	return KERN_SUCCESS;
}

/* xnu: ipc_object_copyout_name */
int
right_copyout_name(struct kern *k, struct space *s, const struct right *r,
    uint32_t name)
{
	struct entry *e, *other = NULL;
	int kr = entry_alloc_name(k, s, name, &e);
	bool fresh;

	if (kr != KERN_SUCCESS)
		return kr;
	fresh = e->type == 0;
	if (!r->port->active)
		kr = KERN_INVALID_CAPABILITY;
	else if (r->type != MACH_MSG_TYPE_PORT_SEND_ONCE)
		other = entry_of_port(s, r->port);
	if (kr == KERN_SUCCESS && other != NULL && other != e)
		kr = KERN_RIGHT_EXISTS;
	else if (kr == KERN_SUCCESS && other == NULL && !fresh)
		kr = KERN_NAME_EXISTS;
	if (kr != KERN_SUCCESS) {
		if (fresh)
			entry_free(s, e);
		return kr;
	}
	settle(k, s, e, r);
	return KERN_SUCCESS;
}
