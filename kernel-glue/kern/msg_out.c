/* SPDX-License-Identifier: ISC */
/*
 * From the kernel's message to a receiver's.  Each right gets its name and goes into the
 * slot at once, so nothing has to be kept; what cannot be given is replaced by a null
 * name, reported, and dropped.
 */
#include <string.h>

#include "ipc.h"
#include "msg.h"
#include "stage.h"

struct sink {
	struct kern *k;
	struct call *c;
	struct space *s;
	uint32_t at, start;
	bool failed;
	uint32_t detail;	/* MACH_MSG_x bits of what was lost */
};

static void
put(struct sink *o, const void *src, uint32_t n)
{
	if (!o->failed && n != 0 && o->k->hooks->window_write(o->k->host,
	    o->c->thread->task, o->c->slot, o->at, src, n))
		o->failed = true;
	o->at += n;
}

/* xnu: ipc_kmsg_copyout_port */
static uint32_t
name_right(struct sink *o, struct right *r)
{
	uint32_t name;
	int kr = right_copyout(o->k, o->s, r, &name);

	r->port = NULL;
	if (kr != KERN_SUCCESS && kr != KERN_INVALID_CAPABILITY)
		o->detail |= kr == KERN_RESOURCE_SHORTAGE ?
		    MACH_MSG_IPC_KERNEL : MACH_MSG_IPC_SPACE;
	return name;
}

/* Memory into the receiver; on failure address and size are null. */
static uint64_t
place(struct sink *o, struct msg *m, struct descriptor *d, uint64_t n)
{
	uint64_t address = 0;
	int error;

	if (d->memory == NULL)
		return 0;
	/* What it returns to a sender is not counted twice. */
	msg_unbulk(o->k, m, d);
	error = o->k->hooks->memory_put == NULL ?
	    stage_put(o->k, o->s, d->memory, n, &address) :
	    o->k->hooks->memory_put(o->k->host, o->c->thread, d->memory, n,
	    &address);
	if (error) {
		o->detail |= MACH_MSG_VM_SPACE;
		o->k->hooks->memory_free(o->k->host, d->memory);
		d->n = 0;
		address = 0;
	}
	d->memory = NULL;
	return address;
}

static uint64_t
place_array(struct sink *o, struct descriptor *d, struct msg *m)
{
	struct kern *k = o->k;
	unsigned char *names;
	uint32_t i, name;

	if (d->n == 0)
		return 0;
	d->memory = k->hooks->memory_new(k->host, d->n * sizeof(name));
	if (d->memory == NULL) {
		/* The reaper drops the rights; the count stays. */
		o->detail |= MACH_MSG_VM_KERNEL;
		return 0;
	}
	names = k->hooks->memory_bytes(k->host, d->memory);
	for (i = 0; i < d->n; i++) {
		name = name_right(o, &d->rights[i]);
		memcpy(names + i * sizeof(name), &name, sizeof(name));
	}
	i = d->n;
	kern_free(k, m->account, d->rights, i * sizeof(*d->rights));
	d->rights = NULL;
	return place(o, m, d, i * sizeof(name));
}

static void
put_ool(struct sink *o, struct descriptor *d, struct msg *m)
{
	uint64_t address = d->type == MACH_MSG_OOL_PORTS_DESCRIPTOR ?
	    place_array(o, d, m) : place(o, m, d, d->n);
	struct ool_descriptor u = {
		.address = { (uint32_t)address, (uint32_t)(address >> 32) },
		.deallocate = d->deallocate, .copy = d->copy, .type = d->type,
		.disposition = d->type == MACH_MSG_OOL_PORTS_DESCRIPTOR ?
		    (uint8_t)right_copyin_type(d->disposition) : 0,
		.size = d->n,
	};

	put(o, &u, sizeof(u));
}

static void
put_guarded(struct sink *o, struct descriptor *d)
{
	struct port *p = d->right.port;
	struct guarded_descriptor u = {
		.flags = d->flags & MACH_MSG_GUARD_FLAGS_IMMOVABLE_RECEIVE,
		.disposition = MACH_MSG_TYPE_PORT_RECEIVE, .type = d->type,
	};

	u.name = name_right(o, &d->right);
	if (u.flags != 0 && p != NULL && u.name != MACH_PORT_NULL &&
	    u.name != MACH_PORT_DEAD) {
		/* xnu: ipc_right_copyout: guarded by where its message lies */
		p->guarded = p->immovable = true;
		p->context = o->c->arg[1];
		u.context[0] = (uint32_t)p->context;
		u.context[1] = (uint32_t)(p->context >> 32);
	}
	put(o, &u, sizeof(u));
}

static void
put_descriptor(struct sink *o, struct msg *m, struct descriptor *d)
{
	struct port_descriptor u = {
		.disposition = (uint8_t)right_copyin_type(d->disposition),
		.type = d->type,
	};

	if (d->type == MACH_MSG_GUARDED_PORT_DESCRIPTOR) {
		put_guarded(o, d);
	} else if (d->type != MACH_MSG_PORT_DESCRIPTOR) {
		put_ool(o, d, m);
	} else {
		u.name = name_right(o, &d->right);
		put(o, &u, sizeof(u));
	}
}

static void
put_body(struct sink *o, struct msg *m)
{
	uint32_t i;

	if (m->complex)
		put(o, &m->ndescs, sizeof(m->ndescs));
	for (i = 0; i < m->ndescs; i++)
		put_descriptor(o, m, &m->descs[i]);
	put(o, m->data, m->data_used);
}

static void
put_trailer(struct sink *o, const struct msg *m, uint64_t context)
{
	const struct subject *id = &m->subject;
	struct msg_trailer t = {
		.type = MACH_MSG_TRAILER_FORMAT_0,
		.size = msg_trailer_size(o->c->m.options),
		.seqno = o->c->m.seqno,
		.sender = { id->uid, id->gid },
		.audit = { id->auid, id->uid, id->gid, id->ruid, id->rgid,
		    id->pid, id->asid, id->pidversion },
		.context = { (uint32_t)context, (uint32_t)(context >> 32) },
	};

	if (m->kernel)		/* the kernel's own tokens */
		t.sender[1] = 1;
	put(o, &t, t.size);
}

/* The receiver's name of the port that the message was for. */
static uint32_t
name_dest(struct kern *k, struct space *s, struct msg *m)
{
	struct port *p = m->remote.port;
	uint32_t name = MACH_PORT_NULL;

	/* xnu: ipc_object_copyout_dest */
	if (!p->active)
		name = MACH_PORT_DEAD;
	else if (p->receiver == s)
		name = p->name;
	if (m->remote.type == MACH_MSG_TYPE_PORT_SEND_ONCE &&
	    name == MACH_PORT_NULL && !m->notification) {
		port_drop_sonce(k, p);
		m->remote.port = NULL;
	}
	msg_consume_remote(k, m);
	return name;
}

int
msg_deliver(struct kern *k, struct call *c, struct msg *m, uint32_t at,
    uint32_t *written)
{
	struct sink o = { .k = k, .c = c, .s = c->thread->task->space,
		.at = at, .start = at };
	uint64_t context = m->remote.port->context;
	struct msg_header h = {
		.bits = m->local.type | m->remote.type << 8 |
		    (m->complex ? MACH_MSGH_BITS_COMPLEX : 0),
		.size = m->size, .voucher = m->voucher, .id = m->id,
	};

	h.remote = name_right(&o, &m->local);
	if (o.detail != 0)
		return msg_deliver_nothing(k, c, m, at, written,
		    (int)(MACH_RCV_HEADER_ERROR | o.detail));
	h.local = name_dest(k, o.s, m);
	put(&o, &h, sizeof(h));
	put_body(&o, m);
	put_trailer(&o, m, context);
	*written = o.at - o.start;
	msg_destroy(k, m);
	if (o.failed)
		return MACH_RCV_INVALID_DATA;
	return o.detail == 0 ? MACH_MSG_SUCCESS :
	    (int)(MACH_RCV_BODY_ERROR | o.detail);
}

/* xnu: mach_msg_receive_error */
int
msg_deliver_nothing(struct kern *k, struct call *c, struct msg *m,
    uint32_t at, uint32_t *written, int mr)
{
	struct sink o = { .k = k, .c = c, .s = c->thread->task->space,
		.at = at, .start = at };
	uint64_t context = m->remote.port->context;
	struct msg_header h = {
		.bits = m->remote.type << 8, .size = SIZEOF_MSG_HEADER,
		.id = m->id,
	};

	h.local = name_dest(k, o.s, m);
	*written = 0;
	if (c->m.rcv_limit >= sizeof(h) + msg_trailer_size(c->m.options)) {
		put(&o, &h, sizeof(h));
		put_trailer(&o, m, context);
		*written = o.at - o.start;
	}
	msg_destroy(k, m);
	return mr;
}

int
msg_return(struct kern *k, struct call *c, struct msg *m, uint32_t at)
{
	struct sink o = { .k = k, .c = c, .s = c->thread->task->space,
		.at = at, .start = at };
	struct msg_header h = {
		.bits = m->remote.type | m->local.type << 8 |
		    (m->complex ? MACH_MSGH_BITS_COMPLEX : 0),
		.size = m->size, .voucher = m->voucher, .id = m->id,
	};

	h.remote = name_right(&o, &m->remote);
	h.local = name_right(&o, &m->local);
	put(&o, &h, sizeof(h));
	put_body(&o, m);
	msg_destroy(k, m);
	return (int)o.detail;
}
