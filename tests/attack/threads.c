/* SPDX-License-Identifier: ISC */
/* Attacks with threads and processes in every form of sharing. */
#include <sys/mman.h>
#include <sys/wait.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <spawn.h>

#include "hostile.h"

#define ARCH_SET_GS 0x1001
#define NTHREADS 2000
#define NVM 60

extern char **environ;

static volatile int child_pid;
static int gate_pipe[2];
static pthread_barrier_t barrier;

static int
vm_child(void *arg)
{
	child_pid = getpid();
	if (raw3(SYS_getpid, 0, 0, 0) != child_pid)
		return 1;
	if (raw3(SYS_getppid, 0, 0, 0) == child_pid)
		return 2;
	if (arg != NULL)
		kill(getpid(), SIGKILL);	/* raise() takes the parent's tid */
	return 42;
}

/* Children that share memory but nothing else; some die by SIGKILL. */
int
attack_vm_children(void)
{
	char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static char name[] = "true";
	char *argv[] = { name, NULL };
	int i, status;
	pid_t pid;

	CHECK(stack != MAP_FAILED);
	for (i = 0; i < NVM; i++) {
		pid = clone(vm_child, stack + 65536, CLONE_VM | SIGCHLD |
		    (i & 1 ? CLONE_FILES : 0) | (i & 2 ? CLONE_FS : 0),
		    i % 5 == 4 ? stack : NULL);
		CHECK(pid > 0);
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(child_pid == pid);
		if (i % 5 == 4)
			CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		else
			CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
		CHECK(getpid() == raw3(SYS_getpid, 0, 0, 0));
	}
	for (i = 0; i < NVM; i++) {
		CHECK(posix_spawn(&pid, i & 1 ? "/bin/true" : "/nonexistent",
		    NULL, NULL, argv, environ) == (i & 1 ? 0 : ENOENT));
		if (i & 1)
			CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		CHECK(getpid() == raw3(SYS_getpid, 0, 0, 0));
	}
	return 0;
}

static long
memory_pages(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long pages = 0;

	CHECK(f != NULL && fscanf(f, "%ld", &pages) == 1);
	fclose(f);
	return pages;
}

static int
vm_exec(void *arg)
{
	execve("/bin/true", arg, environ);
	return 1;
}

/* Children that share memory and exec, waited for by their parent or not: nothing of them stays. */
int
attack_vm_execs(void)
{
	enum { ROUNDS = 500, MANY = 100000, TIMES = 20 };
	static char *argv[MANY + 1], name[] = "true";
	char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int i, status;
	long before;
	pid_t pid;

	CHECK(stack != MAP_FAILED);
	argv[0] = name;
	for (i = 0; i < ROUNDS; i++) {
		pid = clone(vm_exec, stack + 65536, CLONE_VM | SIGCHLD, argv);
		CHECK(pid > 0);
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	}
	for (i = 0; i < MANY; i++)
		argv[i] = name;
	before = memory_pages();
	for (i = 0; i < TIMES; i++) {
		CHECK(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv,
		    environ) == 0);
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 2);
	}
	CHECK(memory_pages() - before < MANY * 8 / 4096 * TIMES / 2);
	return 0;
}

static void *
sleeper(void *arg)
{
	char c;

	(void)arg;
	CHECK(gettid() == raw3(SYS_gettid, 0, 0, 0));
	CHECK(read(gate_pipe[0], &c, 1) == 0);
	return NULL;
}

/* Thousands at once, then more than there is room for: EAGAIN and no harm. */
int
attack_threads(void)
{
	static pthread_t t[10000];
	pthread_attr_t attr;
	size_t n = 0, i;
	int error = 0;

	CHECK(pipe(gate_pipe) == 0);
	CHECK(pthread_attr_init(&attr) == 0);
	CHECK(pthread_attr_setstacksize(&attr, 16384) == 0);
	while (n < sizeof(t) / sizeof(t[0])) {
		error = pthread_create(&t[n], &attr, sleeper, NULL);
		if (error != 0)
			break;
		n++;
	}
	printf("%zu threads, then %s\n", n, strerror(error));
	CHECK(n >= NTHREADS);
	CHECK(error == 0 || error == EAGAIN);
	close(gate_pipe[1]);
	for (i = 0; i < n; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	for (i = 0; i < NTHREADS; i++) {
		CHECK(pthread_create(&t[0], &attr, sleeper, NULL) == 0);
		CHECK(pthread_join(t[0], NULL) == 0);
	}
	return 0;
}

int
attack_forks(void)
{
	pid_t pid[150];
	int i, depth, status, p[2];
	char c;

	CHECK(pipe(p) == 0);
	for (i = 0; i < 150; i++) {
		pid[i] = fork();
		CHECK(pid[i] >= 0);
		if (pid[i] == 0) {
			close(p[1]);
			CHECK(read(p[0], &c, 1) == 0);
			for (depth = 0; depth < 3; depth++) {
				pid_t q = fork();

				CHECK(q >= 0);
				if (q == 0)
					continue;
				CHECK(waitpid(q, &status, 0) == q);
				CHECK(status == 0);
				break;
			}
			CHECK(getpid() == raw3(SYS_getpid, 0, 0, 0));
			_exit(0);
		}
	}
	close(p[1]);
	for (i = 0; i < 150; i++)
		CHECK(waitpid(pid[i], &status, 0) == pid[i] && status == 0);
	return 0;
}

static sigjmp_buf back;

static void
on_fault(int sig)
{
	siglongjmp(back, sig);
}

/* %gs by instruction: raw calls heal it, a fault in a stub is the guest's own. */
int
attack_gs(void)
{
	struct sigaction sa = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };
	uint64_t t = thread_block(), now, i;

	CHECK(sigaction(SIGSEGV, &sa, NULL) == 0);
	CHECK(raw3(SYS_arch_prctl, ARCH_SET_GS, 0, 0) <= 0);
	CHECK(getppid() > 0);
	for (i = 0; i < 5; i++) {
		__asm__ volatile("wrgsbase %0" : : "r"(i * 0x1000));
		CHECK(raw3(SYS_getpid, 0, 0, 0) > 0);
		__asm__ volatile("rdgsbase %0" : "=r"(now));
		CHECK(now == t);
		if (sigsetjmp(back, 1) == 0) {
			__asm__ volatile("wrgsbase %0" : : "r"(i * 0x1000));
			getppid();
		}
		CHECK(raw3(SYS_getppid, 0, 0, 0) == getppid());
	}
	return 0;
}

static void *
execs(void *arg)
{
	char *argv[] = { arg, NULL };

	pthread_barrier_wait(&barrier);
	execve("/bin/true", argv, environ);
	return NULL;
}

/* Two threads exec at once while others call. */
static void *
caller(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&barrier);
	for (;;)
		raw3(SYS_getppid, 0, 0, 0);
	return NULL;
}

int
attack_exec_storm(void)
{
	static char name[] = "true";
	pthread_t t[4];
	int i, k, status;
	pid_t pid;

	for (i = 0; i < 60; i++) {
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0) {
			alarm(200);
			CHECK(pthread_barrier_init(&barrier, NULL, 4) == 0);
			for (k = 0; k < 4; k++)
				CHECK(pthread_create(&t[k], NULL,
				    k < 2 ? execs : caller, name) == 0);
			for (;;)
				pause();
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(status == 0);
	}
	return 0;
}

static void *
exits(void *arg)
{
	pthread_barrier_wait(&barrier);
	if (arg != NULL)
		_exit(7);
	for (;;)
		getppid();
	return NULL;
}

int
attack_exit_race(void)
{
	pthread_t t[6];
	long k;
	int i, status;
	pid_t pid;

	for (i = 0; i < 100; i++) {
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0) {
			alarm(200);
			CHECK(pthread_barrier_init(&barrier, NULL, 6) == 0);
			for (k = 0; k < 6; k++)
				CHECK(pthread_create(&t[k], NULL, exits,
				    k & 1 ? &barrier : NULL) == 0);
			for (;;)
				pause();
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	}
	return 0;
}

static void *
shortlived(void *arg)
{
	(void)arg;
	return (void *)raw3(SYS_gettid, 0, 0, 0);
}

static void *
maker(void *arg)
{
	pthread_t t;
	void *ret;
	int i;

	(void)arg;
	for (i = 0; i < 1500; i++) {
		CHECK(pthread_create(&t, NULL, shortlived, NULL) == 0);
		CHECK(pthread_join(t, &ret) == 0);
		CHECK((long)ret > 0);
	}
	return NULL;
}

int
attack_thread_exit_storm(void)
{
	pthread_t t[3];
	int i;

	for (i = 0; i < 3; i++)
		CHECK(pthread_create(&t[i], NULL, maker, NULL) == 0);
	for (i = 0; i < 3; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	return 0;
}
