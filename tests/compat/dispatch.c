/* SPDX-License-Identifier: ISC */
/*
 * A program's own Syscall User Dispatch: arguments, selector, ranges, what is inherited, and the signal that a
 * blocked call becomes. Prints nothing that varies.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "child.h"

#define SET_DISPATCH 59
enum { OFF, ON, INCLUSIVE };

static volatile char selector;
static volatile int hits, number, code, place;

static void
on_sys(int sig, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;
	greg_t *r = uc->uc_mcontext.gregs;

	selector = 0;
	hits++;
	number = si->si_syscall;
	code = si->si_code;
	place = sig == SIGSYS && si->si_call_addr == (void *)r[REG_RIP] &&
	    memcmp((char *)r[REG_RIP] - 2, "\017\005", 2) == 0 &&
	    (int)r[REG_RAX] == number;
	r[REG_RAX] = 777;
}

static void
catch(void)
{
	struct sigaction sa = { .sa_sigaction = on_sys, .sa_flags = SA_SIGINFO };

	sigaction(SIGSYS, &sa, NULL);
}

static long
set(unsigned long mode, unsigned long off, unsigned long len, volatile char *sel)
{
	return prctl(SET_DISPATCH, mode, off, len, sel);
}

static void
arguments(void)
{
	char *s = (char *)&selector, *none = NULL, *far = (char *)-1L;
	const struct { unsigned long mode, off, len; char *sel; } a[] = {
		{ 5, 0, 0, none }, { OFF, 1, 0, none }, { OFF, 0, 1, none }, { OFF, 0, 0, s },
		{ ON, 1, 0, s }, { ON, 1, -1ul, none }, { ON, 0, 1, far },
		{ ON, 0, 0, (char *)0x7fffffffffff }, { OFF, 0, 0, none }, { ON, (unsigned long)s, -1ul, s },
	};

	for (size_t i = 0; i < sizeof(a) / sizeof(a[0]); i++) {
		long r = set(a[i].mode, a[i].off, a[i].len, a[i].sel);

		printf("%zu: %ld %d\n", i, r, r != 0 ? errno : 0);
	}
}

static void
blocked(long nr)
{
	long r;

	selector = 1;
	r = syscall(nr, 1, 2, 3, 8, 5, 6);
	selector = 0;
	printf("%ld: %ld, hits %d, number %d, code %d, place %d\n", nr, r, hits,
	    number, code, place);
}

static void
basic(void)
{
	catch();
	printf("%ld\n", set(ON, 0, 0, &selector));
	printf("allowed: %d\n", syscall(SYS_getppid) > 0);
	blocked(SYS_getppid);
	blocked(SYS_rt_sigprocmask);
	blocked(SYS_fork);
	blocked(SYS_openat);
	blocked(SYS_pause);
	blocked(0xf001);
	blocked(-1);
	printf("%ld\n", set(OFF, 0, 0, NULL));
	selector = 1;
	printf("off: %d\n", syscall(SYS_getppid) > 0);
}

#define AROUND ((unsigned long)&syscall & ~4095ul)

static void
range(void)
{
	long r;

	catch();
	selector = 1;
	set(ON, AROUND, 8192, &selector);
	r = syscall(SYS_getppid);
	selector = 0;
	printf("%d %d\n", r > 0, hits);
}

/* Newer kernels: calls from the range alone are caught. */
static void
inclusive(void)
{
	long r;

	catch();
	selector = 1;
	r = set(INCLUSIVE, AROUND, 8192, &selector);
	if (r == 0)
		r = syscall(SYS_getppid) == 777 && getppid() > 0 ? 0 : 1;
	selector = 0;
	printf("%d\n", r == 0 || r == -1);
}

static void
other_state(void)
{
	catch();
	selector = 2;
	set(ON, 0, 0, &selector);
	syscall(SYS_getppid);
}

static void
no_handler(void)
{
	selector = 1;
	set(ON, 0, 0, &selector);
	syscall(SYS_getppid);
}

static void
selector_gone(void)
{
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	catch();
	set(ON, 0, 0, p);
	munmap(p, 4096);
}

static void *
calls(void *unused)
{
	(void)unused;
	return (void *)(long)(syscall(SYS_getppid) > 0);
}

static void
inherit(void)
{
	pthread_t t;
	void *r;
	int st;
	pid_t p;

	catch();
	set(ON, 0, 0, &selector);
	pthread_create(&t, NULL, calls, NULL);
	pthread_join(t, &r);
	p = fork();
	if (p == 0) {
		selector = 1;
		_exit(syscall(SYS_getppid) > 0 ? 3 : 4);
	}
	waitpid(p, &st, 0);
	printf("thread %ld, child %x\n", (long)r, (unsigned)st);
	blocked(SYS_getppid);
}

static void
next_program(void)
{
	set(ON, 0, 0, &selector);
	execl("/bin/echo", "echo", "runs", (char *)NULL);
}

static void
on_alarm(int sig)
{
	(void)sig;
}

static void
signals(void)
{
	catch();
	signal(SIGALRM, on_alarm);
	set(ON, 0, 0, &selector);
	raise(SIGALRM);
	blocked(SYS_getppid);
}

#define CASE(f) { #f, f }
static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	CASE(arguments), CASE(basic), CASE(range), CASE(inclusive), CASE(other_state), CASE(no_handler),
	CASE(selector_gone), CASE(inherit), CASE(next_program), CASE(signals),
};

int
main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		child(cases[i].name, cases[i].run);
	return 0;
}
