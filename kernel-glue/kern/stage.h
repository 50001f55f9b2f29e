/* SPDX-License-Identifier: ISC */
/*
 * Staged memory: bytes that a task puts together, or takes, through its slot, where the
 * host cannot reach the task's memory without risk of waiting for it.  A descriptor names
 * it by its id instead of an address.
 */
#ifndef VENEER_STAGE_H
#define VENEER_STAGE_H

#include "ipc.h"

struct stage {
	struct node node;
	struct link link;	/* in space.stages */
	struct memory *memory;	/* owned */
	uint64_t n;
	bool open;		/* the task fills it through a descriptor */
};

int stage_new(struct kern *k, struct space *s, uint64_t n, uint64_t *id);
/* Between the staged bytes [at, at + n) and a buffer of `room`. */
int stage_copy(struct kern *k, struct space *s, uint64_t id, uint64_t at,
    uint64_t n, uint64_t room, void *buffer, bool in);
int stage_drop(struct kern *k, struct space *s, uint64_t id);
/* Out of the table, for a message, which bears the bulk from now on; into it, on this
 * space's account. 0 or RPC_EFAULT, RPC_ENOMEM. */
int stage_take(struct kern *k, struct space *s, uint64_t id, uint64_t n,
    struct memory **out);
int stage_put(struct kern *k, struct space *s, struct memory *m, uint64_t n,
    uint64_t *id);
/* The routines memory_x: KERN_x. */
int stage_open(struct kern *k, struct call *c, uint64_t n, uint64_t *id);
int stage_gift(struct kern *k, struct call *c, enum gift gift, uint64_t id);
void stages_end(struct kern *k, struct space *s);

#endif
