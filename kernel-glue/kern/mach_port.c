/* SPDX-License-Identifier: ISC */
/* mach_port_x: names and rights.  xnu: osfmk/ipc/mach_port.c, which settles the errors. */
#include <assert.h>

#include "mach_port.h"

static bool
valid(uint32_t name)
{
	return name != MACH_PORT_NULL && name != MACH_PORT_DEAD;
}

/* What a fresh entry gets; it is given back when that fails. */
static int
fill(struct kern *k, struct space *s, struct entry *e, uint32_t right)
{
	int kr = KERN_SUCCESS;

	if (right == MACH_PORT_RIGHT_RECEIVE) {
		kr = port_new(k, s->account, &e->object.port);
		if (kr == KERN_SUCCESS) {
			e->object.port->receiver = s;
			e->object.port->name = e->name;
			e->type = MACH_PORT_TYPE_RECEIVE;
		}
	} else if (right == MACH_PORT_RIGHT_PORT_SET) {
		kr = pset_new(k, s->account, &e->object.pset);
		if (kr == KERN_SUCCESS) {
			e->object.pset->space = s;
			e->object.pset->name = e->name;
			e->type = MACH_PORT_TYPE_PORT_SET;
		}
	} else {
		e->type = MACH_PORT_TYPE_DEAD_NAME;
		e->urefs = 1;
	}
	if (kr != KERN_SUCCESS)
		entry_free(s, e);
	return kr;
}

static bool
allocatable(uint32_t right)
{
	return right == MACH_PORT_RIGHT_RECEIVE ||
	    right == MACH_PORT_RIGHT_PORT_SET ||
	    right == MACH_PORT_RIGHT_DEAD_NAME;
}

int
kern_port_allocate(struct kern *k, struct space *s, uint32_t right,
    uint32_t *name)
{
	struct entry *e;
	int kr;

	if (!allocatable(right))
		return KERN_INVALID_VALUE;
	kr = entry_alloc(k, s, &e);
	if (kr == KERN_SUCCESS)
		kr = fill(k, s, e, right);
	if (kr == KERN_SUCCESS)
		*name = e->name;
	return kr;
}

int
port_new_named(struct kern *k, struct space *s, uint32_t *name,
    struct port **out)
{
	int kr = kern_port_allocate(k, s, MACH_PORT_RIGHT_RECEIVE, name);

	if (kr == KERN_SUCCESS)
		*out = entry_lookup(s, *name)->object.port;
	return kr;
}

int
kern_port_allocate_name(struct kern *k, struct space *s, uint32_t right,
    uint32_t name)
{
	struct entry *e;
	int kr;

	if (!valid(name) || !allocatable(right))
		return KERN_INVALID_VALUE;
	kr = entry_alloc_name(k, s, name, &e);
	if (kr != KERN_SUCCESS)
		return kr;
	return e->type != 0 ? KERN_NAME_EXISTS : fill(k, s, e, right);
}

static bool
one_at_most(uint32_t flags)
{
	return (flags & (flags - 1)) == 0;
}

int
kern_port_construct(struct kern *k, struct space *s,
    const struct port_options *o, uint64_t context, uint32_t *name)
{
	struct entry *e;
	struct port *p = NULL;
	int kr;

	if (!one_at_most(o->flags & (MPO_SERVICE_PORT | MPO_CONNECTION_PORT |
	    MPO_TG_BLOCK_TRACKING)) || !one_at_most(o->flags &
	    (MPO_REPLY_PORT | MPO_ENFORCE_REPLY_PORT_SEMANTICS |
	    MPO_EXCEPTION_PORT | MPO_PROVISIONAL_REPLY_PORT)))
		return KERN_INVALID_ARGUMENT;
	if (o->flags & (MPO_SERVICE_PORT | MPO_TG_BLOCK_TRACKING))
		return KERN_DENIED;
	if (o->flags & MPO_CONNECTION_PORT)
		return KERN_INVALID_ARGUMENT;
	if ((o->flags & MPO_QLIMIT) && o->qlimit > MACH_PORT_QLIMIT_MAX)
		return KERN_INVALID_VALUE;
	kr = port_new_named(k, s, name, &p);
	if (kr != KERN_SUCCESS)
		return kr;
	e = entry_lookup(s, *name);
	if (o->flags & MPO_INSERT_SEND_RIGHT) {
		port_make_send(p);
		p->mscount = 0;		/* xnu: ipc_port_init */
		e->type |= MACH_PORT_TYPE_SEND;
		e->urefs = 1;
	}
	if (o->flags & MPO_QLIMIT)
		p->qlimit = o->qlimit;
	p->reply_only = (o->flags & MPO_REPLY_PORT) != 0;
	p->context = context;
	p->guarded = (o->flags & MPO_CONTEXT_AS_GUARD) != 0;
	p->strict = p->guarded && (o->flags & MPO_STRICT);
	p->immovable = p->guarded && (o->flags & MPO_IMMOVABLE_RECEIVE);
	return KERN_SUCCESS;
}

int
kern_port_destruct(struct kern *k, struct space *s, uint32_t name,
    int32_t srdelta, uint64_t guard)
{
	struct entry *e;
	int kr;

	if (!valid(name))
		return KERN_INVALID_NAME;
	kr = right_lookup(s, name, &e);
	return kr != KERN_SUCCESS ? kr :
	    right_destruct(k, s, e, srdelta, guard);
}

int
kern_port_deallocate(struct kern *k, struct space *s, uint32_t name)
{
	struct entry *e;
	int kr;

	if (!valid(name))
		return KERN_SUCCESS;
	kr = right_lookup(s, name, &e);
	return kr != KERN_SUCCESS ? kr : right_dealloc(k, s, e);
}

int
kern_port_destroy(struct kern *k, struct space *s, uint32_t name)
{
	struct entry *e;
	int kr;

	if (!valid(name))
		return KERN_SUCCESS;
	kr = right_lookup(s, name, &e);
	return kr != KERN_SUCCESS ? kr : right_destroy(k, s, e);
}

static bool
nothing_counts(uint32_t right)
{
	return right == MACH_PORT_RIGHT_SEND ||
	    right == MACH_PORT_RIGHT_SEND_ONCE;
}

int
kern_port_mod_refs(struct kern *k, struct space *s, uint32_t name,
    uint32_t right, int32_t delta)
{
	struct entry *e;
	int kr;

	if (right >= MACH_PORT_RIGHT_NUMBER)
		return KERN_INVALID_VALUE;
	if (!valid(name))
		return nothing_counts(right) ? KERN_SUCCESS : KERN_INVALID_NAME;
	kr = right_lookup(s, name, &e);
	return kr != KERN_SUCCESS ? kr : right_delta(k, s, e, right, delta);
}

int
kern_port_rename(struct kern *k, struct space *s, uint32_t old, uint32_t name)
{
	struct entry *e, *n;
	int kr;

	if (!valid(name))
		return KERN_INVALID_VALUE;
	kr = right_lookup(s, old, &e);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = entry_alloc_name(k, s, name, &n);
	if (kr != KERN_SUCCESS)
		return kr;
	if (n->type != 0)
		return KERN_NAME_EXISTS;
	if (e->type & MACH_PORT_TYPE_SEND_RIGHTS)
		right_check(k, s, e);
	if (e->type == MACH_PORT_TYPE_SEND)
		entry_unhash(k, s, e);
	n->type = e->type;
	n->urefs = e->urefs;
	n->object = e->object;
	n->request = e->request;
	if (n->request != NULL) {
		n->request->entry = n;
		n->request->name = n->name;
	}
	if (n->type == MACH_PORT_TYPE_SEND)
		entry_hash(s, n);
	if (n->type & MACH_PORT_TYPE_RECEIVE)
		n->object.port->name = n->name;
	if (n->type & MACH_PORT_TYPE_PORT_SET)
		n->object.pset->name = n->name;
	entry_free(s, e);
	return KERN_SUCCESS;
}

int
kern_port_names(struct kern *k, struct space *s, uint32_t *cursor,
    uint32_t *name, uint32_t *type)
{
	struct entry *e = entry_next(s, cursor);
	uint32_t urefs;

	if (!s->active)
		return KERN_INVALID_TASK;
	if (e == NULL)
		return KERN_FAILURE;
	*name = e->name;
	right_info(k, s, e, type, &urefs);
	return KERN_SUCCESS;
}

int
kern_port_type(struct kern *k, struct space *s, uint32_t name, uint32_t *type)
{
	struct entry *e;
	uint32_t urefs;
	int kr;

	if (name == MACH_PORT_DEAD) {
		*type = MACH_PORT_TYPE_DEAD_NAME;
		return KERN_SUCCESS;
	}
	kr = right_lookup(s, name, &e);
	if (kr != KERN_SUCCESS)
		return kr;
	right_info(k, s, e, type, &urefs);
	*type &= ~(uint32_t)(MACH_PORT_TYPE_SPREQUEST |
	    MACH_PORT_TYPE_SPREQUEST_DELAYED);
	return KERN_SUCCESS;
}

int
kern_port_get_refs(struct kern *k, struct space *s, uint32_t name,
    uint32_t right, uint32_t *refs)
{
	struct entry *e;
	uint32_t type;
	int kr;

	if (right >= MACH_PORT_RIGHT_NUMBER)
		return KERN_INVALID_VALUE;
	*refs = 1;
	if (!valid(name))
		return nothing_counts(right) ? KERN_SUCCESS : KERN_INVALID_NAME;
	kr = right_lookup(s, name, &e);
	if (kr != KERN_SUCCESS)
		return kr;
	right_info(k, s, e, &type, refs);
	if (!(type & 1u << (16 + right)))
		*refs = 0;
	else if (right != MACH_PORT_RIGHT_SEND &&
	    right != MACH_PORT_RIGHT_DEAD_NAME)
		*refs = 1;
	return KERN_SUCCESS;
}

int
kern_port_insert(struct kern *k, struct space *s, uint32_t name,
    struct right *r)
{
	int kr;

	if (!valid(name))
		return KERN_INVALID_VALUE;
	if (r->port == NULL)
		return KERN_INVALID_CAPABILITY;
	kr = right_copyout_name(k, s, r, name);
	if (kr == KERN_SUCCESS)
		r->port = NULL;
	return kr;
}

int
kern_port_insert_right(struct kern *k, struct space *s, uint32_t name,
    struct space *from, uint32_t poly, uint32_t disposition)
{
	struct right r;
	int kr;

	if (!valid(name) || right_copyin_type(disposition) == 0)
		return KERN_INVALID_VALUE;
	kr = right_copyin_name(k, from, poly, disposition, &r);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = kern_port_insert(k, s, name, &r);
	if (r.port != NULL)
		right_drop(k, r.port, r.type);
	return kr;
}

int
kern_port_extract(struct kern *k, struct space *s, uint32_t name,
    uint32_t disposition, struct right *out)
{
	if (right_copyin_type(disposition) == 0)
		return KERN_INVALID_VALUE;
	if (!valid(name))
		return KERN_INVALID_RIGHT;
	return right_copyin_name(k, s, name, disposition, out);
}

int
kern_port_extract_right(struct kern *k, struct space *s, uint32_t name,
    uint32_t disposition, struct space *to, uint32_t *poly, uint32_t *type)
{
	struct right r;
	int kr = kern_port_extract(k, s, name, disposition, &r);

	if (kr != KERN_SUCCESS)
		return kr;
	*type = r.type;
	kr = right_copyout(k, to, &r, poly);
	return kr == KERN_INVALID_CAPABILITY ? KERN_SUCCESS : kr;
}

int
kern_port_request(struct kern *k, struct space *s, uint32_t name, uint32_t id,
    uint32_t sync, struct right *r, struct right *old)
{
	int kr;

	*old = (struct right){ .type = MACH_MSG_TYPE_PORT_SEND_ONCE };
	if (r->port == NULL && r->name == MACH_PORT_DEAD)
		return KERN_INVALID_CAPABILITY;
	kr = request_by_id(k, s, name, id, sync, r->port, &old->port);
	if (kr == KERN_SUCCESS)
		r->port = NULL;
	return kr;
}

int
kern_port_request_notification(struct kern *k, struct space *s,
    uint32_t name, uint32_t id, uint32_t sync, struct space *from,
    uint32_t notify, uint32_t disposition, uint32_t *previous)
{
	struct right r = { 0 }, old;
	int kr;

	*previous = MACH_PORT_NULL;
	if (right_copyin_type(disposition) != MACH_MSG_TYPE_PORT_SEND_ONCE)
		return KERN_INVALID_VALUE;
	kr = right_copyin_name(k, from, notify, disposition, &r);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = kern_port_request(k, s, name, id, sync, &r, &old);
	if (r.port != NULL)
		right_drop(k, r.port, r.type);
	if (kr == KERN_SUCCESS && old.port != NULL)
		right_copyout(k, from, &old, previous);
	return kr;
}
