/* SPDX-License-Identifier: ISC */
/* What MIG's output calls, and the loops of servers. */
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include <veneer.h>
#include <veneer/native_nr.h>

#include "libmach.h"

NDR_record_t NDR_record = {
	.int_rep = NDR_INT_LITTLE_ENDIAN, .char_rep = NDR_CHAR_ASCII,
	.float_rep = NDR_FLOAT_IEEE,
};

static _Thread_local mach_port_t reply_port;
static _Thread_local long reply_owner;

mach_port_t
mach_reply_port(void)
{
	mach_port_t p = MACH_PORT_NULL;

	mach_port_allocate(MACH_PORT_NULL, MACH_PORT_RIGHT_RECEIVE, &p);
	return p;
}

/* A thread that ends takes its reply port along.  What is called after this makes another,
 * and ends up here again. */
static pthread_key_t reply_key;
static pthread_once_t reply_once = PTHREAD_ONCE_INIT;

static void
reply_end(void *name)
{
	mach_port_t mine = reply_port;

	(void)name;
	reply_port = MACH_PORT_NULL;
	if (mine != MACH_PORT_NULL && reply_owner ==
	    veneer_stub0(NATIVE_SYS_getpid))
		mach_port_mod_refs(0, mine, MACH_PORT_RIGHT_RECEIVE, -1);
}

static void
reply_init(void)
{
	pthread_key_create(&reply_key, reply_end);
}

mach_port_t
mig_get_reply_port(void)
{
	long me = veneer_stub0(NATIVE_SYS_getpid);

	if (reply_port == MACH_PORT_NULL || reply_owner != me) {
		reply_port = mach_reply_port();
		reply_owner = me;
		pthread_once(&reply_once, reply_init);
		pthread_setspecific(reply_key, &reply_port);
	}
	return reply_port;
}

void
mig_put_reply_port(mach_port_t port)
{
	(void)port;	/* it stays the thread's */
}

/* A reply may still come to it: the thread gets another. */
void
mig_dealloc_reply_port(mach_port_t port)
{
	mach_port_t mine = reply_port;

	reply_port = MACH_PORT_NULL;
	if (mine != MACH_PORT_NULL)
		mach_port_mod_refs(0, mine, MACH_PORT_RIGHT_RECEIVE, -1);
	if (port != mine && port != MACH_PORT_NULL)
		mach_port_mod_refs(0, port, MACH_PORT_RIGHT_RECEIVE, -1);
}

void
mig_reply_setup(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	mig_reply_error_t *r = (mig_reply_error_t *)reply;

	r->Head = (mach_msg_header_t){
		.msgh_bits = MACH_MSGH_BITS(
		    MACH_MSGH_BITS_REMOTE(request->msgh_bits), 0),
		.msgh_size = sizeof(*r),
		.msgh_remote_port = request->msgh_remote_port,
		.msgh_id = request->msgh_id + 100,
	};
	r->NDR = NDR_record;
	r->RetCode = MIG_BAD_ID;
}

void
mig_allocate(vm_address_t *at, vm_size_t n)
{
	if (vm_allocate(MACH_PORT_NULL, at, n, VM_FLAGS_ANYWHERE))
		*at = 0;
}

void
mig_deallocate(vm_address_t at, vm_size_t n)
{
	vm_deallocate(MACH_PORT_NULL, at, n);
}

/* Bytes with the terminator, which is always there. */
int
mig_strncpy(char *to, const char *from, int room)
{
	size_t n;

	if (room <= 0)
		return 0;
	n = strnlen(from, (size_t)room - 1);
	memcpy(to, from, n);
	to[n] = '\0';
	return (int)n + 1;
}

int
mig_strncpy_zerofill(char *to, const char *from, int room)
{
	int n = mig_strncpy(to, from, room);

	if (n > 0)
		memset(to + n, 0, (size_t)(room - n));
	return n;
}

/* ---- servers ---- */
struct server {
	mig_reply_error_t *request, *reply;
	vm_size_t room, reply_room;
};

static mach_msg_return_t
get(struct server *s, mach_port_t port, mach_msg_options_t options)
{
	mach_msg_return_t mr;
	vm_address_t at;
	vm_size_t n;

	for (;;) {
		mr = mach_msg(&s->request->Head, MACH_RCV_MSG | options, 0,
		    (mach_msg_size_t)s->room, port, MACH_MSG_TIMEOUT_NONE,
		    MACH_PORT_NULL);
		if (mr != MACH_RCV_TOO_LARGE || !(options & MACH_RCV_LARGE))
			return mr;
		n = round_page(s->request->Head.msgh_size + MAX_TRAILER_SIZE);
		if (vm_allocate(MACH_PORT_NULL, &at, n, VM_FLAGS_ANYWHERE))
			return KERN_RESOURCE_SHORTAGE;
		mig_deallocate((vm_address_t)s->request, s->room);
		s->request = (mig_reply_error_t *)at;
		s->room = n;
	}
}

static mach_msg_return_t
answer(struct server *s)
{
	mig_reply_error_t *q = s->request, *r = s->reply;
	mach_msg_return_t mr;
	bool once;

	if (!(r->Head.msgh_bits & MACH_MSGH_BITS_COMPLEX)) {
		if (r->RetCode == MIG_NO_REPLY) {
			r->Head.msgh_remote_port = MACH_PORT_NULL;
		} else if (r->RetCode != KERN_SUCCESS &&
		    (q->Head.msgh_bits & MACH_MSGH_BITS_COMPLEX)) {
			/* Its rights are nobody's; the one for the reply is used. */
			q->Head.msgh_remote_port = MACH_PORT_NULL;
			mach_msg_destroy(&q->Head);
		}
	}
	if (r->Head.msgh_remote_port == MACH_PORT_NULL) {
		if (r->Head.msgh_bits & MACH_MSGH_BITS_COMPLEX)
			mach_msg_destroy(&r->Head);
		return MACH_MSG_SUCCESS;
	}
	/* A queue that is full is its owner's fault, and does not hold others up. */
	once = MACH_MSGH_BITS_REMOTE(r->Head.msgh_bits) ==
	    MACH_MSG_TYPE_MOVE_SEND_ONCE;
	mr = mach_msg(&r->Head, MACH_SEND_MSG | (once ? 0 : MACH_SEND_TIMEOUT),
	    r->Head.msgh_size, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
	if (mr != MACH_SEND_INVALID_DEST && mr != MACH_SEND_TIMED_OUT)
		return mr;
	mach_msg_destroy(&r->Head);
	return MACH_MSG_SUCCESS;
}

static mach_msg_return_t
serve(mig_demux_t demux, mach_msg_size_t max, mach_port_t port,
    mach_msg_options_t options, bool forever)
{
	struct server s = { .room = round_page(max + MAX_TRAILER_SIZE),
		.reply_room = round_page(max + MAX_TRAILER_SIZE) };
	mach_msg_return_t mr = KERN_RESOURCE_SHORTAGE;
	vm_address_t a = 0, b = 0;

	options &= ~(MACH_SEND_MSG | MACH_RCV_MSG);
	mig_allocate(&a, s.room);
	mig_allocate(&b, s.reply_room);
	s.request = (mig_reply_error_t *)a;
	s.reply = (mig_reply_error_t *)b;
	while (a != 0 && b != 0) {
		mr = get(&s, port, options);
		if (mr != MACH_MSG_SUCCESS)
			break;
		demux(&s.request->Head, &s.reply->Head);
		mr = answer(&s);
		if (mr != MACH_MSG_SUCCESS || !forever)
			break;
	}
	if (a != 0)
		mig_deallocate((vm_address_t)s.request, s.room);
	if (b != 0)
		mig_deallocate(b, s.reply_room);
	return mr;
}

mach_msg_return_t
mach_msg_server(mig_demux_t demux, mach_msg_size_t max, mach_port_t port,
    mach_msg_options_t options)
{
	return serve(demux, max, port, options, true);
}

mach_msg_return_t
mach_msg_server_once(mig_demux_t demux, mach_msg_size_t max, mach_port_t port,
    mach_msg_options_t options)
{
	return serve(demux, max, port, options, false);
}
