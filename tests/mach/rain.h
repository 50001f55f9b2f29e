/* SPDX-License-Identifier: ISC */
/* SIGALRM every us microseconds (0 ends it), its handler with or without SA_RESTART. */
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>

static void
nothing(int sig)
{
	(void)sig;
}

static void
rain(int restart, long us)
{
	struct sigaction sa = { .sa_handler = nothing,
		.sa_flags = restart ? SA_RESTART : 0 };
	struct itimerval it = { { 0, us }, { 0, us } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}
