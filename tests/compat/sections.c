/* SPDX-License-Identifier: ISC */
/*
 * Restartable sequences, as glibc has registered them: the processor's number, and sections that a signal aborts: the
 * handler finds the abort address in its frame, and every increment that was committed counts once. Then vfork without
 * shared memory. Prints nothing that varies.
 */
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "child.h"

static volatile uint64_t slot;
static volatile unsigned handled, at_abort, inside;
extern const char section_begin[], section_end[], section_abort[];

static void
on_alarm(int sig, siginfo_t *info, void *context)
{
	uintptr_t pc = (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

	(void)sig;
	(void)info;
	handled++;
	at_abort += pc == (uintptr_t)section_abort;
	inside += pc > (uintptr_t)section_begin && pc < (uintptr_t)section_end;
}

/* One increment of *to, with a long look in between; 1 when it was aborted. */
static int
increment(volatile struct rseq *r, volatile uint64_t *to)
{
	uint64_t aborted = 0, n;

	__asm__ volatile(
	    ".pushsection __rseq_cs, \"aw\"\n"
	    ".balign 32\n"
	    "3:	.long 0, 0\n"
	    "	.quad section_begin, section_end - section_begin, section_abort\n"
	    ".popsection\n"
	    "	lea 3b(%%rip), %%rax\n"
	    "	mov %%rax, %[cs]\n"
	    ".globl section_begin, section_end, section_abort\n"
	    "section_begin:\n"
	    "	mov %[to], %%rax\n"
	    "	mov $2000, %%ecx\n"
	    "1:	pause\n"
	    "	dec %%ecx\n"
	    "	jnz 1b\n"
	    "	inc %%rax\n"
	    "	mov %%rax, %[to]\n"
	    "section_end:\n"
	    "	jmp 2f\n"
	    "	.byte 0x0f, 0xb9, 0x3d\n"
	    "	.long 0x53053053\n"
	    "section_abort:\n"
	    "	mov $1, %[aborted]\n"
	    "2:\n"
	    : [aborted] "+&r"(aborted), [cs] "=m"(r->rseq_cs), [to] "+m"(*to), "=&a"(n)
	    : : "rcx", "memory", "cc");
	return (int)aborted;
}

static void
sequences(void)
{
	volatile struct rseq *r = (volatile struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
	struct sigaction sa = { .sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct itimerval often = { { 0, 500 }, { 0, 500 } };
	uint64_t done = 0, aborts = 0;
	cpu_set_t one;

	printf("%d\n", __rseq_size > 0 && (int32_t)r->cpu_id >= 0);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	printf("%d\n", (int)r->cpu_id == sched_getcpu());
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (aborts < 50 || done < 1000) {
		if (increment(r, &slot))
			aborts++;
		else
			done++;
	}
	memset(&often, 0, sizeof(often));
	setitimer(ITIMER_REAL, &often, NULL);
	printf("%d %d %d %d\n", slot == done, handled > 20, at_abort > 10, (int)inside);
}

static void
vforks(void)
{
	volatile int mine = 1;
	int st = 0, said[2], waits = 0;

	if (pipe(said) != 0)
		return;
	pid_t p = (pid_t)syscall(SYS_clone, 0x4000 /* CLONE_VFORK */ | SIGCHLD, 0, 0, 0, 0);

	if (p == 0) {
		usleep(50000);
		mine = 2;
		_exit(write(said[1], "3", 1) == 1 ? 3 : 4);
	}
	/* It is on its way out when vfork returns, though perhaps no zombie yet. */
	ioctl(said[0], FIONREAD, &waits);
	waitpid(p, &st, 0);
	printf("%d %d %d\n", waits, WEXITSTATUS(st), mine);
}

int
main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	child("sequences", sequences);
	child("vforks", vforks);
	return 0;
}
