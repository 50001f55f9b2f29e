/* SPDX-License-Identifier: ISC */
/* A mask that is held in memory is seen wherever a mask can be seen. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "t.h"

static volatile sig_atomic_t count;
static volatile pthread_t who;

static void
on_signal(int sig)
{
	(void)sig;
	count++;
	who = pthread_self();
}

static void
block(int how, int sig)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	CHECK(sigprocmask(how, &s, NULL) == 0);
}

static int
blocked(int sig)
{
	sigset_t s;

	CHECK(sigprocmask(SIG_BLOCK, NULL, &s) == 0);
	return sigismember(&s, sig);
}

/* The kernel's opinion of a thread's mask. */
static unsigned long
kernel_mask(const char *status)
{
	char line[256];
	unsigned long m = 0;
	FILE *f = fopen(status, "r");

	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "SigBlk: %lx", &m) == 1)
			break;
	fclose(f);
	return m;
}

static int
ended(pid_t pid)
{
	int st;

	CHECK(pid > 0 && waitpid(pid, &st, 0) == pid && WIFEXITED(st));
	return WEXITSTATUS(st);
}

static void
forks(const char *self)
{
	pid_t p;

	block(SIG_BLOCK, SIGUSR1);
	p = fork();
	if (p == 0) {
		CHECK(blocked(SIGUSR1) && !blocked(SIGUSR2));
		CHECK(kernel_mask("/proc/self/status") & 1 << (SIGUSR1 - 1));
		_exit(3);
	}
	CHECK(ended(p) == 3);
	p = fork();
	if (p == 0) {
		execl(self, self, "blocked", NULL);
		_exit(99);
	}
	CHECK(ended(p) == 0);
	p = vfork();
	if (p == 0) {
		block(SIG_UNBLOCK, SIGUSR1);
		execl(self, self, "unblocked", NULL);
		_exit(99);
	}
	CHECK(ended(p) == 0);
	CHECK(blocked(SIGUSR1));
	block(SIG_UNBLOCK, SIGUSR1);
}

static void
pending(void)
{
	sigset_t s;
	siginfo_t info;
	struct timespec none = { 0, 0 };
	struct signalfd_siginfo si;
	struct pollfd pfd;

	count = 0;
	block(SIG_BLOCK, SIGUSR1);
	CHECK(kill(getpid(), SIGUSR1) == 0);
	CHECK(count == 0);
	CHECK(sigpending(&s) == 0 && sigismember(&s, SIGUSR1));
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	CHECK(sigwaitinfo(&s, &info) == SIGUSR1 && info.si_code == SI_USER &&
	    info.si_pid == getpid());
	CHECK(sigtimedwait(&s, NULL, &none) == -1 && errno == EAGAIN);
	pfd.fd = signalfd(-1, &s, SFD_CLOEXEC | SFD_NONBLOCK);
	CHECK(pfd.fd >= 0);
	CHECK(raise(SIGUSR1) == 0);
	pfd.events = POLLIN;
	CHECK(poll(&pfd, 1, 1000) == 1);
	CHECK(read(pfd.fd, &si, sizeof(si)) == sizeof(si));
	CHECK(si.ssi_signo == SIGUSR1 && count == 0);
	close(pfd.fd);
	CHECK(raise(SIGUSR1) == 0);
	CHECK(count == 0);
	block(SIG_UNBLOCK, SIGUSR1);
	CHECK(count == 1);
}

static volatile int stop;

/* Blocks in memory only: makes no call that would tell the kernel. */
static void *
spins_masked(void *arg)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &s, NULL);
	*(volatile int *)arg = 1;
	while (!stop)
		;
	return NULL;
}

static void *
sends(void *arg)
{
	usleep(30000);
	for (int i = 0; i < 50; i++) {
		int before = count;

		kill(getpid(), SIGUSR2);
		for (int n = 0; n < 2000 && count == before; n++)
			usleep(1000);
		if (count == before)
			*(volatile int *)arg = 1;
	}
	stop = 1;
	return NULL;
}

/* The first thread is where the kernel delivers by preference; it is masked in memory alone. */
static void
directed(void)
{
	volatile int failed = 0;
	int self_masked = 0;
	pthread_t t;
	sigset_t s;

	count = 0;
	sigemptyset(&s);
	sigaddset(&s, SIGUSR2);
	CHECK(pthread_create(&t, NULL, sends, (void *)&failed) == 0);
	spins_masked(&self_masked);
	CHECK(pthread_join(t, NULL) == 0);
	CHECK(!failed && count == 50 && !pthread_equal(who, pthread_self()));
	CHECK(pthread_sigmask(SIG_UNBLOCK, &s, NULL) == 0);
}

static void
suspends(void)
{
	sigset_t none;
	pid_t p, self = getpid();

	count = 0;
	block(SIG_BLOCK, SIGUSR1);
	p = fork();
	if (p == 0) {
		usleep(20000);
		kill(self, SIGUSR1);
		_exit(0);
	}
	sigemptyset(&none);
	CHECK(sigsuspend(&none) == -1 && errno == EINTR && count == 1);
	CHECK(blocked(SIGUSR1));
	CHECK(ended(p) == 0);
	block(SIG_UNBLOCK, SIGUSR1);
}

/* Blocked while only memory knows it, and nobody handles it: the process lives until it is unblocked. */
static void
defaults(int sig, int status)
{
	int ready[2], st;
	char c = 0;
	pid_t p;

	CHECK(pipe(ready) == 0);
	p = fork();
	if (p == 0) {
		struct timespec from, now;

		CHECK(write(ready[1], &c, 1) == 1);	/* the last host call: the mask is in memory after it */
		block(SIG_BLOCK, sig);
		clock_gettime(CLOCK_MONOTONIC, &from);
		do
			clock_gettime(CLOCK_MONOTONIC, &now);
		while (now.tv_sec - from.tv_sec < 2);
		if (status != 0) {
			block(SIG_UNBLOCK, sig);
			_exit(1);
		}
		sigset_t s;
		CHECK(sigpending(&s) == 0);
		_exit(sigismember(&s, sig) ? 0 : 2);
	}
	CHECK(read(ready[0], &c, 1) == 1);
	usleep(300000);
	CHECK(kill(p, sig) == 0 && waitpid(p, &st, 0) == p);
	CHECK(st == status);
	close(ready[0]);
	close(ready[1]);
}

int
main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	if (argc > 1)
		return blocked(SIGUSR1) == (strcmp(argv[1], "blocked") == 0) ?
		    0 : 1;
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	forks(argv[0]);
	pending();
	suspends();
	directed();
	defaults(SIGTERM, SIGTERM);
	defaults(SIGTERM, 0);
	defaults(SIGWINCH, 0);
	return 0;
}
