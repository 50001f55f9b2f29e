/* SPDX-License-Identifier: ISC */
/* The test that the first argument names; and what tests of the system ask about it. */
#ifndef VENEER_TESTS_FREEBSD_PICK_H
#define VENEER_TESTS_FREEBSD_PICK_H

#include "guest.h"

struct test {
	const char *name;
	void (*run)(void);
};

static inline int
pick(int argc, char **argv, const struct test *tests, size_t n)
{
	for (size_t i = 0; argc > 1 && i < n; i++) {
		if (strcmp(argv[1], tests[i].name) == 0) {
			tests[i].run();
			return 0;
		}
	}
	say("no such test\n");
	return 2;
}

/* 11 to 14, from kern.osreldate. */
static inline int
version(void)
{
	uint32_t mib[2] = { 1, 24 };
	int32_t date = 0;
	uint64_t n = sizeof(date);

	EQUAL(SYS(N(__sysctl), mib, 2, &date, &n, 0, 0), 0);
	return date / 100000;
}

#endif
