/* SPDX-License-Identifier: ISC */
/* Between text.c (regions), text_entry.c (entries) and text_map.c (mappings). */
#ifndef VENEER_LAYER_TEXT_H
#define VENEER_LAYER_TEXT_H

#include "layer.h"
#include "text_entry.h"

#define TEXT_PAGE	4096ul
#define TEXT_DOWN(x)	((x) & ~(TEXT_PAGE - 1))
#define TEXT_UP(x)	TEXT_DOWN((x) + TEXT_PAGE - 1)

/* ---- text_entry.c ---- */
/*
 * A descriptor of the entry for the file, made by the planner where there is none;
 * negative: no rewriting.  The guest's descriptor is read for its identity alone.
 */
long text_entry_open(struct thread_block *t, int fd, struct text_identity *id);

/*
 * Map header and tables into the arena (under text_lock); NULL when they do not hold together or
 * are for another file.  *len: for text_entry_unmap.
 */
const struct text *text_entry_map(struct thread_block *t, long fd,
    const struct text_identity *id, uint64_t *len);
void text_entry_unmap(struct thread_block *t, uint64_t entry, uint64_t len);

static inline const struct text_patch *
text_patches(const struct text *e)
{
	return (const void *)((const char *)e + e->patches_off);
}

static inline const struct text_segment *
text_segments(const struct text *e)
{
	return (const void *)((const char *)e + e->segments_off);
}

static inline const struct text_page *
text_pages(const struct text *e)
{
	return (const void *)((const char *)e + e->pages_off);
}

/* ---- text_plan.c: run the planner on the file, unseen by the guest. 0 or -errno ---- */
long text_plan(struct thread_block *t, const struct text_block *b, int fd,
    const char *cache);

/* ---- text.c ---- */
/* The block, made at first use; NULL: no memory, or rewriting is off. */
struct text_block *text_block_get(struct thread_block *t);

/* All below under text_lock. */
struct text_region *text_region_at(struct text_block *b, uint64_t slots);
struct text_region *text_region_new(struct thread_block *t,
    const struct text_region *r);
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
