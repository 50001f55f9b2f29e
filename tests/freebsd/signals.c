/* SPDX-License-Identifier: ISC */
/* Frames, masks, stacks and waits of signals, seen from inside. */
#include "guest.h"
#include "signal_defs.h"

static volatile int count;
static volatile long seen[8];
static struct siginfo_f si_copy;
static char altstack[65536];

static void
act(int sig, void *handler, int flags)
{
	struct sigaction_f sa = { .handler = (uint64_t)handler, .flags = (uint32_t)flags };

	EQUAL(SYS(N(sigaction), sig, &sa, 0), 0);
}

static void
block(int how, int sig, struct sigset_f *old)
{
	struct sigset_f set = { { 0 } };

	set.bits[(sig - 1) / 32] = 1u << ((sig - 1) % 32);
	EQUAL(SYS(N(sigprocmask), how, &set, old), 0);
}

static long
self(void)
{
	long tid;

	SYS(N(thr_self), &tid);
	return tid;
}

/* ---- entry registers, and the way back with changed registers ---- */

static void
on_fault(int sig, struct siginfo_f *si, struct ucontext_f *uc, void *addr)
{
	count++;
	seen[0] = sig;
	seen[1] = (long)addr;
	seen[2] = (long)(uintptr_t)__builtin_frame_address(0);
	si_copy = *si;
	seen[3] = uc->mc.trapno;
	seen[4] = (long)uc->mc.len;
	seen[5] = (long)uc->mc.addr;
	uc->mc.rip = uc->mc.r12;
	uc->mc.rbx = 0x1234;
}

static long
fault_at(uint64_t addr)
{
	long rbx = 0;

	__asm__ volatile("lea 1f(%%rip), %%r12\n\tmovb $0, (%1)\n1:\tmov %%rbx, %0"
	    : "=r"(rbx) : "r"(addr) : "r12", "rbx", "memory");
	return rbx;
}

static void
frames(void)
{
	act(FREEBSD_SIGSEGV, on_fault, FREEBSD_SA_SIGINFO);
	act(FREEBSD_SIGBUS, on_fault, FREEBSD_SA_SIGINFO);
	EQUAL(fault_at(0x1000), 0x1234);
	EQUAL(seen[0], FREEBSD_SIGSEGV);
	EQUAL(seen[1], 0x1000);
	EQUAL(si_copy.signo, FREEBSD_SIGSEGV);
	EQUAL(si_copy.code, FREEBSD_SEGV_MAPERR);
	EQUAL(si_copy.addr, 0x1000);
	EQUAL(si_copy.trapno, FREEBSD_T_PAGEFLT);
	EQUAL(seen[3], FREEBSD_T_PAGEFLT);
	EQUAL(seen[4], 800);
	EQUAL(seen[5], 0x1000);
	EQUAL(fault_at((uint64_t)frames), 0x1234);
	EQUAL(si_copy.code, FREEBSD_SEGV_ACCERR);
	/* A general protection fault is SIGBUS. */
	EQUAL(fault_at(0x8000000000000000), 0x1234);
	EQUAL(seen[0], FREEBSD_SIGBUS);
	EQUAL(si_copy.code, FREEBSD_BUS_OBJERR);
	EQUAL(si_copy.trapno, FREEBSD_T_PROTFLT);
	EQUAL(count, 3);
}

static void
traps(void)
{
	act(FREEBSD_SIGFPE, on_fault, FREEBSD_SA_SIGINFO);
	act(FREEBSD_SIGILL, on_fault, FREEBSD_SA_SIGINFO);
	act(FREEBSD_SIGTRAP, on_fault, FREEBSD_SA_SIGINFO);
	__asm__ volatile("lea 1f(%%rip), %%r12\n\txor %%ecx, %%ecx\n\tidiv %%ecx\n1:"
	    : : "a"(1), "d"(0) : "rcx", "r12", "rbx", "memory");
	EQUAL(seen[0], FREEBSD_SIGFPE);
	EQUAL(si_copy.code, FREEBSD_FPE_INTDIV);
	EQUAL(si_copy.trapno, FREEBSD_T_DIVIDE);
	__asm__ volatile("lea 1f(%%rip), %%r12\n\tud2\n1:" : : : "r12", "rbx", "memory");
	EQUAL(seen[0], FREEBSD_SIGILL);
	EQUAL(si_copy.code, FREEBSD_ILL_PRVOPC);
	__asm__ volatile("lea 1f(%%rip), %%r12\n\tint3\n1:" : : : "r12", "rbx", "memory");
	EQUAL(seen[0], FREEBSD_SIGTRAP);
	EQUAL(si_copy.code, FREEBSD_TRAP_BRKPT);
}

/* ---- everything comes back, the vector registers too ---- */

static void
on_usr(int sig, struct siginfo_f *si, struct ucontext_f *uc)
{
	(void)uc;
	count++;
	seen[0] = sig;
	si_copy = *si;
	__asm__ volatile("pcmpeqd %%xmm0, %%xmm0\n\tpcmpeqd %%xmm15, %%xmm15"
	    : : : "xmm0", "xmm15");
}

static void
registers(void)
{
	uint64_t in[4] = { 1, 2, 3, 4 }, out[4];
	long pid = SYS(N(getpid), 0), r12 = 0x77;

	count = 0;
	act(FREEBSD_SIGUSR1, on_usr, FREEBSD_SA_SIGINFO);
	__asm__ volatile("movups (%3), %%xmm0\n\tmovups 16(%3), %%xmm15\n\t"
	    "mov %4, %%eax\n\tmov %5, %%rdi\n\tmov %6, %%esi\n\tsyscall\n\t"
	    "movups %%xmm0, (%2)\n\tmovups %%xmm15, 16(%2)"
	    : "+r"(r12), "=m"(out) : "r"(out), "r"(in), "i"(N(kill)), "r"(pid),
	    "i"(FREEBSD_SIGUSR1) : "rax", "rdi", "rsi", "rdx", "rcx", "r11", "xmm0", "xmm15",
	    "memory");
	EQUAL(count, 1);
	CHECK(memcmp(in, out, sizeof(in)) == 0);
	EQUAL(r12, 0x77);
	EQUAL(si_copy.code, FREEBSD_SI_USER);
	EQUAL(si_copy.pid, pid);
}

/* ---- the alternate stack ---- */

static void
on_stack(int sig, struct siginfo_f *si, struct ucontext_f *uc)
{
	struct stack_f ss;
	char here;

	(void)sig;
	(void)si;
	count++;
	CHECK(&here >= altstack && &here < altstack + sizeof(altstack));
	EQUAL(SYS(N(sigaltstack), 0, &ss), 0);
	EQUAL(ss.flags, FREEBSD_SS_ONSTACK);
	ss.flags = FREEBSD_SS_DISABLE;
	EQUAL(SYS(N(sigaltstack), &ss, 0), -FREEBSD_EPERM);
	EQUAL(uc->stack.flags, 0);
}

static void
stacks(void)
{
	struct stack_f ss = { (uint64_t)altstack, sizeof(altstack), 0, 0 }, old;

	count = 0;
	EQUAL(SYS(N(sigaltstack), &ss, &old), 0);
	EQUAL(old.flags, FREEBSD_SS_DISABLE);
	act(FREEBSD_SIGUSR1, on_stack, FREEBSD_SA_SIGINFO | FREEBSD_SA_ONSTACK);
	EQUAL(SYS(N(thr_kill), self(), FREEBSD_SIGUSR1), 0);
	EQUAL(count, 1);
	ss.size = 100;
	EQUAL(SYS(N(sigaltstack), &ss, 0), -FREEBSD_ENOMEM);
	ss.flags = 99;
	EQUAL(SYS(N(sigaltstack), &ss, 0), -FREEBSD_EINVAL);
}

/* ---- numbers that the host has not, and those that it has ---- */

static void
numbers(void)
{
	static const int sigs[] = { 1, 2, 3, 7, 10, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 24,
		25, 26, 27, 28, 29, 30, 31, 32, 33, 65, 66, 95 };

	for (unsigned i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++) {
		count = 0;
		act(sigs[i], on_usr, FREEBSD_SA_SIGINFO);
		EQUAL(SYS(N(kill), SYS(N(getpid)), sigs[i]), 0);
		EQUAL(count, 1);
		EQUAL(seen[0], sigs[i]);
		EQUAL(SYS(N(thr_kill), self(), sigs[i]), 0);
		EQUAL(count, 2);
		EQUAL(si_copy.code, FREEBSD_SI_LWP);
		act(sigs[i], 0, 0);
	}
	/* By default these two end nothing. */
	EQUAL(SYS(N(kill), SYS(N(getpid)), FREEBSD_SIGINFO), 0);
	EQUAL(SYS(N(kill), SYS(N(getpid)), FREEBSD_SIGIO), 0);
	EQUAL(SYS(N(sigaction), 0, 0, 0), -FREEBSD_EINVAL);
	EQUAL(SYS(N(sigaction), 129, 0, 0), -FREEBSD_EINVAL);
	EQUAL(SYS(N(thr_kill), self(), 200), -FREEBSD_EINVAL);
	EQUAL(SYS(N(thr_kill), 999999, 1), -FREEBSD_ESRCH);
}

static void
actions(void)
{
	struct sigaction_f sa = { .handler = (uint64_t)on_usr, .flags = 0x7f }, old;

	sa.mask.bits[0] = 0x0f0f;
	EQUAL(SYS(N(sigaction), FREEBSD_SIGUSR2, &sa, 0), 0);
	EQUAL(SYS(N(sigaction), FREEBSD_SIGUSR2, 0, &old), 0);
	EQUAL(old.handler, on_usr);
	EQUAL(old.flags, 0x7f);
	EQUAL(old.mask.bits[0], 0x0f0f);
	count = 0;
	SYS(N(kill), SYS(N(getpid)), FREEBSD_SIGUSR2);
	EQUAL(count, 1);
	EQUAL(SYS(N(sigaction), FREEBSD_SIGUSR2, 0, &old), 0);
	EQUAL(old.handler, 0);	/* SA_RESETHAND */
	EQUAL(SYS(N(sigaction), FREEBSD_SIGIO, &sa, 0), 0);
	for (int i = 0; i < 3; i++)	/* after the first, ignored */
		SYS(N(kill), SYS(N(getpid)), FREEBSD_SIGIO);
	EQUAL(count, 2);
	sa.flags = 0x80;
	EQUAL(SYS(N(sigaction), FREEBSD_SIGUSR2, &sa, 0), -FREEBSD_EINVAL);
	EQUAL(SYS(N(sigaction), FREEBSD_SIGKILL, &sa, 0), -FREEBSD_EINVAL);
	EQUAL(SYS(N(sigaction), FREEBSD_SIGINFO, 0, &old), 0);
	EQUAL(old.handler, 0);
}

/* ---- masks and waits ---- */

static void
masks(void)
{
	struct sigset_f all = { { ~0u, ~0u, ~0u, ~0u } }, old, now;

	EQUAL(SYS(N(sigprocmask), FREEBSD_SIG_SETMASK, &all, &old), 0);
	EQUAL(SYS(N(sigprocmask), FREEBSD_SIG_BLOCK, 0, &now), 0);
	EQUAL(now.bits[0], ~(1u << (FREEBSD_SIGKILL - 1) | 1u << (FREEBSD_SIGSTOP - 1)));
	EQUAL(now.bits[1], ~0u);
	EQUAL(now.bits[2], ~0u);
	EQUAL(now.bits[3], ~0u);
	EQUAL(SYS(N(sigprocmask), 77, &all, 0), -FREEBSD_EINVAL);
	EQUAL(SYS(N(sigprocmask), FREEBSD_SIG_SETMASK, &old, 0), 0);
	count = 0;
	act(FREEBSD_SIGUSR1, on_usr, FREEBSD_SA_SIGINFO);
	block(FREEBSD_SIG_BLOCK, FREEBSD_SIGUSR1, 0);
	SYS(N(kill), SYS(N(getpid)), FREEBSD_SIGUSR1);
	EQUAL(count, 0);
	EQUAL(SYS(N(sigpending), &now), 0);
	EQUAL(now.bits[0], 1u << (FREEBSD_SIGUSR1 - 1));
	EQUAL(SYS(N(sigsuspend), &old), -FREEBSD_EINTR);
	EQUAL(count, 1);
	EQUAL(SYS(N(sigprocmask), FREEBSD_SIG_BLOCK, 0, &now), 0);
	EQUAL(now.bits[0], 1u << (FREEBSD_SIGUSR1 - 1));
	SYS(N(kill), SYS(N(getpid)), FREEBSD_SIGUSR1);
	block(FREEBSD_SIG_UNBLOCK, FREEBSD_SIGUSR1, 0);
	EQUAL(count, 2);
}

static void
waits(void)
{
	struct sigset_f set = { { 1u << (FREEBSD_SIGUSR1 - 1) | 1u << (FREEBSD_SIGSEGV - 1) } };
	int64_t soon[2] = { 0, 1000000 };
	struct siginfo_f si;
	int sig = 0;

	EQUAL(SYS(N(sigprocmask), FREEBSD_SIG_BLOCK, &set, 0), 0);
	EQUAL(SYS(N(sigtimedwait), &set, &si, soon), -FREEBSD_EAGAIN);
	EQUAL(SYS(N(sigqueue), SYS(N(getpid)), FREEBSD_SIGUSR1, 0x1122334455), 0);
	EQUAL(SYS(N(sigtimedwait), &set, &si, soon), FREEBSD_SIGUSR1);
	EQUAL(si.code, FREEBSD_SI_QUEUE);
	EQUAL(si.value, 0x1122334455);
	EQUAL(si.pid, SYS(N(getpid)));
	SYS(N(kill), SYS(N(getpid)), FREEBSD_SIGUSR1);
	EQUAL(SYS(N(sigwait), &set, &sig), 0);
	EQUAL(sig, FREEBSD_SIGUSR1);
	/* One of those that the host never blocks. */
	SYS(N(kill), SYS(N(getpid)), FREEBSD_SIGSEGV);
	EQUAL(SYS(N(sigwaitinfo), &set, &si), FREEBSD_SIGSEGV);
	EQUAL(SYS(N(sigprocmask), FREEBSD_SIG_UNBLOCK, &set, 0), 0);
}

/* ---- restart ---- */

static void
restarts(void)
{
	struct { int64_t interval[2], value[2]; } it = { { 0, 30000 }, { 0, 30000 } }, never = { 0 };
	int fds[2];
	char byte;

	EQUAL(SYS(N(pipe2), fds, 0), 0);
	count = 0;
	act(FREEBSD_SIGALRM, on_usr, FREEBSD_SA_SIGINFO);
	EQUAL(SYS(N(setitimer), 0, &it, 0), 0);
	EQUAL(SYS(N(read), fds[0], &byte, 1), -FREEBSD_EINTR);
	EQUAL(SYS(N(setitimer), 0, &never, 0), 0);
	CHECK(count >= 1);
	long pid = SYS(N(fork));
	if (pid == 0) {
		pause_ms(200);
		SYS(N(write), fds[1], "x", 1);
		SYS(N(exit), 0);
	}
	act(FREEBSD_SIGALRM, on_usr, FREEBSD_SA_SIGINFO | FREEBSD_SA_RESTART);
	count = 0;
	EQUAL(SYS(N(setitimer), 0, &it, 0), 0);
	EQUAL(SYS(N(read), fds[0], &byte, 1), 1);
	EQUAL(SYS(N(setitimer), 0, &never, 0), 0);
	CHECK(count >= 1);
	EQUAL(SYS(N(wait4), pid, 0, 0, 0), pid);
}

/* ---- what a program inherits: run again as `signals inherits` ---- */

static void
inherits(void)
{
	struct sigaction_f sa;
	struct sigset_f set;

	EQUAL(SYS(N(sigprocmask), FREEBSD_SIG_BLOCK, 0, &set), 0);
	EQUAL(set.bits[0], 1u << (FREEBSD_SIGUSR1 - 1) | 1u << (FREEBSD_SIGSEGV - 1) |
	    1u << (FREEBSD_SIGBUS - 1));
	EQUAL(SYS(N(sigpending), &set), 0);
	EQUAL(set.bits[0], 1u << (FREEBSD_SIGBUS - 1));
	EQUAL(SYS(N(sigaction), FREEBSD_SIGHUP, 0, &sa), 0);
	EQUAL(sa.handler, 1);
	EQUAL(SYS(N(sigaction), FREEBSD_SIGSEGV, 0, &sa), 0);
	EQUAL(sa.handler, 1);
	EQUAL(SYS(N(sigaction), FREEBSD_SIGIO, 0, &sa), 0);
	EQUAL(sa.handler, 0);
	EQUAL(SYS(N(sigaction), FREEBSD_SIGUSR2, 0, &sa), 0);
	EQUAL(sa.handler, 0);
}

static char *self_path;

static void
execs(void)
{
	char *argv[] = { self_path, (char *)"inherits", 0 }, *envp[] = { 0 };
	int status;
	long pid = SYS(N(fork));

	if (pid == 0) {
		act(FREEBSD_SIGHUP, (void *)1, 0);
		act(FREEBSD_SIGSEGV, (void *)1, 0);
		act(FREEBSD_SIGUSR2, on_usr, 0);
		block(FREEBSD_SIG_BLOCK, FREEBSD_SIGUSR1, 0);
		block(FREEBSD_SIG_BLOCK, FREEBSD_SIGSEGV, 0);
		block(FREEBSD_SIG_BLOCK, FREEBSD_SIGBUS, 0);
		SYS(N(kill), SYS(N(getpid)), FREEBSD_SIGBUS);
		SYS(N(execve), self_path, argv, envp);
		SYS(N(exit), 99);
	}
	EQUAL(SYS(N(wait4), pid, &status, 0, 0), pid);
	EQUAL(status, 0);
}

/* ---- a signal in the instructions between a handler and its sigreturn ---- */

static volatile uint64_t back_at;
static volatile int met, met_there;
extern char around_out[];
void around(uint64_t start, uint64_t *frame);

/* Where the kernel's code calls the handler: three bytes before the address it returns to. */
static void
on_place(int sig)
{
	(void)sig;
	back_at = (uint64_t)__builtin_return_address(0) - 3;
}

static void
on_around(int sig, struct siginfo_f *si, struct ucontext_f *uc)
{
	(void)sig;
	(void)si;
	met_there += uc->mc.rip == back_at;
	if (++met == 10000 || met_there == 10)
		uc->mc.rip = (uint64_t)around_out;
}

/* Calls (%rsp) there again and again, without a call to the kernel, until a handler moves it out. */
__asm__(".globl around\naround:\n\t"
    "push %rbx\n\tpush %rbp\n\tmov %rsp, %rbp\n\tmov %rdi, %rbx\n\tmov %rsi, %rsp\n\t"
    "lea 1f(%rip), %rax\n\tmov %rax, (%rsp)\n\tjmp *%rbx\n"
    /* the slow load makes it likely that an interrupt meets the call */
    "1:\tadd $8, %rsp\n\tclflush (%rsp)\n\tmfence\n\tjmp *%rbx\n"
    ".globl around_out\naround_out:\n\t"
    "mov %rbp, %rsp\n\tpop %rbp\n\tpop %rbx\n\tret");

static void
between(void)
{
	static uint64_t stack[8192];
	int64_t often[4] = { 0, 1000, 0, 1000 }, never[4] = { 0 };

	act(FREEBSD_SIGUSR2, on_place, 0);
	EQUAL(SYS(N(kill), SYS(N(getpid)), FREEBSD_SIGUSR2), 0);
	CHECK(back_at != 0);
	act(FREEBSD_SIGALRM, on_around, FREEBSD_SA_SIGINFO);
	EQUAL(SYS(N(setitimer), 0, often, 0), 0);
	around(back_at, &stack[8000]);
	EQUAL(SYS(N(setitimer), 0, never, 0), 0);
	CHECK(met_there > 0);
}

/* ---- contexts ---- */

static void
contexts(void)
{
	static struct ucontext_f uc, back;
	static volatile int passes, swaps;

	passes = swaps = 0;
	EQUAL(SYS(N(getcontext), &uc), 0);
	EQUAL(uc.mc.len, 800);
	if (++passes < 3)
		SYS(N(setcontext), &uc);
	EQUAL(passes, 3);
	EQUAL(SYS(N(getcontext), &uc), 0);
	if (++swaps == 1) {
		EQUAL(SYS(N(swapcontext), &back, &uc), 0);
		swaps = 10;
	} else if (swaps == 2)
		SYS(N(setcontext), &back);
	EQUAL(swaps, 10);
	uc.mc.len = 3;
	EQUAL(SYS(N(setcontext), &uc), -FREEBSD_EINVAL);
	EQUAL(SYS(N(setcontext), 0x1000), -FREEBSD_EFAULT);
	EQUAL(SYS(N(sigreturn), 0x1000), -FREEBSD_EFAULT);
}

int
test_main(int argc, char **argv)
{
	static const struct { const char *name; void (*fn)(void); } tests[] = {
		{ "frames", frames }, { "traps", traps }, { "registers", registers },
		{ "stacks", stacks }, { "numbers", numbers }, { "actions", actions },
		{ "masks", masks }, { "waits", waits }, { "restarts", restarts },
		{ "contexts", contexts }, { "execs", execs },
		{ "between", between },
	};

	self_path = argv[0];
	if (argc == 2 && strcmp(argv[1], "inherits") == 0) {
		inherits();
		return 0;
	}
	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (argc < 2 || strcmp(argv[1], tests[i].name) == 0)
			tests[i].fn();
	say("ok\n");
	return 0;
}
