/* SPDX-License-Identifier: ISC */
/* Entries of the cache, read back: what veneer cache shows, checks and removes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache_dir.h"
#include "cache_entry.h"
#include "page_hash.h"
#include "plan_check.h"

/* The file in memory, owned; NULL with errno, where it is not a regular file of ours. */
static void *
slurp(int at, const char *name, size_t *size)
{
	struct stat st;
	char *data = NULL;
	size_t done = 0;
	ssize_t n = 0;
	int fd;

	fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY);
	if (fd < 0)
		return NULL;
	errno = EACCES;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & 022) == 0)
		data = calloc(1, (size_t)st.st_size + 8);
	*size = data != NULL ? (size_t)st.st_size : 0;
	for (; done < *size; done += (size_t)n) {
		n = read(fd, data + done, *size - done);
		if (n <= 0)
			break;
	}
	close(fd);
	*size = done;
	return data;
}

/* "" when nothing is wrong with the bytes. */
static void
judge(struct cached *c)
{
	char name[CACHE_NAME + 1];
	const struct plan *p = c->plan;
	bool sound;

	if (p == NULL) {
		snprintf(c->wrong, sizeof(c->wrong), "unreadable: %s",
		    strerror(errno));
		return;
	}
	sound = plan_sound(p, c->plan_bytes) &&
	    plan_sum(p, c->plan_bytes) == p->sum;
	snprintf(name, sizeof(name), "%016lx%016lx",
	    sound ? (unsigned long)p->key[0] : 0,
	    sound ? (unsigned long)p->key[1] : 0);
	if (!sound || strcmp(name, c->entry.name) != 0)
		snprintf(c->wrong, sizeof(c->wrong), "damaged");
	if (sound)
		return;
	free(c->plan);
	c->plan = NULL;
}

static const struct plan_image *
images_of(const struct plan *p)
{
	return (const void *)((const char *)p + p->images_off);
}

static const struct plan_file *
files_of(const struct plan *p)
{
	return (const void *)((const char *)p + p->files_off);
}

/* The text entries that a plan names, by the last part of their path. */
static void
find_texts(struct cached *c, int texts)
{
	const struct plan_image *im = images_of(c->plan);
	const char *path;
	struct stat st;
	uint32_t i;

	for (i = 0; i < c->plan->nimages; i++) {
		c->sites += im[i].npatches;
		if (im[i].text == PLAN_NONE)
			continue;
		path = plan_string(c->plan,
		    files_of(c->plan)[im[i].text].path);
		path = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
		if (texts >= 0 && fstatat(texts, path, &st,
		    AT_SYMLINK_NOFOLLOW) == 0)
			c->text_bytes += (uint64_t)st.st_size;
		snprintf(c->text[c->ntexts++], sizeof(c->text[0]), "%s", path);
	}
}

int
cached_read(const char *dir, struct cached_list *list)
{
	struct entries es;
	struct cached *c;
	size_t i;
	int ret = -1;

	memset(list, 0, sizeof(*list));
	list->plans = store_open(dir, CACHE_PLANS, false);
	list->texts = store_open(dir, CACHE_TEXTS, false);
	if (list->plans < 0 || entries_list(list->plans, &es) != 0)
		return list->plans < 0 ? 0 : -1;
	list->v = calloc(es.n + 1, sizeof(*list->v));
	for (i = 0; list->v != NULL && i < es.n; i++) {
		if (es.v[i].name[0] == '.')
			continue;
		c = &list->v[list->n++];
		c->entry = es.v[i];
		c->plan = slurp(list->plans, c->entry.name, &c->plan_bytes);
		judge(c);
		if (c->plan != NULL)
			find_texts(c, list->texts);
	}
	if (list->v != NULL)
		ret = 0;
	entries_free(&es);
	return ret;
}

void
cached_free(struct cached_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		free(list->v[i].plan);
	free(list->v);
	if (list->plans >= 0)
		close(list->plans);
	if (list->texts >= 0)
		close(list->texts);
}

static bool
head_same(const struct plan_file *f, const char *path)
{
	uint64_t page[PLAN_HEAD_BYTES / 8];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : pread(fd, page, sizeof(page), 0);

	if (fd >= 0)
		close(fd);
	return n > 0 && page_hash(page, (uint64_t)n, 0) == f->head;
}

/* As enter compares: the same file in the same state. */
static bool
file_same(const struct plan_file *f, const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == f->dev &&
	    st.st_ino == f->ino && ((f->flags & PLAN_FILE_DIR) != 0 ||
	    (uint64_t)st.st_size == f->bytes) &&
	    (uint64_t)st.st_mtim.tv_sec == f->mtime_sec &&
	    (uint64_t)st.st_mtim.tv_nsec == f->mtime_nsec &&
	    (uint64_t)st.st_ctim.tv_sec * 1000000000ul +
	    (uint64_t)st.st_ctim.tv_nsec == f->ctime_nsec &&
	    ((f->flags & PLAN_FILE_HEAD) == 0 || head_same(f, path));
}

static bool
is_text(const struct plan *p, uint32_t file)
{
	uint32_t i;

	for (i = 0; i < p->nimages; i++)
		if (images_of(p)[i].text == file)
			return true;
	return false;
}

const char *
cached_stale(const struct cached *c)
{
	const struct plan_file *f;
	uint32_t i;

	for (i = 0; i < c->plan->nfiles; i++) {
		f = &files_of(c->plan)[i];
		if (!is_text(c->plan, i) &&
		    !file_same(f, plan_string(c->plan, f->path)))
			return plan_string(c->plan, f->path);
	}
	return NULL;
}

const char *
cached_program(const struct cached *c)
{
	const uint32_t script = PLAN_FILE_CHECK | PLAN_FILE_HEAD;
	const struct plan *p = c->plan;
	uint32_t i;

	if (p == NULL)
		return "?";
	for (i = 0; i < p->nfiles && p->nprefix > 0; i++)
		if ((files_of(p)[i].flags & script) == script)
			return plan_string(p, files_of(p)[i].path);
	return plan_string(p, files_of(p)[images_of(p)[p->program].file].path);
}
