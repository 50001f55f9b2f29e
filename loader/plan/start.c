/* SPDX-License-Identifier: ISC */
/*
 * Makes the plan of a program and becomes enter with it, or becomes the program itself
 * where no layer is meant to run it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "planner.h"

char *
setting(const char *settings, const char *key)
{
	size_t keylen = strlen(key), n;

	for (; *settings != '\0'; settings += n + (settings[n] == ';')) {
		n = strcspn(settings, ";");
		if (n > keylen && settings[keylen] == '=' &&
		    memcmp(settings, key, keylen) == 0)
			return strndup(settings + keylen + 1, n - keylen - 1);
	}
	return NULL;
}

/*
 * Where the plan goes: fd[0] for enter, which is given the number and closes it, so it
 * outlives execve; fd[1] to write to.  A sealed memfd, or a pipe where a limit on file
 * sizes would kill us for writing, or memfds are refused (pipes hold 64 KiB).
 */
static int
plan_open(uint64_t bytes, int fd[2])
{
	struct rlimit rl;

	fd[0] = -1;
	if (getrlimit(RLIMIT_FSIZE, &rl) == 0 && rl.rlim_cur >= bytes)
		fd[0] = memfd_create("veneer-plan", MFD_ALLOW_SEALING);
	fd[1] = fd[0];
	if (fd[0] >= 0)
		return 0;
	return bytes > 65536 ? -1 : pipe(fd);
}

static int
plan_file(const struct plan *plan, struct problem *p)
{
	const char *data = (const char *)plan;
	size_t left = plan->total;
	ssize_t n = 0;
	int fd[2];

	if (plan_open(plan->total, fd) != 0)
		return problem_set(p, EXIT_VENEER, "cannot make the plan: %s",
		    strerror(errno));
	for (; left > 0; data += n, left -= (size_t)n) {
		n = write(fd[1], data, left);
		if (n <= 0)
			break;
	}
	if (left > 0)
		problem_set(p, EXIT_VENEER, "cannot write the plan: %s",
		    strerror(errno));
	if (fd[1] != fd[0])
		close(fd[1]);
	else
		fcntl(fd[0], F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK |
		    F_SEAL_GROW | F_SEAL_SEAL);
	if (left == 0)
		return fd[0];
	close(fd[0]);
	return -1;
}

static char *
plain(const char *s)
{
	return (char *)(uintptr_t)s;
}

static int
become_enter(const struct plan *plan, const char *settings, const char *path,
    char **argv, struct problem *p)
{
	char front[4096], number[16];
	const char *s = plan_string(plan, plan->prefix);
	size_t argc = 0, n = 0, i;
	char **v;
	int fd;

	if (where_front(front, sizeof(front)) != 0)
		return problem_set(p, EXIT_VENEER,
		    "cannot read /proc/self/exe; mount /proc");
	while (argv[argc] != NULL)
		argc++;
	v = calloc(argc + plan->nprefix + 8, sizeof(*v));
	fd = plan_file(plan, p);
	if (v == NULL || fd < 0) {
		free(v);
		return fd < 0 ? -1 :
		    problem_set(p, EXIT_VENEER, "out of memory");
	}
	snprintf(number, sizeof(number), "%d", fd);
	v[n++] = plain("veneer");
	v[n++] = plain("--enter");
	v[n++] = number;
	v[n++] = plain(path);
	v[n++] = plain(settings);
	for (i = 0; i < plan->nprefix; i++, s += strlen(s) + 1)
		v[n++] = plain(s);
	for (i = plan->nprefix > 0 ? 1 : 0; i < argc; i++)
		v[n++] = argv[i];
	execv(front, v);
	problem_set(p, EXIT_VENEER, "cannot execute %.512s: %s", front,
	    strerror(errno));
	free(v);
	close(fd);
	return -1;
}

/* A guest's execve of a Linux program: as if Veneer were not there. */
static int
become_native(const char *settings, const char *path, char **argv,
    struct problem *p)
{
	char *limit = setting(settings, "nofile");
	struct rlimit rl;

	if (limit != NULL && getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		rl.rlim_cur = strtoul(limit, NULL, 10);
		setrlimit(RLIMIT_NOFILE, &rl);
	}
	free(limit);
	execv(path, argv);
	return problem_set(p, errno == ENOENT ? EXIT_NOTFOUND : EXIT_NOEXEC,
	    "%.512s: %s", path, strerror(errno));
}

static int
start_layer(const struct program *pr, const struct layer *layer,
    const char *settings, const char *entry, char **argv, struct problem *p)
{
	const char *path = argv[0];
	struct layer_choice lc = { .layer = layer };
	struct plan *plan;
	int ret = -1;

	if (layer_check(layer, &lc.file, &lc.elf, p) != 0)
		return -1;
	plan = plan_make(pr, &lc, path, p);
	if (plan != NULL) {
		plan_keep(plan, pr, &lc, entry);
		ret = become_enter(plan, settings, path, argv + 1, p);
	}
	free(plan);
	file_unmap(&lc.file);
	return ret;
}

/* A guest's settings name the layer that it was started with: it holds for programs of the same system. */
static const char *
asked_layer(const struct program *pr, bool exec, const char *asked)
{
	size_t len;

	if (asked == NULL || !exec)
		return asked;
	len = strcspn(asked, "@");
	return personality_by_name(asked, len) == pr->personality ? asked : NULL;
}

/* A Linux program that a guest of another system starts, with no layer for it or the wish for none. */
static bool
stays_native(const struct program *pr, const struct layers *ls, const char *settings, const char *asked)
{
	char *follow;
	bool unwanted;

	if (pr->personality != PERSONALITY_LINUX || asked_layer(pr, true, asked) != NULL)
		return false;
	follow = setting(settings, "follow");
	unwanted = follow != NULL && strcmp(follow, "0") == 0;
	free(follow);
	for (size_t i = 0; i < ls->n && !unwanted; i++)
		if (ls->v[i].personality == PERSONALITY_LINUX)
			return false;
	return true;
}

int
plan_start(const char *mode, const char *settings, const char *entry,
    char **argv, struct problem *p)
{
	const char *path = argv[0];
	bool exec = strcmp(mode, "--start-exec") == 0;
	char *asked = setting(settings, "layer");
	const struct layer *layer = NULL;
	struct layers ls = { 0 };
	struct program *pr = calloc(1, sizeof(*pr));
	int ret;

	if (pr == NULL)
		return problem_set(p, EXIT_VENEER, "out of memory");
	ret = program_read(pr, path, p);
	if (exec && ret != 0 && p->status == EXIT_NOEXEC) {
		ret = become_native(settings, path, argv + 1, p);
		goto out;
	}
	if (ret == 0)
		ret = layers_list(&ls, p);
	if (exec && ret == 0 && stays_native(pr, &ls, settings, asked)) {
		ret = become_native(settings, path, argv + 1, p);
		goto out;
	}
	if (ret == 0)
		ret = layer_select(&ls, pr, asked_layer(pr, exec, asked),
		    &layer, p);
	if (ret == 0)
		ret = program_privileged(pr, p);
	if (ret == 0)
		ret = program_read_interp(pr, layer, p);
	if (ret == 0)
		ret = program_read_texts(pr, settings, p);
	if (ret == 0)
		ret = start_layer(pr, layer, settings, entry, argv, p);
out:
	layers_free(&ls);
	program_free(pr);
	free(pr);
	free(asked);
	return ret;
}
