/* SPDX-License-Identifier: ISC */
/* A plan that was made becomes an entry of the cache, unless it could be wrong by the time that it is read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "cache_dir.h"
#include "plan_check.h"
#include "store.h"
#include "text_entry.h"

/* Names that mean another file for each process. */
static bool
fleeting(const char *path)
{
	return strncmp(path, "/proc/", 6) == 0 ||
	    strncmp(path, "/dev/fd/", 8) == 0 ||
	    strcmp(path, "/dev/stdin") == 0;
}

/* Nothing that decided about the plan is about to change, and nothing of it escapes enter's comparison. */
static bool
may_keep(const struct plan *plan, const struct program *pr,
    const struct layer_choice *lc)
{
	const struct plan_image *im = (const struct plan_image *)(const void *)
	    ((const char *)plan + plan->images_off);
	size_t i;

	for (i = 0; i < plan->nimages; i++)
		if (im[i].text_fd != PLAN_NONE)
			return false;
	for (i = 0; i < pr->nscripts; i++)
		if (!file_settled(&pr->scripts[i]) ||
		    fleeting(pr->scripts[i].named))
			return false;
	return !fleeting(pr->file.named) && file_settled(&pr->file) &&
	    (pr->interp.data == NULL || file_settled(&pr->interp)) &&
	    file_settled(&lc->file) &&
	    getxattr(pr->file.path, "security.capability", NULL, 0) <= 0;
}

static bool
key_read(const char *name, uint64_t key[2])
{
	char half[CACHE_NAME / 2 + 1];
	char *end;
	int i;

	if (strlen(name) != CACHE_NAME)
		return false;
	for (i = 0; i < 2; i++) {
		memcpy(half, name + i * (CACHE_NAME / 2), CACHE_NAME / 2);
		half[CACHE_NAME / 2] = '\0';
		key[i] = strtoull(half, &end, 16);
		if (*end != '\0')
			return false;
	}
	return true;
}

/*
 * A file whose times tell every store from now on: its head need not be read at each start.  It is compared once more
 * after what was stored by then has been written out.
 */
static void
head_drop(struct plan *plan, const struct image_file *f)
{
	struct plan_file *pf = (struct plan_file *)(void *)((char *)plan + plan->files_off);
	uint32_t i;

	for (i = 0; i < plan->nfiles; i++)
		if ((pf[i].flags & PLAN_FILE_HEAD) != 0 && pf[i].dev == f->dev && pf[i].ino == f->ino &&
		    (file_times(f) & TEXT_TIMES) != 0 && file_head(f->data, f->size) == pf[i].head)
			pf[i].flags &= ~(uint32_t)PLAN_FILE_HEAD;
}

static void
heads_drop(struct plan *plan, const struct program *pr)
{
	head_drop(plan, &pr->file);
	if (pr->interp.data != NULL)
		head_drop(plan, &pr->interp);
}

void
plan_keep(const struct plan *plan, const struct program *pr,
    const struct layer_choice *lc, const char *path)
{
	size_t sub = sizeof(CACHE_PLANS) - 1, len = strlen(path);
	struct plan *copy;
	struct iovec v;
	char dir[4096];
	uint64_t key[2];

	if (len < sub + CACHE_NAME || len >= sizeof(dir) ||
	    !key_read(path + len - CACHE_NAME, key) ||
	    !plan_sound(plan, plan->total) || !may_keep(plan, pr, lc))
		return;
	memcpy(dir, path, len - CACHE_NAME - sub);
	dir[len - CACHE_NAME - sub] = '\0';
	copy = malloc(plan->total);
	if (copy == NULL)
		return;
	memcpy(copy, plan, plan->total);
	heads_drop(copy, pr);
	memcpy(copy->key, key, sizeof(key));
	copy->sum = plan_sum(copy, copy->total);
	v = (struct iovec){ copy, copy->total };
	store_entry(dir, CACHE_PLANS, path + len - CACHE_NAME, 0600, &v, 1);
	free(copy);
}
