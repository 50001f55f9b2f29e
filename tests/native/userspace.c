/* SPDX-License-Identifier: ISC */
/* Calls answered from memory: between the two getppid calls the host hears of none. */
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "t.h"

int
main(void)
{
	struct timespec ts;
	struct timeval tv;
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK(getuid() == geteuid() || getuid() != geteuid());
	CHECK(getgid() == getegid() || getgid() != getegid());
	/* The first block of a signal that would end the process has a price: the layer catches it from then on. */
	CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0);
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
	getppid();
	for (int i = 0; i < 1000; i++) {
		CHECK(getpid() > 0 && syscall(SYS_gettid) > 0);
		CHECK((int)(getuid() + geteuid() + getgid() + getegid()) >= 0);
		CHECK(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
		CHECK(clock_gettime(CLOCK_REALTIME, &ts) == 0);
		CHECK(gettimeofday(&tv, NULL) == 0 && time(NULL) > 0);
		CHECK(sched_getcpu() >= 0);
		CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0);
		CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
	}
	getppid();
	return 0;
}
