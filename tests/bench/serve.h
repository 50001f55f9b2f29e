/* SPDX-License-Identifier: ISC */
/*
 * One side of a measurement: a process that is told on fd 0 how many calls to make and
 * answers on fd 1 how many nanoseconds they took. A file that includes this defines
 * setup() and many().
 */
#ifndef VENEER_BENCH_SERVE_H
#define VENEER_BENCH_SERVE_H

#include <stdint.h>
#include <time.h>
#include <unistd.h>

static void setup(void);
static void many(uint64_t n);

static uint64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int
main(void)
{
	uint64_t n, t;

	setup();
	while (read(0, &n, sizeof n) == (ssize_t)sizeof n) {
		t = now();
		many(n);
		t = now() - t;
		if (write(1, &t, sizeof t) != (ssize_t)sizeof t)
			return 1;
	}
	return 0;
}

#endif
