/* SPDX-License-Identifier: ISC */
/*
 * Threads that come and go, children by fork, vfork and spawn, and signals at all of them,
 * at once: nothing is lost, nothing hangs.  storm [SECONDS]
 */
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>

#include "t.h"

extern char **environ;
static volatile int stop;
static volatile unsigned long handled, threads, forks, spawns, pipes;
static pthread_t first;

static void
on_signal(int sig)
{
	int e = errno;

	(void)sig;
	handled++;
	close(-1);
	errno = e;
}

static void *
brief(void *arg)
{
	char *p = malloc(1000 + (size_t)arg % 5000);

	memset(p, 1, 1000);
	free(p);
	__atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED);
	return arg;
}

static void *
makes_threads(void *arg)
{
	pthread_attr_t detached;
	pthread_t t[8];
	void *r;

	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	while (!stop) {
		for (size_t i = 0; i < 8; i++)
			CHECK(pthread_create(&t[i], NULL, brief,
			    (void *)(i + 1)) == 0);
		for (size_t i = 0; i < 8; i++) {
			CHECK(pthread_join(t[i], &r) == 0);
			CHECK(r == (void *)(i + 1));
		}
		CHECK(pthread_create(&t[0], &detached, brief, NULL) == 0);
	}
	return arg;
}

static int
ended(pid_t pid)
{
	int st;
	pid_t r;

	CHECK(pid > 0);
	while ((r = waitpid(pid, &st, 0)) == -1 && errno == EINTR)
		;
	CHECK(r == pid && WIFEXITED(st));
	return WEXITSTATUS(st);
}

static void *
makes_children(void *arg)
{
	char *const sh[] = { "sh", "-c", "exit 4", NULL };
	pid_t p;

	while (!stop) {
		pid_t self = getpid();

		p = fork();
		if (p == 0)
			_exit(getpid() != self && getppid() == self ? 2 : 1);
		CHECK(ended(p) == 2);
		p = vfork();
		if (p == 0)
			_exit(getppid() == self ? 3 : 1);
		CHECK(ended(p) == 3);
		forks += 2;
		CHECK(getpid() == self);
		CHECK(posix_spawn(&p, "/bin/sh", NULL, NULL, sh, environ) == 0);
		CHECK(ended(p) == 4);
		spawns++;
	}
	return arg;
}

static void *
echoes(void *arg)
{
	int *fd = arg, n;

	for (;;) {
		ssize_t r = read(fd[0], &n, sizeof(n));

		if (r == -1 && errno == EINTR)
			continue;
		CHECK(r == sizeof(n));
		if (n < 0)
			return NULL;
		CHECK(write(fd[3], &n, sizeof(n)) == sizeof(n));
	}
}

static void
ping(int *fd, int n)
{
	int back = 0;
	ssize_t r;

	CHECK(write(fd[1], &n, sizeof(n)) == sizeof(n));
	if (n < 0)
		return;
	while ((r = read(fd[2], &back, sizeof(back))) == -1 && errno == EINTR)
		;
	CHECK(r == sizeof(back) && back == n);
	pipes++;
}

static void *
sends(void *arg)
{
	while (!stop) {
		kill(getpid(), SIGUSR1);
		pthread_kill(first, SIGUSR2);
		usleep(200);
	}
	return arg;
}

int
main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	void *(*const work[])(void *) = { makes_threads, makes_children, sends };
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 5);
	pthread_t t[3], echo;
	int fd[4];

	first = pthread_self();
	sigaction(SIGUSR2, &sa, NULL);
	sa.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &sa, NULL);
	CHECK(pipe(fd) == 0 && pipe(fd + 2) == 0);
	CHECK(pthread_create(&echo, NULL, echoes, fd) == 0);
	for (int i = 0; i < 3; i++)
		CHECK(pthread_create(&t[i], NULL, work[i], NULL) == 0);
	for (int n = 0; time(NULL) < end; n++)
		ping(fd, n);
	stop = 1;
	for (int i = 0; i < 3; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	ping(fd, -1);
	CHECK(pthread_join(echo, NULL) == 0);
	printf("%lu threads %lu forks %lu spawns %lu pings %lu signals\n",
	    threads, forks, spawns, pipes, handled);
	CHECK(threads && forks && spawns && pipes && handled);
	return 0;
}
