/* SPDX-License-Identifier: ISC */
/* The twin on FreeBSD. */
#include "freebsd_flags.h"
#include "freebsd_nr.h"
#include "twin.h"

#define STRING_(x) #x
#define STRING(x) STRING_(x)
#define STUB(name, nr)						\
	__asm__(".text\n.balign 16\n.globl os_" #name "\n"	\
	    "os_" #name ":\n\tmov $" STRING(nr) ", %eax\n\t"	\
	    "mov %rcx, %r10\n\tsyscall\n\tjb 1f\n\tret\n1:\tneg %rax\n\tret\n")
STUB(getppid, FREEBSD_SYS_getppid);
STUB(getpid, FREEBSD_SYS_getpid);
STUB(fstat, FREEBSD_SYS_fstat);
STUB(stat, FREEBSD_SYS_fstatat);
STUB(fcntl, FREEBSD_SYS_fcntl);
STUB(clock_gettime, FREEBSD_SYS_clock_gettime);
STUB(sigmask, FREEBSD_SYS_sigprocmask);
STUB(read, FREEBSD_SYS_read);
STUB(write, FREEBSD_SYS_write);
STUB(openat, FREEBSD_SYS_openat);
STUB(close, FREEBSD_SYS_close);
STUB(lseek, FREEBSD_SYS_lseek);
STUB(getdents, FREEBSD_SYS_getdirentries);
STUB(pipe, FREEBSD_SYS_pipe2);
STUB(execve, FREEBSD_SYS_execve);
STUB(wait4, FREEBSD_SYS_wait4);
STUB(kill, FREEBSD_SYS_kill);
STUB(nanosleep, FREEBSD_SYS_nanosleep);
STUB(mmap, FREEBSD_SYS_mmap);
STUB(munmap, FREEBSD_SYS_munmap);
STUB(socket, FREEBSD_SYS_socket);
STUB(bind, FREEBSD_SYS_bind);
STUB(listen, FREEBSD_SYS_listen);
STUB(accept, FREEBSD_SYS_accept);
STUB(connect, FREEBSD_SYS_connect);
STUB(getsockname, FREEBSD_SYS_getsockname);
STUB(setsockopt, FREEBSD_SYS_setsockopt);
STUB(exit_all, FREEBSD_SYS_exit);
STUB(fork, FREEBSD_SYS_fork);
STUB(umtx_op, FREEBSD_SYS__umtx_op);
STUB(sigaction, FREEBSD_SYS_sigaction);
STUB(thr_new, FREEBSD_SYS_thr_new);
STUB(thr_exit, FREEBSD_SYS_thr_exit);
long os_exit_all(int);
long os_umtx_op(void *, int, long, void *, void *);
long os_sigaction(int, const void *, void *);
long os_thr_new(const void *, int);
long os_thr_exit(long *);

/* vfork: the child uses this stack before the parent does. */
__asm__(".balign 16\n.globl os_vfork\nos_vfork:\n\tpop %rsi\n\tmov $" STRING(FREEBSD_SYS_vfork)
	", %eax\n\tsyscall\n\tpush %rsi\n\tjb 1f\n\tret\n1:\tneg %rax\n\tret\n");

const int os_at_cwd = -100, os_map_anon = 0x1002, os_sigusr1 = FREEBSD_SIGUSR1;

void
os_loopback(void *sockaddr16, unsigned port_be)
{
	const uint16_t addr[8] = { 2 << 8 | 16, (uint16_t)port_be, 0x007f, 0x0100 };

	memcpy(sockaddr16, addr, sizeof(addr));
}

void
os_catch_usr1(void (*handler)(int))
{
	const struct {
		void (*handler)(int);
		uint32_t flags, mask[4];
	} sa = { handler, FREEBSD_SA_SIGINFO, { 0 } };

	need(os_sigaction(FREEBSD_SIGUSR1, &sa, NULL));
}

/* What a thread starts with lies at its stack's end. */
struct birth {
	void (*fn)(void);
	long *tid;
};

static _Noreturn void
thread_main(struct birth *b)
{
	b->fn();
	os_thr_exit(b->tid);
	__builtin_trap();
}

void
os_thread_start(void (*fn)(void), char *stack, size_t size, void *tls, long *tid)
{
	struct birth *b = (struct birth *)(void *)(stack + size - sizeof(*b));
	const uint64_t param[13] = { (uint64_t)thread_main, (uint64_t)b, (uint64_t)stack,
		size - sizeof(*b), (uint64_t)tls, 64, 0, (uint64_t)tid };

	b->fn = fn;
	b->tid = tid;
	*tid = 0;
	need(os_thr_new(param, sizeof(param)));
}

void
os_thread_join(long *tid)
{
	long id;

	while ((id = __atomic_load_n(tid, __ATOMIC_ACQUIRE)) != 1)
		os_umtx_op(tid, FREEBSD_UMTX_OP_WAIT, id, NULL, NULL);
}

void
os_exit(int status)
{
	for (;;)
		os_exit_all(status);
}

void
os_reference_sigsys(void)
{
	os_exit(2);
}

void
os_reference_sud(void)
{
	os_exit(2);
}
