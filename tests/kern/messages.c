/* SPDX-License-Identifier: ISC */
/* mach_msg: what goes in, what comes out, and when it waits. */
#include "pair.h"

static void
a_message_arrives(void **state)
{
	struct fixture *f = *state;
	struct msg_header *h;
	uint32_t *word;
	struct msg_trailer *tr;

	word = (uint32_t *)(void *)(rig_bytes(f->tb) + 24);
	*word = 0xfeedface;
	assert_true(rig_msg(f->tb, &(struct rig_send){
		.options = MACH_SEND_MSG, .remote = f->send, .size = 28,
		.remote_disposition = COPY_SEND, .id = 42,
	}));
	assert_int_equal(f->tb->result, 0);
	assert_true(receive(f->ta, f->port, 3u << 24, 0));
	assert_int_equal(f->ta->result, 0);
	h = got(f->ta);
	assert_int_equal(h->id, 42);
	assert_int_equal(h->size, 28);
	assert_int_equal(h->local, f->port);
	assert_int_equal(h->remote, 0);
	assert_int_equal(h->bits, MACH_MSG_TYPE_PORT_SEND << 8);
	word = (uint32_t *)(void *)(h + 1);
	assert_int_equal(*word, 0xfeedface);
	tr = (struct msg_trailer *)(void *)(word + 1);
	assert_int_equal(tr->size, 52);
	assert_int_equal(tr->seqno, 0);
	assert_int_equal(tr->sender[0], 1001);
	assert_int_equal(tr->audit[5], 101);
	assert_int_equal(rig_args(f->ta)->written, 28 + 52);
}

static void
a_receiver_waits(void **state)
{
	struct fixture *f = *state;

	assert_false(receive(f->ta, f->port, 0, 0));
	assert_true(send_id(f, 7, 0, 0));
	assert_true(f->ta->answered);
	assert_int_equal(f->ta->result, 0);
	assert_int_equal(got(f->ta)->id, 7);
}

static void
order_is_kept(void **state)
{
	struct fixture *f = *state;
	uint32_t i;

	kern_port_set_attributes(f->k, f->a, f->port, MACH_PORT_LIMITS_INFO,
	    &(uint32_t){ 1000 }, 1);
	for (i = 0; i < 300; i++)
		assert_true(send_id(f, i, 0, 0));
	for (i = 0; i < 300; i++)
		take(f, f->ta, f->port, i);
	assert_int_equal(status(f, f->a, f->port, SEQNO), 300);
}

static void
a_full_queue_holds_senders(void **state)
{
	struct fixture *f = *state;
	uint32_t i;

	for (i = 0; i < 5; i++)
		assert_true(send_id(f, i, 0, 0));
	assert_true(send_id(f, 9, MACH_SEND_TIMEOUT, 0));
	assert_int_equal(f->tb->result, MACH_SEND_TIMED_OUT);
	assert_false(send_id(f, 5, MACH_SEND_TIMEOUT, 10));
	rig_advance(f->rig, 9 * MS);
	assert_false(f->tb->answered);
	rig_advance(f->rig, 2 * MS);
	assert_true(f->tb->answered);
	assert_int_equal(f->tb->result, MACH_SEND_TIMED_OUT);
	/* It is as it was, to be sent again. */
	assert_int_equal(got(f->tb)->remote, f->send);
	assert_int_equal(got(f->tb)->bits & 0x1f, MACH_MSG_TYPE_MOVE_SEND);
	assert_false(send_id(f, 5, 0, 0));
	take(f, f->ta, f->port, 0);
	assert_true(f->tb->answered);
	assert_int_equal(f->tb->result, 0);
	for (i = 1; i < 6; i++)
		take(f, f->ta, f->port, i);
	nothing(f->ta, f->port);
}

static void
a_raised_limit_lets_in(void **state)
{
	struct fixture *f = *state;
	uint32_t i;

	kern_port_set_attributes(f->k, f->a, f->port, MACH_PORT_LIMITS_INFO,
	    &(uint32_t){ 0 }, 1);
	assert_false(send_id(f, 5, 0, 0));
	kern_port_set_attributes(f->k, f->a, f->port, MACH_PORT_LIMITS_INFO,
	    &(uint32_t){ 1 }, 1);
	rig_settle(f->rig);
	assert_true(f->tb->answered);
	for (i = 0; i < 1; i++)
		take(f, f->ta, f->port, 5);
}

static void
an_rpc_in_one_call(void **state)
{
	struct fixture *f = *state;
	uint32_t reply = new_port(f, f->b);
	struct msg_header *h;

	assert_false(rig_msg(f->tb, &(struct rig_send){
		.options = MACH_SEND_MSG | MACH_RCV_MSG, .remote = f->send,
		.remote_disposition = COPY_SEND, .local = reply, .id = 1,
		.local_disposition = MAKE_SO, .rcv_name = reply,
	}));
	h = take(f, f->ta, f->port, 1);
	assert_int_equal(type_of(f, f->a, h->remote),
	    MACH_PORT_TYPE_SEND_ONCE);
	assert_int_equal(status(f, f->b, reply, SORIGHTS), 1);
	assert_true(rig_msg(f->ta, &(struct rig_send){
		.options = MACH_SEND_MSG, .remote = h->remote, .id = 101,
		.remote_disposition = MACH_MSG_TYPE_MOVE_SEND_ONCE,
	}));
	assert_true(f->tb->answered);
	assert_int_equal(got(f->tb)->id, 101);
	assert_int_equal(status(f, f->b, reply, SORIGHTS), 0);
}

static void
sets_take_turns(void **state)
{
	struct fixture *f = *state;
	uint32_t set, p[3], send[3], type, i;

	kern_port_allocate(f->k, f->a, MACH_PORT_RIGHT_PORT_SET, &set);
	for (i = 0; i < 3; i++) {
		p[i] = new_port(f, f->a);
		kern_port_extract_right(f->k, f->a, p[i], MAKE_SEND, f->b,
		    &send[i], &type);
		kern_port_insert_member(f->k, f->a, p[i], set);
	}
	f->send = send[0];
	send_id(f, 0, 0, 0);
	send_id(f, 3, 0, 0);
	f->send = send[1];
	send_id(f, 1, 0, 0);
	f->send = send[2];
	send_id(f, 2, 0, 0);
	for (i = 0; i < 4; i++)
		assert_int_equal(take(f, f->ta, set, i)->local, p[i % 3]);
	assert_false(receive(f->ta, set, 0, 0));
	send_id(f, 9, 0, 0);
	assert_true(f->ta->answered);
	assert_int_equal(got(f->ta)->local, p[2]);
	assert_false(receive(f->ta, set, 0, 0));
	kern_port_destroy(f->k, f->a, set);
	rig_settle(f->rig);
	assert_int_equal(f->ta->result, MACH_RCV_PORT_DIED);
}

static void
too_large_messages(void **state)
{
	struct fixture *f = *state;

	send_id(f, 1, 0, 0);
	assert_true(rig_msg(f->ta, &(struct rig_send){
		.options = MACH_RCV_MSG | MACH_RCV_LARGE |
		    MACH_RCV_LARGE_IDENTITY, .rcv_name = f->port,
		.rcv_size = 31,
	}));
	assert_int_equal(f->ta->result, MACH_RCV_TOO_LARGE);
	assert_int_equal(got(f->ta)->size, 24);
	assert_int_equal(got(f->ta)->local, f->port);
	assert_int_equal(status(f, f->a, f->port, MSGCOUNT), 1);
	assert_true(rig_msg(f->ta, &(struct rig_send){
		.options = MACH_RCV_MSG, .rcv_name = f->port, .rcv_size = 31,
	}));
	assert_int_equal(f->ta->result, MACH_RCV_TOO_LARGE);
	nothing(f->ta, f->port);
	/* One who waits with a small buffer hears it, the next one gets it. */
	assert_false(rig_msg(f->ta, &(struct rig_send){
		.options = MACH_RCV_MSG | MACH_RCV_LARGE, .rcv_name = f->port,
		.rcv_size = 24,
	}));
	assert_false(receive(f->ta2, f->port, 0, 0));
	send_id(f, 2, 0, 0);
	assert_int_equal(f->ta->result, MACH_RCV_TOO_LARGE);
	assert_int_equal(f->ta2->result, 0);
}

static void
rights_travel(void **state)
{
	struct fixture *f = *state;
	uint32_t p = new_port(f, f->b), q = new_port(f, f->b), i;
	struct port_descriptor d[3] = {
		{ .name = p, .disposition = MAKE_SEND },
		{ .name = p, .disposition = MAKE_SO },
		{ .name = q, .disposition = MACH_MSG_TYPE_MOVE_RECEIVE },
	};
	uint32_t n;

	memcpy(rig_bytes(f->tb) + 28, d, sizeof(d));
	assert_true(rig_msg(f->tb, &(struct rig_send){
		.options = MACH_SEND_MSG, .remote = f->send, .ndescs = 3,
		.remote_disposition = COPY_SEND, .size = 28 + 36,
	}));
	assert_int_equal(f->tb->result, 0);
	assert_int_equal(type_of(f, f->b, q), 0);
	take(f, f->ta, f->port, 0);
	assert_true(got(f->ta)->bits & MACH_MSGH_BITS_COMPLEX);
	memcpy(&n, rig_bytes(f->ta) + 24, 4);
	assert_int_equal(n, 3);
	memcpy(d, rig_bytes(f->ta) + 28, sizeof(d));
	for (i = 0; i < 3; i++)
		assert_int_equal(type_of(f, f->a, d[i].name), i == 0 ?
		    MACH_PORT_TYPE_SEND : i == 1 ? MACH_PORT_TYPE_SEND_ONCE :
		    MACH_PORT_TYPE_RECEIVE);
	assert_int_equal(d[0].disposition, MACH_MSG_TYPE_PORT_SEND);
	assert_int_equal(d[1].disposition, MACH_MSG_TYPE_PORT_SEND_ONCE);
	assert_int_equal(d[2].disposition, MACH_MSG_TYPE_PORT_RECEIVE);
}

static void
a_bad_right_costs_the_others(void **state)
{
	struct fixture *f = *state;
	uint32_t q = new_port(f, f->b), reply = new_port(f, f->b);
	struct port_descriptor d[2] = {
		{ .name = q, .disposition = MACH_MSG_TYPE_MOVE_RECEIVE },
		{ .name = 0x77703, .disposition = COPY_SEND },
	};

	memcpy(rig_bytes(f->tb) + 28, d, sizeof(d));
	assert_true(rig_msg(f->tb, &(struct rig_send){
		.options = MACH_SEND_MSG, .remote = f->send, .ndescs = 2,
		.remote_disposition = COPY_SEND, .size = 28 + 24,
		.local = reply, .local_disposition = MAKE_SO,
	}));
	assert_int_equal(f->tb->result, MACH_SEND_INVALID_RIGHT);
	rig_settle(f->rig);
	assert_int_equal(type_of(f, f->b, q), 0);
	nothing(f->ta, f->port);
	/* The reply right was lost with it, and says so. */
	take(f, f->tb, reply, MACH_NOTIFY_SEND_ONCE);
}

static const struct {
	uint32_t remote, rd, local, ld;
	int want;
} header_cases[] = {
	{ 0, COPY_SEND, 0, 0, MACH_SEND_INVALID_DEST },
	{ 0xffffffff, COPY_SEND, 0, 0, MACH_SEND_INVALID_DEST },
	{ 0x77703, COPY_SEND, 0, 0, MACH_SEND_INVALID_DEST },
	{ 1, 0, 0, 0, MACH_SEND_INVALID_HEADER },
	{ 1, MACH_MSG_TYPE_MOVE_RECEIVE, 0, 0, MACH_SEND_INVALID_HEADER },
	{ 1, MACH_MSG_TYPE_COPY_RECEIVE, 0, 0, MACH_SEND_INVALID_HEADER },
	{ 1, MAKE_SEND, 0, 0, MACH_SEND_INVALID_DEST },
	{ 1, MACH_MSG_TYPE_MOVE_SEND_ONCE, 0, 0, MACH_SEND_INVALID_DEST },
	{ 1, COPY_SEND, 5, 0, MACH_SEND_INVALID_HEADER },
	{ 1, COPY_SEND, 0x77703, COPY_SEND, MACH_SEND_INVALID_REPLY },
	{ 1, COPY_SEND, 1, MAKE_SO, MACH_SEND_INVALID_REPLY },
	{ 1, COPY_SEND, 1, MACH_MSG_TYPE_MOVE_SEND_ONCE,
	    MACH_SEND_INVALID_DEST },
	{ 1, COPY_SEND, 1, MACH_MSG_TYPE_MOVE_RECEIVE,
	    MACH_SEND_INVALID_HEADER },
	{ 1, MACH_MSG_TYPE_MOVE_SEND, 1, MACH_MSG_TYPE_MOVE_SEND,
	    MACH_SEND_INVALID_DEST },
	{ 1, COPY_SEND, 0, MAKE_SO, 0 },
	{ 1, COPY_SEND, 0xffffffff, MAKE_SEND, 0 },
	{ 1, COPY_SEND, 1, COPY_SEND, 0 },
	{ 1, COPY_SEND, 1, MACH_MSG_TYPE_MOVE_SEND, 0 },
};

static void
headers_are_judged(void **state)
{
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(header_cases) / sizeof(header_cases[0]); i++) {
		assert_true(rig_msg(f->tb, &(struct rig_send){
			.options = MACH_SEND_MSG,
			.remote = header_cases[i].remote == 1 ? f->send :
			    header_cases[i].remote,
			.remote_disposition = header_cases[i].rd,
			.local = header_cases[i].local == 1 ? f->send :
			    header_cases[i].local,
			.local_disposition = header_cases[i].ld,
		}));
		assert_int_equal(f->tb->result, header_cases[i].want);
	}
	assert_int_equal(type_of(f, f->b, f->send), 0);	/* moved at last */
	rig_settle(f->rig);
	assert_int_equal(status(f, f->a, f->port, MSGCOUNT), 4);
}

static void
memory_goes_along(void **state)
{
	struct fixture *f = *state;
	char text[] = "out of line";
	uint64_t at = (uint64_t)(uintptr_t)text;
	struct ool_descriptor d = {
		.address = { (uint32_t)at, (uint32_t)(at >> 32) },
		.type = MACH_MSG_OOL_DESCRIPTOR, .copy = MACH_MSG_VIRTUAL_COPY,
		.size = sizeof(text),
	};
	int slow;
	char *there;

	for (slow = 0; slow < 2; slow++) {
		f->rig->slow_memory = slow;
		memcpy(rig_bytes(f->tb) + 28, &d, sizeof(d));
		rig_msg(f->tb, &(struct rig_send){
			.options = MACH_SEND_MSG, .remote = f->send,
			.remote_disposition = COPY_SEND, .size = 44,
			.ndescs = 1,
		});
		if (slow) {
			assert_false(f->tb->answered);
			rig_memory_end(f->rig, 0);
		}
		assert_true(f->tb->answered);
		assert_int_equal(f->tb->result, 0);
		take(f, f->ta, f->port, 0);
		memcpy(&d, rig_bytes(f->ta) + 28, sizeof(d));
		there = (char *)(uintptr_t)((uint64_t)d.address[1] << 32 |
		    d.address[0]);
		assert_ptr_not_equal(there, text);
		assert_string_equal(there, text);
		assert_int_equal(d.size, sizeof(text));
		free(there);
		d.address[0] = (uint32_t)at;
		d.address[1] = (uint32_t)(at >> 32);
	}
}

static void
bad_memory(void **state)
{
	struct fixture *f = *state;
	struct ool_descriptor d = {
		.address = { 1, 0 }, .type = MACH_MSG_OOL_DESCRIPTOR,
		.size = 5,
	};

	memcpy(rig_bytes(f->tb) + 28, &d, sizeof(d));
	assert_true(rig_msg(f->tb, &(struct rig_send){
		.options = MACH_SEND_MSG, .remote = f->send, .ndescs = 1,
		.remote_disposition = COPY_SEND, .size = 44,
	}));
	assert_int_equal(f->tb->result, MACH_SEND_INVALID_MEMORY);
	d.copy = 7;
	memcpy(rig_bytes(f->tb) + 28, &d, sizeof(d));
	assert_true(rig_msg(f->tb, &(struct rig_send){
		.options = MACH_SEND_MSG, .remote = f->send, .ndescs = 1,
		.remote_disposition = COPY_SEND, .size = 44,
	}));
	assert_int_equal(f->tb->result, MACH_SEND_INVALID_TYPE);
	/* Given up while its memory is being fetched: nothing has happened. */
	d.copy = 0;
	f->rig->slow_memory = true;
	memcpy(rig_bytes(f->tb) + 28, &d, sizeof(d));
	assert_false(rig_msg(f->tb, &(struct rig_send){
		.options = MACH_SEND_MSG, .remote = f->send, .ndescs = 1,
		.remote_disposition = COPY_SEND, .size = 44,
	}));
	assert_true(rig_again(f->tb, RPC_COLLECT));
	assert_int_equal(f->tb->result, -RPC_ECANCELED);
	f->rig->asked_address = (uint64_t)(uintptr_t)&d;
	rig_memory_end(f->rig, 0);
	nothing(f->ta, f->port);
}

static void
arrays_of_rights(void **state)
{
	struct fixture *f = *state;
	uint32_t names[40], i, *there;
	uint64_t at = (uint64_t)(uintptr_t)names;
	struct ool_descriptor d = {
		.address = { (uint32_t)at, (uint32_t)(at >> 32) },
		.type = MACH_MSG_OOL_PORTS_DESCRIPTOR, .size = 40,
		.disposition = MAKE_SEND,
	};

	for (i = 0; i < 40; i++)
		names[i] = i == 3 ? 0 : i == 4 ? 0xffffffff :
		    new_port(f, f->b);
	memcpy(rig_bytes(f->tb) + 28, &d, sizeof(d));
	assert_true(rig_msg(f->tb, &(struct rig_send){
		.options = MACH_SEND_MSG, .remote = f->send, .ndescs = 1,
		.remote_disposition = COPY_SEND, .size = 44,
	}));
	assert_int_equal(f->tb->result, 0);
	take(f, f->ta, f->port, 0);
	memcpy(&d, rig_bytes(f->ta) + 28, sizeof(d));
	there = (uint32_t *)(uintptr_t)((uint64_t)d.address[1] << 32 |
	    d.address[0]);
	for (i = 0; i < 40; i++)
		if (i == 3 || i == 4)
			assert_int_equal(there[i], names[i]);
		else
			assert_int_equal(type_of(f, f->a, there[i]),
			    MACH_PORT_TYPE_SEND);
	free(there);
}

static void
guarded_descriptors(void **state)
{
	struct fixture *f = *state;
	uint32_t q = new_port(f, f->b);
	struct guarded_descriptor d = {
		.context = { 9, 0 }, .disposition = MACH_MSG_TYPE_MOVE_RECEIVE,
		.flags = MACH_MSG_GUARD_FLAGS_UNGUARDED_ON_SEND,
		.type = MACH_MSG_GUARDED_PORT_DESCRIPTOR, .name = q,
	};
	int i;

	kern_port_guard(f->k, f->b, q, 8, false);
	for (i = 0; i < 2; i++) {
		memcpy(rig_bytes(f->tb) + 28, &d, sizeof(d));
		assert_true(rig_msg(f->tb, &(struct rig_send){
			.options = MACH_SEND_MSG, .remote = f->send,
			.remote_disposition = COPY_SEND, .size = 44,
			.ndescs = 1,
		}));
		assert_int_equal(f->tb->result, i == 0 ?
		    MACH_SEND_INVALID_RIGHT : 0);
		d.context[0] = 8;
	}
	take(f, f->ta, f->port, 0);
	memcpy(&d, rig_bytes(f->ta) + 28, sizeof(d));
	assert_int_equal(type_of(f, f->a, d.name), MACH_PORT_TYPE_RECEIVE);
}

static void
bodies_are_judged(void **state)
{
	struct fixture *f = *state;
	struct rig_send s = {
		.options = MACH_SEND_MSG, .remote = f->send, .ndescs = 1,
		.remote_disposition = COPY_SEND, .size = 40,
	};
	struct port_descriptor d = { .disposition = COPY_SEND, .type = 9 };
	uint32_t size;

	memcpy(rig_bytes(f->tb) + 28, &d, sizeof(d));
	rig_msg(f->tb, &s);
	assert_int_equal(f->tb->result, MACH_SEND_INVALID_TYPE);
	d.type = 0;
	d.disposition = 3;
	memcpy(rig_bytes(f->tb) + 28, &d, sizeof(d));
	rig_msg(f->tb, &s);
	assert_int_equal(f->tb->result, MACH_SEND_INVALID_TYPE);
	s.ndescs = 2;
	rig_msg(f->tb, &s);
	assert_int_equal(f->tb->result, MACH_SEND_MSG_TOO_SMALL);
	s.ndescs = 0xffffffff;
	rig_msg(f->tb, &s);
	assert_int_equal(f->tb->result, MACH_SEND_MSG_TOO_SMALL);
	s.ndescs = 0;
	for (size = 20; size < 24; size++) {
		s.size = size;
		rig_msg(f->tb, &s);
		assert_int_equal(f->tb->result, MACH_SEND_MSG_TOO_SMALL);
	}
	s.size = 0xfffffffc;
	rig_msg(f->tb, &s);
	assert_int_equal(f->tb->result, MACH_SEND_TOO_LARGE);
	s.size = 8192;		/* more than the slot has */
	rig_msg(f->tb, &s);
	assert_int_equal(f->tb->result, MACH_SEND_INVALID_DATA);
	nothing(f->ta, f->port);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_message_arrives, "message: arrives with names and trailer"),
		T(a_receiver_waits, "receive: waits for a message"),
		T(order_is_kept, "queue: order is kept"),
		T(a_full_queue_holds_senders,
		    "send: waits for room, and gives up with its rights"),
		T(a_raised_limit_lets_in, "queue: a raised limit lets in"),
		T(an_rpc_in_one_call, "rpc: one call sends and receives"),
		T(sets_take_turns, "set: its ports take turns"),
		T(too_large_messages, "receive: a message that is too large"),
		T(rights_travel, "message: rights of each kind travel"),
		T(a_bad_right_costs_the_others,
		    "send: a bad right costs the message its others"),
		T(headers_are_judged, "send: headers are judged"),
		T(bodies_are_judged, "send: bodies are judged"),
		T(memory_goes_along, "memory: is copied, at once or later"),
		T(bad_memory, "memory: what cannot be read"),
		T(arrays_of_rights, "message: arrays of rights"),
		T(guarded_descriptors, "message: guarded receive rights"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
