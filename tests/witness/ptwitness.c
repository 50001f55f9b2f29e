/* SPDX-License-Identifier: ISC */
/*
 * ptwitness [-o FILE] COMMAND ARGS...: runs a command and reports every system call that a
 * guest of Veneer makes from outside its gate (I1).
 *
 * Theory of operation.  The tree runs without address randomization, so that every arena
 * lies at ARENA; a seccomp filter lets calls from the gate and from veneer pass at full
 * speed and stops all others here.  A stopped process is a guest when the gate's magic stands at its
 * place; then the call is a violation and the process is killed.  Anything else is a native program
 * and goes on.  Between exec and the gate's arrival only veneer runs.
 *
 * Ends as the command ends, with 97 when there was a violation.  -o appends one line per violation.
 */
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "layout.h"

#define ARENA		ARENA_BASE
#define GATE		(ARENA + ARENA_GATE)
#define FRONT		0x20000u	/* its 64 KiB: loader/front.ld */
#define STATUS_VIOLATION 97
#define STATUS_TROUBLE	98

static FILE *report;
static unsigned violations;

static _Noreturn void
trouble(const char *what)
{
	fprintf(stderr, "ptwitness: %s: %s\n", what, strerror(errno));
	exit(STATUS_TROUBLE);
}

static void
filter_install(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, instruction_pointer) + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, GATE >> 32, 0, 7),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, instruction_pointer)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfffff000),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)GATE, 3, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, instruction_pointer)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffff0000),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FRONT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
	};
	struct sock_fprog p = { sizeof(f) / sizeof(f[0]), f };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p) != 0)
		trouble("seccomp");
}

/* The name of the program, for the report. */
static void
program_name(pid_t pid, char name[32])
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, name, 31);
	if (fd >= 0)
		close(fd);
	name[n > 0 ? n : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
}

/* A call from outside the gate. */
static void
check(pid_t pid)
{
	struct user_regs_struct r;
	char name[32];
	long magic;

	errno = 0;
	magic = ptrace(PTRACE_PEEKDATA, pid, (void *)GATE, NULL);
	if (errno != 0 || (uint32_t)magic != MAGIC_GATE_HEADER)
		return;
	if (ptrace(PTRACE_GETREGS, pid, NULL, &r) != 0)
		return;
	program_name(pid, name);
	fprintf(report, "I1 broken: %s (%d): call %lld from 0x%llx,"
	    " outside the gate\n", name, (int)pid, (long long)r.orig_rax,
	    r.rip);
	fflush(report);
	violations++;
	kill(pid, SIGKILL);
}

static void
stopped(pid_t pid, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	switch (event) {
	case 0:		/* about to receive a signal */
		ptrace(PTRACE_CONT, pid, NULL, sig);
		return;
	case PTRACE_EVENT_SECCOMP:
		check(pid);
		break;
	case PTRACE_EVENT_STOP:
		if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN ||
		    sig == SIGTTOU) {
			ptrace(PTRACE_LISTEN, pid, NULL, NULL);
			return;
		}
		break;
	default:
		break;
	}
	ptrace(PTRACE_CONT, pid, NULL, NULL);
}

/* The status of the first child, after the whole tree has ended. */
static int
watch(pid_t first)
{
	int status, result = STATUS_TROUBLE;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			break;
		if (WIFSTOPPED(status)) {
			stopped(pid, status);
			continue;
		}
		if (pid != first)
			continue;
		result = WIFEXITED(status) ? WEXITSTATUS(status)
		    : 128 + WTERMSIG(status);
	}
	return result;
}

static pid_t
start(char **argv)
{
	const unsigned long options = PTRACE_O_TRACESECCOMP |
	    PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
	    PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int go[2];
	pid_t pid;
	char c;

	if (pipe2(go, O_CLOEXEC) != 0)
		trouble("pipe");
	pid = fork();
	if (pid < 0)
		trouble("fork");
	if (pid == 0) {
		close(go[1]);
		if (read(go[0], &c, 1) != 1)
			_exit(STATUS_TROUBLE);
		personality(ADDR_NO_RANDOMIZE);
		filter_install();
		execvp(argv[0], argv);
		trouble(argv[0]);
	}
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)options) != 0)
		trouble("ptrace");
	if (write(go[1], "", 1) != 1)
		trouble("write");
	close(go[0]);
	close(go[1]);
	return pid;
}

int
main(int argc, char **argv)
{
	int status, opt;

	report = stderr;
	while ((opt = getopt(argc, argv, "+o:")) != -1) {
		if (opt != 'o')
			return STATUS_TROUBLE;
		report = fopen(optarg, "ae");
		if (report == NULL)
			trouble(optarg);
	}
	if (optind >= argc) {
		fprintf(stderr, "usage: ptwitness [-o FILE] COMMAND ...\n");
		return STATUS_TROUBLE;
	}
	signal(SIGINT, SIG_IGN);	/* the command's own business */
	signal(SIGQUIT, SIG_IGN);
	status = watch(start(argv + optind));
	return violations > 0 ? STATUS_VIOLATION : status;
}
