/* SPDX-License-Identifier: ISC */
/*
 * Kernel objects by message, as MIG's user stubs ask them: the layouts here are written
 * down from Darwin's descriptions, apart from the supervisor's tables.
 */
#include <mach/ndr.h>

#include "try.h"

enum { BAD_ID = -303, BAD_ARGUMENTS = -304 };

struct reply {
	mach_msg_header_t head;
	NDR_record_t ndr;
	kern_return_t code;
	uint32_t out[64];
	mach_msg_trailer_t trailer;
};
#pragma pack(push, 4)
struct request {
	mach_msg_header_t head;
	NDR_record_t ndr;
	uint32_t in[16];
};
struct one_right {		/* request: the words follow an NDR */
	mach_msg_header_t head;
	mach_msg_body_t body;
	mach_msg_port_descriptor_t right;
	NDR_record_t ndr;
	uint32_t in[4];
	mach_msg_trailer_t room[4];
};
struct two_arrays {
	mach_msg_header_t head;
	mach_msg_body_t body;
	mach_msg_ool_descriptor_t a, b;
	NDR_record_t ndr;
	uint32_t na, nb;
	mach_msg_trailer_t trailer;
};
#pragma pack(pop)
union any {
	struct request request;
	struct reply reply;
	struct one_right right;
	struct two_arrays arrays;
	char bytes[1024];
};

static void
rpc(union any *m, mach_port_t port, int id, size_t size, int complex)
{
	mach_msg_header_t *h = &m->request.head;

	h->msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE) |
	    (complex ? MACH_MSGH_BITS_COMPLEX : 0);
	h->msgh_remote_port = port;
	h->msgh_local_port = mig_get_reply_port();
	h->msgh_id = id;
	TRY(mach_msg(h, MACH_SEND_MSG | MACH_RCV_MSG,
	    (mach_msg_size_t)size, sizeof(*m), mig_get_reply_port(), 0, 0));
	HOLDS(h->msgh_id == id + 100);
	HOLDS(h->msgh_remote_port == MACH_PORT_NULL);
}

/* A routine with words in; its code. */
static kern_return_t
ask(union any *m, mach_port_t port, int id, int n, ...)
{
	__builtin_va_list words;
	int i;

	memset(m, 0, sizeof(*m));
	__builtin_va_start(words, n);
	for (i = 0; i < n; i++)
		m->request.in[i] = __builtin_va_arg(words, uint32_t);
	__builtin_va_end(words);
	rpc(m, port, id, n == 0 ? sizeof(mach_msg_header_t) :
	    sizeof(mach_msg_header_t) + 8 + 4 * (size_t)n, 0);
	return m->reply.head.msgh_bits & MACH_MSGH_BITS_COMPLEX ? KERN_SUCCESS :
	    m->reply.code;
}

static mach_port_t
special(mach_port_t task, uint32_t which)
{
	union any m;

	TRY(ask(&m, task, 3409, 1, which));
	HOLDS(m.right.body.msgh_descriptor_count == 1);
	HOLDS(m.right.right.disposition == MACH_MSG_TYPE_MOVE_SEND);
	return m.right.right.name;
}

static void
ports(mach_port_t task)
{
	union any m;
	mach_port_t name;

	TRY(ask(&m, task, 3204, 1, MACH_PORT_RIGHT_RECEIVE));
	HOLDS(m.reply.head.msgh_size == 40);
	name = m.reply.out[0];
	TRY(ask(&m, task, 3201, 1, name));
	HOLDS(m.reply.out[0] == MACH_PORT_TYPE_RECEIVE);
	/* Limits: an array in, then one out, cut to what there is. */
	TRY(ask(&m, task, 3218, 4, name, MACH_PORT_LIMITS_INFO, 1, 9));
	TRY(ask(&m, task, 3217, 3, name, MACH_PORT_LIMITS_INFO, 17));
	HOLDS(m.reply.out[0] == 1 && m.reply.out[1] == 9);
	HOLDS(m.reply.head.msgh_size == 44);
	WANT(KERN_FAILURE, ask(&m, task, 3217, 3, name,
	    MACH_PORT_RECEIVE_STATUS, 9));
	TRY(ask(&m, task, 3229, 3, name, 0x9abcdef0, 0x12345678));
	TRY(ask(&m, task, 3228, 1, name));
	HOLDS(m.reply.out[0] == 0x9abcdef0 && m.reply.out[1] == 0x12345678);
	TRY(ask(&m, task, 3200, 0));
	HOLDS(m.arrays.na == m.arrays.nb && m.arrays.na > 1);
	HOLDS(m.arrays.a.size == 4 * m.arrays.na);
	mach_msg_destroy(&m.arrays.head);
	TRY(ask(&m, task, 3208, 3, name, MACH_PORT_RIGHT_RECEIVE, -1));
	WANT(KERN_INVALID_NAME, ask(&m, task, 3201, 1, name));
}

static void
others(mach_port_t task)
{
	union any m;
	mach_port_t host = special(task, 2), name = special(task, 3), sem;

	TRY(ask(&m, host, 202, 0));
	HOLDS(m.reply.out[0] == 4096);
	TRY(ask(&m, host, 200, 2, 1, 12));
	HOLDS(m.reply.out[0] == 12 && m.reply.out[1] > 0);
	WANT(KERN_FAILURE, ask(&m, host, 200, 2, 1, 3));
	TRY(ask(&m, host, 201, 0));
	HOLDS(memcmp(&m.reply.out[2], "Veneer", 6) == 0);
	TRY(ask(&m, host, 206, 1, 0));
	name = m.right.right.name;
	TRY(ask(&m, name, 1000, 0));
	HOLDS(m.reply.out[0] > 0 && m.reply.out[1] < 1000000000);
	TRY(ask(&m, task, 3418, 2, 0, 1));
	sem = m.right.right.name;
	TRY(ask(&m, sem, 617200, 0));
	TRY(semaphore_wait(sem));
	TRY(semaphore_wait(sem));
	TRY(ask(&m, task, 3405, 2, 20, 12));
	HOLDS(m.reply.out[0] == 12 && m.reply.out[3] >= 4096);
	TRY(ask(&m, task, 3405, 2, 15, 8));
	HOLDS(m.reply.out[0] == 8);
}

static void
errors(mach_port_t task)
{
	union any m;

	WANT(BAD_ID, ask(&m, task, 3299, 0));
	WANT(BAD_ARGUMENTS, ask(&m, task, 3204, 0));
	WANT(BAD_ARGUMENTS, ask(&m, task, 3214, 1, 7));
	WANT(KERN_INVALID_TASK, ask(&m, special(task, 3), 3204, 1, 1));
	WANT(KERN_INVALID_ARGUMENT, ask(&m, task, 202, 0));
}

/* The child's port comes to us in a message: its names are ours to change. */
static void
child(mach_port_t server)
{
	struct one_right m = { 0 };
	mach_port_t p = new_port();
	mach_port_type_t type;

	m.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) |
	    MACH_MSGH_BITS_COMPLEX;
	m.head.msgh_remote_port = server;
	m.head.msgh_id = (int)p;
	m.body.msgh_descriptor_count = 1;
	m.right.name = mach_task_self();
	m.right.disposition = MACH_MSG_TYPE_COPY_SEND;
	TRY(mach_msg(&m.head, MACH_SEND_MSG, 40, 0, 0, 0, 0));
	do
		usleep(1000);
	while (mach_port_type(mach_task_self(), p, &type) == KERN_SUCCESS);
	TRY(mach_port_type(mach_task_self(), 0x12303, &type));
	HOLDS(type == MACH_PORT_TYPE_SEND);
	exit(0);
}

int
main(void)
{
	mach_port_t server = server_port(), task, mine;
	union any m;

	ports(mach_task_self());
	others(mach_task_self());
	errors(mach_task_self());
	if (fork() == 0) {
		TRY(task_get_bootstrap_port(mach_task_self(), &server));
		child(server);
	}
	TRY(mach_msg(&m.right.head, MACH_RCV_MSG, 0, sizeof(m), server, 0, 0));
	task = m.right.right.name;
	mine = (mach_port_t)m.right.head.msgh_id;
	ports(task);
	errors(task);
	memset(&m, 0, sizeof(m));
	m.right.body.msgh_descriptor_count = 1;
	m.right.right.name = new_port();
	m.right.right.disposition = MACH_MSG_TYPE_MAKE_SEND;
	m.right.in[0] = 0x12303;
	rpc(&m, task, 3214, 52, 1);
	HOLDS(m.reply.code == KERN_SUCCESS);
	TRY(ask(&m, task, 3205, 1, mine));
	reap(1);
	puts("mig: kernel objects answered, a child's too");
	return 0;
}
