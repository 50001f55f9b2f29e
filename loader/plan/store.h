/* SPDX-License-Identifier: ISC */
/* The cache of plans and text entries, from the planner's side. */
#ifndef VENEER_PLAN_STORE_H
#define VENEER_PLAN_STORE_H

#include <sys/uio.h>

#include "planner.h"

/*
 * dir: from cache_dir(); sub: CACHE_PLANS or CACHE_TEXTS; name: the key in hexadecimal.
 * store_open: a descriptor, or -1 where no cache of ours is (or with make, can be).
 */
int store_open(const char *dir, const char *sub, bool make);
/* Puts the pieces there under the name; false changes nothing. */
bool store_entry(const char *dir, const char *sub, const char *name,
    mode_t mode, const struct iovec *v, int n);
/* Entries about this file may be kept: it is unchanged, 2 s old and not open for writing. */
bool file_settled(const struct image_file *f);
/*
 * What a text entry of the file may rely on from now on, as enum text_flags: TEXT_TIMES where every change shows in
 * the file's times, since what stores through mappings have made dirty is written out now and the next store is a fault
 * that the file system sees; TEXT_COPIES unless stores never show.
 */
unsigned file_times(const struct image_file *f);

/* sweep.c: what has not been used for long goes, and the oldest where the cache is too large. at: plans or texts. */
struct entry {
	char name[64];
	uint64_t bytes;
	int64_t used;		/* seconds since 1970 */
	bool regular;
};
struct entries {
	size_t n;
	struct entry *v;	/* owned */
};
int entries_list(int at, struct entries *es);
void entries_free(struct entries *es);
void sweep(int at);
/* now: whenever else it was done. */
void sweep_sometimes(const char *dir, int at, bool now);

#endif
