/* SPDX-License-Identifier: ISC */
/*
 * From a sender's message to the kernel's: first the bytes (msg_parse), each read once,
 * then the names (msg_copyin).  After the destination's right has been taken a send
 * cannot be undone: what fails then loses the rights taken so far, as documented.
 */
#include <assert.h>
#include <string.h>

#include "ipc.h"
#include "msg.h"

/* ---- bytes ---- */
struct source {
	struct kern *k;
	struct call *c;
	uint32_t at, end;	/* in the slot's payload */
};

static int
fetch(struct source *f, void *dst, uint32_t n)
{
	if (n > f->end - f->at)
		return MACH_SEND_MSG_TOO_SMALL;
	if (f->k->hooks->window_read(f->k->host, f->c->thread->task,
	    f->c->slot, f->at, dst, n))
		return MACH_SEND_INVALID_DATA;
	f->at += n;
	return MACH_MSG_SUCCESS;
}

static int
parse_ool(struct descriptor *d, const struct ool_descriptor *u)
{
	d->address = (uint64_t)u->address[1] << 32 | u->address[0];
	d->deallocate = u->deallocate;
	d->copy = u->copy;
	d->n = u->size;
	if (u->copy > MACH_MSG_VIRTUAL_COPY)
		return MACH_SEND_INVALID_TYPE;
	if (d->type != MACH_MSG_OOL_PORTS_DESCRIPTOR)
		return d->n > MSG_MEMORY_MAX ? MACH_SEND_TOO_LARGE :
		    MACH_MSG_SUCCESS;
	d->disposition = u->disposition;
	if (right_copyin_type(d->disposition) == 0)
		return MACH_SEND_INVALID_TYPE;
	return d->n > MSG_PORTS_MAX ? MACH_SEND_TOO_LARGE : MACH_MSG_SUCCESS;
}

static int
parse_descriptor(struct source *f, struct descriptor *d)
{
	union {
		struct port_descriptor port;
		struct ool_descriptor ool;
		struct guarded_descriptor guarded;
	} u;
	int mr = fetch(f, &u, SIZEOF_PORT_DESCRIPTOR);

	if (mr != MACH_MSG_SUCCESS)
		return mr;
	d->type = u.port.type;
	if (d->type == MACH_MSG_PORT_DESCRIPTOR) {
		d->right.name = u.port.name;
		d->disposition = u.port.disposition;
		return right_copyin_type(d->disposition) == 0 ?
		    MACH_SEND_INVALID_TYPE : MACH_MSG_SUCCESS;
	}
	if (d->type > MACH_MSG_GUARDED_PORT_DESCRIPTOR)
		return MACH_SEND_INVALID_TYPE;
	mr = fetch(f, (char *)&u + SIZEOF_PORT_DESCRIPTOR, 4);
	if (mr != MACH_MSG_SUCCESS)
		return mr;
	if (d->type != MACH_MSG_GUARDED_PORT_DESCRIPTOR)
		return parse_ool(d, &u.ool);
	d->address = (uint64_t)u.guarded.context[1] << 32 |
	    u.guarded.context[0];
	d->flags = u.guarded.flags;
	d->disposition = u.guarded.disposition;
	d->right.name = u.guarded.name;
	/* xnu: only receive rights travel guarded */
	if (d->disposition != MACH_MSG_TYPE_MOVE_RECEIVE ||
	    (d->flags & ~MACH_MSG_GUARD_FLAGS_MASK) || d->flags == 0)
		return MACH_SEND_INVALID_TYPE;
	return MACH_MSG_SUCCESS;
}

static int
parse_body(struct source *f, struct account *a, uint32_t n, struct msg **out)
{
	uint32_t i, ports = 0;
	struct msg *m;
	int mr = MACH_MSG_SUCCESS;

	if (n > (f->end - f->at) / SIZEOF_PORT_DESCRIPTOR)
		return MACH_SEND_MSG_TOO_SMALL;
	if (n > MSG_DESCRIPTORS_MAX)
		return MACH_SEND_TOO_LARGE;
	m = msg_new(f->k, a, n, f->end - f->at);
	if (m == NULL)
		return MACH_SEND_NO_BUFFER;
	for (i = 0; i < n && mr == MACH_MSG_SUCCESS; i++) {
		mr = parse_descriptor(f, &m->descs[i]);
		if (m->descs[i].type == MACH_MSG_OOL_PORTS_DESCRIPTOR)
			ports += m->descs[i].n;
		if (mr == MACH_MSG_SUCCESS && ports > MSG_PORTS_MAX)
			mr = MACH_SEND_TOO_LARGE;
	}
	/* The room for data was made before the size of the descriptors was known. */
	m->data_used = f->end - f->at;
	if (mr == MACH_MSG_SUCCESS && m->data_used > 0)
		mr = fetch(f, m->data, m->data_used);
	if (mr != MACH_MSG_SUCCESS) {
		msg_free(f->k, m);
		return mr;
	}
	*out = m;
	return MACH_MSG_SUCCESS;
}

int
msg_parse(struct kern *k, struct call *c, struct account *a, uint32_t at,
    uint32_t size, struct msg **out)
{
	struct source f = { .k = k, .c = c, .at = at, .end = at + size };
	struct msg_header h;
	uint32_t n = 0;
	int mr;

	if (size < SIZEOF_MSG_HEADER || (size & 3))
		return MACH_SEND_MSG_TOO_SMALL;
	if (size > MSG_SIZE_MAX)
		return MACH_SEND_TOO_LARGE;
	mr = fetch(&f, &h, sizeof(h));
	if (mr == MACH_MSG_SUCCESS && (h.bits & MACH_MSGH_BITS_COMPLEX))
		mr = fetch(&f, &n, sizeof(n));
	if (mr == MACH_MSG_SUCCESS)
		mr = parse_body(&f, a, n, out);
	if (mr != MACH_MSG_SUCCESS)
		return mr;
	(*out)->bits = h.bits;
	(*out)->complex = (h.bits & MACH_MSGH_BITS_COMPLEX) != 0;
	(*out)->size = size;
	(*out)->remote.name = h.remote;
	(*out)->local.name = h.local;
	(*out)->voucher = h.voucher;
	(*out)->id = h.id;
	(*out)->subject = c->thread->task->subject;
	return MACH_MSG_SUCCESS;
}

/* ---- the header's rights ---- */
static bool
is_send(uint32_t disposition)
{
	return disposition >= MACH_MSG_TYPE_MOVE_SEND &&
	    disposition <= MACH_MSG_TYPE_MAKE_SEND_ONCE;
}

static bool
valid(uint32_t name)
{
	return name != MACH_PORT_NULL && name != MACH_PORT_DEAD;
}

/* xnu: ipc_kmsg_copyin_header_validate */
static int
check_header(const struct msg *m, uint32_t remote, uint32_t local)
{
	if (m->bits & ~MACH_MSGH_BITS_USER)
		return MACH_SEND_INVALID_HEADER;
	if (local == 0 ? m->local.name != MACH_PORT_NULL : !is_send(local))
		return MACH_SEND_INVALID_HEADER;
	if (m->bits & MACH_MSGH_BITS_VOUCHER_MASK)
		return MACH_SEND_INVALID_VOUCHER;
	if (!is_send(remote))
		return MACH_SEND_INVALID_HEADER;
	if (!valid(m->remote.name))
		return MACH_SEND_INVALID_DEST;
	if (m->remote.name == m->local.name &&
	    (remote == MACH_MSG_TYPE_MOVE_SEND_ONCE ||
	    local == MACH_MSG_TYPE_MOVE_SEND_ONCE))
		return MACH_SEND_INVALID_DEST;
	return MACH_MSG_SUCCESS;
}

/* The reply right can be taken once the destination's has been. */
static bool
reply_possible(struct kern *k, struct space *s, struct entry *e,
    uint32_t disposition)
{
	if (disposition == MACH_MSG_TYPE_MAKE_SEND ||
	    disposition == MACH_MSG_TYPE_MAKE_SEND_ONCE)
		return (e->type & MACH_PORT_TYPE_RECEIVE) &&
		    (!e->object.port->reply_only ||
		    disposition == MACH_MSG_TYPE_MAKE_SEND_ONCE);
	if (e->type & MACH_PORT_TYPE_SEND_RIGHTS)
		right_check(k, s, e);
	if (e->type & MACH_PORT_TYPE_DEAD_NAME)
		return true;
	return (e->type & (disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE ?
	    MACH_PORT_TYPE_SEND_ONCE : MACH_PORT_TYPE_SEND)) != 0;
}

static bool
from_send(uint32_t disposition)
{
	return disposition == MACH_MSG_TYPE_MOVE_SEND ||
	    disposition == MACH_MSG_TYPE_COPY_SEND;
}

/* One name for both, and neither makes a right: both come from one send right. */
static int
copyin_both(struct kern *k, struct space *s, struct entry *e, struct msg *m,
    uint32_t remote, uint32_t local)
{
	unsigned moves = (remote == MACH_MSG_TYPE_MOVE_SEND ? 1u : 0) +
	    (local == MACH_MSG_TYPE_MOVE_SEND ? 1u : 0);
	struct copyin how = {
		.disposition = moves != 0 ? MACH_MSG_TYPE_MOVE_SEND :
		    MACH_MSG_TYPE_COPY_SEND,
		.moves = moves, .extra_copy = moves < 2,
	};

	if (right_copyin(k, s, e, &how, &m->remote) != KERN_SUCCESS)
		return MACH_SEND_INVALID_DEST;
	m->local = m->remote;
	return MACH_MSG_SUCCESS;
}

static int
copyin_dest(struct kern *k, struct space *s, struct entry *e, struct msg *m,
    uint32_t remote)
{
	struct copyin how = {
		.disposition = remote, .moves = 1, .dead_sonce_ok = true,
	};
	int kr = right_copyin(k, s, e, &how, &m->remote);

	if (kr == KERN_RESOURCE_SHORTAGE)
		return MACH_SEND_NO_BUFFER;
	return kr == KERN_SUCCESS ? MACH_MSG_SUCCESS : MACH_SEND_INVALID_DEST;
}

static int
copyin_reply(struct kern *k, struct space *s, struct entry *e, struct msg *m,
    uint32_t local)
{
	struct copyin how = {
		.disposition = local, .moves = 1, .dead_ok = true,
	};

	if (e == NULL) {
		m->local.port = NULL;
		m->local.type = right_copyin_type(local);
		return MACH_MSG_SUCCESS;
	}
	/* Only memory for a send-once right can be missing. */
	if (right_copyin(k, s, e, &how, &m->local) == KERN_SUCCESS)
		return MACH_MSG_SUCCESS;
	m->local.port = NULL;
	right_drop(k, m->remote.port, m->remote.type);
	return MACH_SEND_NO_BUFFER;
}

/* xnu: ipc_kmsg_copyin_header_rights */
static int
copyin_header(struct kern *k, struct space *s, struct msg *m,
    struct request **request)
{
	uint32_t remote = m->bits & MACH_MSGH_BITS_REMOTE_MASK;
	uint32_t local = (m->bits & MACH_MSGH_BITS_LOCAL_MASK) >> 8;
	struct entry *dest, *reply = NULL;
	int mr = check_header(m, remote, local);

	if (mr != MACH_MSG_SUCCESS)
		return mr;
	dest = s->active ? entry_lookup(s, m->remote.name) : NULL;
	if (dest == NULL || !(dest->type & MACH_PORT_TYPE_PORT_RIGHTS))
		return MACH_SEND_INVALID_DEST;
	if (valid(m->local.name)) {
		reply = entry_lookup(s, m->local.name);
		if (reply == NULL ||
		    !(reply->type & MACH_PORT_TYPE_PORT_RIGHTS) ||
		    !reply_possible(k, s, reply, local))
			return MACH_SEND_INVALID_REPLY;
	}
	if (reply == dest && from_send(remote) && from_send(local))
		mr = copyin_both(k, s, dest, m, remote, local);
	else if ((mr = copyin_dest(k, s, dest, m, remote)) ==
	    MACH_MSG_SUCCESS)
		mr = copyin_reply(k, s, reply, m, local);
	*request = dest->request;
	return mr;
}

/* ---- the body's rights ---- */
static int
copyin_right(struct kern *k, struct space *s, struct msg *m,
    uint32_t disposition, struct descriptor *d, struct right *r)
{
	struct copyin how = {
		.disposition = disposition, .dead_ok = true, .moves = 1,
		.guarded = d->type == MACH_MSG_GUARDED_PORT_DESCRIPTOR,
		.unguarded_ok = (d->flags &
		    MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND) != 0,
		.context = d->address,
	};
	uint32_t name = r->name;
	struct entry *e;
	int kr;

	r->type = right_copyin_type(disposition);
	if (!valid(name))
		return MACH_MSG_SUCCESS;
	e = entry_lookup(s, name);
	if (e == NULL)
		return MACH_SEND_INVALID_RIGHT;
	kr = right_copyin(k, s, e, &how, r);
	if (kr == KERN_RESOURCE_SHORTAGE)
		return MACH_SEND_NO_BUFFER;
	if (kr != KERN_SUCCESS)
		return MACH_SEND_INVALID_RIGHT;
	if (r->type != MACH_MSG_TYPE_PORT_RECEIVE || r->port == NULL)
		return MACH_MSG_SUCCESS;
	switch (port_enter_transit(r->port, m->remote.port)) {
	case TRANSIT_CIRCLE:
		m->circular = true;
		break;
	case TRANSIT_TOO_DEEP:
		return MACH_SEND_NO_BUFFER;
	case TRANSIT_ENTERED:
		break;
	}
	return MACH_MSG_SUCCESS;
}

static int
copyin_array(struct kern *k, struct space *s, struct msg *m,
    struct descriptor *d)
{
	const unsigned char *names;
	uint32_t i, name;
	int mr;

	if (d->n == 0)
		return MACH_MSG_SUCCESS;
	d->rights = kern_alloc(k, m->account, d->n * sizeof(*d->rights));
	if (d->rights == NULL)
		return MACH_SEND_NO_BUFFER;
	names = k->hooks->memory_bytes(k->host, d->memory);
	for (i = 0; i < d->n; i++) {
		memcpy(&name, names + i * sizeof(name), sizeof(name));
		d->rights[i].name = name;
		mr = copyin_right(k, s, m, d->disposition, d, &d->rights[i]);
		if (mr != MACH_MSG_SUCCESS)
			return mr;
	}
	k->hooks->memory_free(k->host, d->memory);
	d->memory = NULL;
	msg_unbulk(k, m, d);
	return MACH_MSG_SUCCESS;
}

static int
copyin_descriptor(struct kern *k, struct space *s, struct msg *m,
    struct descriptor *d)
{
	int mr = d->error;

	if (mr == MACH_MSG_SUCCESS && (d->type == MACH_MSG_PORT_DESCRIPTOR ||
	    d->type == MACH_MSG_GUARDED_PORT_DESCRIPTOR))
		mr = copyin_right(k, s, m, d->disposition, d, &d->right);
	else if (mr == MACH_MSG_SUCCESS &&
	    d->type == MACH_MSG_OOL_PORTS_DESCRIPTOR)
		mr = copyin_array(k, s, m, d);
	return mr;
}

int
msg_copyin(struct kern *k, struct space *s, struct msg *m,
    struct request **request)
{
	uint32_t i;
	int mr = copyin_header(k, s, m, request);

	if (mr != MACH_MSG_SUCCESS) {
		msg_destroy(k, m);
		return mr;
	}
	m->rights_in = true;
	for (i = 0; i < m->ndescs; i++) {
		mr = copyin_descriptor(k, s, m, &m->descs[i]);
		if (mr != MACH_MSG_SUCCESS) {
			msg_destroy(k, m);
			return mr;
		}
	}
	return MACH_MSG_SUCCESS;
}
