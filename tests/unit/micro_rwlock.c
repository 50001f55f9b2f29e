/* SPDX-License-Identifier: ISC */
/* Read-write locks: each rule, then seeded random steps against a model of the rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "micro.h"

enum { ACTORS = 12, SEEDS = 20, STEPS = 5000 };
enum state { NONE, READER, WRITER, WAITING };
enum op { OP_READ, OP_WRITE, OP_UPGRADE, OP_DOWNGRADE, OP_UNLOCK, OP_YIELD, OP_END };

static struct worker w;
static struct rwlock lock;

/* A microthread that does as it is told. */
struct actor {
	enum op op;
	enum state state;
	struct waiter *idle;	/* waits for what to do */
};
static struct actor actor[ACTORS];

static void
act(struct actor *a)
{
	switch (a->op) {
	case OP_READ:
		rw_read(&lock);
		a->state = READER;
		break;
	case OP_WRITE:
		rw_write(&lock);
		a->state = WRITER;
		break;
	case OP_UPGRADE:
		a->state = rw_upgrade(&lock) ? WRITER : NONE;
		break;
	case OP_DOWNGRADE:
		rw_downgrade(&lock);
		a->state = READER;
		break;
	case OP_UNLOCK:
		rw_unlock(&lock);
		a->state = NONE;
		break;
	case OP_YIELD:
		rw_yield(&lock);
		a->state = READER;
		break;
	case OP_END:
		break;
	}
}

static void
actor_main(void *arg)
{
	struct actor *a = *(struct actor **)arg;
	struct waiter me;

	do {
		waiter_init(&me, 0);
		a->idle = &me;
		waiter_wait(&me);
		a->idle = NULL;
		act(a);
	} while (a->op != OP_END);
}

/* Tell it, and let all run who can. */
static void
tell(int i, enum op op)
{
	struct actor *a = &actor[i];

	assert_non_null(a->idle);
	a->op = op;
	a->state = WAITING;
	waiter_wake(a->idle);
	worker_poll(&w);
}

static int
fresh(void **state)
{
	struct actor *a;
	int i;

	(void)state;
	worker_init(&w);
	rw_init(&lock, "lock");
	for (i = 0; i < ACTORS; i++) {
		a = &actor[i];
		*a = (struct actor){ .state = NONE };
		micro_run(&w, actor_main, &a, sizeof(struct actor *));
	}
	return 0;
}

static int
done(void **state)
{
	int i, left = ACTORS;

	(void)state;
	while (left > 0)
		for (left = 0, i = 0; i < ACTORS; i++)
			if (actor[i].idle != NULL && (actor[i].state == READER ||
			    actor[i].state == WRITER))
				tell(i, OP_UNLOCK), left++;
	for (i = 0; i < ACTORS; i++)
		tell(i, OP_END);
	assert_int_equal(w.waiting, 0);
	assert_int_equal(lock.readers, 0);
	assert_false(lock.writing);
	assert_false(rw_wanted(&lock));
	rw_fini(&lock);
	worker_fini(&w);
	return 0;
}

/* "rw.": actor 0 reads, 1 writes, 2 has nothing; w waits as '-'. */
static void
expect(const char *want)
{
	char got[ACTORS + 1] = { 0 };
	size_t i;

	for (i = 0; i < strlen(want); i++)
		got[i] = ".rw-"[actor[i].state];
	assert_string_equal(got, want);
}

static void
readers_share_and_a_writer_is_alone(void **state)
{
	(void)state;
	tell(0, OP_READ);
	tell(1, OP_READ);
	tell(2, OP_WRITE);
	expect("rr-");
	tell(0, OP_UNLOCK);
	expect(".r-");
	tell(1, OP_UNLOCK);
	expect("..w");
	tell(0, OP_READ);
	tell(1, OP_WRITE);
	expect("--w");
}

static void
readers_wait_behind_a_writer_that_waits(void **state)
{
	(void)state;
	tell(0, OP_READ);
	tell(1, OP_WRITE);
	tell(2, OP_READ);
	tell(3, OP_READ);
	tell(4, OP_WRITE);
	tell(5, OP_READ);
	expect("r-----");
	tell(0, OP_UNLOCK);
	expect(".w----");
	tell(1, OP_UNLOCK);
	expect("..rr--");
	tell(2, OP_UNLOCK);
	tell(3, OP_UNLOCK);
	expect("....w-");
	tell(4, OP_UNLOCK);
	expect(".....r");
}

static void
an_upgrade_comes_before_writers_that_wait(void **state)
{
	(void)state;
	tell(0, OP_READ);
	tell(1, OP_READ);
	tell(2, OP_WRITE);
	tell(0, OP_UPGRADE);
	expect("-r-");
	tell(3, OP_READ);
	expect("-r--");
	tell(1, OP_UNLOCK);
	expect("w.--");
	tell(0, OP_UNLOCK);
	expect("..w-");
	tell(2, OP_UNLOCK);
	expect("...r");
	tell(3, OP_UPGRADE);	/* alone: at once */
	expect("...w");
}

static void
a_second_upgrade_fails_and_loses_its_read_lock(void **state)
{
	(void)state;
	tell(0, OP_READ);
	tell(1, OP_READ);
	tell(2, OP_READ);
	tell(0, OP_UPGRADE);
	tell(1, OP_UPGRADE);
	expect("-.r");
	tell(2, OP_UPGRADE);	/* the last other reader: its loss lets the first go on */
	expect("w..");
	assert_int_equal(lock.stats.refused, 2);
	assert_int_equal(lock.stats.upgraded, 1);
}

static void
a_downgrade_lets_readers_in_but_no_writer(void **state)
{
	(void)state;
	tell(0, OP_WRITE);
	tell(1, OP_READ);
	tell(2, OP_WRITE);
	tell(0, OP_DOWNGRADE);
	expect("rr-");
}

static void
a_reader_that_yields_lets_a_writer_go_first(void **state)
{
	(void)state;
	tell(0, OP_READ);
	tell(0, OP_YIELD);
	expect("r.");
	tell(1, OP_WRITE);
	assert_true(rw_wanted(&lock));
	tell(0, OP_YIELD);
	expect("-w");
	tell(1, OP_UNLOCK);
	expect("r.");
	assert_false(rw_wanted(&lock));
}

/* ---- the model: who holds what, and who waits in which order ---- */
struct model {
	enum state held[ACTORS];	/* an upgrade that waits is still a READER here */
	int line[ACTORS], want[ACTORS];
	int n, upgrade;			/* -1: none */
};

static int
count(const struct model *m, enum state s)
{
	int i, n = 0;

	for (i = 0; i < ACTORS; i++)
		n += m->held[i] == s;
	return n;
}

/* One who may go on does; false: nobody may. */
static bool
settle_one(struct model *m)
{
	int who;

	if (count(m, WRITER) > 0)
		return false;
	if (m->upgrade >= 0) {
		if (count(m, READER) > 1)
			return false;
		m->held[m->upgrade] = WRITER;
		m->upgrade = -1;
		return true;
	}
	if (m->n == 0 || (m->want[0] == WRITER && count(m, READER) > 0))
		return false;
	who = m->line[0];
	m->held[who] = (enum state)m->want[0];
	m->n--;
	memmove(m->line, m->line + 1, (size_t)m->n * sizeof(int));
	memmove(m->want, m->want + 1, (size_t)m->n * sizeof(int));
	return true;
}

static void
model_step(struct model *m, int i, enum op op)
{
	if (op == OP_UPGRADE && m->upgrade >= 0)
		op = OP_UNLOCK;
	if (op == OP_YIELD && m->upgrade < 0) {
		for (int j = 0; j < m->n; j++)
			if (m->want[j] == WRITER)
				op = OP_READ;
	} else if (op == OP_YIELD) {
		op = OP_READ;
	}
	if (op == OP_UPGRADE) {
		m->upgrade = i;
	} else if (op == OP_DOWNGRADE) {
		m->held[i] = READER;
	} else if (op != OP_YIELD) {
		m->held[i] = op == OP_UNLOCK ? NONE : WAITING;
		while (op == OP_READ && settle_one(m))
			continue;	/* who yields goes to the end of those that are left */
	}
	if (op == OP_READ || op == OP_WRITE) {
		m->line[m->n] = i;
		m->want[m->n++] = op == OP_READ ? READER : WRITER;
	}
	while (settle_one(m))
		continue;
}

static void
compare(const struct model *m, uint64_t seed, int step)
{
	int i;

	for (i = 0; i < ACTORS; i++)
		if (actor[i].state != (m->upgrade == i ? WAITING : m->held[i]))
			fail_msg("seed %llu, step %d, actor %d: is %d, should be %d",
			    (unsigned long long)seed, step, i, (int)actor[i].state,
			    (int)m->held[i]);
}

static void
random_steps_agree_with_the_model(void **state)
{
	struct model m;
	uint64_t seed, r;
	enum op op;
	int i, step;

	(void)state;
	for (seed = 1; seed <= SEEDS; seed++) {
		memset(&m, 0, sizeof(m));
		m.upgrade = -1;
		for (step = 0, r = seed; step < STEPS; step++) {
			r = r * 6364136223846793005u + 1442695040888963407u;
			i = (int)((r >> 33) % ACTORS);
			if (actor[i].state == WAITING)
				continue;
			op = (r >> 50) % 4 == 0 ? OP_WRITE : OP_READ;
			if (actor[i].state == READER)
				op = (enum op[]){ OP_UPGRADE, OP_YIELD, OP_UNLOCK,
				    OP_UNLOCK }[(r >> 50) % 4];
			if (actor[i].state == WRITER)
				op = (r >> 50) % 4 == 0 ? OP_DOWNGRADE : OP_UNLOCK;
			tell(i, op);
			model_step(&m, i, op);
			compare(&m, seed, step);
		}
		done(NULL);
		fresh(NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(readers_share_and_a_writer_is_alone, fresh, done),
		cmocka_unit_test_setup_teardown(readers_wait_behind_a_writer_that_waits, fresh, done),
		cmocka_unit_test_setup_teardown(an_upgrade_comes_before_writers_that_wait, fresh, done),
		cmocka_unit_test_setup_teardown(a_second_upgrade_fails_and_loses_its_read_lock, fresh, done),
		cmocka_unit_test_setup_teardown(a_downgrade_lets_readers_in_but_no_writer, fresh, done),
		cmocka_unit_test_setup_teardown(a_reader_that_yields_lets_a_writer_go_first, fresh, done),
		cmocka_unit_test_setup_teardown(random_steps_agree_with_the_model, fresh, done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
