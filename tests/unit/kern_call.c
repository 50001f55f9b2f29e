/* SPDX-License-Identifier: ISC */
#include "kern_sim.h"

#define MS 1000000u

struct fixture {
	struct sim sim;
	struct task task;
	struct thread th;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	sim_init(&f->sim);
	task_init(&f->sim.kern, &f->task, 100);
	*state = f;
	return thread_init(&f->sim.kern, &f->task, &f->th, 101);
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	thread_fini(&f->sim.kern, &f->th);
	task_fini(&f->sim.kern, &f->task);
	assert_null(callouts_first(&f->sim.kern.callouts));
	kern_fini(&f->sim.kern);
	free(f);
	return 0;
}

static void
answered_at_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sim_call(&f->sim, &f->th, 1, RPC_NULL, 1, 0), 1);
	assert_int_equal(sim_call(&f->sim, &f->th, 2, RPC_NULL, 2, 0), 2);
	assert_int_equal(f->sim.nreplies, 0);
}

static void
repeated_null_counts_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sim_call(&f->sim, &f->th, 1, RPC_NULL, 1, 0), 1);
	assert_int_equal(sim_call(&f->sim, &f->th, 2, RPC_NULL, 1, 0), 1);
	assert_int_equal(f->task.effects[RPC_EFFECT_NULL], 1);
}

static void
park_is_answered_by_its_callout(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sim_call(&f->sim, &f->th, 7, RPC_PARK, 1, 5),
	    KERN_PARKED);
	sim_advance(&f->sim, 5 * MS - 1);
	assert_int_equal(f->sim.nreplies, 0);
	sim_advance(&f->sim, 1);
	assert_int_equal(f->sim.nreplies, 1);
	assert_int_equal(f->sim.reply[0].id, 7);
	assert_int_equal(f->sim.reply[0].result, 0);
	sim_advance(&f->sim, 100 * MS);
	assert_int_equal(f->sim.nreplies, 1);
	assert_int_equal(f->sim.timer, 0);
}

static void
repeated_park_attaches_again(void **state)
{
	struct fixture *f = *state;

	sim_call(&f->sim, &f->th, 7, RPC_PARK, 1, 5);
	sim_advance(&f->sim, 3 * MS);
	assert_int_equal(sim_call(&f->sim, &f->th, 8, RPC_PARK, 1, 5),
	    KERN_PARKED);
	sim_advance(&f->sim, 2 * MS);
	assert_int_equal(f->sim.nreplies, 1);
	assert_int_equal(f->sim.reply[0].id, 8);
	assert_int_equal(f->task.effects[RPC_EFFECT_PARK], 1);
	/* The answer was lost as well. */
	assert_int_equal(sim_call(&f->sim, &f->th, 9, RPC_PARK, 1, 5), 0);
	assert_int_equal(f->task.effects[RPC_EFFECT_WOKEN], 1);
}

static void
collect_gives_up_what_waits(void **state)
{
	struct fixture *f = *state;

	sim_call(&f->sim, &f->th, 7, RPC_PARK, 1, 5);
	assert_int_equal(sim_call(&f->sim, &f->th, 8, RPC_COLLECT, 1, 0),
	    -RPC_ECANCELED);
	assert_int_equal(f->sim.timer, 0);
	sim_advance(&f->sim, 100 * MS);
	assert_int_equal(f->sim.nreplies, 0);
	assert_int_equal(f->task.effects[RPC_EFFECT_CANCELLED], 1);
	assert_int_equal(f->task.effects[RPC_EFFECT_WOKEN], 0);
	/* And again, when that answer was lost. */
	assert_int_equal(sim_call(&f->sim, &f->th, 9, RPC_COLLECT, 1, 0),
	    -RPC_ECANCELED);
	assert_int_equal(f->task.effects[RPC_EFFECT_CANCELLED], 1);
}

static void
collect_gives_the_result(void **state)
{
	struct fixture *f = *state;

	sim_call(&f->sim, &f->th, 7, RPC_PARK, 1, 5);
	sim_advance(&f->sim, 5 * MS);
	assert_int_equal(sim_call(&f->sim, &f->th, 8, RPC_COLLECT, 1, 0), 0);
	assert_int_equal(f->task.effects[RPC_EFFECT_CANCELLED], 0);
}

static void
collect_of_the_unseen_cancels(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sim_call(&f->sim, &f->th, 7, RPC_COLLECT, 3, 0),
	    -RPC_ECANCELED);
	assert_int_equal(f->task.effects[RPC_EFFECT_PARK], 0);
	assert_int_equal(sim_call(&f->sim, &f->th, 8, RPC_NULL, 4, 0), 1);
	assert_int_equal(sim_call(&f->sim, &f->th, 9, RPC_COLLECT, 5, 0),
	    -RPC_ECANCELED);
	assert_int_equal(sim_call(&f->sim, &f->th, 9, RPC_COLLECT, 4, 0),
	    -RPC_EINVAL);
}

static void
nonsense_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sim_call(&f->sim, &f->th, 1, UINT64_MAX, 1, 0),
	    -RPC_EOPNOTSUPP);
	assert_int_equal(sim_call(&f->sim, &f->th, 1, 0, 2, 0),
	    -RPC_EOPNOTSUPP);
	assert_int_equal(sim_call(&f->sim, &f->th, 1, RPC_NULL, 1, 0),
	    -RPC_EINVAL);
	assert_int_equal(sim_call(&f->sim, &f->th, 1, RPC_PARK, 3,
	    UINT64_MAX), -RPC_EINVAL);
	assert_int_equal(sim_call(&f->sim, &f->th, 1, RPC_EFFECTS, 4, 99),
	    -RPC_EINVAL);
	assert_int_equal(sim_call(&f->sim, &f->th, 1, RPC_PARK, 5, 1),
	    KERN_PARKED);
	assert_int_equal(sim_call(&f->sim, &f->th, 1, RPC_NULL, 5, 0),
	    -RPC_EINVAL);
}

static void
a_new_call_gives_up_the_old(void **state)
{
	struct fixture *f = *state;

	sim_call(&f->sim, &f->th, 7, RPC_PARK, 1, 5);
	assert_int_equal(sim_call(&f->sim, &f->th, 8, RPC_NULL, 2, 0), 1);
	sim_advance(&f->sim, 100 * MS);
	assert_int_equal(f->sim.nreplies, 0);
	assert_int_equal(f->task.effects[RPC_EFFECT_CANCELLED], 1);
}

static void
a_dead_thread_is_not_answered(void **state)
{
	struct fixture *f = *state;
	struct thread other;

	assert_int_equal(thread_init(&f->sim.kern, &f->task, &other, 102), 0);
	sim_call(&f->sim, &other, 7, RPC_PARK, 1, 5);
	thread_fini(&f->sim.kern, &other);
	assert_null(thread_lookup(&f->sim.kern, 102));
	assert_ptr_equal(thread_lookup(&f->sim.kern, 101), &f->th);
	sim_advance(&f->sim, 100 * MS);
	assert_int_equal(f->sim.nreplies, 0);
	assert_int_equal(f->sim.timer, 0);
}

static void
echo_answers_in_the_slot(void **state)
{
	struct fixture *f = *state;
	struct kern_request rq = {
		.reply = 1, .op = RPC_ECHO, .seq = 1, .arg = { 3, 0, 0 }
	};

	assert_int_equal(kern_call(&f->sim.kern, &f->th, &rq), -RPC_EFAULT);
	rq.slot = 8192;
	rq.seq = 2;
	assert_int_equal(kern_call(&f->sim.kern, &f->th, &rq), -RPC_EFAULT);
	memcpy(f->sim.payload, "abcd", 4);
	assert_int_equal(sim_call(&f->sim, &f->th, 1, RPC_ECHO, 3, 3), 3);
	assert_int_equal(f->sim.payload[0], (unsigned char)~'a');
	assert_int_equal(f->sim.payload[3], 'd');
	assert_int_equal(sim_call(&f->sim, &f->th, 1, RPC_ECHO, 4, 4033),
	    -RPC_EINVAL);
}

#define T(f, title) { title, f, setup, teardown, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(answered_at_once, "call: null is answered at once"),
		T(repeated_null_counts_once,
		    "call: a repeated notification has one effect"),
		T(park_is_answered_by_its_callout,
		    "call: a parked call is answered once, by its callout"),
		T(repeated_park_attaches_again,
		    "call: a repeated notification attaches to what waits"),
		T(collect_gives_up_what_waits,
		    "collect: what waits is given up, once"),
		T(collect_gives_the_result,
		    "collect: what is done gives its result"),
		T(collect_of_the_unseen_cancels,
		    "collect: what was never seen never happens"),
		T(nonsense_is_refused, "call: nonsense is an error"),
		T(a_new_call_gives_up_the_old,
		    "call: a new one gives up the old"),
		T(a_dead_thread_is_not_answered,
		    "thread: a dead one's call is not answered"),
		T(echo_answers_in_the_slot, "window: a payload goes and comes"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
