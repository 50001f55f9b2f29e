/* SPDX-License-Identifier: ISC */
/* Attacks by time: process and thread calls under a storm of signals. */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <time.h>

#include "hostile.h"

#define USEC_STORM 200
#define SECONDS 4

extern char **environ;

static volatile unsigned count;
static volatile int stop;

static void
on_count(int sig)
{
	int saved = errno;

	(void)sig;
	count++;
	getppid();
	raw3(SYS_getppid, 0, 0, 0);
	errno = saved;
}

static void
storm(long usec, int flags)
{
	struct itimerval it = { { 0, usec }, { 0, usec } };
	struct sigaction sa = { .sa_handler = on_count, .sa_flags = flags };

	CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
}

static void
reap(pid_t pid, int expect)
{
	int status;

	while (waitpid(pid, &status, 0) != pid)
		CHECK(errno == EINTR);
	CHECK(status == expect << 8);
}

/* fork, vfork with exec, posix_spawn and threads while signals rain. */
int
attack_fork_storm(void)
{
	static char name[] = "true";
	char *argv[] = { name, NULL };
	time_t end = time(NULL) + SECONDS;
	unsigned rounds = 0;
	pthread_t t;
	pid_t pid;
	void *ret;

	storm(USEC_STORM, SA_RESTART);
	while (time(NULL) < end || (rounds <= 3 && time(NULL) < end + 200)) {
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0) {
			if (getpid() != raw3(SYS_getpid, 0, 0, 0))
				_exit(1);
			_exit(9);
		}
		reap(pid, 9);
		pid = vfork();
		if (pid == 0) {
			execve("/bin/true", argv, environ);
			_exit(1);
		}
		reap(pid, 0);
		pid = vfork();
		if (pid == 0)
			_exit(getpid() == raw3(SYS_getpid, 0, 0, 0) ? 5 : 6);
		reap(pid, 5);
		CHECK(posix_spawn(&pid, "/bin/true", NULL, NULL, argv,
		    environ) == 0);
		reap(pid, 0);
		CHECK(pthread_create(&t, NULL, (void *(*)(void *))(uintptr_t)
		    gettid, NULL) == 0);
		CHECK(pthread_join(t, &ret) == 0);
		rounds++;
	}
	storm(0, 0);
	printf("%u rounds, %u signals\n", rounds, count);
	CHECK(rounds > 3);
	return 0;
}

static void *
breed(void *arg)
{
	pthread_t t;

	(void)arg;
	while (!stop) {
		CHECK(pthread_create(&t, NULL, (void *(*)(void *))(uintptr_t)
		    getppid, NULL) == 0);
		CHECK(pthread_join(t, NULL) == 0);
	}
	return NULL;
}

/* Forks out of a process whose other threads start and end threads all the time. */
int
attack_thread_fork(void)
{
	time_t end = time(NULL) + SECONDS;
	unsigned rounds = 0;
	pthread_t t[3], u;
	pid_t pid;
	int i;

	for (i = 0; i < 3; i++)
		CHECK(pthread_create(&t[i], NULL, breed, NULL) == 0);
	while (time(NULL) < end) {
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0) {
			alarm(200);
			signal(SIGALRM, SIG_DFL);
			if (pthread_create(&u, NULL, (void *(*)(void *))
			    (uintptr_t)getppid, NULL) != 0 ||
			    pthread_join(u, NULL) != 0)
				_exit(1);
			_exit(9);
		}
		reap(pid, 9);
		rounds++;
	}
	stop = 1;
	for (i = 0; i < 3; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	printf("%u forks\n", rounds);
	return 0;
}

/* Calls that block: each ends by EINTR or goes on, and no effect is lost or doubled. */
int
attack_block_storm(void)
{
	time_t end = time(NULL) + SECONDS;
	struct timespec ts, rem;
	unsigned rounds = 0, interrupted = 0;
	struct pollfd pfd;
	char c, sent = 0, want = 0;
	sigset_t none;
	int p[2];
	pid_t pid;

	CHECK(pipe(p) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		storm(170, SA_RESTART);
		close(p[0]);
		signal(SIGPIPE, SIG_DFL);
		for (;;) {
			ts = (struct timespec){ 0, 100000 };
			nanosleep(&ts, NULL);
			CHECK(write(p[1], &sent, 1) == 1);
			sent++;
		}
	}
	close(p[1]);
	sigemptyset(&none);
	storm(130, rounds & 1 ? SA_RESTART : 0);
	/* A busy machine has longer for enough of both. */
	while (time(NULL) < end || ((rounds <= 100 || interrupted <= 10) && time(NULL) < end + 200)) {
		pfd = (struct pollfd){ p[0], POLLIN, 0 };
		if (ppoll(&pfd, 1, NULL, &none) < 0) {
			CHECK(errno == EINTR);
			interrupted++;
		}
		while (read(p[0], &c, 1) != 1) {
			CHECK(errno == EINTR);
			interrupted++;
		}
		CHECK(c == want);
		want++;
		ts = (struct timespec){ 0, 50000 };
		if (nanosleep(&ts, &rem) != 0) {
			CHECK(errno == EINTR);
			CHECK(rem.tv_sec == 0 && rem.tv_nsec <= 200000);
			interrupted++;
		}
		rounds++;
	}
	storm(0, 0);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) != pid)
		;
	printf("%u bytes, %u interrupted, %u signals\n", rounds, interrupted,
	    count);
	CHECK(rounds > 100 && interrupted > 10);
	return 0;
}

/* Stopped and continued at random moments by another process: nothing is lost. */
int
attack_stop_storm(void)
{
	time_t end = time(NULL) + SECONDS;
	unsigned rounds = 0;
	struct timespec ts;
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		storm(USEC_STORM, SA_RESTART);
		while (time(NULL) < end) {
			CHECK(getpid() == raw3(SYS_getpid, 0, 0, 0));
			ts = (struct timespec){ 0, 20000 };
			nanosleep(&ts, NULL);
			CHECK(close(-1) == -1 && errno == EBADF);
		}
		_exit(9);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		kill(pid, SIGSTOP);
		kill(pid, SIGCONT);
		ts = (struct timespec){ 0, 150000 };
		nanosleep(&ts, NULL);
		rounds++;
	}
	printf("%u stops\n", rounds);
	CHECK(status == 9 << 8);
	return 0;
}

static void *
signaller(void *arg)
{
	pthread_t main_thread = *(pthread_t *)arg;

	while (!stop) {
		pthread_kill(main_thread, SIGUSR1);
		kill(getpid(), SIGUSR2);
	}
	return NULL;
}

/* Masks that change all the time under signals from two threads. */
int
attack_mask_storm(void)
{
	struct sigaction sa = { .sa_handler = on_count };
	time_t end = time(NULL) + SECONDS;
	sigset_t one, two, old, now;
	pthread_t self = pthread_self(), t[2];
	unsigned rounds = 0;
	int i;

	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
	CHECK(sigaction(SIGUSR2, &sa, NULL) == 0);
	sigemptyset(&one);
	sigaddset(&one, SIGUSR1);
	two = one;
	sigaddset(&two, SIGUSR2);
	for (i = 0; i < 2; i++)
		CHECK(pthread_create(&t[i], NULL, signaller, &self) == 0);
	while (time(NULL) < end || (count <= 100 && time(NULL) < end + 200)) {
		unsigned before;

		CHECK(sigprocmask(SIG_BLOCK, &one, &old) == 0);
		CHECK(!sigismember(&old, SIGUSR1));
		CHECK(sigprocmask(SIG_BLOCK, &two, &now) == 0);
		CHECK(sigismember(&now, SIGUSR1));
		before = count;
		getppid();
		(void)before;
		CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
		rounds++;
	}
	stop = 1;
	for (i = 0; i < 2; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	printf("%u rounds, %u signals\n", rounds, count);
	CHECK(count > 100);
	return 0;
}

/* Little address space: threads and mappings fail as they should. */
int
attack_small_space(void)
{
	struct rlimit rl = { 3ul << 30, 3ul << 30 };
	static pthread_t t[600];
	size_t n = 0, i;
	void *p;

	CHECK(setrlimit(RLIMIT_AS, &rl) == 0);
	while (mmap(NULL, 16 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	    0) != MAP_FAILED)
		;
	while (n < 600 && pthread_create(&t[n], NULL, (void *(*)(void *))
	    (uintptr_t)getppid, NULL) == 0)
		n++;
	for (i = 0; i < n; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	p = mmap(NULL, 64 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p == MAP_FAILED && errno == ENOMEM);
	CHECK(raw3(SYS_getppid, 0, 0, 0) == getppid());
	return 0;
}
