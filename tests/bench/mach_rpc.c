/* SPDX-License-Identifier: ISC */
/*
 * Native, under a layer: a client sends 32 bytes, a server in another process answers
 * with 32; one mach_msg each for a question with its answer.
 */
#include <mach/mach.h>

#include "serve.h"

struct packet {
	mach_msg_header_t head;
	int word[2];
	mach_msg_trailer_t trailer;
};
enum { BYTES = sizeof(mach_msg_header_t) + 2 * sizeof(int) };
_Static_assert(BYTES == 32, "32 bytes");

static mach_port_t server, reply;

static mach_port_t
port(void)
{
	mach_port_t p;

	if (mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &p) != KERN_SUCCESS)
		_exit(1);
	return p;
}

static void
rpc(struct packet *p, mach_port_t to, int bits, mach_port_t from, int what)
{
	p->head.msgh_bits = (mach_msg_bits_t)bits;
	p->head.msgh_remote_port = to;
	p->head.msgh_local_port = what & MACH_RCV_MSG && bits >> 8 ? from : MACH_PORT_NULL;
	p->head.msgh_voucher_port = MACH_PORT_NULL;
	if (mach_msg(&p->head, what, BYTES, sizeof(*p), from, MACH_MSG_TIMEOUT_NONE,
	    MACH_PORT_NULL) != MACH_MSG_SUCCESS)
		_exit(1);
}

/* Its receive right's send right goes to the parent first; then whoever asks is answered. */
static _Noreturn void
serve(void)
{
	struct packet p = { 0 };
	mach_port_t me = port(), parent;

	if (task_get_bootstrap_port(mach_task_self(), &parent) != KERN_SUCCESS)
		_exit(1);
	rpc(&p, parent, MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_MAKE_SEND), me,
	    MACH_SEND_MSG | MACH_RCV_MSG);
	for (;;) {
		p.word[0]++;
		rpc(&p, p.head.msgh_remote_port, MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0),
		    me, MACH_SEND_MSG | MACH_RCV_MSG);
	}
}

static void
setup(void)
{
	struct packet p;

	reply = port();
	if (mach_port_insert_right(mach_task_self(), reply, reply, MACH_MSG_TYPE_MAKE_SEND) ||
	    task_set_bootstrap_port(mach_task_self(), reply))
		_exit(1);
	switch (fork()) {
	case -1:
		_exit(1);
	case 0:
		close(0);
		close(1);
		serve();
	}
	if (mach_msg(&p.head, MACH_RCV_MSG, 0, sizeof(p), reply, MACH_MSG_TIMEOUT_NONE,
	    MACH_PORT_NULL) != MACH_MSG_SUCCESS)
		_exit(1);
	server = p.head.msgh_remote_port;
}

static void
many(uint64_t n)
{
	struct packet p = { 0 };

	while (n-- > 0)
		rpc(&p, server, MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE), reply, MACH_SEND_MSG | MACH_RCV_MSG);
}
