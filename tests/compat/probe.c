/* SPDX-License-Identifier: ISC */
/*
 * Prints what the kernel shows a program of calls and signals, nothing that varies from run to run: native and under
 * the layer the same lines.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

struct frame {
	uint64_t sp, mxcsr, fcw, flags, uc_flags, stack_flags, mask, rip, rax, fault_sp;
	int signo, code, err, trapno;
	uint32_t magic1, size_ok;
};
static volatile struct frame f;
static volatile int came[65];
static char alt[65536];

static void
handler(int sig, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;
	const char *fp = (const char *)uc->uc_mcontext.fpregs;
	uint32_t mxcsr, sw[4], magic2;
	uint16_t fcw;

	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	__asm__ volatile("fnstcw %0" : "=m"(fcw));
	f.mxcsr = mxcsr;
	f.fcw = fcw;
	f.sp = (uint64_t)__builtin_frame_address(0);
	__asm__ volatile("pushf; pop %0" : "=r"(f.flags));
	f.uc_flags = uc->uc_flags;
	f.stack_flags = (uint64_t)uc->uc_stack.ss_flags;
	memcpy((void *)&f.mask, &uc->uc_sigmask, 8);
	f.rip = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
	f.rax = (uint64_t)uc->uc_mcontext.gregs[REG_RAX];
	f.fault_sp = (uint64_t)uc->uc_mcontext.gregs[REG_RSP];
	f.err = (int)uc->uc_mcontext.gregs[REG_ERR];
	f.trapno = (int)uc->uc_mcontext.gregs[REG_TRAPNO];
	f.signo = sig;
	came[sig]++;
	f.code = si->si_code;
	memcpy(sw, fp + 464, sizeof(sw));
	f.magic1 = sw[0];
	memcpy(&magic2, fp + sw[1] - 4, 4);
	f.size_ok = magic2;
	if (si->si_code > 0)
		uc->uc_mcontext.gregs[REG_RIP] += sig == SIGILL ? 2 : 3;
}

static void
show(const char *what)
{
	printf("%s: signal %d code %d err %d trap %d mxcsr %#lx fcw %#lx df/tf %#lx uc %#lx stack %#lx mask %#lx "
	    "magic %x %x red zone %d align %lu\n", what, f.signo, f.code, f.err, f.trapno, f.mxcsr, f.fcw,
	    f.flags & 0x500, f.uc_flags, f.stack_flags, f.mask, f.magic1, f.size_ok,
	    f.fault_sp - f.sp > 128 + 512, f.sp & 15);
	memset((void *)&f, 0, sizeof(f));
}

static void
on(int sig, int flags, int mask)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };

	sigemptyset(&sa.sa_mask);
	if (mask != 0)
		sigaddset(&sa.sa_mask, mask);
	sigaction(sig, &sa, NULL);
}

static void
signals(void)
{
	uint32_t mxcsr = 0x9fc0, after;
	stack_t ss = { .ss_sp = alt, .ss_size = sizeof(alt) }, old;
	sigset_t set;

	on(SIGUSR1, 0, SIGHUP);
	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
	raise(SIGUSR1);
	__asm__ volatile("stmxcsr %0" : "=m"(after));
	printf("mxcsr comes back: %d\n", after == mxcsr);
	show("raise");
	on(SIGSEGV, 0, 0);
	__asm__ volatile("mov (%0), %%rax" : : "r"(8L) : "rax", "memory");
	show("segv");
	on(SIGILL, 0, 0);
	__asm__ volatile("ud2" : : : "memory");
	show("ill");
	printf("sigaltstack %d", sigaltstack(&ss, &old));
	printf(" old %d %zu\n", old.ss_flags, old.ss_size);
	on(SIGUSR1, SA_ONSTACK, 0);
	raise(SIGUSR1);
	printf("on it: %d\n", f.sp > (uint64_t)alt && f.sp < (uint64_t)alt + sizeof(alt));
	show("alternate");
	ss.ss_flags = (int)(1u << 31);
	printf("autodisarm %d\n", sigaltstack(&ss, NULL));
	raise(SIGUSR1);
	show("autodisarm");
	sigaltstack(NULL, &old);
	printf("after: %x %zu\n", (unsigned)old.ss_flags, old.ss_size);
	ss.ss_flags = 3;
	printf("both modes: %d", sigaltstack(&ss, NULL));
	printf(" %d\n", errno);
	ss.ss_flags = 0;
	ss.ss_size = 100;
	printf("too small: %d", sigaltstack(&ss, NULL));
	printf(" %d\n", errno);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGSEGV);
	sigaddset(&set, SIGKILL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, NULL, &set);
	printf("mask %lx\n", *(unsigned long *)&set);
	on(SIGUSR2, SA_RESTART, 0);
	kill(getpid(), SIGUSR2);
	kill(getpid(), SIGSEGV);
	sigpending(&set);
	printf("pending %lx\n", *(unsigned long *)&set);
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	printf("both came %d\n", came[SIGUSR2] == 1 && came[SIGSEGV] == 2);
}

static void
waits(void)
{
	struct timespec ts = { 0, 1000000 };
	struct pollfd p = { .events = POLLIN };
	sigset_t set;
	siginfo_t si;
	union sigval v = { .sival_int = 42 };
	int fd[2];

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigqueue(getpid(), SIGRTMIN + 1, v);
	sigqueue(getpid(), SIGRTMIN + 1, v);
	printf("sigwaitinfo %d", sigwaitinfo(&set, &si) - SIGRTMIN);
	printf(" value %d code %d\n", si.si_value.sival_int, si.si_code);
	printf("again %d", sigtimedwait(&set, &si, &ts) - SIGRTMIN);
	printf(", none left %d", sigtimedwait(&set, &si, &ts));
	printf(" %d\n", errno);
	pipe(fd);
	p.fd = fd[0];
	sigemptyset(&set);
	printf("ppoll %d\n", ppoll(&p, 1, &ts, &set));
	write(fd[1], "x", 1);
	printf("ppoll %d %d\n", ppoll(&p, 1, &ts, &set), p.revents);
	printf("closed %d", (int)write(77, "x", 1));
	printf(" %d\n", errno);
}

static void
numbers(void)
{
	static const long nr[] = { -1, 215, 335, 500, 511, 512, 1000, 0x40000000, 0x7fffffff };
	uint64_t rcx, r11, rip, flags;
	long ret;

	for (unsigned i = 0; i < sizeof(nr) / sizeof(nr[0]); i++) {
		if (nr[i] == 335)
			continue;
		errno = 0;
		ret = syscall(nr[i], 0, 0, 0, 0, 0, 0);
		printf("call %ld: %ld %d\n", nr[i], ret, errno);
	}
	__asm__ volatile("stc; pushf; pop %3; lea 1f(%%rip), %2; syscall; 1: mov %%rcx, %0; mov %%r11, %1"
	    : "=&r"(rcx), "=&r"(r11), "=&r"(rip), "=&r"(flags), "=a"(ret)
	    : "a"((long)SYS_getppid) : "rcx", "r11", "memory");
	printf("rcx is rip: %d, r11 is flags: %d\n", rcx == rip, r11 == flags);
	printf("bad pointers: %ld", syscall(SYS_read, 0, 1L << 60, 10));
	printf(" %d, %ld", errno, syscall(SYS_rt_sigaction, SIGHUP, 8L, 0L, 8L));
	printf(" %d, %ld", errno, syscall(SYS_rt_sigaction, SIGHUP, 0L, 0L, 4L));
	printf(" %d, %ld", errno, syscall(SYS_clone3, 0L, 64L));
	printf(" %d, %ld", errno, syscall(SYS_clone3, 0L, 5000L));
	printf(" %d\n", errno);
}

static void
itself(void)
{
	static const unsigned long at[] = { AT_PAGESZ, AT_CLKTCK, AT_PHENT, AT_FLAGS, AT_UID, AT_SECURE, AT_HWCAP,
		AT_HWCAP2, AT_MINSIGSTKSZ };
	char link[4096] = "", name[17] = "";
	struct timespec a, b;

	for (unsigned i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		printf("auxv %lu %#lx\n", at[i], getauxval(at[i]));
	printf("vdso %d random %d\n", getauxval(AT_SYSINFO_EHDR) != 0, getauxval(AT_RANDOM) != 0);
	printf("execfn %s\n", (char *)getauxval(AT_EXECFN));
	readlink("/proc/self/exe", link, sizeof(link) - 1);
	prctl(PR_GET_NAME, name);
	printf("exe %s comm %s dumpable %d\n", strrchr(link, '/'), name, prctl(PR_GET_DUMPABLE));
	clock_gettime(CLOCK_MONOTONIC, &a);
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &b);
	printf("clocks agree %d\n", b.tv_sec - a.tv_sec < 2);
	printf("fd %d\n", open("/dev/null", O_RDONLY));
	printf("program break moves %d\n", sbrk(4096) != (void *)-1 && sbrk(0) != (void *)-1);
	printf("mapping low %d\n", mmap((void *)0x10000000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
	    -1, 0) == (void *)0x10000000);
}

int
main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	itself();
	numbers();
	signals();
	waits();
	return 0;
}
