/* SPDX-License-Identifier: ISC */
/* Attacks with signals, masks and stacks. */
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <setjmp.h>
#include <time.h>

#include "hostile.h"

#define USEC_STORM 150

static volatile unsigned count;
static volatile sig_atomic_t last;
static sigjmp_buf back;

static void
on_count(int sig)
{
	int saved = errno;

	last = sig;
	count++;
	getppid();
	errno = saved;
}

static void
on_jump(int sig)
{
	last = sig;
	siglongjmp(back, 1);
}

static void
handle(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = flags };

	CHECK(sigaction(sig, &sa, NULL) == 0);
}

static void
calls_work(void)
{
	CHECK(raw3(SYS_getppid, 0, 0, 0) == getppid());
	CHECK(raw3(SYS_getpid, 0, 0, 0) == getpid());
}

int
attack_sigsys(void)
{
	sigset_t all, old;

	sigfillset(&all);
	CHECK(sigprocmask(SIG_BLOCK, &all, &old) == 0);
	calls_work();
	CHECK(raise(SIGSYS) == 0);	/* waits */
	calls_work();
	signal(SIGSYS, SIG_IGN);
	calls_work();
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
	calls_work();
	handle(SIGSYS, on_count, 0);
	count = 0;
	calls_work();
	CHECK(count == 0);
	CHECK(raise(SIGSYS) == 0);
	CHECK(count == 1 && last == SIGSYS);
	CHECK(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
	CHECK(raise(SIGSYS) == 0);
	calls_work();
	CHECK(count == 1);
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
	CHECK(count == 2);
	signal(SIGSYS, SIG_DFL);
	calls_work();
	return 0;
}

/* A full mask through fork, vfork's exec and threads; what is pending stays pending. */
int
attack_masks(void)
{
	static char *const argv[] = { "true", NULL };
	static char *const envp[] = { NULL };
	sigset_t all, old, pending;
	int status;
	pid_t pid;

	sigfillset(&all);
	handle(SIGUSR1, on_count, 0);
	CHECK(sigprocmask(SIG_BLOCK, &all, &old) == 0);
	CHECK(kill(getpid(), SIGUSR1) == 0);
	CHECK(sigpending(&pending) == 0);
	CHECK(sigismember(&pending, SIGUSR1));
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		CHECK(sigpending(&pending) == 0);
		CHECK(!sigismember(&pending, SIGUSR1));
		calls_work();
		execve("/bin/true", argv, envp);
		_exit(126);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	pid = vfork();
	if (pid == 0) {
		execve("/bin/true", argv, envp);
		_exit(126);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(count == 0);
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
	CHECK(count == 1);
	return 0;
}

/* Every signal has a handler that interrupts every other one. */
int
attack_handlers(void)
{
	sigset_t all;
	int sig, i;

	sigfillset(&all);
	for (sig = 1; sig < 65; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP || (sig >= 32 && sig < 35))
			continue;
		handle(sig, on_count, sig & 1 ? SA_NODEFER : SA_RESTART);
	}
	count = 0;
	for (i = 0; i < 50; i++)
		for (sig = 1; sig < 32; sig++)
			if (sig != SIGKILL && sig != SIGSTOP)
				CHECK(raise(sig) == 0);
	CHECK(count == 50 * 29);
	CHECK(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
	for (sig = 1; sig < 32; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			CHECK(kill(getpid(), sig) == 0);
	count = 0;
	CHECK(sigprocmask(SIG_UNBLOCK, &all, NULL) == 0);
	CHECK(count == 28);	/* a pending stop has taken SIGCONT away */
	return 0;
}

/* An alternate stack that is not there: SIGSEGV ends the child, nothing else. */
static int
bad_stack_child(uint64_t sp, uint64_t size)
{
	stack_t ss = { .ss_sp = (void *)sp, .ss_size = size };
	int status;
	pid_t pid;

	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		alarm(100);
		if (sigaltstack(&ss, NULL) != 0)
			_exit(99);
		handle(SIGUSR1, on_count, SA_ONSTACK);
		raise(SIGUSR1);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

int
attack_bad_stack(void)
{
	void *none = mmap(NULL, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	    0);
	void *ro = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	    0);

	CHECK(bad_stack_child((uint64_t)none, 65536) == SIGSEGV);
	CHECK(bad_stack_child((uint64_t)ro, 65536) == SIGSEGV);
	CHECK(bad_stack_child(0x10, 65536) == SIGSEGV);
	CHECK(bad_stack_child(~0xfffful, 8192) == SIGSEGV);
	CHECK(WEXITSTATUS(bad_stack_child((uint64_t)none, 100)) == 99);
	return 0;
}

/* A `syscall` with a stack pointer that points nowhere. */
int
attack_wild_rsp(void)
{
	static const uint64_t wild[] = { 0, 8, 0x10000, 0x7ffffffff000,
	    0x8000000000000000, ~0ul, ~15ul };
	long ret;
	size_t i;

	for (i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		__asm__ volatile("mov %%rsp, %%rbx\n\tmov %2, %%rsp\n\tsyscall\n\t"
		    "mov %%rbx, %%rsp" : "=a"(ret)
		    : "0"((long)SYS_getppid), "r"(wild[i])
		    : "rbx", "rcx", "r11", "memory");
		CHECK(ret == getppid());
	}
	return 0;
}

/* Handlers at the very end of a small stack. */
int
attack_small_stacks(void)
{
	char *mem = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_t ss = { .ss_size = 16384 };
	volatile int i;

	CHECK(mem != MAP_FAILED);
	handle(SIGUSR1, on_count, SA_ONSTACK);
	count = 0;
	for (i = 0; i < 20; i++) {
		ss.ss_sp = mem + i * 20480 + i;
		CHECK(sigaltstack(&ss, NULL) == 0);
		CHECK(raise(SIGUSR1) == 0);
		CHECK(raw3(SYS_tgkill, getpid(), gettid(), SIGUSR1) == 0);
	}
	CHECK(count == 40);
	handle(SIGSEGV, on_jump, SA_ONSTACK | SA_NODEFER);
	CHECK(mprotect(mem + (1 << 20) - 65536, 65536, PROT_NONE) == 0);
	for (i = 0; i < 20; i++)
		if (sigsetjmp(back, 1) == 0)
			__asm__ volatile("mov %0, %%rsp\n\tpush %%rax"
			    : : "r"(mem + (1 << 20) - 4096) : "memory");
	return 0;
}

static void
storm_start(void)
{
	struct itimerval it = { { 0, USEC_STORM }, { 0, USEC_STORM } };

	handle(SIGALRM, on_count, SA_RESTART);
	count = 0;
	CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
}

static void
storm_stop(void)
{
	struct itimerval it = { { 0, 0 }, { 0, 0 } };

	CHECK(setitimer(ITIMER_REAL, &it, NULL) == 0);
}

/* Signals at random times: every call answers right, registers and vectors are kept. */
int
attack_storm(void)
{
	time_t end = time(NULL) + 4;
	char buf[64], got[64];
	unsigned long n = 0;
	int p[2];

	CHECK(pipe(p) == 0);
	memset(buf, 'a', sizeof(buf));
	storm_start();
	while (time(NULL) < end || (count <= 200 && time(NULL) < end + 200)) {
		errno = 4242;
		CHECK(getpid() == raw3(SYS_getpid, 0, 0, 0));
		CHECK(getuid() == (uid_t)raw3(SYS_getuid, 0, 0, 0));
		CHECK(errno == 4242);
		CHECK(write(p[1], buf, sizeof(buf)) == sizeof(buf));
		CHECK(read(p[0], got, sizeof(got)) == sizeof(got));
		CHECK(memcmp(buf, got, sizeof(buf)) == 0);
		CHECK(close(-1) == -1 && errno == EBADF);
		n++;
	}
	storm_stop();
	printf("%lu rounds, %u signals\n", n, count);
	CHECK(count > 200);
	return 0;
}

static long
kept(void)
{
	long bad, nr = SYS_getppid;

	__asm__ volatile(
	    "mov $0x1111, %%rbx\n\tmov $0x2222, %%rdx\n\t"
	    "mov $0x3333, %%rsi\n\tmov $0x4444, %%rdi\n\t"
	    "mov $0x5555, %%r8\n\tmov $0x6666, %%r9\n\tmov $0x7777, %%r10\n\t"
	    "mov $0x8888, %%r12\n\tmov $0x9999, %%r13\n\t"
	    "mov $0xaaaa, %%r14\n\tmov $0xbbbb, %%r15\n\t"
	    "movq %%r15, %%xmm7\n\tmovq %%r14, %%xmm15\n\t"
	    "movq $0x7eef, -128(%%rsp)\n\tmovq $0x7eef, -8(%%rsp)\n\t"
	    "syscall\n\t"
	    "xor $0x1111, %%rbx\n\txor $0x2222, %%rdx\n\t"
	    "xor $0x3333, %%rsi\n\txor $0x4444, %%rdi\n\t"
	    "xor $0x5555, %%r8\n\txor $0x6666, %%r9\n\txor $0x7777, %%r10\n\t"
	    "xor $0x8888, %%r12\n\txor $0x9999, %%r13\n\t"
	    "xor $0xaaaa, %%r14\n\txor $0xbbbb, %%r15\n\t"
	    "or %%rbx, %%rdx\n\tor %%rsi, %%rdx\n\tor %%rdi, %%rdx\n\t"
	    "or %%r8, %%rdx\n\tor %%r9, %%rdx\n\tor %%r10, %%rdx\n\t"
	    "or %%r12, %%rdx\n\tor %%r13, %%rdx\n\tor %%r14, %%rdx\n\t"
	    "or %%r15, %%rdx\n\t"
	    "movq %%xmm7, %%rbx\n\txor $0xbbbb, %%rbx\n\tor %%rbx, %%rdx\n\t"
	    "movq %%xmm15, %%rbx\n\txor $0xaaaa, %%rbx\n\tor %%rbx, %%rdx\n\t"
	    "mov -128(%%rsp), %%rbx\n\txor $0x7eef, %%rbx\n\tor %%rbx, %%rdx\n\t"
	    "mov -8(%%rsp), %%rbx\n\txor $0x7eef, %%rbx\n\tor %%rbx, %%rdx\n\t"
	    : "+a"(nr), "=&d"(bad) :
	    : "rbx", "rcx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
	    "r14", "r15", "xmm7", "xmm15", "memory");
	return bad;
}

int
attack_raw_storm(void)
{
	time_t end = time(NULL) + 4;
	unsigned long n = 0;

	storm_start();
	while (time(NULL) < end || (count <= 200 && time(NULL) < end + 200)) {
		CHECK(kept() == 0);
		n++;
	}
	storm_stop();
	printf("%lu calls, %u signals\n", n, count);
	CHECK(count > 200);
	return 0;
}
