/* SPDX-License-Identifier: ISC */
/*
 * ref filter|notify|ptrace COMMAND...: the command under what others build on.
 *	filter	the filter that a guest of a supervisor has, and nobody who listens
 *	notify	every call is a notification, answered with `go on`: the least that a supervisor
 *		which emulates by notification costs
 *	ptrace	every call stops twice, as a tracer that changes calls needs
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP	1UL
#endif
#define TRAP_NR	215

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(125);
}

static int
install(struct sock_filter *code, unsigned short n)
{
	struct sock_fprog p = { n, code };
	int fd;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		die("no_new_privs");
	fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER, &p);
	return fd;
}

static _Noreturn void
become(char **argv)
{
	execvp(argv[0], argv);
	die(argv[0]);
}

static _Noreturn void
with_filter(char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TRAP_NR, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	if (install(code, sizeof(code) / sizeof(code[0])) < 0)
		die("seccomp");
	become(argv);
}

/* ---- notifications ---- */

static int
ended(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 125;
	return WEXITSTATUS(status);
}

static int
answer_all(int fd, pid_t pid)
{
	struct seccomp_notif n;
	struct seccomp_notif_resp r;

	ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	for (;;) {
		memset(&n, 0, sizeof(n));
		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &n) != 0) {
			if (errno == EINTR)
				continue;
			return ended(pid);
		}
		memset(&r, 0, sizeof(r));
		r.id = n.id;
		r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r);
	}
}

/* The child shares our descriptors until its exec, so its listener is ours. */
static int
child_main(void *arg)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	char **argv = ((void **)arg)[0];
	volatile int *listener = ((void **)arg)[1];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	*listener = install(code, 1);
	become(argv);
}

static int
with_notify(char **argv)
{
	static char stack[65536] __attribute__((aligned(16)));
	volatile int *listener = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	void *arg[2] = { argv, (void *)(uintptr_t)listener };
	pid_t pid;
	int fd;

	if (listener == MAP_FAILED)
		die("mmap");
	pid = clone(child_main, stack + sizeof(stack), CLONE_FILES | SIGCHLD, arg);
	if (pid < 0)
		die("clone");
	while ((fd = *listener) == 0)
		usleep(1000);
	if (fd < 0)
		die("seccomp");
	return answer_all(fd, pid);
}

/* ---- ptrace ---- */

/* The stop's signal, if it is one that the tracee is to have. */
static int
own_signal(int status)
{
	int sig = WSTOPSIG(status);

	if (status >> 16 != 0 || sig == (SIGTRAP | 0x80) || sig == SIGSTOP || sig == SIGTRAP)
		return 0;
	return sig;
}

/* It and all that it starts, until the last one's end. */
static int
trace_all(pid_t first)
{
	int status, result = 125;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0)
		if (WIFSTOPPED(status))
			ptrace(PTRACE_SYSCALL, pid, 0, own_signal(status));
		else if (pid == first && WIFEXITED(status))
			result = WEXITSTATUS(status);
	return result;
}

static int
with_ptrace(char **argv)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
			die("ptrace");
		become(argv);
	}
	if (waitpid(pid, &status, 0) != pid ||
	    ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
	    PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) != 0 ||
	    ptrace(PTRACE_SYSCALL, pid, 0, 0) != 0)
		die("ptrace");
	return trace_all(pid);
}

int
main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "filter") == 0)
		with_filter(argv + 2);
	if (argc > 2 && strcmp(argv[1], "notify") == 0)
		return with_notify(argv + 2);
	if (argc > 2 && strcmp(argv[1], "ptrace") == 0)
		return with_ptrace(argv + 2);
	fprintf(stderr, "usage: ref filter|notify|ptrace COMMAND...\n");
	return 125;
}
