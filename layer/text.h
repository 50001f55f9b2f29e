/* SPDX-License-Identifier: ISC */
/* Between text.c (regions), text_entry.c (entries) and text_map.c (mappings). */
#ifndef VENEER_LAYER_TEXT_H
#define VENEER_LAYER_TEXT_H

#include "layer.h"
#include "text_sound.h"

#define TEXT_PAGE	4096ul
#define TEXT_DOWN(x)	((x) & ~(TEXT_PAGE - 1))
#define TEXT_UP(x)	TEXT_DOWN((x) + TEXT_PAGE - 1)

/* ---- text_entry.c ---- */
/* The part of a file that is to be mapped; the descriptor is the guest's. */
struct text_range {
	int fd;
	uint64_t off, len;
};

/* What text_entry_open finds. */
struct text_found {
	long efd;		/* the entry, ours; negative: none */
	uint64_t bytes;		/* of it */
	const struct text *kept;	/* instead: the whole entry, mapped for as long as this memory lives */
};

/*
 * The entry for the file, made by the planner where there is none.  may_keep: one of which all is mapped will do,
 * since the guest asks for no more than R X.
 */
void text_entry_open(struct thread_block *t, const struct text_range *part,
    struct text_identity *id, bool may_keep, struct text_found *found);
/* It is damaged: the next who needs it has it made again. */
void text_entry_void(struct thread_block *t, const struct text_identity *id);

/*
 * Map the entry, or its header and tables, into the arena (under text_lock); NULL when they do not hold together or
 * are for another file.  *len: for text_entry_unmap, which leaves alone what is kept.
 */
const struct text *text_entry_map(struct thread_block *t, const struct text_found *found,
    const struct text_identity *id, uint64_t *len, bool *damaged);
/* This kernel cannot copy mappings (before 5.13). */
void text_keep_none(struct thread_block *t);
void text_entry_unmap(struct thread_block *t, uint64_t entry, uint64_t len);

/*
 * ---- text_plan.c: run the planner on the file, unseen by the guest.  0 or -errno ----
 * memory: a memfd for the entry where the cache (empty: none) does not take it; negative: none.
 */
long text_plan(struct thread_block *t, const struct text_block *b, int fd,
    int memory, const char *cache);

/* ---- text.c ---- */
/* The block, made at first use; NULL: no memory, or rewriting is off. */
struct text_block *text_block_get(struct thread_block *t);

/* All below under text_lock. */
struct text_region *text_region_at(struct text_block *b, uint64_t slots);
struct text_region *text_region_new(struct thread_block *t,
    const struct text_region *r);
/* Where things lie that are loaded with this bias. */
void text_region_place(struct text_region *r, uint64_t bias, const struct text *e);
void text_region_free(struct thread_block *t, struct text_region *r);

enum text_change {
	TEXT_CHANGE,	/* bytes or places in the range are about to change */
	TEXT_GONE	/* what is mapped there is about to vanish */
};
/* Before the change: gives up every site that it would tear.  0 or -errno. */
long text_leave(struct thread_block *t, uint64_t addr, uint64_t len,
    enum text_change how);
/* After TEXT_GONE came true: images without text, but for `keep`, are forgotten. */
void text_sweep(struct thread_block *t, uint64_t addr, uint64_t len,
    const struct text_region *keep);

#endif
