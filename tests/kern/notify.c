/* SPDX-License-Identifier: ISC */
/* Notifications, receive rights in circles, interruption. */
#include "pair.h"

static void
a_send_once_right_dies_loudly(void **state)
{
	struct fixture *f = *state;
	uint32_t so, type;

	kern_port_extract_right(f->k, f->a, f->port, MAKE_SO, f->b, &so,
	    &type);
	kern_port_deallocate(f->k, f->b, so);
	take(f, f->ta, f->port, MACH_NOTIFY_SEND_ONCE);
}

static uint32_t
notify(struct fixture *f, struct space *s, uint32_t name, uint32_t id,
    uint32_t sync, uint32_t port)
{
	uint32_t previous = 0;

	assert_int_equal(kern_port_request_notification(f->k, s, name, id,
	    sync, s, port, port == 0 ? MACH_MSG_TYPE_MOVE_SEND_ONCE : MAKE_SO,
	    &previous), 0);
	return previous;
}

static uint32_t
word_of(struct rig_thread *t)
{
	uint32_t w;

	memcpy(&w, rig_bytes(t) + 24 + 8, sizeof(w));
	return w;
}

static void
no_senders(void **state)
{
	struct fixture *f = *state;
	uint32_t n = new_port(f, f->a), type;

	assert_int_equal(notify(f, f->a, f->port, MACH_NOTIFY_NO_SENDERS, 0,
	    n), 0);
	kern_port_deallocate(f->k, f->b, f->send);
	take(f, f->ta, n, MACH_NOTIFY_NO_SENDERS);
	assert_int_equal(got(f->ta)->size, 36);
	assert_int_equal(word_of(f->ta), 1);
	/* At once, when the count has been reached already. */
	notify(f, f->a, f->port, MACH_NOTIFY_NO_SENDERS, 1, n);
	take(f, f->ta, n, MACH_NOTIFY_NO_SENDERS);
	notify(f, f->a, f->port, MACH_NOTIFY_NO_SENDERS, 2, n);
	nothing(f->ta, n);
	kern_port_extract_right(f->k, f->a, f->port, MAKE_SEND, f->b,
	    &f->send, &type);
	kern_port_mod_refs(f->k, f->b, f->send, 0, 3);
	kern_port_mod_refs(f->k, f->b, f->send, 0, -3);
	nothing(f->ta, n);
	rig_task_end(f->rig, 1);
	rig_settle(f->rig);
	take(f, f->ta, n, MACH_NOTIFY_NO_SENDERS);
	assert_int_equal(word_of(f->ta), 2);
}

static void
dead_names(void **state)
{
	struct fixture *f = *state;
	uint32_t n = new_port(f, f->b), refs = 0, old;

	notify(f, f->b, f->send, MACH_NOTIFY_DEAD_NAME, 0, n);
	old = notify(f, f->b, f->send, MACH_NOTIFY_DEAD_NAME, 0, n);
	assert_int_equal(type_of(f, f->b, old), MACH_PORT_TYPE_SEND_ONCE);
	assert_int_equal(type_of(f, f->b, f->send), MACH_PORT_TYPE_SEND |
	    MACH_PORT_TYPE_DNREQUEST);
	kern_port_destroy(f->k, f->a, f->port);
	rig_settle(f->rig);
	take(f, f->tb, n, MACH_NOTIFY_DEAD_NAME);
	assert_int_equal(word_of(f->tb), f->send);
	kern_port_get_refs(f->k, f->b, f->send, MACH_PORT_RIGHT_DEAD_NAME,
	    &refs);
	assert_int_equal(refs, 2);
	notify(f, f->b, f->send, MACH_NOTIFY_DEAD_NAME, 1, n);
	take(f, f->tb, n, MACH_NOTIFY_DEAD_NAME);
	kern_port_get_refs(f->k, f->b, f->send, MACH_PORT_RIGHT_DEAD_NAME,
	    &refs);
	assert_int_equal(refs, 3);
}

static void
deleted_names(void **state)
{
	struct fixture *f = *state;
	uint32_t n = new_port(f, f->b);

	notify(f, f->b, f->send, MACH_NOTIFY_DEAD_NAME, 0, n);
	kern_port_deallocate(f->k, f->b, f->send);
	take(f, f->tb, n, MACH_NOTIFY_PORT_DELETED);
	assert_int_equal(word_of(f->tb), f->send);
}

static void
lent_rights_come_back(void **state)
{
	struct fixture *f = *state;
	uint32_t n = new_port(f, f->a), lent, type;
	struct port_descriptor d;

	notify(f, f->a, f->port, MACH_NOTIFY_PORT_DESTROYED, 0, n);
	kern_port_extract_right(f->k, f->a, f->port,
	    MACH_MSG_TYPE_MOVE_RECEIVE, f->b, &lent, &type);
	assert_int_equal(lent, f->send);
	send_id(f, 55, 0, 0);
	rig_task_end(f->rig, 1);
	rig_settle(f->rig);
	take(f, f->ta, n, MACH_NOTIFY_PORT_DESTROYED);
	assert_int_equal(got(f->ta)->size, 40);
	memcpy(&d, rig_bytes(f->ta) + 28, sizeof(d));
	assert_int_equal(type_of(f, f->a, d.name), MACH_PORT_TYPE_RECEIVE);
	take(f, f->ta, d.name, 55);
}

static void
send_possible(void **state)
{
	struct fixture *f = *state;
	uint32_t n = new_port(f, f->b), i;

	notify(f, f->b, f->send, MACH_NOTIFY_SEND_POSSIBLE, 1, n);
	take(f, f->tb, n, MACH_NOTIFY_SEND_POSSIBLE);
	for (i = 0; i < 5; i++)
		send_id(f, i, 0, 0);
	notify(f, f->b, f->send, MACH_NOTIFY_SEND_POSSIBLE, 0, n);
	take(f, f->ta, f->port, 0);
	nothing(f->tb, n);	/* not armed */
	send_id(f, 5, 0, 0);
	assert_true(send_id(f, 9, MACH_SEND_NOTIFY | MACH_SEND_TIMEOUT, 0));
	assert_int_equal(f->tb->result, MACH_SEND_TIMED_OUT);
	nothing(f->tb, n);
	take(f, f->ta, f->port, 1);
	rig_settle(f->rig);
	take(f, f->tb, n, MACH_NOTIFY_SEND_POSSIBLE);
	assert_int_equal(word_of(f->tb), f->send);
}

static bool
send_receive_right(struct fixture *f, struct rig_thread *t, uint32_t name,
    uint32_t to)
{
	struct port_descriptor d = {
		.name = name, .disposition = MACH_MSG_TYPE_MOVE_RECEIVE,
	};

	(void)f;
	memcpy(rig_bytes(t) + 28, &d, sizeof(d));
	return rig_msg(t, &(struct rig_send){
		.options = MACH_SEND_MSG, .remote = to, .ndescs = 1,
		.remote_disposition = COPY_SEND, .size = 40,
	}) && t->result == 0;
}

static void
circles_are_reclaimed(void **state)
{
	struct fixture *f = *state;
	uint32_t p[4], i;
	size_t ports;

	ports = f->k->nports;
	for (i = 0; i < 4; i++) {
		p[i] = new_port(f, f->a);
		kern_port_insert_right(f->k, f->a, p[i], f->a, p[i],
		    MAKE_SEND);
	}
	assert_int_equal(f->k->nports, ports + 4);
	for (i = 0; i < 4; i++)
		assert_true(send_receive_right(f, f->ta, p[i],
		    p[(i + 1) % 4]));
	rig_settle(f->rig);
	for (i = 0; i < 4; i++) {
		assert_int_equal(type_of(f, f->a, p[i]),
		    MACH_PORT_TYPE_DEAD_NAME);
		kern_port_deallocate(f->k, f->a, p[i]);
	}
	rig_settle(f->rig);
	assert_int_equal(f->k->nports, ports);
}

static void
deep_chains_end(void **state)
{
	struct fixture *f = *state;
	uint32_t last = f->port, p, i, type;

	kern_port_insert_right(f->k, f->a, last, f->a, last, MAKE_SEND);
	for (i = 0; i < TRANSIT_MAX + 50; i++) {
		p = new_port(f, f->a);
		kern_port_insert_right(f->k, f->a, p, f->a, p, MAKE_SEND);
		assert_true(send_receive_right(f, f->ta, last, p));
		last = p;
	}
	kern_port_destroy(f->k, f->a, last);
	rig_settle(f->rig);
	/* Dead names let go of their port when they are looked at. */
	for (i = 0; kern_port_names(f->k, f->a, &i, &p, &type) == 0;)
		assert_int_equal(type, MACH_PORT_TYPE_DEAD_NAME);
	assert_int_equal(type_of(f, f->b, f->send), MACH_PORT_TYPE_DEAD_NAME);
	assert_int_equal(f->k->nports, 0);
}

static void
interrupted_calls_lose_nothing(void **state)
{
	struct fixture *f = *state;
	uint32_t i, so = new_port(f, f->b);

	assert_false(receive(f->ta, f->port, 0, 0));
	assert_true(rig_again(f->ta, RPC_COLLECT));
	assert_int_equal(f->ta->result, MACH_RCV_INTERRUPTED);
	for (i = 0; i < 5; i++)
		assert_true(send_id(f, i, 0, 0));
	assert_false(rig_msg(f->tb, &(struct rig_send){
		.options = MACH_SEND_MSG, .remote = f->send, .id = 5,
		.remote_disposition = MACH_MSG_TYPE_MOVE_SEND, .local = so,
		.local_disposition = MACH_MSG_TYPE_MAKE_SEND,
	}));
	assert_int_equal(type_of(f, f->b, f->send), 0);
	assert_true(rig_again(f->tb, RPC_COLLECT));
	assert_int_equal(f->tb->result, MACH_SEND_INTERRUPTED);
	f->send = got(f->tb)->remote;
	assert_int_equal(type_of(f, f->b, f->send), MACH_PORT_TYPE_SEND);
	assert_int_equal(got(f->tb)->local, so);
	assert_int_equal(type_of(f, f->b, so), MACH_PORT_TYPE_SEND_RECEIVE);
	for (i = 0; i < 5; i++)
		take(f, f->ta, f->port, i);
	nothing(f->ta, f->port);
	/* A notification that comes again finds the same message. */
	assert_false(receive(f->ta, f->port, 0, 0));
	assert_false(rig_again(f->ta, RPC_MACH_MSG));
	send_id(f, 77, 0, 0);
	assert_true(f->ta->answered);
	assert_true(rig_again(f->ta, RPC_COLLECT));
	assert_int_equal(f->ta->result, 0);
	assert_int_equal(got(f->ta)->id, 77);
	nothing(f->ta, f->port);
}

static void
the_sent_half_stays_sent(void **state)
{
	struct fixture *f = *state;
	uint32_t reply = new_port(f, f->b);

	assert_false(rig_msg(f->tb, &(struct rig_send){
		.options = MACH_SEND_MSG | MACH_RCV_MSG, .remote = f->send,
		.remote_disposition = COPY_SEND, .id = 3, .rcv_name = reply,
	}));
	assert_true(rig_again(f->tb, RPC_COLLECT));
	assert_int_equal(f->tb->result, MACH_RCV_INTERRUPTED);
	take(f, f->ta, f->port, 3);
	nothing(f->ta, f->port);
}

static void
waits_end_with_their_port(void **state)
{
	struct fixture *f = *state;
	uint32_t i, m, type;

	assert_true(receive(f->ta, 0x77703, 0, 0));
	assert_int_equal(f->ta->result, MACH_RCV_INVALID_NAME);
	assert_true(receive(f->tb, f->send, 0, 0));
	assert_int_equal(f->tb->result, MACH_RCV_INVALID_NAME);
	assert_false(receive(f->ta, f->port, 0, 0));
	kern_port_extract_right(f->k, f->a, f->port,
	    MACH_MSG_TYPE_MOVE_RECEIVE, f->b, &m, &type);
	rig_settle(f->rig);
	assert_int_equal(f->ta->result, MACH_RCV_PORT_CHANGED);
	kern_port_extract_right(f->k, f->b, m, MACH_MSG_TYPE_MOVE_RECEIVE,
	    f->a, &f->port, &type);
	assert_false(receive(f->ta, f->port, 0, 0));
	kern_port_destroy(f->k, f->a, f->port);
	rig_settle(f->rig);
	assert_int_equal(f->ta->result, MACH_RCV_PORT_DIED);
	/* Who waited to send has sent: it just died on the way. */
	f->port = new_port(f, f->a);
	kern_port_extract_right(f->k, f->a, f->port, MAKE_SEND, f->b,
	    &f->send, &type);
	for (i = 0; i < 5; i++)
		send_id(f, i, 0, 0);
	assert_false(send_id(f, i, 0, 0));
	kern_port_destroy(f->k, f->a, f->port);
	rig_settle(f->rig);
	assert_int_equal(f->tb->result, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_send_once_right_dies_loudly,
		    "notify: a send-once right that dies unused says so"),
		T(no_senders, "notify: no senders, with the make-send count"),
		T(dead_names, "notify: a name died"),
		T(deleted_names, "notify: a name was given up"),
		T(lent_rights_come_back,
		    "notify: a lent receive right comes back"),
		T(send_possible, "notify: room to send"),
		T(circles_are_reclaimed,
		    "transit: receive rights in a circle are reclaimed"),
		T(deep_chains_end, "transit: a long chain dies step by step"),
		T(interrupted_calls_lose_nothing,
		    "interruption: nothing is lost or doubled"),
		T(the_sent_half_stays_sent,
		    "interruption: what was sent stays sent"),
		T(waits_end_with_their_port, "wait: ends with its port"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
