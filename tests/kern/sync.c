/* SPDX-License-Identifier: ISC */
/* Semaphores, time, staged memory; and slots full of nonsense. */
#include "pair.h"
#include "routine.h"

/* A routine as a guest calls it; true: it was answered. */
static bool
call(struct rig_thread *t, uint32_t routine, uint64_t a1, uint64_t a2,
    uint64_t a3)
{
	uint64_t arg[6] = { 0, a1, a2, a3, 0, 0 };

	memset(t->slot, 0, 64);
	memcpy(t->slot, &routine, sizeof(routine));
	memcpy(t->slot + 8, arg, sizeof(arg));
	return rig_call(t, RPC_MACH_CALL, RIG_SLOT, 0);
}

static uint32_t
back(struct rig_thread *t)
{
	uint32_t v;

	memcpy(&v, t->slot + 8, sizeof(v));
	return v;
}

static uint32_t
semaphore(struct fixture *f, int value)
{
	assert_true(call(f->ta, MACH_ROUTINE_semaphore_create, 0,
	    (uint64_t)value, 0));
	assert_int_equal(f->ta->result, 0);
	return back(f->ta);
}

static void
signals_wake_in_order(void **state)
{
	struct fixture *f = *state;
	uint32_t s = semaphore(f, 1);

	assert_true(call(f->ta, MACH_ROUTINE_semaphore_wait, s, 0, 0));
	assert_int_equal(f->ta->result, 0);
	assert_false(call(f->ta, MACH_ROUTINE_semaphore_wait, s, 0, 0));
	rig_thread_start(f->rig, 5, 0);
	assert_false(call(f->ta2, MACH_ROUTINE_semaphore_wait, s, 0, 0));
	assert_true(call(&f->rig->thread[5], MACH_ROUTINE_semaphore_signal,
	    s, 0, 0));
	assert_true(f->ta->answered);
	assert_false(f->ta2->answered);
	assert_int_equal(f->ta->result, 0);
	call(f->ta, MACH_ROUTINE_semaphore_signal_all, s, 0, 0);
	assert_true(f->ta2->answered);
	/* signal_all keeps nothing for later, signal does. */
	call(f->ta, MACH_ROUTINE_semaphore_signal_all, s, 0, 0);
	assert_true(call(f->ta, MACH_ROUTINE_semaphore_timedwait, s, 0, 0));
	assert_int_equal(f->ta->result, KERN_OPERATION_TIMED_OUT);
	call(f->ta, MACH_ROUTINE_semaphore_signal, s, 0, 0);
	assert_true(call(f->ta, MACH_ROUTINE_semaphore_timedwait, s, 0, 0));
	assert_int_equal(f->ta->result, 0);
}

static void
waits_on_semaphores_end(void **state)
{
	struct fixture *f = *state;
	uint32_t s = semaphore(f, 0), o = semaphore(f, 0);

	assert_false(call(f->ta, MACH_ROUTINE_semaphore_timedwait, s, 0,
	    5 * MS));
	rig_advance(f->rig, 4 * MS);
	assert_false(f->ta->answered);
	rig_advance(f->rig, 2 * MS);
	assert_int_equal(f->ta->result, KERN_OPERATION_TIMED_OUT);
	assert_false(call(f->ta, MACH_ROUTINE_semaphore_wait, s, 0, 0));
	assert_true(rig_again(f->ta, RPC_COLLECT));
	assert_int_equal(f->ta->result, KERN_ABORTED);
	/* wait_signal: signals the other as it starts to wait. */
	assert_false(call(f->ta, MACH_ROUTINE_semaphore_wait, s, 0, 0));
	assert_false(call(f->ta2, MACH_ROUTINE_semaphore_wait, o, s, 0));
	assert_true(f->ta->answered);
	assert_true(call(f->ta, MACH_ROUTINE_semaphore_destroy, o, 0, 0));
	assert_true(f->ta2->answered);
	assert_int_equal(f->ta2->result, KERN_TERMINATED);
	assert_int_equal(type_of(f, f->a, o), MACH_PORT_TYPE_DEAD_NAME);
	call(f->ta, MACH_ROUTINE_semaphore_signal, o, 0, 0);
	assert_int_equal(f->ta->result, KERN_TERMINATED);
	call(f->ta, MACH_ROUTINE_semaphore_signal, f->port, 0, 0);
	assert_int_equal(f->ta->result, KERN_INVALID_ARGUMENT);
}

static uint64_t
state_of(struct rig_thread *t)
{
	uint64_t v;

	memcpy(&v, t->slot + 24, sizeof(v));
	return v;
}

static void
posts_overwrite(void **state)
{
	struct fixture *f = *state;
	uint32_t n, there, type, s = semaphore(f, 0);

	assert_true(call(f->ta, MACH_ROUTINE_notification_create, 0, 0, 0));
	n = back(f->ta);
	call(f->ta, MACH_ROUTINE_notification_wait, n, 0, 0);
	assert_int_equal(f->ta->result, KERN_OPERATION_TIMED_OUT);
	call(f->ta, MACH_ROUTINE_notification_post, n, 7, 0);
	call(f->ta, MACH_ROUTINE_notification_post, n, 8, 0);
	call(f->ta, MACH_ROUTINE_notification_wait, n, 0, 0);
	assert_int_equal(f->ta->result, KERN_SUCCESS);
	assert_int_equal(state_of(f->ta), 8);
	call(f->ta, MACH_ROUTINE_notification_wait, n, 0, 0);
	assert_int_equal(f->ta->result, KERN_OPERATION_TIMED_OUT);
	/* Of two who wait the first is woken, with the state. */
	kern_port_extract_right(f->k, f->a, n, COPY_SEND, f->b, &there, &type);
	assert_false(call(f->tb, MACH_ROUTINE_notification_wait, there,
	    UINT64_MAX, 0));
	assert_false(call(f->ta2, MACH_ROUTINE_notification_wait, n,
	    UINT64_MAX, 0));
	call(f->ta, MACH_ROUTINE_notification_post, n, 9, 0);
	assert_true(f->tb->answered);
	assert_false(f->ta2->answered);
	assert_int_equal(state_of(f->tb), 9);
	call(f->ta, MACH_ROUTINE_semaphore_signal, n, 0, 0);
	assert_int_equal(f->ta->result, KERN_INVALID_ARGUMENT);
	call(f->ta, MACH_ROUTINE_notification_post, s, 1, 0);
	assert_int_equal(f->ta->result, KERN_INVALID_ARGUMENT);
	call(f->ta, MACH_ROUTINE_semaphore_destroy, n, 0, 0);
	assert_true(f->ta2->answered);
	assert_int_equal(f->ta2->result, KERN_TERMINATED);
}

static void
semaphores_die_with_their_task(void **state)
{
	struct fixture *f = *state;
	uint32_t s = semaphore(f, 0), there, type;

	kern_port_extract_right(f->k, f->a, s, COPY_SEND, f->b, &there, &type);
	assert_false(call(f->tb, MACH_ROUTINE_semaphore_wait, there, 0, 0));
	rig_task_end(f->rig, 0);
	rig_settle(f->rig);
	assert_true(f->tb->answered);
	assert_int_equal(f->tb->result, KERN_TERMINATED);
}

static void
one_thread_is_signalled(void **state)
{
	struct fixture *f = *state;
	uint32_t s = semaphore(f, 0), me;

	assert_true(call(f->ta2, MACH_ROUTINE_thread_self, 0, 0, 0));
	me = back(f->ta2);
	call(f->ta, MACH_ROUTINE_semaphore_signal_thread, s, me, 0);
	assert_int_equal(f->ta->result, KERN_NOT_WAITING);
	rig_thread_start(f->rig, 5, 0);
	assert_false(call(f->ta, MACH_ROUTINE_semaphore_wait, s, 0, 0));
	assert_false(call(f->ta2, MACH_ROUTINE_semaphore_wait, s, 0, 0));
	call(&f->rig->thread[5], MACH_ROUTINE_semaphore_signal_thread, s, me,
	    0);
	assert_false(f->ta->answered);
	assert_true(f->ta2->answered);
}

static void
sleep_wakes(void **state)
{
	struct fixture *f = *state;

	assert_false(call(f->ta, MACH_ROUTINE_clock_sleep, 0, TIME_RELATIVE,
	    3 * MS));
	rig_advance(f->rig, 3 * MS - 1);
	assert_false(f->ta->answered);
	rig_advance(f->rig, 1);
	assert_int_equal(f->ta->result, 0);
	assert_true(call(f->ta, MACH_ROUTINE_clock_sleep, 7, 0, 1));
	assert_int_equal(f->ta->result, KERN_INVALID_ARGUMENT);
	assert_true(call(f->ta, MACH_ROUTINE_clock_sleep, 0, 9, 1));
	assert_int_equal(f->ta->result, KERN_INVALID_VALUE);
	assert_true(call(f->ta, MACH_ROUTINE_clock_sleep, 0, TIME_RELATIVE,
	    UINT64_MAX));
	assert_int_equal(f->ta->result, KERN_INVALID_VALUE);
}

static void
timers_ring(void **state)
{
	struct fixture *f = *state;
	uint64_t t0 = f->rig->now, when;
	uint32_t t, i;

	assert_int_equal(kern_timer_create(f->k, f->a, &t), 0);
	for (i = 1; i <= 5; i++) {
		assert_int_equal(kern_timer_arm(f->k, f->a, t, t0 + i * MS),
		    0);
		kern_kick(f->k);
		rig_advance(f->rig, MS);
		assert_int_equal(take(f, f->ta, t, 0)->size, 48);
	}
	/* Moved forward, then back, then taken away. */
	kern_timer_arm(f->k, f->a, t, t0 + 20 * MS);
	kern_timer_arm(f->k, f->a, t, t0 + 7 * MS);
	kern_kick(f->k);
	rig_advance(f->rig, 3 * MS);
	take(f, f->ta, t, 0);
	nothing(f->ta, t);
	kern_timer_arm(f->k, f->a, t, t0 + 30 * MS);
	assert_int_equal(kern_timer_cancel(f->k, f->a, t, &when), 0);
	assert_int_equal(when, t0 + 30 * MS);
	rig_advance(f->rig, 40 * MS);
	nothing(f->ta, t);
	assert_int_equal(kern_timer_cancel(f->k, f->a, t, &when), 0);
	assert_int_equal(when, 0);
	kern_timer_arm(f->k, f->a, t, t0 + 90 * MS);
	assert_int_equal(kern_timer_arm(f->k, f->a, f->port, 1),
	    KERN_INVALID_ARGUMENT);
	assert_int_equal(kern_timer_destroy(f->k, f->a, t), 0);
	assert_int_equal(f->rig->timer <= 1, 1);
}

/* Deadlines are computed, so the last of many is where the first said it would be. */
static void
timers_do_not_drift(void **state)
{
	enum { PERIODS = 1000 };
	struct fixture *f = *state;
	uint64_t start = f->rig->now, period = 7 * MS / 3, at = start;
	uint32_t t;
	int i;

	assert_true(call(f->ta, MACH_ROUTINE_timer_create, 0, 0, 0));
	t = back(f->ta);
	for (i = 1; i <= PERIODS; i++) {
		at += period;
		call(f->ta, MACH_ROUTINE_timer_arm, t, at, 0);
		assert_int_equal(f->rig->timer, at);
		/* Who hears of it hears late, by a third of a period at times. */
		rig_advance(f->rig, at - f->rig->now - 1);
		nothing(f->ta, t);
		rig_advance(f->rig, 1 + rig_rnd(f->rig, period / 3));
		take(f, f->ta, t, 0);
	}
	assert_int_equal(at, start + PERIODS * period);
}

static void
alarms_ring_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(kern_clock_alarm(f->k, f->a, 0, TIME_RELATIVE,
	    5 * MS, f->port, MAKE_SO), 0);
	kern_kick(f->k);
	rig_advance(f->rig, 6 * MS);
	assert_int_equal(take(f, f->ta, f->port, 3125107)->size, 48);
	nothing(f->ta, f->port);
	/* One that never rings ends with the kernel; its port may die before. */
	assert_int_equal(kern_clock_alarm(f->k, f->a, 0, TIME_RELATIVE,
	    500 * MS, f->port, MAKE_SO), 0);
	kern_port_destroy(f->k, f->a, f->port);
	rig_settle(f->rig);
}

static void
memory_is_staged(void **state)
{
	struct fixture *f = *state;
	uint64_t id;

	assert_true(call(f->ta, MACH_ROUTINE_stage_new, 5000, 0, 0));
	assert_int_equal(f->ta->result, 0);
	id = back(f->ta);
	memset(f->ta->slot + 64, 'x', 3000);
	assert_true(call(f->ta, MACH_ROUTINE_stage_write, id, 2000, 3000));
	assert_int_equal(f->ta->result, 0);
	assert_true(call(f->ta, MACH_ROUTINE_stage_write, id, 2001, 3000));
	assert_int_equal(f->ta->result, KERN_INVALID_VALUE);
	assert_true(call(f->ta, MACH_ROUTINE_stage_read, id, UINT64_MAX, 2));
	assert_int_equal(f->ta->result, KERN_INVALID_VALUE);
	assert_true(call(f->ta, MACH_ROUTINE_stage_read, id, 1999, 2));
	assert_int_equal(f->ta->slot[64], 0);
	assert_int_equal(f->ta->slot[65], 'x');
	assert_true(call(f->tb, MACH_ROUTINE_stage_read, id, 0, 2));
	assert_int_equal(f->tb->result, KERN_INVALID_NAME);
	assert_true(call(f->ta, MACH_ROUTINE_stage_new, 1ull << 40, 0, 0));
	assert_int_equal(f->ta->result, KERN_INVALID_VALUE);
}

/* What is on its way counts like what is still here. */
static void
memory_is_bounded(void **state)
{
	struct fixture *f = *state;
	uint64_t big = 200ull << 20;
	struct ool_descriptor d = {
		.type = MACH_MSG_OOL_DESCRIPTOR, .size = (uint32_t)big,
	};

	rig_staged(f->rig);
	assert_true(call(f->tb, MACH_ROUTINE_stage_new, big, 0, 0));
	assert_int_equal(f->tb->result, 0);
	d.address[0] = back(f->tb);
	memcpy(rig_bytes(f->tb) + 28, &d, sizeof(d));
	rig_msg(f->tb, &(struct rig_send){
		.options = MACH_SEND_MSG, .remote = f->send, .ndescs = 1,
		.remote_disposition = COPY_SEND, .size = 44,
	});
	assert_int_equal(f->tb->result, 0);
	call(f->tb, MACH_ROUTINE_stage_new, 100ull << 20, 0, 0);
	assert_int_equal(f->tb->result, KERN_RESOURCE_SHORTAGE);
	take(f, f->ta, f->port, 0);
	call(f->tb, MACH_ROUTINE_stage_new, 100ull << 20, 0, 0);
	assert_int_equal(f->tb->result, 0);
	call(f->ta, MACH_ROUTINE_stage_new, 100ull << 20, 0, 0);
	assert_int_equal(f->ta->result, KERN_RESOURCE_SHORTAGE);
}

static void
children_inherit(void **state)
{
	struct fixture *f = *state;
	uint32_t name = 0;

	assert_int_equal(kern_task_set_special(f->k, f->b, 4, f->b, f->send),
	    0);
	task_inherit(f->k, &f->rig->task[2], &f->rig->task[1]);
	assert_int_equal(kern_task_get_special(f->k, rig_space(f->rig, 2), 4,
	    rig_space(f->rig, 2), &name), 0);
	assert_int_equal(type_of(f, rig_space(f->rig, 2), name),
	    MACH_PORT_TYPE_SEND);
	/* Exec leaves it that, and nothing else. */
	task_exec(f->k, &f->rig->task[2]);
	rig_settle(f->rig);
	assert_int_equal(rig_space(f->rig, 2)->count, 0);
	assert_int_equal(kern_task_get_special(f->k, rig_space(f->rig, 2), 4,
	    rig_space(f->rig, 2), &name), 0);
	assert_int_equal(rig_space(f->rig, 2)->count, 1);
	assert_int_equal(kern_task_get_special(f->k, f->b, 77, f->b, &name),
	    KERN_INVALID_ARGUMENT);
}

/* Whatever stands in a slot, the kernel answers or parks, and stays whole. */
static void
nonsense_is_survived(void **state)
{
	struct fixture *f = *state;
	struct rig *r = f->rig;
	struct rig_thread *t;
	uint32_t *w, i, j, op;

	r->fail_one_in = 50;
	rig_staged(r);
	for (i = 0; i < 30000; i++) {
		t = &r->thread[rig_rnd(r, 3)];
		w = (uint32_t *)(void *)t->slot;
		if (t->parked && rig_rnd(r, 2)) {
			rig_again(t, RPC_COLLECT);
			continue;
		}
		for (j = 0; j < 40; j++)
			w[j] = rig_rnd(r, 3) ? (uint32_t)rig_rnd(r, 8) :
			    rig_rnd(r, 2) ? (uint32_t)rig_rnd(r, 60) << 8 | 3 :
			    (uint32_t)rig_rnd(r, 1ull << 32);
		op = rig_rnd(r, 2) ? RPC_MACH_MSG : RPC_MACH_CALL;
		if (op == RPC_MACH_CALL) {
			w[0] = (uint32_t)rig_rnd(r, MACH_ROUTINE_COUNT + 1);
			w[2] = w[3] = 0;
			for (j = 4; j < 14; j += 2)
				w[j + 1] = rig_rnd(r, 20) ? 0 : w[j + 1];
			if (rig_rnd(r, 4) == 0) {
				w[0] = MACH_ROUTINE_stage_new;
				w[4] = 8;
			}
		} else {
			w[0] = (uint32_t)rig_rnd(r, 4) |
			    (rig_rnd(r, 2) ? 0x110 : 0);
			w[1] = rig_rnd(r, 4) ? 24 + 4 * (uint32_t)rig_rnd(r,
			    20) : w[1];
			w[2] = rig_rnd(r, 3) ? 200 : w[2];
			w[8] = (17 + (uint32_t)rig_rnd(r, 5)) |
			    (rig_rnd(r, 2) ? (17 + (uint32_t)rig_rnd(r, 5)) <<
			    8 : 0) | (rig_rnd(r, 2) ? 0x80000000 : 0);
			w[14] = (uint32_t)rig_rnd(r, 3);
			/* a descriptor of some kind, its memory staged or not */
			w[17] = (16 + (uint32_t)rig_rnd(r, 6)) << 16 |
			    (uint32_t)rig_rnd(r, 5) << 24 |
			    (uint32_t)rig_rnd(r, 2) << 8;
			if (rig_rnd(r, 2)) {
				w[15] = (uint32_t)r->k.last_id;
				w[16] = 0;
			}
			if (rig_rnd(r, 2))
				w[18] = 8;
		}
		t->parked = false;
		rig_call(t, op, RIG_SLOT, 0);
		rig_settle(r);
		if (i % 500 == 0)
			rig_advance(r, 10 * MS);
		if (i % 5000 == 0)
			rig_task_end(r, 3 + (int)rig_rnd(r, 3));
	}
	r->fail_one_in = 0;
}

static uint64_t
word(struct rig_thread *t, int i)
{
	uint64_t v;

	memcpy(&v, t->slot + 8 + 8 * i, sizeof(v));
	return v;
}

static int32_t
code(struct rig_thread *t)
{
	int32_t kr;

	memcpy(&kr, t->slot + 4, sizeof(kr));
	return kr;
}

/* One descriptor with the memory of that id; what the send says. */
static int
send_staged(struct fixture *f, uint64_t id, uint32_t n)
{
	struct ool_descriptor *d = (struct ool_descriptor *)(void *)
	    (rig_bytes(f->tb) + 28);

	memset(d, 0, sizeof(*d));
	d->address[0] = (uint32_t)id;
	d->type = MACH_MSG_OOL_DESCRIPTOR;
	d->size = n;
	assert_true(rig_msg(f->tb, &(struct rig_send){
		.options = MACH_SEND_MSG, .remote = f->send,
		.remote_disposition = COPY_SEND, .size = 28 + 16,
		.ndescs = 1,
	}));
	return (int)f->tb->result;
}

static void
memory_is_sealed_before_it_goes(void **state)
{
	struct fixture *f = *state;
	uint64_t id;

	rig_staged(f->rig);
	assert_true(call(f->tb, MACH_ROUTINE_memory_new, 50000, 0, 0));
	id = word(f->tb, 0);
	assert_int_equal(f->rig->gift, GIFT_OPEN);
	assert_int_equal((int)word(f->tb, 1), -1);
	kern_gift(f->k, &f->tb->th, GIFT_OPEN, id, 0, 7);
	assert_int_equal(word(f->tb, 1), 7);
	/* As long as it can be written to it stays, whatever the host says of others. */
	assert_int_equal(send_staged(f, id, 50000), MACH_SEND_INVALID_MEMORY);
	assert_true(call(f->tb, MACH_ROUTINE_memory_fetch, id, 0, 0));
	assert_int_equal(code(f->tb), KERN_INVALID_VALUE);
	assert_true(call(f->tb, MACH_ROUTINE_memory_seal, id, 0, 0));
	kern_gift(f->k, &f->tb->th, GIFT_SEAL, id, 16, 0);
	assert_int_equal(code(f->tb), KERN_NO_SPACE);
	assert_int_equal(send_staged(f, id, 50000), MACH_SEND_INVALID_MEMORY);
	kern_gift(f->k, &f->tb->th, GIFT_SEAL, id, 0, 0);
	assert_int_equal(send_staged(f, id, 60000), MACH_SEND_INVALID_MEMORY);
	/* The end of a page less: what was charged for it goes with the message. */
	assert_int_equal(send_staged(f, id, 49000), MACH_MSG_SUCCESS);
	take(f, f->ta, f->port, 0);
	memcpy(&id, rig_bytes(f->ta) + 28, sizeof(id));
	assert_true(call(f->ta, MACH_ROUTINE_memory_fetch, id, 0, 0));
	assert_int_equal(f->rig->gift, GIFT_FETCH);
	kern_gift(f->k, &f->ta->th, GIFT_FETCH, id, 0, 9);
	assert_int_equal(word(f->ta, 1), 9);
	assert_true(call(f->ta, MACH_ROUTINE_memory_fetch, id, 0, 0));
	assert_int_equal(code(f->ta), KERN_INVALID_NAME);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(memory_is_sealed_before_it_goes,
		    "memory: what can still be written to does not travel"),
		T(signals_wake_in_order, "semaphore: waiters leave in order"),
		T(waits_on_semaphores_end,
		    "semaphore: time, signals and destruction end waits"),
		T(posts_overwrite,
		    "notification object: one state, which posts overwrite"),
		T(semaphores_die_with_their_task,
		    "semaphore: dies with its task"),
		T(one_thread_is_signalled, "semaphore: one thread is meant"),
		T(sleep_wakes, "clock: sleep wakes in time"),
		T(timers_ring, "timer: rings, moves, is taken away"),
		T(timers_do_not_drift,
		    "timer: 1,000 periods end where they were to end"),
		T(alarms_ring_once, "alarm: rings once"),
		T(memory_is_staged, "stage: bytes in and out, within bounds"),
		T(memory_is_bounded, "stage: a guest's bytes are bounded"),
		T(children_inherit, "task: what children and exec keep"),
		T(nonsense_is_survived, "hostile: slots full of nonsense"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
