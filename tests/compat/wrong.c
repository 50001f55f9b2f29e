/* SPDX-License-Identifier: ISC */
/*
 * What other ways to catch calls get wrong, each a case of its own: says how it went, natively and under a layer
 * alike.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void
on_fault(int sig, siginfo_t *si, void *uc)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "signal %d at %p\n", sig, si->si_addr);

	(void)uc;
	(void)!write(1, line, (size_t)n);
	_exit(0);
}

/* A fault of an instruction behind which there is nothing to read. */
static void
last_bytes(void)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(p + 4092, "\x31\xc0\x8a\x00", 4);	/* xor %eax,%eax; mov (%rax),%al */
	munmap(p + 4096, 4096);
	((void (*)(void))(uintptr_t)(p + 4092))();
}

/* Memory at zero would make these go on. */
static void
null(int how)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	volatile uintptr_t zero = 0;
	pid_t pid = fork();

	if (pid != 0) {
		waitpid(pid, NULL, 0);
		return;
	}
	sigaction(SIGSEGV, &sa, NULL);
	if (how == 0)
		((void (*)(void))zero)();
	else if (how == 1)
		printf("read %d\n", *(volatile char *)zero);
	else if (how == 2)
		*(volatile char *)(zero + 511) = 1;
	else if (how == 3)
		((void (*)(void))(zero + 39))();
	else
		last_bytes();
	_exit(1);
}

/* Its return address waits in a register, since the child pushes others where it stood. */
pid_t my_vfork(void);
__asm__("my_vfork: pop %rdi\n mov $58, %eax\n syscall\n push %rdi\n ret");

static __attribute__((noinline)) int
deep(int n)
{
	volatile char room[512];

	memset((char *)room, 0x5a, sizeof(room));
	return n == 0 ? room[1] : deep(n - 1) + room[2];
}

static void
child_overwrites(void)
{
	int status;

	for (int i = 0; i < 20; i++) {
		pid_t pid = my_vfork();

		if (pid == 0)
			_exit(deep(20) & 7);
		waitpid(pid, &status, 0);
		if (i == 19)
			printf("vfork: %d\n", WEXITSTATUS(status));
	}
}

/* A full mask, that of every number there is, stays over fork, vfork and exec: calls go on all the same. */
static void
all_blocked(const char *self)
{
	uint64_t all = ~0ul, now = 0;
	int status;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
	for (int i = 0; i < 2; i++) {
		pid_t pid = i == 0 ? fork() : my_vfork();

		if (pid == 0) {
			execl(self, self, "blocked", (char *)NULL);
			_exit(1);
		}
		waitpid(pid, &status, 0);
		printf("blocked: %x\n", (unsigned)status);
	}
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &now, 8);
	printf("mask %llx\n", (unsigned long long)now);
}

static int
blocked(void)
{
	uint64_t now = 0;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &now, 8);
	return syscall(SYS_getppid) > 0 && now == (~0ul & ~(1ul << (SIGKILL - 1) | 1ul << (SIGSTOP - 1))) ? 42 : 1;
}

/* The call begins on one page and ends on the next; then the first alone is made writable. */
long edge(void);
extern char edge_page[], edge_end[];
__asm__(".pushsection .edge, \"ax\", @progbits\n.balign 4096\nedge_page:\n.fill 4096 - 6, 1, 0x90\n"
    ".type edge, @function\nedge: mov $110, %eax\n syscall\n ret\n.size edge, . - edge\n.balign 4096\nedge_end:\n"
    ".popsection");

static void
page_end(void)
{
	printf("edge: %d", edge() == getppid());
	mprotect(edge_page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
	edge_page[0] = (char)0x90;
	printf(" %d", edge() == getppid());
	mprotect(edge_page, 4096, PROT_READ | PROT_EXEC);
	printf(" %d\n", edge() == getppid());
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IONBF, 0);
	if (strcmp(what, "blocked") == 0)
		return blocked();
	if (strcmp(what, "null") == 0)
		for (int how = 0; how < 5; how++)
			null(how);
	else if (strcmp(what, "vfork") == 0)
		child_overwrites();
	else if (strcmp(what, "mask") == 0)
		all_blocked(argv[0]);
	else if (strcmp(what, "edge") == 0)
		page_end();
	else
		return 2;
	return 0;
}
