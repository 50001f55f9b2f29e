/* SPDX-License-Identifier: ISC */
#include "kern_sim.h"

enum { MANY = 5000 };

static void
table_finds_what_is_there(void **state)
{
	struct node *n = calloc(MANY, sizeof(*n));
	struct table t;
	uint64_t i;

	(void)state;
	assert_int_equal(table_init(&t), 0);
	for (i = 0; i < MANY; i++)
		table_insert(&t, &n[i], i * 4096);
	for (i = 0; i < MANY; i += 2)
		table_remove(&t, &n[i]);
	for (i = 0; i < MANY; i++)
		assert_ptr_equal(table_lookup(&t, i * 4096),
		    i % 2 ? &n[i] : NULL);
	assert_int_equal(t.count, MANY / 2);
	table_fini(&t);
	free(n);
}

static void
callouts_come_in_order(void **state)
{
	struct callout *co = calloc(MANY, sizeof(*co)), *first;
	struct callouts c = { 0 };
	uint64_t rng = 42, last = 0;
	size_t i, left = 0;

	(void)state;
	for (i = 0; i < MANY; i++) {
		assert_int_equal(callouts_reserve(&c), 0);
		rng = rng * 6364136223846793005u + 1442695040888963407u;
		callout_set(&c, &co[i], rng >> 50);
		left++;
	}
	for (i = 0; i < MANY; i += 3) {
		callout_clear(&c, &co[i]);
		callout_clear(&c, &co[i]);
		left--;
	}
	while ((first = callouts_first(&c)) != NULL) {
		assert_true(first->deadline >= last);
		last = first->deadline;
		callout_clear(&c, first);
		left--;
	}
	assert_int_equal(left, 0);
	for (i = 0; i < MANY; i++)
		callouts_release(&c);
	free(c.heap);
	free(co);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "table: finds what is there and nothing else",
		    table_finds_what_is_there, NULL, NULL, NULL },
		{ "callout: the earliest comes first, the cleared never",
		    callouts_come_in_order, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
