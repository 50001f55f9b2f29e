/* SPDX-License-Identifier: ISC */
/* A mask that is held in memory is seen wherever a mask can be seen. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

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

static int
pending_now(int sig)
{
	sigset_t s;

	CHECK(sigpending(&s) == 0);
	return sigismember(&s, sig);
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
		for (int n = 0; n < 60000 && count == before; n++)
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

static volatile int ready, sent;
static volatile long handled_by;

static void
on_directed(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	(void)uc;
	handled_by = gettid();
}

static void
arm_timer(int sig)
{
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = sig };
	struct itimerspec soon = { { 0, 0 }, { 0, 20000000 } };
	timer_t id;

	ev.sigev_notify_thread_id = gettid();
	CHECK(timer_create(CLOCK_MONOTONIC, &ev, &id) == 0);
	CHECK(timer_settime(id, 0, &soon, NULL) == 0);
}

static void
spin_ms(long ms)
{
	struct timespec from, now;

	clock_gettime(CLOCK_MONOTONIC, &from);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - from.tv_sec) * 1000 +
	    (now.tv_nsec - from.tv_nsec) / 1000000 < ms);
}

/* Blocks in memory, is meant by name; nobody else may get it, though the first thread would take it. */
static void *
meant(void *arg)
{
	int by_timer = arg != NULL, sig = by_timer ? SIGRTMIN + 1 : SIGRTMIN;
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	pthread_sigmask(SIG_BLOCK, &s, NULL);
	if (by_timer) {
		arm_timer(sig);
		spin_ms(100);
	} else {
		ready = gettid();
		while (!sent)
			;
		spin_ms(20);
	}
	CHECK(handled_by == 0);
	pthread_sigmask(SIG_UNBLOCK, &s, NULL);
	CHECK(handled_by == gettid());
	return NULL;
}

/* Signals to one thread whose code does not say so. */
static void
directed_queue(void)
{
	struct sigaction sa = { .sa_sigaction = on_directed, .sa_flags = SA_SIGINFO };
	siginfo_t info = { .si_code = SI_QUEUE };
	pthread_t t;

	for (int i = 0; i < 2; i++)
		CHECK(sigaction(SIGRTMIN + i, &sa, NULL) == 0);
	for (int round = 0; round < 5; round++) {
		handled_by = sent = ready = 0;
		CHECK(pthread_create(&t, NULL, meant, NULL) == 0);
		while (!ready)
			;
		info.si_pid = getpid();
		CHECK(syscall(SYS_rt_tgsigqueueinfo, getpid(), ready, SIGRTMIN,
		    &info) == 0);
		sent = 1;
		CHECK(pthread_join(t, NULL) == 0);
	}
	for (int round = 0; round < 5; round++) {
		handled_by = 0;
		CHECK(pthread_create(&t, NULL, meant, (void *)1) == 0);
		CHECK(pthread_join(t, NULL) == 0);
	}
}

/* A fault's signal that somebody sent while it was blocked is pending in the next program. */
static void
held_over_exec(const char *self)
{
	pid_t p = fork();

	if (p == 0) {
		block(SIG_BLOCK, SIGBUS);
		CHECK(kill(getpid(), SIGBUS) == 0);
		execl("/nonexistent", self, NULL);
		CHECK(pending_now(SIGBUS));
		execl(self, self, "held", NULL);
		_exit(99);
	}
	CHECK(ended(p) == 0);
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
	volatile int *told;
	int st;
	pid_t p;

	told = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(told != MAP_FAILED);
	p = fork();
	if (p == 0) {
		getppid();	/* the last host call: the mask is in memory after it */
		block(SIG_BLOCK, sig);
		told[0] = 1;
		while (told[1] == 0)
			;
		if (status != 0) {
			block(SIG_UNBLOCK, sig);
			_exit(1);
		}
		sigset_t s;
		CHECK(sigpending(&s) == 0);
		_exit(sigismember(&s, sig) ? 0 : 2);
	}
	while (told[0] == 0)
		usleep(1000);
	CHECK(kill(p, sig) == 0);
	usleep(100000);		/* time for it to arrive */
	told[1] = 1;
	CHECK(waitpid(p, &st, 0) == p);
	CHECK(st == status);
	munmap((void *)told, 4096);
}

int
main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	if (argc > 1 && strcmp(argv[1], "held") == 0)
		return !(pending_now(SIGBUS) && blocked(SIGBUS));
	if (argc > 1)
		return blocked(SIGUSR1) == (strcmp(argv[1], "blocked") == 0) ?
		    0 : 1;
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	forks(argv[0]);
	pending();
	suspends();
	directed();
	directed_queue();
	held_over_exec(argv[0]);
	defaults(SIGTERM, SIGTERM);
	defaults(SIGTERM, 0);
	defaults(SIGWINCH, 0);
	return 0;
}
