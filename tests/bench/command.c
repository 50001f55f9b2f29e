/* SPDX-License-Identifier: ISC */
/* Rows of command lines: from the start to the end, as the one who waits sees it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define WORDS	32
#define PATIENCE_S	60

extern char **environ;

struct command {
	char text[4096];
	char *argv[WORDS];
	bool cold;	/* each time with an empty cache */
};

/* %B programs, %V veneer, and from the environment (tests/bench/run): %F %L esbuild for FreeBSD and
 * Linux, %P the project that they bundle, %W what `place` made. */
static const char *
place(char letter)
{
	switch (letter) {
	case 'B':
		return opt.programs;
	case 'V':
		return opt.veneer;
	case 'F':
		return getenv("BENCH_ESBUILD_FREEBSD");
	case 'L':
		return getenv("BENCH_ESBUILD_LINUX");
	case 'W':
		return getenv("BENCH_PLACE");
	default:
		return getenv("BENCH_PROJECT");
	}
}

/* under: the column whose prefix the command gets, or NULL. */
static bool
expand(struct command *c, const char *s, const struct column *under)
{
	size_t n = 0;
	int words = 0;

	for (; *s != '\0' && n + 1 < sizeof(c->text); s++) {
		const char *p;

		if (*s != '%') {
			c->text[n++] = *s;
			continue;
		}
		p = place(*++s);
		if (p == NULL || *p == '\0' || strlen(p) >= sizeof(c->text) - n)
			return false;
		memcpy(c->text + n, p, strlen(p));
		n += strlen(p);
	}
	c->text[n] = '\0';
	if (under != NULL)
		words = column_prefix(under, c->argv);
	for (char *w = strtok(c->text, " "); w != NULL && words < WORDS - 1; w = strtok(NULL, " "))
		c->argv[words++] = w;
	c->argv[words] = NULL;
	c->cold = strcmp(c->argv[0], "COLD") == 0;
	if (c->cold)
		memmove(c->argv, c->argv + 1, (size_t)words * sizeof(c->argv[0]));
	return true;
}

static bool
wait_in_time(pid_t pid, int *status)
{
	const struct timespec limit = { PATIENCE_S, 0 };
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		pid_t got = waitpid(pid, status, WNOHANG);

		if (got != 0)
			return got == pid;
		if (sigtimedwait(&child, NULL, &limit) < 0 && errno == EAGAIN) {
			kill(pid, SIGKILL);
			waitpid(pid, status, 0);
			return false;
		}
	}
}

static double
command_run(const struct command *c, const struct column *col)
{
	static unsigned colds;
	posix_spawn_file_actions_t fa;
	char cold[64];
	double t;
	pid_t pid;
	int status, error;

	column_environ(col);
	snprintf(cold, sizeof(cold), "%s/cold.%u", opt.temp, colds);
	colds += c->cold;
	if (c->cold)
		setenv("VENEER_CACHE", cold, 1);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	t = clock_ns();
	error = posix_spawnp(&pid, c->argv[0], &fa, NULL, c->argv, environ);
	if (error == 0 && (!wait_in_time(pid, &status) || status != 0))
		error = -1;
	t = clock_ns() - t;
	posix_spawn_file_actions_destroy(&fa);
	setenv("VENEER_CACHE", opt.temp, 1);
	return error == 0 ? t : -1;
}

/* A bundle of about two seconds on a usual machine: three large packages, several times each. */
static void
make_many(void)
{
	static const char *const files[] = { "typescript/lib/typescript.js",
		"three/build/three.module.js", "react-dom/index.js" };
	const char *project = getenv("BENCH_PROJECT");
	FILE *f;

	if (project == NULL || access("many.js", F_OK) == 0 || (f = fopen("many.js", "we")) == NULL)
		return;
	for (int copy = 0; copy < 3; copy++)
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
			fprintf(f, "import * as m%d_%zu from '%s/node_modules/%s?%d';"
			    "console.log(m%d_%zu);\n", copy, i, project, files[i], copy, copy, i);
	fclose(f);
}

void
measure_command(struct result *res)
{
	static double ns[COLUMNS][ROUNDS_MAX], ratio[ROUNDS_MAX];
	static struct command c[COLUMNS];
	unsigned mask = res->row->columns & opt.columns;
	bool same = res->row->subject == NULL;
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	make_many();
	for (int k = 0; k < COLUMNS; k++)
		if ((mask & BIT(k)) && (!expand(&c[k], k == NATIVE || same ? res->row->reference :
		    res->row->subject, same ? &columns[k] : NULL) || command_run(&c[k], &columns[k]) < 0))
			mask &= ~BIT(k);
	for (int i = 0; i < res->rounds; i++)
		for (int k = 0; k < COLUMNS; k++) {
			int col = (i + k) % COLUMNS;

			if ((mask & BIT(col)) &&
			    (ns[col][i] = command_run(&c[col], &columns[col])) < 0)
				mask &= ~BIT(col);
		}
	for (int k = COLUMNS - 1; k >= 0 && (mask & BIT(NATIVE)); k--) {
		if ((mask & BIT(k)) == 0)
			continue;
		for (int i = 0; i < res->rounds; i++)
			ratio[i] = ns[k][i] / ns[NATIVE][i];
		res->column[k] = figure_of(ratio, ns[k], res->rounds);
	}
	sigprocmask(SIG_UNBLOCK, &child, NULL);
}
