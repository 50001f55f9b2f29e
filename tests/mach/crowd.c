/* SPDX-License-Identifier: ISC */
/*
 * crowd TASKS PORTS: so many children that hold so many ports together, and do nothing.
 * Says what a look at a name costs among them, over what it cost before, then waits for a
 * byte on stdin and ends them.
 */
#include <signal.h>
#include <time.h>

#include "try.h"

enum { BATCH = 300, BATCHES = 15, OWN = 100 };

static mach_port_t own[OWN];

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* The best batch: what the machine does besides does not count. */
static double
look(void)
{
	mach_port_type_t type;
	double best = 1e18, t;
	int i, k;

	for (i = 0; i < BATCHES; i++) {
		t = now();
		for (k = 0; k < BATCH; k++)
			TRY(mach_port_type(mach_task_self(), own[k % OWN], &type));
		t = (now() - t) / BATCH;
		best = t < best ? t : best;
	}
	return best;
}

static _Noreturn void
idle(int ports, int ready)
{
	for (; ports > 0; ports--)
		new_port();
	HOLDS(write(ready, "", 1) == 1);
	for (;;)
		pause();
}

int
main(int argc, char **argv)
{
	int tasks = argc > 1 ? atoi(argv[1]) : 100, ports = argc > 2 ? atoi(argv[2]) : 10000;
	pid_t *child = calloc((size_t)tasks, sizeof(*child));
	double before, after;
	int i, pipes[2];
	char c;

	HOLDS(child != NULL && pipe(pipes) == 0);
	for (i = 0; i < OWN; i++)
		own[i] = new_port();
	before = look();
	printf("alone\n");
	fflush(stdout);
	HOLDS(read(0, &c, 1) == 1);
	for (i = 0; i < tasks; i++) {
		child[i] = fork();
		HOLDS(child[i] >= 0);
		if (child[i] == 0)
			idle(ports / tasks, pipes[1]);
	}
	for (i = 0; i < tasks; i++)
		HOLDS(read(pipes[0], &c, 1) == 1);
	after = look();
	printf("crowd: %d tasks, %d ports, lookup %.2f of %.0f ns\n", tasks, ports,
	    after / before, before);
	fflush(stdout);
	HOLDS(read(0, &c, 1) == 1);
	for (i = 0; i < tasks; i++)
		kill(child[i], SIGKILL);
	for (i = 0; i < tasks; i++)
		HOLDS(wait(NULL) > 0);
	printf("gone\n");
	return 0;
}
