/* SPDX-License-Identifier: ISC */
/* Microthreads, mutexes and helpers, on one worker and on many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "micro.h"

static struct worker w;
static char trace[256];

static void
note(char c)
{
	size_t n = strlen(trace);

	trace[n] = c;
	trace[n + 1] = '\0';
}

static int
fresh(void **state)
{
	(void)state;
	trace[0] = '\0';
	worker_init(&w);
	return 0;
}

static int
done(void **state)
{
	(void)state;
	assert_int_equal(w.waiting, 0);
	worker_fini(&w);
	return 0;
}

/* ---- one worker ---- */
static struct waiter *sleeper[4];

static void
sleeps(void *arg)
{
	struct waiter me;
	int i;

	memcpy(&i, arg, sizeof(i));
	note((char)('a' + i));
	waiter_init(&me, 0);
	sleeper[i] = &me;
	waiter_wait(&me);
	note((char)('A' + i));
}

static void
a_microthread_waits_and_its_worker_goes_on(void **state)
{
	int i;

	(void)state;
	assert_int_equal(worker_bell(&w), -1);
	for (i = 0; i < 3; i++)
		micro_run(&w, sleeps, &i, sizeof(i));
	assert_string_equal(trace, "abc");
	assert_int_equal(worker_poll(&w), 3);
	assert_true(worker_bell(&w) >= 0);
	waiter_wake(sleeper[1]);
	waiter_wake(sleeper[0]);
	assert_string_equal(trace, "abc");
	assert_int_equal(worker_poll(&w), 1);
	assert_string_equal(trace, "abcBA");
	waiter_wake(sleeper[2]);
	worker_drain(&w);
	assert_string_equal(trace, "abcBAC");
	assert_int_equal(worker_bell(&w), -1);
}

static void
wakes_itself(void *arg)
{
	struct waiter me;

	waiter_init(&me, 0);
	waiter_wake(&me);
	waiter_wait(&me);
	note(*(char *)arg);
}

static void
who_is_woken_before_it_waits_goes_on_once(void **state)
{
	(void)state;
	micro_run(&w, wakes_itself, "1", 1);
	micro_run(&w, wakes_itself, "2", 1);
	worker_drain(&w);
	assert_string_equal(trace, "12");
}

static struct wait_queue queue;

static void
queues(void *arg)
{
	struct waiter me;

	(void)arg;
	waiter_init(&me, 0);
	wait_queue_append(&queue, &me);
	waiter_wait(&me);
}

static void
in_place(void *arg)
{
	struct micro *self;

	note(*(char *)arg);
	assert_null(worker_current(&self));
}

static void
stacks_are_bounded_and_what_is_more_runs_in_place(void **state)
{
	unsigned now, most, i;
	struct worker other;
	struct waiter *q;
	char c = 'x';

	(void)state;
	wait_queue_init(&queue);
	for (i = 0; i < MICRO_MAX; i++)
		micro_run(&w, queues, &c, 1);
	micro_count(&now, &most);
	assert_int_equal(now, MICRO_MAX);
	/* There is no stack left; who has microthreads of its own waits for one of them. */
	worker_init(&other);
	micro_run(&other, in_place, &c, 1);
	worker_fini(&other);
	assert_string_equal(trace, "x");
	assert_int_equal(worker_poll(&w), MICRO_MAX);
	while ((q = wait_queue_take(&queue)) != NULL)
		waiter_wake(q);
	worker_drain(&w);
	micro_count(&now, &most);
	assert_true(now <= MICRO_KEEP + 1);
	assert_int_equal(most, MICRO_MAX);
}

static int
sink(int depth)
{
	volatile char room[4096];

	room[0] = (char)depth;
	return depth > MICRO_STACK ? 0 : sink(depth + 1) + room[0];
}

static void
overflows(void *arg)
{
	(void)arg;
	_exit(sink(0) & 1);
}

static void
a_stack_that_overflows_meets_its_guard_page(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(0);
		micro_run(&w, overflows, "", 1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 1);
}

/* ---- mutex ---- */
static struct mutex m;

static void
locks(void *arg)
{
	mutex_lock(&m);
	note(*(char *)arg);
	mutex_unlock(&m);
}

static void
a_mutex_suspends_microthreads_and_is_fair_to_who_waits(void **state)
{
	(void)state;
	mutex_init(&m, "test");
	mutex_lock(&m);
	assert_false(mutex_try(&m));
	micro_run(&w, locks, "1", 1);
	micro_run(&w, locks, "2", 1);
	micro_run(&w, locks, "3", 1);
	mutex_unlock(&m);
	/* It is free until the first is there: whoever comes may take it, once. */
	assert_true(mutex_try(&m));
	assert_int_equal(worker_poll(&w), 3);
	assert_string_equal(trace, "");
	mutex_unlock(&m);
	assert_false(mutex_try(&m));
	worker_drain(&w);
	assert_string_equal(trace, "123");
	assert_true(mutex_try(&m));
	mutex_unlock(&m);
	assert_int_equal(m.stats.taken, 6);
	assert_int_equal(m.stats.contended, 3);
	assert_true(m.stats.wait_ns >= m.stats.wait_max && m.stats.wait_max > 0);
	mutex_fini(&m);
}

static void
statistics_have_a_line_for_each_lock(void **state)
{
	char buf[512];
	struct mutex other;
	size_t n;

	(void)state;
	mutex_init(&m, "one");
	mutex_init(&other, "other");
	mutex_lock(&m);
	mutex_unlock(&m);
	n = lock_stats_print(buf, sizeof(buf));
	assert_int_equal(n, strlen(buf));
	assert_non_null(strstr(buf, "one mutex 1 0 0 0 0 1 "));
	assert_non_null(strstr(buf, "other mutex 0 0 0 0 0 0 0 0 0 0\n"));
	assert_true(lock_stats_print(buf, 8) == 0);
	mutex_fini(&m);
	n = lock_stats_print(buf, sizeof(buf));
	assert_null(strstr(buf, "one"));
	mutex_fini(&other);
	assert_int_equal(lock_stats_print(buf, sizeof(buf)), 0);
}

/* ---- helpers ---- */
struct job7 {
	int done;
	pthread_t by;
};

static void
slow(void *arg)
{
	struct timespec ts = { .tv_nsec = 20 * 1000 * 1000 };

	nanosleep(&ts, NULL);
	*(struct job7 *)arg = (struct job7){ 7, pthread_self() };
}

static void
awaits(void *arg)
{
	struct job7 j = { 0 };

	micro_await(slow, &j);
	assert_int_equal(j.done, 7);
	assert_false(pthread_equal(j.by, pthread_self()));
	note(*(char *)arg);
}

static void
a_helper_does_what_blocks_while_the_worker_goes_on(void **state)
{
	struct job7 j = { 0 };

	(void)state;
	micro_run(&w, awaits, "1", 1);
	micro_run(&w, awaits, "2", 1);
	assert_string_equal(trace, "");
	assert_int_equal(w.waiting, 2);
	worker_drain(&w);
	assert_int_equal(strlen(trace), 2);
	micro_await(slow, &j);
	assert_int_equal(j.done, 7);
	assert_true(pthread_equal(j.by, pthread_self()));
}

/* ---- many workers: the sanitizers judge ---- */
enum { WORKERS = 4, ROUNDS = 3000 };
static struct rwlock rw;
static unsigned long under_mutex, under_rw;

static void
hammer(void *arg)
{
	unsigned r;
	unsigned long seen;

	memcpy(&r, arg, sizeof(r));
	mutex_lock(&m);
	under_mutex++;
	mutex_unlock(&m);
	if (r % 3 == 0) {
		rw_write(&rw);
		under_rw++;
		if (r % 2)
			rw_downgrade(&rw);
		rw_unlock(&rw);
		return;
	}
	rw_read(&rw);
	seen = under_rw;
	rw_yield(&rw);
	assert_true(under_rw >= seen);
	if (r % 5 != 0) {
		rw_unlock(&rw);
	} else if (rw_upgrade(&rw)) {
		under_rw++;
		rw_unlock(&rw);
	} else {
		rw_write(&rw);
		under_rw++;
		rw_unlock(&rw);
	}
}

static void *
works(void *arg)
{
	struct worker mine;
	unsigned i, r = (unsigned)(uintptr_t)arg;

	worker_init(&mine);
	for (i = 0; i < ROUNDS; i++) {
		r = r * 1664525 + 1013904223;
		micro_run(&mine, hammer, &(unsigned){ i }, sizeof(i));
		if (r >> 30 == 0)
			worker_poll(&mine);
	}
	worker_drain(&mine);
	worker_fini(&mine);
	return NULL;
}

static void *
plain(void *arg)
{
	unsigned i;

	for (i = 0; i < ROUNDS; i++)
		hammer(&i);
	return arg;
}

static void
workers_and_threads_share_locks(void **state)
{
	pthread_t thread[WORKERS + 2];
	unsigned i, writes = 0;

	(void)state;
	mutex_init(&m, "m");
	rw_init(&rw, "rw");
	under_mutex = under_rw = 0;
	for (i = 0; i < WORKERS + 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL,
		    i < WORKERS ? works : plain, (void *)(uintptr_t)i), 0);
	for (i = 0; i < WORKERS + 2; i++)
		pthread_join(thread[i], NULL);
	for (i = 0; i < ROUNDS; i++)
		writes += i % 3 == 0 || i % 5 == 0;
	assert_int_equal(under_mutex, (WORKERS + 2) * ROUNDS);
	assert_int_equal(under_rw, (WORKERS + 2) * writes);
	assert_int_equal(m.stats.taken, under_mutex);
	mutex_fini(&m);
	rw_fini(&rw);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_microthread_waits_and_its_worker_goes_on, fresh, done),
		cmocka_unit_test_setup_teardown(who_is_woken_before_it_waits_goes_on_once, fresh, done),
		cmocka_unit_test_setup_teardown(stacks_are_bounded_and_what_is_more_runs_in_place, fresh, done),
		cmocka_unit_test_setup_teardown(a_stack_that_overflows_meets_its_guard_page, fresh, done),
		cmocka_unit_test_setup_teardown(a_mutex_suspends_microthreads_and_is_fair_to_who_waits, fresh, done),
		cmocka_unit_test_setup_teardown(statistics_have_a_line_for_each_lock, fresh, done),
		cmocka_unit_test_setup_teardown(a_helper_does_what_blocks_while_the_worker_goes_on, fresh, done),
		cmocka_unit_test_setup_teardown(workers_and_threads_share_locks, fresh, done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
