/* SPDX-License-Identifier: ISC */
/* inner <- middle <- main: waits in a call, or crashes, or sends itself a signal. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static __attribute__((noinline)) void
inner(const char *what)
{
	volatile int after = 0;

	if (strcmp(what, "wait") == 0) {
		puts("ready");
		fflush(stdout);
		pause();
	} else if (strcmp(what, "crash") == 0)
		*(volatile int *)(unsigned long)(unsigned)after = 1;
	else
		abort();
	after++;
}

static __attribute__((noinline)) void
middle(const char *what)
{
	char room[100];

	memset(room, 1, sizeof(room));
	inner(what);
	__asm__ volatile("" : : "r"(room));
}

static void *
thread(void *what)
{
	middle(what);
	return NULL;
}

int
main(int argc, char **argv)
{
	pthread_t t;

	if (argc > 2) {		/* in a second thread */
		pthread_create(&t, NULL, thread, argv[1]);
		pthread_join(t, NULL);
		return 0;
	}
	middle(argc > 1 ? argv[1] : "wait");
	return 0;
}
