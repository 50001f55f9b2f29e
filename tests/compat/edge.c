/* SPDX-License-Identifier: ISC */
/*
 * A signal that comes when the stack is as empty as it can be, at once and by a call that lets it through: the frame
 * lies near the stack's end, right above which there may be something else. Starts itself anew, for another layout,
 * as often as it is told.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int came;

static void
handler(int sig)
{
	(void)sig;
	came++;
}

/* The end of the stack's mapping. */
static uintptr_t
stack_end(void)
{
	char line[256];
	unsigned long from, to, end = 0;
	FILE *f = fopen("/proc/self/maps", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%lx-%lx", &from, &to) == 2 && (uintptr_t)&line >= from && (uintptr_t)&line < to)
			end = to;
	if (f != NULL)
		fclose(f);
	return end;
}

/* A call with the stack pointer there; what was on the stack there is not needed any more. */
static void
call_at(uintptr_t sp, long nr, long a, const void *b, long n)
{
	register long r10 __asm__("r10") = n;

	__asm__ volatile("mov %%rsp, %%rbx\n\tmov %1, %%rsp\n\tsyscall\n\tmov %%rbx, %%rsp"
	    : "+a"(nr) : "r"(sp), "D"(a), "S"(b), "d"(0l), "r"(r10) : "rbx", "rcx", "r11", "memory", "cc");
}

static int left;
static uintptr_t end;

/* On a stack of its own: nothing of the first one is needed any more. */
static void
rest(void)
{
	static char next[16], *args[] = { "/proc/self/exe", next, NULL }, *none[] = { NULL };

	snprintf(next, sizeof(next), "%d", left - 1);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	for (unsigned below = 64; below <= 512; below *= 2) {
		call_at(end - below, SYS_kill, getpid(), (void *)(uintptr_t)SIGUSR1, 0);
		sigprocmask(SIG_BLOCK, &set, NULL);
		kill(getpid(), SIGUSR1);	/* comes when it may */
		call_at(end - below, SYS_rt_sigprocmask, SIG_UNBLOCK, &set, 8);
	}
	if (came != 8)
		_exit(1);
	if (left > 0) {
		execve(args[0], args, none);
		_exit(2);
	}
	_exit(write(1, "done\n", 5) != 5);
}

int
main(int argc, char **argv)
{
	static char stack[65536];
	static ucontext_t there;

	left = argc > 1 ? atoi(argv[1]) : 0;
	signal(SIGUSR1, handler);
	end = stack_end();
	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = sizeof(stack);
	makecontext(&there, rest, 0);
	setcontext(&there);
	return 3;
}
