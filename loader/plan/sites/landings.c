/* SPDX-License-Identifier: ISC */
/*
 * Where a branch may land.  Boundaries of most of a file's text are not known, so every
 * byte that could be the opcode of a direct branch is taken for one.  Only what lands
 * shortly before a candidate is kept.
 */
#include <string.h>
#include <sys/mman.h>

#include "planner.h"
#include "sites.h"

#define SHORT_BACK	130	/* how far a short branch may come from */

/* Is there a candidate at addr or up to TEXT_PATCH_MAX bytes behind it? */
static bool
matters(const struct words *candidates, uint64_t addr)
{
	size_t i;

	if (candidates->n == 0 || addr > candidates->v[candidates->n - 1] ||
	    addr + TEXT_PATCH_MAX < candidates->v[0])
		return false;
	i = words_find(candidates, addr);
	return i < candidates->n && candidates->v[i] - addr <= TEXT_PATCH_MAX;
}

/* Long branches, once for the whole text. */
static void
scan(struct chooser *ch, const struct segment *s)
{
	const uint8_t *p = ch->v->data + s->off;
	uint64_t at, to;
	int32_t rel;

	for (at = 1; at + 4 <= s->filesz; at++) {
		uint8_t op = p[at - 1];

		if (op != 0xe8 && op != 0xe9 && (op & 0xf0) != 0x80)
			continue;
		memcpy(&rel, p + at, 4);
		to = s->vaddr + at + 4 + (uint64_t)(int64_t)rel;
		if (matters(ch->candidates, to) &&
		    !words_add(&ch->landings, to))
			return;
	}
}

/* Short ones, from bytes that the function's own instructions do not account for. */
static bool
short_landing(const struct view *v, const struct flow *f, uint64_t from,
    uint64_t to)
{
	uint64_t at = from - SHORT_BACK, avail;
	const uint8_t *p;

	for (; at < to + SHORT_BACK; at++) {
		if (at >= f->start && at < f->end && (f->mark[at - f->start] &
		    (MARK_START | MARK_BODY)) != 0)
			continue;
		p = view_at(v, at, &avail);
		if (p == NULL || avail < 2 || ((p[0] & 0xf0) != 0x70 &&
		    p[0] != 0xeb && (p[0] & 0xfc) != 0xe0))
			continue;
		if (at + 2 + (uint64_t)(int64_t)(int8_t)p[1] - from - 1 <
		    to - from - 1)
			return true;
	}
	return false;
}

bool
landing_inside(struct chooser *ch, const struct flow *f, uint64_t from,
    uint64_t to)
{
	size_t i;

	for (i = 0; !ch->scanned && i < ch->v->elf->nsegments; i++)
		if ((ch->v->elf->segments[i].prot & PROT_EXEC) != 0)
			scan(ch, &ch->v->elf->segments[i]);
	if (!ch->scanned)
		words_sort(&ch->landings);
	ch->scanned = true;
	i = words_find(&ch->landings, from + 1);
	return (i < ch->landings.n && ch->landings.v[i] < to) ||
	    short_landing(ch->v, f, from, to);
}
