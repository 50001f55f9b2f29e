/* SPDX-License-Identifier: ISC */
/*
 * killer RUNS MAX-MICROSECONDS SEED COMMAND...: starts the command RUNS times and kills it by
 * SIGKILL after a random time up to the maximum, or lets it end.  Fails when a descendant is left
 * two minutes later, or when the next run after a kill does not end as the first did.
 * Descendants that become orphans become ours (PR_SET_CHILD_SUBREAPER), so none escapes.
 */
#include <sys/prctl.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHECK_EVERY 25

static uint64_t seed;

static uint64_t
next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static pid_t
start(char **argv, int quiet)
{
	pid_t pid = fork();
	int fd;

	if (pid != 0)
		return pid;
	if (quiet && (fd = open("/dev/null", O_WRONLY | O_CLOEXEC)) >= 0) {
		dup2(fd, 1);
		dup2(fd, 2);
	}
	execvp(argv[0], argv);
	_exit(127);
}

static void
nap(uint64_t ns)
{
	struct timespec ts = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };

	while (nanosleep(&ts, &ts) != 0 && errno == EINTR)
		;
}

static int
run_whole(char **argv)
{
	int status;
	pid_t pid = start(argv, 1);

	while (waitpid(pid, &status, 0) != pid)
		;
	return status;
}

/* Descendants that outlive the killed command, after a while for their own end. */
static int
left_over(int grace_ms)
{
	int status, n;
	pid_t pid;

	for (n = 0; n < grace_ms; n++) {
		pid = waitpid(-1, &status, WNOHANG);
		if (pid < 0)
			return 0;
		if (pid == 0)
			nap(1000000);
	}
	return 1;
}

int
main(int argc, char **argv)
{
	const char *grace = getenv("KILLER_GRACE_MS");
	int runs, i, first, status, killed = 0, ended = 0;
	uint64_t most;
	pid_t pid;

	if (argc < 5)
		return 2;
	runs = atoi(argv[1]);
	most = strtoull(argv[2], NULL, 10);
	seed = strtoull(argv[3], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	first = run_whole(argv + 4);
	for (i = 0; i < runs; i++) {
		pid = start(argv + 4, 1);
		nap(next() % (most * 1000 + 1));
		kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) != pid)
			;
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
			killed++;
		else
			ended++;
		if (left_over(grace != NULL ? atoi(grace) : 120000)) {
			printf("run %d: a descendant is left\n", i);
			return 1;
		}
		if (i % CHECK_EVERY == 0 && (status = run_whole(argv + 4)) != first) {
			printf("run %d: the next one ended with 0x%x, not 0x%x\n", i,
			    (unsigned)status, (unsigned)first);
			return 1;
		}
	}
	status = run_whole(argv + 4);
	printf("%d killed, %d ended before, first status 0x%x, last 0x%x\n",
	    killed, ended, (unsigned)first, (unsigned)status);
	return status == first ? 0 : 1;
}
