/* SPDX-License-Identifier: ISC */
/* Processes that do a row's work when told, in the surroundings of a column. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define PATIENCE_MS	30000
#define ARGS		12

void
column_environ(const struct column *c)
{
	if (c->rewrite != NULL)
		setenv("VENEER_REWRITE", c->rewrite, 1);
	else
		unsetenv("VENEER_REWRITE");
}

char **
twin_argv(const struct row *row, const char *name, const struct column *c)
{
	static char paths[3][4096];
	static char *argv[ARGS];
	const char *system = c->veneer && (row == NULL || row->kind != ROW_STATIC) ? "freebsd" : "linux";
	int n = 0;

	snprintf(paths[0], sizeof(paths[0]), "%s/ref", opt.programs);
	snprintf(paths[1], sizeof(paths[1]), "%s/twin-%s", opt.programs, system);
	if (c->ref != NULL) {
		argv[n++] = paths[0];
		argv[n++] = (char *)(uintptr_t)c->ref;
	}
	if (c->veneer) {
		argv[n++] = (char *)(uintptr_t)opt.veneer;
		argv[n++] = (char *)(uintptr_t)"run";
	}
	argv[n++] = paths[1];
	argv[n++] = (char *)(uintptr_t)name;
	argv[n++] = (char *)(uintptr_t)c->mode;
	if (row != NULL && row->subject != NULL) {
		snprintf(paths[2], sizeof(paths[2]), "%s/%s-%s", opt.programs, row->subject, system);
		argv[n++] = row->subject[0] == '/' ? (char *)(uintptr_t)row->subject : paths[2];
	}
	argv[n] = NULL;
	return argv;
}

int
column_prefix(const struct column *c, char **argv)
{
	static char ref[4096];
	int n = 0;

	snprintf(ref, sizeof(ref), "%s/ref", opt.programs);
	if (c->ref != NULL) {
		argv[n++] = ref;
		argv[n++] = (char *)(uintptr_t)c->ref;
	}
	if (c->veneer) {
		argv[n++] = (char *)(uintptr_t)opt.veneer;
		argv[n++] = (char *)(uintptr_t)"run";
		argv[n++] = (char *)(uintptr_t)"--";
	}
	return n;
}

/* All columns on one core, and what they start as well. */
static void
pin(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

bool
worker_start(struct worker *w, char *const argv[], const struct column *c, bool pinned)
{
	int in[2], out[2];

	w->pid = -1;
	if (pipe2(in, O_CLOEXEC) != 0)
		return false;
	if (pipe2(out, O_CLOEXEC) != 0) {
		close(in[0]);
		close(in[1]);
		return false;
	}
	w->pid = fork();
	if (w->pid == 0) {
		setpgid(0, 0);
		if (pinned)
			pin();
		dup2(in[0], 0);
		dup2(out[1], 1);
		column_environ(c);
		execv(argv[0], argv);
		_exit(127);
	}
	if (w->pid > 0)
		setpgid(w->pid, w->pid);
	close(in[0]);
	close(out[1]);
	w->to = in[1];
	w->from = out[0];
	return w->pid > 0;
}

double
worker_run(struct worker *w, uint64_t n)
{
	struct pollfd p = { w->from, POLLIN, 0 };
	uint64_t t;

	if (write(w->to, &n, sizeof(n)) != (ssize_t)sizeof(n) || poll(&p, 1, PATIENCE_MS) != 1 ||
	    read(w->from, &t, sizeof(t)) != (ssize_t)sizeof(t))
		return -1;
	return (double)t;
}

void
worker_stop(struct worker *w)
{
	int status;

	if (w->pid <= 0)
		return;
	close(w->to);
	close(w->from);
	kill(-w->pid, SIGKILL);
	waitpid(w->pid, &status, 0);
	w->pid = -1;
}
