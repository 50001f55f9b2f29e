/* SPDX-License-Identifier: ISC */
#ifndef VENEER_PLAN_CACHE_ENTRY_H
#define VENEER_PLAN_CACHE_ENTRY_H

#include "store.h"

/* A plan in the cache, with the text entries that it uses. */
struct cached {
	struct entry entry;
	struct plan *plan;		/* owned; NULL: it is damaged */
	size_t plan_bytes;
	uint64_t text_bytes, sites;
	size_t ntexts;
	char text[PLAN_IMAGES_MAX][64];	/* their names */
	char wrong[512];		/* empty: nothing is */
};
struct cached_list {
	size_t n;
	struct cached *v;		/* owned */
	int plans, texts;		/* directories, -1 none */
};

/* 0; a cache that is not there is an empty one. */
int cached_read(const char *dir, struct cached_list *list);
void cached_free(struct cached_list *list);
/* The file that is no longer as it was when this was planned, or NULL. */
const char *cached_stale(const struct cached *c);
/* As it was named. */
const char *cached_program(const struct cached *c);
/* cache_verify.c: compares text entries with what would be made now; fills c->wrong. */
void cached_verify(struct cached *c, int texts);

/* veneer cache: the exit status. */
int cache_main(int argc, char **argv, struct problem *p);

#endif
