/* SPDX-License-Identifier: ISC */
/* Two tasks: a receives at a port, b has a send right to it. */
#ifndef VENEER_TESTS_KERN_PAIR_H
#define VENEER_TESTS_KERN_PAIR_H

#include "rig.h"
#include "rpc.h"

#define MS 1000000u
#define MAKE_SEND MACH_MSG_TYPE_MAKE_SEND
#define MAKE_SO MACH_MSG_TYPE_MAKE_SEND_ONCE
#define COPY_SEND MACH_MSG_TYPE_COPY_SEND

struct fixture {
	struct rig *rig;
	struct kern *k;
	struct space *a, *b;
	struct rig_thread *ta, *tb, *ta2;
	uint32_t port, send;	/* a receives, b sends */
};

static inline uint32_t
new_port(struct fixture *f, struct space *s)
{
	uint32_t name = 0;

	assert_int_equal(kern_port_allocate(f->k, s, MACH_PORT_RIGHT_RECEIVE,
	    &name), 0);
	return name;
}

static inline int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uint32_t type;

	f->rig = rig_new(1);
	f->k = &f->rig->k;
	f->a = rig_space(f->rig, 0);
	f->b = rig_space(f->rig, 1);
	rig_thread_start(f->rig, 0, 0);
	rig_thread_start(f->rig, 1, 1);
	rig_thread_start(f->rig, 2, 0);
	f->ta = &f->rig->thread[0];
	f->tb = &f->rig->thread[1];
	f->ta2 = &f->rig->thread[2];
	f->port = new_port(f, f->a);
	kern_port_extract_right(f->k, f->a, f->port, MAKE_SEND, f->b,
	    &f->send, &type);
	*state = f;
	return 0;
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;

	rig_end(f->rig);
	free(f);
	return 0;
}

static inline uint32_t
type_of(struct fixture *f, struct space *s, uint32_t name)
{
	uint32_t type = 0;

	return kern_port_type(f->k, s, name, &type) ? 0 : type;
}

static inline uint32_t
status(struct fixture *f, struct space *s, uint32_t name, int field)
{
	uint32_t info[10], count = 10;

	assert_int_equal(kern_port_get_attributes(f->k, s, name,
	    MACH_PORT_RECEIVE_STATUS, info, &count), 0);
	return info[field];
}
enum { PSET, SEQNO, MSCOUNT, QLIMIT, MSGCOUNT, SORIGHTS, SRIGHTS, PDREQUEST,
	NSREQUEST };

static inline bool
send_id(struct fixture *f, uint32_t id, uint32_t options, uint32_t timeout)
{
	return rig_msg(f->tb, &(struct rig_send){
		.options = MACH_SEND_MSG | options, .remote = f->send,
		.remote_disposition = COPY_SEND, .id = id, .timeout = timeout,
	});
}

static inline bool
receive(struct rig_thread *t, uint32_t name, uint32_t options,
    uint32_t timeout)
{
	return rig_msg(t, &(struct rig_send){
		.options = MACH_RCV_MSG | options, .rcv_name = name,
		.timeout = timeout,
	});
}

static inline struct msg_header *
got(struct rig_thread *t)
{
	return (struct msg_header *)(void *)rig_bytes(t);
}

/* Receives at once, which must work, and checks the id. */
static inline struct msg_header *
take(struct fixture *f, struct rig_thread *t, uint32_t name, uint32_t id)
{
	(void)f;
	assert_true(receive(t, name, MACH_RCV_TIMEOUT, 0));
	assert_int_equal(t->result, MACH_MSG_SUCCESS);
	assert_int_equal(got(t)->id, id);
	return got(t);
}

static inline void
nothing(struct rig_thread *t, uint32_t name)
{
	assert_true(receive(t, name, MACH_RCV_TIMEOUT, 0));
	assert_int_equal(t->result, MACH_RCV_TIMED_OUT);
}

#define T(f, title) { title, f, setup, teardown, NULL }

#endif
