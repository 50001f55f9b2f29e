/* SPDX-License-Identifier: ISC */
/*
 * count FILE PROGRAM ARGUMENTS...: runs it and appends to FILE how often Syscall User Dispatch caught a call in
 * any of its processes and threads, as the kernel tells a tracer.  Ends as the program ends.
 */
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OPTIONS (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
	PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)
#define DISPATCHED 2	/* SYS_USER_DISPATCH */

static unsigned long caught;

/* What the stopped task goes on with. */
static int
stopped(pid_t pid, int status)
{
	int sig = WSTOPSIG(status);
	siginfo_t si;

	if (status >> 16 != 0 || sig == SIGTRAP)
		return status >> 16 != 0 ? 0 : sig;
	if (sig == SIGSYS && ptrace(PTRACE_GETSIGINFO, pid, NULL, &si) == 0 &&
	    si.si_code == DISPATCHED)
		caught++;
	/* A stop of the whole process, or the first of a new task. */
	if (sig == SIGSTOP || ptrace(PTRACE_GETSIGINFO, pid, NULL, &si) != 0)
		return 0;
	return sig;
}

static int
follow(pid_t first)
{
	int status, end = 125;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return end;
		if (WIFSTOPPED(status))
			ptrace(PTRACE_CONT, pid, NULL,
			    (void *)(long)stopped(pid, status));
		else if (pid == first)
			end = WIFEXITED(status) ? WEXITSTATUS(status) :
			    128 + WTERMSIG(status);
	}
}

int
main(int argc, char **argv)
{
	int status, end;
	FILE *out;
	pid_t pid;

	if (argc < 3)
		errx(2, "usage: count FILE PROGRAM ARGUMENTS...");
	pid = fork();
	if (pid < 0)
		err(125, "fork");
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			err(125, "ptrace");
		raise(SIGSTOP);
		execvp(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(long)OPTIONS) != 0 ||
	    ptrace(PTRACE_CONT, pid, NULL, NULL) != 0)
		err(125, "ptrace");
	end = follow(pid);
	out = fopen(argv[1], "a");
	if (out == NULL || fprintf(out, "%lu\n", caught) < 0 ||
	    fclose(out) != 0)
		err(125, "%s", argv[1]);
	return end;
}
