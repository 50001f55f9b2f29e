/* SPDX-License-Identifier: ISC */
/*
 * The cache stays bounded: whoever stores an entry sweeps, at most once an hour, or at once when the
 * entry is a text, which can be large.  Reading an entry never does.  Last use is the access time, which
 * kernels keep to the day (relatime) or, on noatime mounts, not at all: then entries live
 * for a month and are made again.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cache_dir.h"
#include "store.h"

#define UNUSED_SEC	(30 * 86400)
#define LEFT_SEC	3600		/* unfinished entries of writers that died */
#define AGAIN_SEC	3600
#define SIZE_MAX_BYTES	(1ul << 30)

static int64_t
last_use(const struct stat *st)
{
	return st->st_atim.tv_sec > st->st_mtim.tv_sec ?
	    st->st_atim.tv_sec : st->st_mtim.tv_sec;
}

int
entries_list(int at, struct entries *es)
{
	struct dirent *de;
	struct stat st;
	struct entry *v;
	DIR *d;
	int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	memset(es, 0, sizeof(*es));
	d = fd < 0 ? NULL : fdopendir(fd);
	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while ((de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0 ||
		    strlen(de->d_name) >= sizeof(v->name) ||
		    fstatat(at, de->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		v = realloc(es->v, (es->n + 1) * sizeof(*v));
		if (v == NULL)
			break;
		es->v = v;
		v += es->n++;
		snprintf(v->name, sizeof(v->name), "%s", de->d_name);
		v->bytes = (uint64_t)st.st_size;
		v->used = last_use(&st);
		v->regular = S_ISREG(st.st_mode);
	}
	closedir(d);
	return 0;
}

void
entries_free(struct entries *es)
{
	free(es->v);
	memset(es, 0, sizeof(*es));
}

static int
by_use(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->used < y->used ? -1 : x->used > y->used;
}

void
sweep(int at)
{
	struct entries es;
	struct entry *e;
	int64_t now = time(NULL), age;
	uint64_t sum = 0;
	size_t i;

	if (entries_list(at, &es) != 0)
		return;
	if (es.n > 0)
		qsort(es.v, es.n, sizeof(*es.v), by_use);
	for (i = 0; i < es.n; i++)
		sum += es.v[i].bytes;
	for (i = 0; i < es.n; i++) {
		e = &es.v[i];
		age = now - e->used;
		if (age <= (e->name[0] == '.' ? LEFT_SEC : UNUSED_SEC) &&
		    sum <= SIZE_MAX_BYTES)
			continue;
		if (e->regular && unlinkat(at, e->name, 0) == 0)
			sum -= e->bytes;
	}
	entries_free(&es);
}

void
sweep_sometimes(const char *dir, int at, bool now)
{
	char stamp[4096];
	struct stat st;
	int fd;

	if (snprintf(stamp, sizeof(stamp), "%s/swept", dir) >=
	    (int)sizeof(stamp))
		return;
	if (!now && lstat(stamp, &st) == 0 &&
	    time(NULL) - st.st_mtim.tv_sec < AGAIN_SEC)
		return;
	fd = open(stamp, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC |
	    O_NONBLOCK, 0600);
	if (fd >= 0) {
		futimens(fd, NULL);
		close(fd);
	}
	sweep(at);
}
