/* SPDX-License-Identifier: ISC */
/*
 * Random guests against kern/, by seed: notifications lost, repeated and interrupted,
 * threads killed, time passing.  A model of each thread checks every result (I2).
 * KERN_SIM_SEED and KERN_SIM_STEPS replay and prolong.
 */
#include <stdio.h>

#include "kern_sim.h"

enum { THREADS = 40, TASKS = 5 };

struct guest {
	struct thread th;
	bool alive;
	uint64_t seq;
	uint32_t op;
	uint64_t reply;		/* outstanding notification, 0 none */
	bool waiting;		/* parked as far as the guest knows */
	bool known;		/* result has been seen */
	int64_t result;
};
struct world {
	struct sim sim;
	struct task task[TASKS];
	struct guest guest[THREADS];
	uint64_t begun[TASKS], nulls[TASKS];
	uint64_t next_reply;
	uint64_t rng;
};

static uint64_t
rnd(struct world *w, uint64_t n)
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 7;
	w->rng ^= w->rng << 17;
	return w->rng % n;
}

static int
task_of(const struct world *w, const struct guest *g)
{
	return (int)((g - w->guest) % TASKS);
}

/* Whatever answers a sequence number answers it the same way for ever. */
static void
learn(struct guest *g, int64_t r)
{
	if (g->known)
		assert_int_equal(g->result, r);
	g->known = true;
	g->result = r;
	g->waiting = false;
	g->reply = 0;
}

static void
ask(struct world *w, struct guest *g, uint32_t op, uint64_t arg)
{
	int64_t r;

	g->reply = ++w->next_reply;
	r = sim_call(&w->sim, &g->th, g->reply, op, g->seq, arg);
	if (r == KERN_PARKED) {
		assert_false(g->known);
		g->waiting = true;
	} else {
		learn(g, r);
	}
}

static void
begin(struct world *w, struct guest *g)
{
	int t = task_of(w, g);

	g->seq++;
	g->known = false;
	g->op = rnd(w, 2) ? RPC_PARK : RPC_NULL;
	if (rnd(w, 10) == 0) {	/* a signal before it was received */
		ask(w, g, RPC_COLLECT, 0);
		assert_int_equal(g->result, -RPC_ECANCELED);
		return;
	}
	if (g->op == RPC_PARK)
		w->begun[t]++;
	else
		w->nulls[t]++;
	ask(w, g, g->op, rnd(w, 50));
}

static void
take_replies(struct world *w)
{
	size_t i;
	struct guest *g;

	for (i = 0; i < w->sim.nreplies; i++) {
		g = (struct guest *)w->sim.reply[i].thread;
		assert_true(g->alive && g->waiting);
		assert_int_equal(w->sim.reply[i].id, g->reply);
		if (rnd(w, 5) == 0) {	/* lost to a signal: ask again */
			g->known = true;
			g->result = w->sim.reply[i].result;
			g->waiting = false;
			ask(w, g, rnd(w, 2) ? g->op : RPC_COLLECT, 0);
		} else {
			learn(g, w->sim.reply[i].result);
		}
	}
	w->sim.nreplies = 0;
}

static void
live(struct world *w, struct guest *g)
{
	assert_int_equal(thread_init(&w->sim.kern, &w->task[task_of(w, g)],
	    &g->th, 1000 + (uint64_t)(g - w->guest)), 0);
	g->alive = true;
	g->seq = 0;
	g->waiting = g->known = false;
	g->reply = 0;
}

static void
die(struct world *w, struct guest *g)
{
	thread_fini(&w->sim.kern, &g->th);
	g->alive = false;
}

static void
step(struct world *w)
{
	struct guest *g = &w->guest[rnd(w, THREADS)];

	if (!g->alive)
		live(w, g);
	else if (rnd(w, 40) == 0)
		die(w, g);
	else if (!g->waiting)
		begin(w, g);
	else if (rnd(w, 2))
		ask(w, g, g->op, 0);		/* SIGSTOP, a debugger */
	else if (rnd(w, 3) == 0)
		ask(w, g, RPC_COLLECT, 0);	/* a handler is to run */
	if (rnd(w, 3) == 0)
		sim_advance(&w->sim, rnd(w, 20000000));
	take_replies(w);
}

static void
check_end(struct world *w)
{
	const uint64_t *e;
	int i;

	for (i = 0; i < THREADS; i++)
		if (w->guest[i].alive)
			die(w, &w->guest[i]);
	for (i = 0; i < TASKS; i++) {
		e = w->task[i].effects;
		assert_int_equal(e[RPC_EFFECT_NULL], w->nulls[i]);
		assert_int_equal(e[RPC_EFFECT_PARK], w->begun[i]);
		assert_int_equal(e[RPC_EFFECT_WOKEN] +
		    e[RPC_EFFECT_CANCELLED], w->begun[i]);
		task_fini(&w->sim.kern, &w->task[i]);
	}
	assert_int_equal(w->sim.timer, 0);
	kern_fini(&w->sim.kern);
}

static uint64_t
from_env(const char *name, uint64_t otherwise)
{
	const char *v = getenv(name);

	return v == NULL ? otherwise : strtoull(v, NULL, 10);
}

static void
every_call_happens_once(void **state)
{
	uint64_t seed = from_env("KERN_SIM_SEED", 1);
	uint64_t steps = from_env("KERN_SIM_STEPS", 20000), n;
	struct world *w;
	int i, round;

	(void)state;
	for (round = 0; round < 20; round++, seed++) {
		w = calloc(1, sizeof(*w));
		w->rng = seed * 0x9e3779b97f4a7c15u + 1;
		sim_init(&w->sim);
		for (i = 0; i < TASKS; i++)
			task_init(&w->sim.kern, &w->task[i], (uint64_t)i);
		print_message("seed %llu\n", (unsigned long long)seed);
		for (n = 0; n < steps; n++)
			step(w);
		check_end(w);
		free(w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "simulation: every call happens once and is answered alike",
		    every_call_happens_once, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
