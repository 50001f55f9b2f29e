/* SPDX-License-Identifier: ISC */
/* The front's side of the plan cache: where a plan would be, and reading it. */
#ifndef VENEER_LOADER_CACHE_H
#define VENEER_LOADER_CACHE_H

#include <linux/limits.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan.h"
#include "plan_flags.h"

/*
 * Memory that is part of the initial stack, handed out from its low end.  It lies below our frames, which are
 * gone when a personality puts what a program starts with below the program's first stack pointer.
 */
struct room {
	char *at;
	size_t left;
	char *low;			/* nothing of ours is below it */
};

struct cache {
	const char *path;		/* of the entry; empty: there is no cache */
	const struct plan *plan;	/* what was read, not yet checked (plan_sound) */
	uint64_t bytes;
	bool mapped;			/* the plan has pages of its own */
};

/*
 * True when there is an entry and it is ours.  What the answer of the planner depends on is in the
 * key, or in the plan's list of files, which enter compares.
 */
bool cache_lookup(struct cache *c, struct room *room, const char *mode,
    const char *program, const char *settings, char *const *envp);
/* An anonymous mapping, or -errno. */
long pages_new(size_t bytes);

/* An entry of the kernel's auxiliary vector, which follows the environment; 0 when it is not there. */
uint64_t aux_find(char *const *envp, uint64_t type);

#endif
