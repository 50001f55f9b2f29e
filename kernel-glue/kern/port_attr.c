/* SPDX-License-Identifier: ISC */
/* mach_port_x: sets, attributes, guards, and what can be seen of a port. */
#include <string.h>

#include "mach_port.h"
#include "msg.h"

static bool
valid(uint32_t name)
{
	return name != MACH_PORT_NULL && name != MACH_PORT_DEAD;
}

static int
receive_right(const struct space *s, uint32_t name, struct port **out)
{
	return valid(name) ? right_receive(s, name, out) : KERN_INVALID_RIGHT;
}

/* ---- sets ---- */
static int
both(const struct space *s, uint32_t name, uint32_t set, struct port **p,
    struct pset **ps)
{
	int kr;

	if (!valid(name) || !valid(set))
		return KERN_INVALID_RIGHT;
	kr = right_receive(s, name, p);
	return kr != KERN_SUCCESS ? kr : right_pset(s, set, ps);
}

int
kern_port_insert_member(struct kern *k, struct space *s, uint32_t name,
    uint32_t set)
{
	struct port *p;
	struct pset *ps;
	int kr = both(s, name, set, &p, &ps);

	return kr != KERN_SUCCESS ? kr : pset_insert(k, ps, p);
}

int
kern_port_extract_member(struct kern *k, struct space *s, uint32_t name,
    uint32_t set)
{
	struct port *p;
	struct pset *ps;
	int kr = both(s, name, set, &p, &ps);

	return kr != KERN_SUCCESS ? kr : pset_remove(k, ps, p);
}

int
kern_port_move_member(struct kern *k, struct space *s, uint32_t name,
    uint32_t after)
{
	struct pset *ps = NULL;
	struct port *p;
	int kr;

	if (!valid(name) || after == MACH_PORT_DEAD)
		return KERN_INVALID_RIGHT;
	kr = after == MACH_PORT_NULL ? right_receive(s, name, &p) :
	    both(s, name, after, &p, &ps);
	if (kr != KERN_SUCCESS)
		return kr;
	if (ps == NULL && !pset_has_any(p))
		return KERN_NOT_IN_SET;
	if (ps != NULL) {
		kr = pset_insert(k, ps, p);
		if (kr == KERN_RESOURCE_SHORTAGE)
			return kr;
	}
	pset_remove_all(k, p, ps);
	return KERN_SUCCESS;
}

int
kern_port_get_set_status(struct kern *k, struct space *s, uint32_t name,
    uint32_t *members, uint32_t room, uint32_t *count)
{
	struct pset *ps;
	struct link *l;
	uint32_t n = 0;
	int kr = valid(name) ? right_pset(s, name, &ps) : KERN_INVALID_RIGHT;

	(void)k;
	if (kr != KERN_SUCCESS)
		return kr;
	for (l = ps->members.next; l != &ps->members; l = l->next, n++)
		if (n < room)
			members[n] = LINK_OF(struct member, in_set, l)->port
			    ->name;
	*count = n;
	return KERN_SUCCESS;
}

/* ---- attributes ---- */
static void
status_of(const struct port *p, struct port_status *st)
{
	*st = (struct port_status){
		.pset = pset_has_any(p), .seqno = p->seqno,
		.mscount = p->mscount, .qlimit = p->qlimit,
		.msgcount = p->msgcount, .sorights = p->sorights,
		.srights = p->srights > 0, .pdrequest = p->pdrequest != NULL,
		.nsrequest = p->nsrequest != NULL,
	};
	if (p->guarded) {
		st->flags = MACH_PORT_STATUS_FLAG_GUARDED;
		if (p->strict)
			st->flags |= MACH_PORT_STATUS_FLAG_STRICT_GUARD;
		if (p->immovable)
			st->flags |=
			    MACH_PORT_STATUS_FLAG_GUARD_IMMOVABLE_RECEIVE;
	}
}

static uint32_t
flavor_count(int flavor)
{
	switch (flavor) {
	case MACH_PORT_LIMITS_INFO:
		return MACH_PORT_LIMITS_INFO_COUNT;
	case MACH_PORT_RECEIVE_STATUS:
		return MACH_PORT_RECEIVE_STATUS_COUNT;
	case MACH_PORT_DNREQUESTS_SIZE:
		return MACH_PORT_DNREQUESTS_SIZE_COUNT;
	case MACH_PORT_INFO_EXT:
		return MACH_PORT_INFO_EXT_COUNT;
	default:
		return 0;
	}
}

int
kern_port_get_attributes(struct kern *k, struct space *s, uint32_t name,
    int flavor, uint32_t *info, uint32_t *count)
{
	uint32_t want = flavor_count(flavor);
	struct port_status st;
	struct port *p;
	int kr;

	(void)k;
	if (want == 0)
		return KERN_INVALID_ARGUMENT;
	if (*count < want)
		return KERN_FAILURE;
	/* xnu: two flavors say nothing about no port */
	if (!valid(name) && flavor == MACH_PORT_LIMITS_INFO) {
		*count = 0;
		return KERN_SUCCESS;
	}
	if (!valid(name) && flavor == MACH_PORT_DNREQUESTS_SIZE) {
		info[0] = 0;
		return KERN_SUCCESS;
	}
	kr = receive_right(s, name, &p);
	if (kr != KERN_SUCCESS)
		return kr;
	memset(info, 0, want * sizeof(*info));
	status_of(p, &st);
	if (flavor == MACH_PORT_LIMITS_INFO)
		info[0] = p->qlimit;
	else if (flavor == MACH_PORT_DNREQUESTS_SIZE)
		info[0] = p->nrequests;
	else
		memcpy(info, &st, sizeof(st));
	*count = want;
	return KERN_SUCCESS;
}

int
kern_port_set_attributes(struct kern *k, struct space *s, uint32_t name,
    int flavor, const uint32_t *info, uint32_t count)
{
	struct port *p;
	int kr;

	if (flavor != MACH_PORT_LIMITS_INFO &&
	    flavor != MACH_PORT_DNREQUESTS_SIZE)
		return KERN_INVALID_ARGUMENT;
	if (count < flavor_count(flavor))
		return KERN_FAILURE;
	if (flavor == MACH_PORT_LIMITS_INFO && info[0] > MACH_PORT_QLIMIT_MAX)
		return KERN_INVALID_VALUE;
	kr = receive_right(s, name, &p);
	if (kr != KERN_SUCCESS || flavor == MACH_PORT_DNREQUESTS_SIZE)
		return kr;
	p->qlimit = info[0];
	msg_admit(k, p);
	return KERN_SUCCESS;
}

int
kern_port_set_mscount(struct kern *k, struct space *s, uint32_t name,
    uint32_t mscount)
{
	struct port *p;
	int kr = receive_right(s, name, &p);

	(void)k;
	if (kr == KERN_SUCCESS)
		p->mscount = mscount;
	return kr;
}

int
kern_port_set_seqno(struct kern *k, struct space *s, uint32_t name,
    uint32_t seqno)
{
	struct port *p;
	int kr = receive_right(s, name, &p);

	(void)k;
	if (kr == KERN_SUCCESS)
		p->seqno = seqno;
	return kr;
}

/* ---- context and guard ---- */
int
kern_port_get_context(struct kern *k, struct space *s, uint32_t name,
    uint64_t *context)
{
	struct port *p;
	int kr = receive_right(s, name, &p);

	(void)k;
	if (kr == KERN_SUCCESS)
		*context = p->strict ? 0 : p->context;
	return kr;
}

int
kern_port_set_context(struct kern *k, struct space *s, uint32_t name,
    uint64_t context)
{
	struct port *p;
	int kr = receive_right(s, name, &p);

	(void)k;
	if (kr == KERN_SUCCESS && p->strict)
		return KERN_INVALID_ARGUMENT;
	if (kr == KERN_SUCCESS)
		p->context = context;
	return kr;
}

int
kern_port_guard_with_flags(struct kern *k, struct space *s, uint32_t name,
    uint64_t guard, uint64_t flags)
{
	struct port *p;
	int kr = valid(name) ? right_receive(s, name, &p) : KERN_INVALID_NAME;

	(void)k;
	if (kr != KERN_SUCCESS)
		return kr;
	if (p->context != 0)
		return KERN_INVALID_ARGUMENT;
	p->context = guard;
	p->guarded = true;
	p->strict = (flags & MPG_STRICT) != 0;
	p->immovable = p->immovable || (flags & MPG_IMMOVABLE_RECEIVE);
	return KERN_SUCCESS;
}

int
kern_port_guard(struct kern *k, struct space *s, uint32_t name,
    uint64_t guard, bool strict)
{
	return kern_port_guard_with_flags(k, s, name, guard,
	    strict ? MPG_STRICT : 0);
}

int
kern_port_unguard(struct kern *k, struct space *s, uint32_t name,
    uint64_t guard)
{
	struct port *p;
	int kr = valid(name) ? right_receive(s, name, &p) : KERN_INVALID_NAME;

	(void)k;
	if (kr != KERN_SUCCESS)
		return kr;
	if (!p->guarded || p->context != guard)
		return KERN_INVALID_ARGUMENT;
	p->context = 0;
	p->guarded = p->strict = false;
	return KERN_SUCCESS;
}

int
kern_port_swap_guard(struct kern *k, struct space *s, uint32_t name,
    uint64_t old, uint64_t guard)
{
	struct port *p;
	int kr = valid(name) ? right_receive(s, name, &p) : KERN_INVALID_NAME;

	(void)k;
	if (kr != KERN_SUCCESS)
		return kr;
	if (!p->guarded || p->context != old)
		return KERN_INVALID_ARGUMENT;
	p->context = guard;
	return KERN_SUCCESS;
}

/* ---- looking ---- */
int
kern_port_peek(struct kern *k, struct space *s, uint32_t name,
    uint32_t trailer, uint32_t *room, struct peek_info *out)
{
	uint32_t n = 0;
	struct link *l;
	const struct msg *m;
	struct port *p;
	int kr;

	(void)k;
	if (!valid(name))
		return KERN_INVALID_RIGHT;
	if ((trailer >> 24 & 0xf) > MACH_RCV_TRAILER_AUDIT ||
	    msg_trailer_size(trailer) > *room)
		return KERN_INVALID_VALUE;
	*room = msg_trailer_size(trailer);
	kr = right_receive(s, name, &p);
	if (kr != KERN_SUCCESS)
		return kr;
	if (out->seqno != 0) {
		if (out->seqno < p->seqno ||
		    out->seqno - p->seqno >= p->msgcount)
			return KERN_FAILURE;
		n = out->seqno - p->seqno;
	} else {
		out->seqno = p->seqno;
	}
	for (l = p->messages.next; l != &p->messages && n > 0; n--)
		l = l->next;
	if (l == &p->messages)
		return KERN_FAILURE;
	m = LINK_OF(struct msg, link, l);
	out->size = m->size;
	out->id = m->id;
	out->sender = m->subject;
	out->kernel = m->kernel;
	return KERN_SUCCESS;
}

int
kern_port_space_info(struct kern *k, struct space *s, struct space_info *out)
{
	(void)k;
	if (!s->active)
		return KERN_INVALID_TASK;
	*out = (struct space_info){
		.genno_mask = 0xff, .table_size = s->high,
		.table_next = s->nchunks * SPACE_CHUNK,
	};
	return KERN_SUCCESS;
}

int
kern_port_space_name(struct kern *k, struct space *s, uint32_t *cursor,
    struct name_info *out)
{
	struct entry *e = entry_next(s, cursor);

	(void)k;
	if (!s->active)
		return KERN_INVALID_TASK;
	if (e == NULL)
		return KERN_FAILURE;
	*out = (struct name_info){ .name = e->name };
	right_info(k, s, e, &out->type, &out->urefs);
	if (e->type & MACH_PORT_TYPE_PORT_SET)
		out->object = (uint32_t)e->object.pset->id;
	else if (e->type & MACH_PORT_TYPE_PORT_RIGHTS)
		out->object = (uint32_t)e->object.port->id;
	return KERN_SUCCESS;
}

int
kern_port_kobject(struct kern *k, struct space *s, uint32_t name,
    uint32_t *type, uint64_t *address)
{
	struct entry *e;
	int kr = right_lookup(s, name, &e);

	if (kr != KERN_SUCCESS)
		return kr;
	if (e->type & MACH_PORT_TYPE_SEND_RIGHTS)
		right_check(k, s, e);
	if (!(e->type & (MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_RECEIVE)))
		return KERN_INVALID_RIGHT;
	*type = (uint32_t)e->object.port->kind;
	*address = 0;	/* xnu tells it to debuggers of the kernel alone */
	return KERN_SUCCESS;
}
