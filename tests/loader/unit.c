/* SPDX-License-Identifier: ISC */
/* Pure parts of the planner: #! lines, choice of a layer, plans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "planner.h"

static int
script(const char *line, char **interp, char **arg)
{
	struct problem p;

	return script_read((const uint8_t *)line, strlen(line), interp, arg,
	    &p);
}

static void
script_case(const char *line, const char *interp, const char *arg)
{
	char *i, *a;

	assert_int_equal(script(line, &i, &a), 1);
	assert_string_equal(i, interp);
	if (arg == NULL)
		assert_null(a);
	else
		assert_string_equal(a, arg);
	free(i);
	free(a);
}

static void
script_lines(void **state)
{
	char *i, *a, long_line[600];

	(void)state;
	script_case("#!/bin/sh\n", "/bin/sh", NULL);
	script_case("#!/bin/sh", "/bin/sh", NULL);
	script_case("#! \t/bin/sh \t\n", "/bin/sh", NULL);
	script_case("#!/bin/sh -x\n", "/bin/sh", "-x");
	script_case("#!/bin/env a b \n", "/bin/env", "a b");
	script_case("#!sh\nrest", "sh", NULL);
	assert_int_equal(script("", &i, &a), 0);
	assert_int_equal(script("#", &i, &a), 0);
	assert_int_equal(script("\177ELF", &i, &a), 0);
	assert_int_equal(script("#!", &i, &a), -1);
	assert_int_equal(script("#! \n/bin/sh", &i, &a), -1);
	memset(long_line, 'x', sizeof(long_line));
	memcpy(long_line, "#!/", 3);
	long_line[sizeof(long_line) - 1] = '\0';
	assert_int_equal(script(long_line, &i, &a), -1);
}

static struct layers
installed(struct layer *v, size_t n)
{
	struct layers ls = { .n = n, .v = v };
	size_t i;

	for (i = 0; i < n; i++)
		snprintf(v[i].name, sizeof(v[i].name), "%s@%u",
		    personality_name(v[i].personality), v[i].version);
	return ls;
}

/* The version that is chosen, 0 when none fits. */
static uint32_t
choose(const struct layers *ls, enum personality_id id, uint32_t min,
    uint32_t max)
{
	static struct program pr;
	const struct layer *l;
	struct problem p;

	memset(&pr, 0, sizeof(pr));
	pr.personality = id;
	pr.asked_min = min;
	pr.asked_max = max;
	return layer_select(ls, &pr, NULL, &l, &p) == 0 ? l->version : 0;
}

static void
native_ranges(void **state)
{
	static struct layer v[] = {
		{ .personality = PERSONALITY_NATIVE, .version = 2 },
		{ .personality = PERSONALITY_NATIVE, .version = 4 },
		{ .personality = PERSONALITY_FREEBSD, .version = 3 },
	};
	struct layers ls = installed(v, 3);

	(void)state;
	assert_int_equal(choose(&ls, PERSONALITY_NATIVE, 1, 1), 2);
	assert_int_equal(choose(&ls, PERSONALITY_NATIVE, 1, 2), 2);
	assert_int_equal(choose(&ls, PERSONALITY_NATIVE, 2, 3), 2);
	assert_int_equal(choose(&ls, PERSONALITY_NATIVE, 1, 4), 4);
	assert_int_equal(choose(&ls, PERSONALITY_NATIVE, 1, 9), 4);
	assert_int_equal(choose(&ls, PERSONALITY_NATIVE, 3, 3), 4);
	assert_int_equal(choose(&ls, PERSONALITY_NATIVE, 5, 9), 0);
}

static void
freebsd_versions(void **state)
{
	static struct layer v[] = {
		{ .personality = PERSONALITY_FREEBSD, .version = 11 },
		{ .personality = PERSONALITY_FREEBSD, .version = 12 },
		{ .personality = PERSONALITY_FREEBSD, .version = 14 },
	};
	struct layers ls = installed(v, 3);

	(void)state;
	assert_int_equal(choose(&ls, PERSONALITY_FREEBSD, 0, 0), 14);
	assert_int_equal(choose(&ls, PERSONALITY_FREEBSD, 9, 0), 11);
	assert_int_equal(choose(&ls, PERSONALITY_FREEBSD, 12, 0), 12);
	assert_int_equal(choose(&ls, PERSONALITY_FREEBSD, 13, 0), 14);
	assert_int_equal(choose(&ls, PERSONALITY_FREEBSD, 15, 0), 0);
	assert_int_equal(choose(&ls, PERSONALITY_NATIVE, 1, 1), 0);
}

static void
plan_of_bss(void **state)
{
	static struct program pr;
	static struct layer_choice lc;
	struct problem p;
	struct plan *plan;
	const struct plan_image *im;
	const struct plan_map *m;

	(void)state;
	pr.elf.type = 2;
	pr.elf.nsegments = 2;
	pr.elf.segments[0] = (struct segment){ 0x400000, 0x1234, 0, 0x1234,
		PROT_READ | PROT_EXEC };
	pr.elf.segments[1] = (struct segment){ 0x402234, 0x5000, 0x1234, 0x100,
		PROT_READ | PROT_WRITE };
	lc.elf.nsegments = 1;
	lc.elf.segments[0] = (struct segment){ 0, PAGE, 0, PAGE, PROT_READ };
	plan = plan_make(&pr, &lc, "/x/prog", &p);
	assert_non_null(plan);
	assert_string_equal(plan_string(plan, plan->comm), "prog");
	im = (const struct plan_image *)(const void *)((const char *)plan +
	    plan->images_off) + plan->program;
	assert_int_equal(im->flags, PLAN_FIXED);
	assert_int_equal(im->base, 0x400000);
	assert_int_equal(im->span, 0x8000);
	assert_int_equal(im->end, 0x407234);
	m = (const struct plan_map *)(const void *)((const char *)plan +
	    plan->maps_off) + im->first_map + 1;
	assert_int_equal(m->addr, 0x402000);
	assert_int_equal(m->off, 0x1000);
	assert_int_equal(m->len, 0x334);
	assert_int_equal(m->zero, 0x402334);
	assert_int_equal(m->zero_len, 0xccc);
	assert_int_equal(m->anon_len, 0x5000);
	free(plan);
}

static void
personalities(void **state)
{
	(void)state;
	assert_int_equal(personality_by_name("freebsd", 7),
	    PERSONALITY_FREEBSD);
	assert_int_equal(personality_by_name("freebs", 6), PERSONALITY_NONE);
	assert_int_equal(personality_by_name("none", 4), PERSONALITY_NONE);
	assert_string_equal(personality_name(PERSONALITY_NATIVE), "native");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "#!: one argument, blanks do not count, long lines are refused",
		    script_lines, NULL, NULL, NULL },
		{ "native: newest known layer, else the next newer",
		    native_ranges, NULL, NULL, NULL },
		{ "freebsd: exact major, else the next newer, newest without note",
		    freebsd_versions, NULL, NULL, NULL },
		{ "plan: the page that holds the end of the data is cleared behind it",
		    plan_of_bss, NULL, NULL, NULL },
		{ "personality: names are whole", personalities, NULL, NULL,
		    NULL },
	};

	return cmocka_run_group_tests_name("loader", tests, NULL, NULL);
}
