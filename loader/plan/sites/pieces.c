/* SPDX-License-Identifier: ISC */
/*
 * An entry with copies of the text, ready to be written: most of it is the file itself,
 * only touched pages are copied.
 */
#include <stdlib.h>
#include <string.h>

#include "planner.h"
#include "sites.h"

#define COPY_MAX	(64ul << 20)	/* bytes of text; more than that is not copied for a few pages */

static const uint8_t zeros[PAGE];

static void
piece(struct text_pieces *tp, const void *p, uint64_t len)
{
	if (len == 0)
		return;
	tp->v[tp->n].iov_base = (void *)(uintptr_t)p;
	tp->v[tp->n++].iov_len = len;
}

/* A page of the original, patched; its part behind the file's end is zero. */
static void
patch_page(const struct text *t, const struct text_page *pg,
    const struct image_file *f, uint8_t *out)
{
	const struct text_patch *p = text_patches(t);
	uint64_t at, lo = pg->addr, hi = pg->addr + PAGE;
	uint32_t i;

	memcpy(out, f->data + pg->off, pg->len);
	for (i = 0; i < t->npatches; i++, p++) {
		if (p->addr >= hi || p->addr + p->len <= lo)
			continue;
		for (at = p->addr; at < p->addr + p->len; at++)
			if (at >= lo && at < hi)
				out[at - lo] = p->new[at - p->addr];
	}
	if (text_slots_within(t) && t->slots >= lo && t->slots < hi)
		memcpy(out + (t->slots - lo), (const char *)t + t->slots_off, t->slots_len);
}

/* One segment: the file up to a touched page, that page, and so on. */
static void
segment(const struct text *t, const struct text_segment *s,
    const struct image_file *f, const uint8_t *patched,
    struct text_pieces *tp)
{
	const struct text_page *pg = (const void *)
	    ((const char *)t + t->pages_off);
	uint64_t at = s->off, len = PAGE_UP(s->len), end = at + len;
	uint32_t i;

	for (i = 0; i < t->npages; i++) {
		if (pg[i].addr < s->addr || pg[i].addr >= s->addr + len)
			continue;
		piece(tp, f->data + at, pg[i].off - at);
		piece(tp, patched + i * PAGE, PAGE);
		at = pg[i].off + PAGE;
	}
	if (at >= end)
		return;
	if (end <= f->size) {
		piece(tp, f->data + at, end - at);
		return;
	}
	piece(tp, f->data + at, f->size - at);
	piece(tp, zeros, end - f->size);
}

/* Without copies whoever uses the entry patches private pages. */
static bool
worth_copying(const struct text *t)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < t->nsegments; i++)
		sum += text_segments(t)[i].len;
	return t->npatches > 0 && sum <= COPY_MAX;
}

/* The entry itself again, with the places of the copies. */
static uint64_t
place_copies(struct text *t)
{
	struct text_segment *s = (struct text_segment *)(void *)
	    ((char *)t + t->segments_off);
	uint64_t total = t->total;
	uint32_t i;

	for (i = 0; i < t->nsegments; i++) {
		s[i].copy_off = total;
		total += PAGE_UP(s[i].len);
	}
	t->flags |= TEXT_COPIES;
	t->total = total;
	return total;
}

int
text_pieces_make(const struct text *t, const struct image_file *f,
    unsigned flags, struct text_pieces *tp)
{
	const struct text_page *pg = (const void *)
	    ((const char *)t + t->pages_off);
	struct text *copy;
	uint8_t *patched;
	uint32_t i;

	memset(tp, 0, sizeof(*tp));
	tp->v = calloc(2ul * t->npages + 2ul * t->nsegments + 1,
	    sizeof(*tp->v));
	tp->owned = calloc(1, PAGE_UP(t->total) + t->npages * PAGE);
	if (tp->v == NULL || tp->owned == NULL) {
		text_pieces_free(tp);
		return -1;
	}
	copy = (struct text *)(void *)tp->owned;
	memcpy(copy, t, t->total);
	copy->flags |= flags & TEXT_TIMES;
	piece(tp, copy, t->total);
	if ((flags & TEXT_COPIES) == 0 || !worth_copying(t))
		return 0;
	patched = tp->owned + PAGE_UP(t->total);
	for (i = 0; i < t->npages; i++)
		patch_page(t, &pg[i], f, patched + i * PAGE);
	place_copies(copy);
	for (i = 0; i < t->nsegments; i++)
		segment(t, &text_segments(t)[i], f, patched, tp);
	return 0;
}

void
text_pieces_free(struct text_pieces *tp)
{
	free(tp->v);
	free(tp->owned);
	tp->v = NULL;
	tp->owned = NULL;
	tp->n = 0;
}
