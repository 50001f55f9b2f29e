/* SPDX-License-Identifier: ISC */
/* The twin on Linux: its stubs, and the SIGSYS emulation that others are measured against. */
#include <asm/unistd.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>

#include "twin.h"

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON 1
#endif
#define SIGSYS_NR 31
#define SIGUSR1_NR 10
#define SA_FLAGS 0x04000004ul	/* RESTORER | SIGINFO */

#define STRING_(x) #x
#define STRING(x) STRING_(x)
#define STUB(name, nr)						\
	__asm__(".text\n.balign 16\n.globl os_" #name "\n"	\
	    "os_" #name ":\n\tmov $" STRING(nr) ", %eax\n\t"	\
	    "mov %rcx, %r10\n\tsyscall\n\tret\n")
STUB(getppid, __NR_getppid);
STUB(getpid, __NR_getpid);
STUB(fstat, __NR_fstat);
STUB(stat, __NR_newfstatat);
STUB(fcntl, __NR_fcntl);
STUB(clock_gettime, __NR_clock_gettime);
STUB(sigmask, __NR_rt_sigprocmask);
STUB(read, __NR_read);
STUB(write, __NR_write);
STUB(openat, __NR_openat);
STUB(close, __NR_close);
STUB(lseek, __NR_lseek);
STUB(getdents, __NR_getdents64);
STUB(pipe, __NR_pipe2);
STUB(execve, __NR_execve);
STUB(wait4, __NR_wait4);
STUB(kill, __NR_kill);
STUB(nanosleep, __NR_nanosleep);
STUB(mmap, __NR_mmap);
STUB(munmap, __NR_munmap);
STUB(socket, __NR_socket);
STUB(bind, __NR_bind);
STUB(listen, __NR_listen);
STUB(accept, __NR_accept);
STUB(connect, __NR_connect);
STUB(getsockname, __NR_getsockname);
STUB(setsockopt, __NR_setsockopt);
STUB(exit_group, __NR_exit_group);
STUB(fork, __NR_fork);
STUB(futex, __NR_futex);
STUB(sigaction, __NR_rt_sigaction);
STUB(prctl, __NR_prctl);
long os_exit_group(int);
long os_futex(long *, int, long, void *, void *, int);
long os_sigaction(int, const void *, void *, size_t);
long os_prctl(int, long, long, long, long);
long raw_thread(uint64_t flags, void *stack, long *ptid, long *ctid, void *tls);
long raw_syscall(long nr, const long arg[6]);
void raw_restorer(void);
extern const char raw_begin[], raw_end[];
extern const char __executable_start[], etext[];	/* the linker's */

/* vfork: the child uses this stack before the parent does. */
__asm__(".balign 16\n.globl os_vfork\nos_vfork:\n\tpop %rdx\n\tmov $" STRING(__NR_vfork) ", %eax\n\t"
	"syscall\n\tpush %rdx\n\tret\n"
	".balign 16\nraw_thread:\n\tmov %rcx, %r10\n\tmov $" STRING(__NR_clone) ", %eax\n\tsyscall\n\t"
	"test %eax, %eax\n\tjnz 1f\n\tpop %rdi\n\tcall *%rdi\n\txor %edi, %edi\n\t"
	"mov $" STRING(__NR_exit) ", %eax\n\tsyscall\n\thlt\n1:\tret\n"
	/* What the reference's handler may use: everything else is caught. */
	".balign 16\nraw_begin:\nraw_syscall:\n\tmov %rdi, %rax\n\tmov %rsi, %r11\n\tmov (%r11), %rdi\n\t"
	"mov 8(%r11), %rsi\n\tmov 16(%r11), %rdx\n\tmov 24(%r11), %r10\n\tmov 32(%r11), %r8\n\t"
	"mov 40(%r11), %r9\n\tsyscall\n\tret\n"
	"raw_restorer:\n\tmov $" STRING(__NR_rt_sigreturn) ", %eax\n\tsyscall\n\tnop\nraw_end:\n");

const int os_at_cwd = -100, os_map_anon = 0x22, os_sigusr1 = SIGUSR1_NR;

struct action {
	void (*handler)(int);
	uint64_t flags;
	void (*restorer)(void);
	uint64_t mask;
};

void
os_loopback(void *sockaddr16, unsigned port_be)
{
	const uint16_t addr[8] = { 2, (uint16_t)port_be, 0x007f, 0x0100 };

	memcpy(sockaddr16, addr, sizeof(addr));
}

void
os_catch_usr1(void (*handler)(int))
{
	struct action sa = { handler, SA_FLAGS, raw_restorer, 0 };

	need(os_sigaction(SIGUSR1_NR, &sa, NULL, 8));
}

void
os_thread_start(void (*fn)(void), char *stack, size_t size, void *tls, long *tid)
{
	void (**top)(void) = (void (**)(void))(void *)(stack + size - 16);

	*top = fn;
	need(raw_thread(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
	    CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
	    top, tid, tid, tls));
}

void
os_thread_join(long *tid)
{
	int id;

	while ((id = __atomic_load_n((int *)tid, __ATOMIC_ACQUIRE)) != 0)
		os_futex(tid, FUTEX_WAIT, id, NULL, NULL, 0);
}

void
os_exit(int status)
{
	for (;;)
		os_exit_group(status);
}

static void
on_sigsys(int sig, void *info, struct ucontext *uc)
{
	struct sigcontext *sc = &uc->uc_mcontext;
	const long arg[6] = { (long)sc->rdi, (long)sc->rsi, (long)sc->rdx, (long)sc->r10, (long)sc->r8,
		(long)sc->r9 };

	(void)sig;
	(void)info;
	sc->rax = (uint64_t)raw_syscall((long)sc->rax, arg);
}

void
os_reference_sigsys(void)
{
	struct action sa = { (void (*)(int))(uintptr_t)on_sigsys, SA_FLAGS, raw_restorer, 0 };

	need(os_sigaction(SIGSYS_NR, &sa, NULL, 8));
	need(os_prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, (long)raw_begin,
	    raw_end - raw_begin, 0));
}

void
os_reference_sud(void)
{
	need(os_prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, (long)__executable_start,
	    etext - __executable_start, 0));
}
