/* SPDX-License-Identifier: ISC */
/* Identity answered from memory is right in every kind of child. */
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "t.h"

/* The kernel's own opinion: the name of /proc/self, and NSpid. */
static int
kernel_pid(void)
{
	char b[64];
	ssize_t n = readlink("/proc/self", b, sizeof(b) - 1);

	CHECK(n > 0);
	b[n] = 0;
	return atoi(b);
}

static int
kernel_tid(void)
{
	char b[64];
	ssize_t n = readlink("/proc/thread-self", b, sizeof(b) - 1);

	CHECK(n > 0);
	b[n] = 0;
	return atoi(strrchr(b, '/') + 1);
}

static void
right(void)
{
	CHECK(getpid() == kernel_pid());
	CHECK(syscall(SYS_gettid) == kernel_tid());
}

static int
ended(pid_t pid)
{
	int st;

	CHECK(pid > 0 && waitpid(pid, &st, __WALL) == pid);
	CHECK(WIFEXITED(st));
	return WEXITSTATUS(st);
}

static volatile pid_t seen_pid, seen_tid, seen_parent;

static int
shares_memory(void *arg)
{
	(void)arg;
	seen_pid = getpid();
	seen_tid = (pid_t)syscall(SYS_gettid);
	seen_parent = getppid();
	return 9;
}

static void *
thread(void *arg)
{
	*(pid_t *)arg = (pid_t)syscall(SYS_gettid);
	right();
	return NULL;
}

static void
with_vm(int flags)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t self = getpid(), p;

	seen_pid = 0;
	p = clone(shares_memory, stack + sizeof(stack), CLONE_VM | flags | 17,
	    NULL);
	CHECK(ended(p) == 9);
	CHECK(seen_pid == p && seen_tid == p && seen_parent == self);
	CHECK(getpid() == self);
	right();
}

static int
first_in_namespace(void *arg)
{
	pid_t p;

	(void)arg;
	if (getpid() != 1 || getppid() != 0 || syscall(SYS_gettid) != 1)
		return 1;
	p = fork();
	if (p == 0)
		_exit(getpid() == 2 && getppid() == 1 ? 0 : 1);
	return p == 2 && ended(p) == 0 ? 8 : 2;
}

static void
namespaces(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	uid_t before = getuid();
	pid_t p = clone(first_in_namespace, stack + sizeof(stack),
	    CLONE_NEWUSER | CLONE_NEWPID | 17, NULL);

	if (p < 0) {
		puts("no-namespaces");
		return;
	}
	CHECK(ended(p) == 8);
	p = fork();
	if (p == 0) {
		CHECK(unshare(CLONE_NEWUSER) == 0);
		CHECK(getuid() == 65534 && geteuid() == 65534);
		CHECK(getgid() == 65534 && getegid() == 65534);
		_exit(0);
	}
	CHECK(ended(p) == 0);
	CHECK(getuid() == before);
}

static void
clocks(void)
{
	struct timespec a, b;
	unsigned cpu = 99999;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &a) == 0);
	usleep(2000);
	CHECK(clock_gettime(CLOCK_MONOTONIC, &b) == 0);
	CHECK((b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec >= 2000000);
	CHECK(clock_gettime(CLOCK_REALTIME, &a) == 0 && a.tv_sec > 1600000000);
	CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a) == 0);
	CHECK(clock_gettime(12345, &a) == -1 && errno == EINVAL);
	CHECK(time(NULL) >= 1600000000);
	CHECK(sched_getcpu() >= 0);
	CHECK(syscall(SYS_getcpu, &cpu, NULL, NULL) == 0 && cpu < 4096);
}

int
main(void)
{
	pid_t self = getpid(), tid = 0, p;
	pthread_t t;

	right();
	CHECK(self == syscall(SYS_gettid));
	p = fork();
	if (p == 0) {
		CHECK(getpid() != self && getppid() == self);
		right();
		_exit(7);
	}
	CHECK(ended(p) == 7);
	p = vfork();
	if (p == 0)
		_exit(getpid() != self && getppid() == self &&
		    getpid() == kernel_pid() ? 6 : 1);
	CHECK(ended(p) == 6);
	CHECK(getpid() == self);
	with_vm(0);
	with_vm(CLONE_VFORK);
	with_vm(CLONE_FILES | CLONE_FS);
	CHECK(pthread_create(&t, NULL, thread, &tid) == 0);
	CHECK(pthread_join(t, NULL) == 0 && tid != self && tid > 0);
	namespaces();
	clocks();
	return 0;
}
