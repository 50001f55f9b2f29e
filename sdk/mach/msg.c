/* SPDX-License-Identifier: ISC */
/* mach_msg.  Memory that goes with a message is staged first, and fetched last. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <veneer.h>

#include "libmach.h"

union buffer {
	struct {
		struct msg_args a;
		mach_msg_header_t h;
	} m;
	char bytes[MACH_SLOT];
};
enum { ROOM = MACH_SLOT - sizeof(struct msg_args) };

/* The next memory descriptor of a message from *at on, or NULL. */
static mach_msg_ool_descriptor_t *
next_memory(mach_msg_header_t *h, size_t size, size_t *at, uint32_t *left)
{
	mach_msg_descriptor_t *d;
	size_t n;

	for (; *left > 0; --*left, *at += n) {
		d = (mach_msg_descriptor_t *)((char *)h + *at);
		if (*at + sizeof(d->port) > size)
			return NULL;
		n = d->type.type == MACH_MSG_PORT_DESCRIPTOR ?
		    sizeof(d->port) : sizeof(d->out_of_line);
		if (*at + n > size)
			return NULL;
		if (d->type.type == MACH_MSG_PORT_DESCRIPTOR ||
		    d->type.type == MACH_MSG_GUARDED_PORT_DESCRIPTOR)
			continue;
		--*left;
		*at += n;
		return &d->out_of_line;
	}
	return NULL;
}

static uint32_t
descriptors(const mach_msg_header_t *h, size_t size)
{
	uint32_t n = 0;

	if ((h->msgh_bits & MACH_MSGH_BITS_COMPLEX) &&
	    size >= sizeof(mach_msg_base_t))
		memcpy(&n, h + 1, sizeof(n));
	return n;
}

static size_t
bytes_of(const mach_msg_ool_descriptor_t *d)
{
	return d->type == MACH_MSG_OOL_PORTS_DESCRIPTOR ?
	    sizeof(mach_port_name_t) * (size_t)d->size : d->size;
}

/* Which memory went as it was: bits, by the place of the descriptor. */
struct moved {
	uint32_t bit[MACH_SLOT / 4 / 32 + 1];
};

static bool
moved_at(const struct moved *m, size_t at)
{
	return m->bit[at / 4 / 32] & 1u << at / 4 % 32;
}

/* Addresses become the names of staged memory. */
static mach_msg_return_t
stage_all(mach_msg_header_t *h, size_t size, struct moved *moved)
{
	uint32_t left = descriptors(h, size);
	size_t at = sizeof(mach_msg_base_t);
	mach_msg_ool_descriptor_t *d;
	kern_return_t kr;
	uint64_t id;

	while ((d = next_memory(h, size, &at, &left)) != NULL) {
		if (bytes_of(d) == 0)
			continue;
		if (d->deallocate && __mach_region_take(d->address,
		    bytes_of(d), &id)) {
			moved->bit[at / 4 / 32] |= 1u << at / 4 % 32;
			d->address = (void *)(uintptr_t)id;
			continue;
		}
		kr = __mach_stage_in(d->address, bytes_of(d), &id);
		if (kr != KERN_SUCCESS)
			return kr == KERN_INVALID_ADDRESS ?
			    MACH_SEND_INVALID_MEMORY : MACH_SEND_NO_BUFFER;
		d->address = (void *)(uintptr_t)id;
	}
	return MACH_MSG_SUCCESS;
}

static mach_msg_return_t
fetch_all(mach_msg_header_t *h, size_t size)
{
	uint32_t left = descriptors(h, size);
	size_t at = sizeof(mach_msg_base_t);
	mach_msg_ool_descriptor_t *d;
	mach_msg_return_t detail = 0;
	void *p;

	while ((d = next_memory(h, size, &at, &left)) != NULL) {
		if (d->address == NULL)
			continue;
		p = NULL;
		if (__mach_stage_out((uintptr_t)d->address, bytes_of(d), &p))
			detail = MACH_MSG_VM_SPACE;
		d->address = p;
	}
	return detail;
}

/* The sender gave its memory away. */
static void
give_away(mach_msg_header_t *h, size_t size, const struct moved *moved)
{
	uint32_t left = descriptors(h, size);
	size_t at = sizeof(mach_msg_base_t);
	mach_msg_ool_descriptor_t *d;

	while ((d = next_memory(h, size, &at, &left)) != NULL)
		if (d->deallocate && bytes_of(d) != 0 && !moved_at(moved, at))
			vm_deallocate(0, (vm_address_t)d->address,
			    bytes_of(d));
}

/* One trap; what a signal turned away without effect counts as interrupted. */
static mach_msg_return_t
trap(union buffer *b)
{
	struct msg_args *a = &b->m.a;
	size_t in = sizeof(*a), out = sizeof(*a);

	if (a->options & MACH_SEND_MSG)
		in = out = sizeof(*a) + a->send_size;
	if (a->options & MACH_RCV_MSG)
		out = sizeof(*a) + a->rcv_size > out ? sizeof(*a) +
		    a->rcv_size : out;
	a->written = 0;
	if (__mach_trap(1, b, in, out) >= 0)
		return a->mr;
	if (*veneer_error_pointer() != EINTR)
		return a->options & MACH_SEND_MSG ? MACH_SEND_INVALID_DEST :
		    MACH_RCV_PORT_DIED;
	return a->options & MACH_SEND_MSG ? MACH_SEND_INTERRUPTED :
	    MACH_RCV_INTERRUPTED;
}

static mach_msg_return_t
until_done(union buffer *b, mach_msg_option_t option)
{
	mach_msg_return_t mr;

	for (;;) {
		mr = trap(b);
		if (mr == MACH_RCV_INTERRUPTED && !(option & MACH_RCV_INTERRUPT))
			b->m.a.options &= ~(uint32_t)MACH_SEND_MSG;
		else if (mr != MACH_SEND_INTERRUPTED ||
		    (option & MACH_SEND_INTERRUPT))
			return mr;
	}
}

mach_msg_return_t
mach_msg_overwrite(mach_msg_header_t *msg, mach_msg_option_t option,
    mach_msg_size_t send_size, mach_msg_size_t rcv_size,
    mach_port_name_t rcv_name, mach_msg_timeout_t timeout,
    mach_port_name_t notify, mach_msg_header_t *rcv_msg,
    mach_msg_size_t rcv_limit)
{
	union buffer b;
	struct moved moved = { { 0 } };
	mach_msg_return_t mr, detail;

	(void)rcv_limit;
	b.m.a = (struct msg_args){
		.options = (uint32_t)option, .send_size = send_size,
		.rcv_size = rcv_size < ROOM ? rcv_size : ROOM,
		.rcv_name = rcv_name, .timeout = timeout, .notify = notify,
	};
	if (option & MACH_SEND_MSG) {
		if (send_size < sizeof(*msg) || (send_size & 3))
			return MACH_SEND_MSG_TOO_SMALL;
		if (send_size > ROOM)
			return MACH_SEND_TOO_LARGE;
		memcpy(&b.m.h, msg, send_size);
		mr = stage_all(&b.m.h, send_size, &moved);
		if (mr != MACH_MSG_SUCCESS)
			return mr;
	}
	mr = until_done(&b, option);
	if ((option & MACH_SEND_MSG) && mr != MACH_SEND_TIMED_OUT &&
	    mr != MACH_SEND_INTERRUPTED)
		give_away(msg, send_size, &moved);
	if (b.m.a.written == 0 || b.m.a.written > ROOM)
		return mr;
	detail = mr == MACH_RCV_TOO_LARGE ? 0 :
	    fetch_all(&b.m.h, b.m.a.written);
	if (mr == MACH_MSG_SUCCESS && detail != 0)
		mr = MACH_RCV_BODY_ERROR | detail;
	/* MACH_SEND_x: the message is back where it was. */
	if (rcv_msg == NULL || (mr & 0x10004000) == 0x10000000)
		rcv_msg = msg;
	memcpy(rcv_msg, &b.m.h, b.m.a.written);
	return mr;
}

mach_msg_return_t
mach_msg(mach_msg_header_t *msg, mach_msg_option_t option,
    mach_msg_size_t send_size, mach_msg_size_t rcv_size,
    mach_port_name_t rcv_name, mach_msg_timeout_t timeout,
    mach_port_name_t notify)
{
	return mach_msg_overwrite(msg, option, send_size, rcv_size, rcv_name,
	    timeout, notify, NULL, 0);
}

mach_msg_return_t
mach_msg_send(mach_msg_header_t *msg)
{
	return mach_msg(msg, MACH_SEND_MSG, msg->msgh_size, 0,
	    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
}

mach_msg_return_t
mach_msg_receive(mach_msg_header_t *msg)
{
	return mach_msg(msg, MACH_RCV_MSG, 0, msg->msgh_size,
	    msg->msgh_local_port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL);
}

static void
destroy_right(mach_port_t name, mach_msg_type_name_t type)
{
	if (!MACH_PORT_VALID(name))
		return;
	if (type == MACH_MSG_TYPE_MOVE_RECEIVE)
		mach_port_mod_refs(0, name, MACH_PORT_RIGHT_RECEIVE, -1);
	else if (type == MACH_MSG_TYPE_MOVE_SEND ||
	    type == MACH_MSG_TYPE_MOVE_SEND_ONCE)
		mach_port_deallocate(0, name);
}

void
mach_msg_destroy(mach_msg_header_t *msg)
{
	uint32_t left = descriptors(msg, msg->msgh_size), i, n;
	char *p = (char *)msg + sizeof(mach_msg_base_t);
	mach_msg_descriptor_t *d;

	destroy_right(msg->msgh_remote_port,
	    MACH_MSGH_BITS_REMOTE(msg->msgh_bits));
	for (; left > 0; left--) {
		d = (mach_msg_descriptor_t *)p;
		p += d->type.type == MACH_MSG_PORT_DESCRIPTOR ?
		    sizeof(d->port) : sizeof(d->out_of_line);
		if (d->type.type == MACH_MSG_PORT_DESCRIPTOR) {
			destroy_right(d->port.name, d->port.disposition);
			continue;
		}
		if (d->type.type == MACH_MSG_GUARDED_PORT_DESCRIPTOR)
			continue;
		n = d->type.type == MACH_MSG_OOL_PORTS_DESCRIPTOR ?
		    d->ool_ports.count : 0;
		for (i = 0; i < n; i++)
			destroy_right(((mach_port_t *)d->ool_ports.address)[i],
			    d->ool_ports.disposition);
		if (d->out_of_line.address != NULL)
			vm_deallocate(0, (vm_address_t)d->out_of_line.address,
			    bytes_of(&d->out_of_line));
	}
}
