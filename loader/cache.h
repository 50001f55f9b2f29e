/* SPDX-License-Identifier: ISC */
/* The front's side of the plan cache: where a plan would be, and reading it. */
#ifndef VENEER_LOADER_CACHE_H
#define VENEER_LOADER_CACHE_H

#include <linux/limits.h>

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"
#include "plan_flags.h"

struct cache {
	char path[PATH_MAX];		/* of the entry; empty: there is no cache */
	const struct plan *plan;	/* what was read, not yet checked (plan_sound) */
	uint64_t bytes;
};

/*
 * True when there is an entry and it is ours.  What the answer of the planner depends on is in the
 * key, or in the plan's list of files, which enter compares.
 */
bool cache_lookup(struct cache *c, const char *mode, const char *program,
    const char *settings, char *const *envp);

/* An entry of the kernel's auxiliary vector, which follows the environment; 0 when it is not there. */
uint64_t aux_find(char *const *envp, uint64_t type);

/* The buffer that a plan is read into: PLAN_BYTES_MAX bytes, zero. */
void *plan_buffer(void);

#endif
