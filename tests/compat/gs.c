/* SPDX-License-Identifier: ISC */
/*
 * A program that has %gs for itself: set by the kernel and by the instruction, read through the segment in code, kept
 * over calls, signals, threads and children. Prints nothing that varies.
 */
#include <asm/prctl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

struct block {
	uint64_t self, id;
	char pad[4096];
};
static struct block blocks[8];
void gs_write(void *);
static volatile int handled, wrong;

static uint64_t
seen(void)
{
	uint64_t id;

	__asm__ volatile("mov %%gs:8, %0" : "=r"(id));
	return id;
}

static int instruction;	/* the kernel is never asked */

static void
set(struct block *b, uint64_t id)
{
	b->self = (uint64_t)b;
	b->id = id;
	if (instruction) {
		gs_write(b);
		return;
	}
	if (syscall(SYS_arch_prctl, ARCH_SET_GS, b) != 0)
		printf("refused: %d\n", errno);
}

static void
check(uint64_t id)
{
	uint64_t base = 0;

	wrong += seen() != id;
	getppid();
	wrong += seen() != id;
	syscall(SYS_arch_prctl, ARCH_GET_GS, &base);
	wrong += base != (uint64_t)&blocks[id];
	wrong += seen() != id;
}

static void
on_signal(int sig)
{
	uint64_t id = seen();

	(void)sig;
	handled++;
	getppid();
	wrong += seen() != id || id >= 8;
}

static void *
thread(void *arg)
{
	uint64_t id = (uint64_t)arg;

	wrong += seen() != 1;	/* as its maker's */
	set(&blocks[id], id);
	for (int i = 0; i < 300; i++) {
		check(id);
		if (i % 50 == 0)
			pthread_kill(pthread_self(), SIGUSR1);
		if (i % 100 == 0)
			usleep(100);
	}
	return NULL;
}

static int
registers(void)
{
	uint64_t b = 0x1111, r12 = 0x2222, r15 = 0x3333, rax = SYS_getppid, flags;
	uint64_t in = 0x8d7;	/* CF PF AF ZF SF OF: what comes back is what went in */

	__asm__ volatile("mov %[b], %%rbx\n mov %[r12], %%r12\n mov %[r15], %%r15\n"
	    "push %[in]\n popf\n syscall\n pushf\n pop %[flags]\n"
	    "mov %%rbx, %[b]\n mov %%r12, %[r12]\n mov %%r15, %[r15]"
	    : "+a"(rax), [b] "+&D"(b), [r12] "+&S"(r12), [r15] "+&d"(r15), [flags] "=&r"(flags)
	    : [in] "r"(in) : "rbx", "r12", "r15", "rcx", "r11", "memory", "cc");
	return b == 0x1111 && r12 == 0x2222 && r15 == 0x3333 && (flags & 0x8d5) == (in & 0x8d5);
}

static void
base_instruction(void)
{
	blocks[5] = (struct block){ .self = (uint64_t)&blocks[5], .id = 5 };
	gs_write(&blocks[5]);
	check(5);
	raise(SIGUSR1);
	check(5);
}

int
main(int argc, char **argv)
{
	struct itimerval often = { { 0, 300 }, { 0, 300 } };
	pthread_t t[3];
	pid_t p;
	int st;

	setvbuf(stdout, NULL, _IONBF, 0);
	signal(SIGUSR1, on_signal);
	signal(SIGALRM, on_signal);
	instruction = argc > 1 && strcmp(argv[1], "instruction") == 0;
	printf("%ld %d\n", instruction ? 0 : syscall(SYS_arch_prctl, ARCH_SET_GS, -1L), errno);
	set(&blocks[1], 1);
	check(1);
	printf("%d\n", registers());
	raise(SIGUSR1);
	check(1);
	for (uint64_t i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, thread, (void *)(i + 2));
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	check(1);
	p = fork();
	if (p == 0) {
		check(1);
		_exit(wrong);
	}
	waitpid(p, &st, 0);
	p = vfork();
	if (p == 0)
		_exit(seen() != 1);
	wrong += st;
	waitpid(p, &st, 0);
	wrong += st;
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < 3000; i++)
		check(1);
	for (volatile long i = 0; i < 20000000; i++)
		wrong += i % 1000000 == 0 && seen() != 1;
	memset(&often, 0, sizeof(often));
	setitimer(ITIMER_REAL, &often, NULL);
	printf("handled %d\n", handled > 10);
	base_instruction();
	printf("wrong %d\n", wrong);
	if (fork() == 0)
		execl("/bin/echo", "echo", "next", (char *)NULL);
	wait(NULL);
	return wrong != 0;
}
