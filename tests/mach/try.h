/* SPDX-License-Identifier: ISC */
#ifndef VENEER_TESTS_MACH_TRY_H
#define VENEER_TESTS_MACH_TRY_H

#include <mach/mach.h>
#include <mach/mk_timer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The call must give exactly this. */
#define WANT(want, call) do { \
	kern_return_t want_ = (want), got_ = (call); \
	if (got_ != want_) { \
		printf("%s:%d: %s is %#x, not %#x\n", __FILE__, __LINE__, \
		    #call, got_, want_); \
		exit(1); \
	} \
} while (0)
#define TRY(call) WANT(0, call)
#define HOLDS(what) do { \
	if (!(what)) { \
		printf("%s:%d: %s does not hold\n", __FILE__, __LINE__, \
		    #what); \
		exit(1); \
	} \
} while (0)

static inline mach_port_t
new_port(void)
{
	mach_port_t p;

	TRY(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &p));
	return p;
}

/* A receive right with a send right, passed on to children. */
static inline mach_port_t
server_port(void)
{
	mach_port_t p = new_port();

	TRY(mach_port_insert_right(mach_task_self(), p, p,
	    MACH_MSG_TYPE_MAKE_SEND));
	TRY(task_set_bootstrap_port(mach_task_self(), p));
	return p;
}

/* The children must all end well. */
static inline void
reap(int n)
{
	int status;

	for (; n > 0; n--) {
		HOLDS(wait(&status) > 0);
		HOLDS(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

#endif
