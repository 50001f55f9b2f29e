/* SPDX-License-Identifier: ISC */
/*
 * What everybody asks of a text entry before its tables are believed: they lie in it, and all that they say lies
 * within entry and image.  Reads nothing behind the tables, and is no defence: whoever can write the entry is the
 * guest's own user.
 */
#ifndef VENEER_TEXT_SOUND_H
#define VENEER_TEXT_SOUND_H

#include <stdbool.h>

#include "layout.h"
#include "text_entry.h"

#define TEXT_SOUND_PAGE	4096ul

static inline const struct text_patch *
text_patches(const struct text *e)
{
	return (const void *)((const char *)e + e->patches_off);
}

static inline const struct text_page *
text_pages(const struct text *e)
{
	return (const void *)((const char *)e + e->pages_off);
}

static inline const struct text_segment *
text_segments(const struct text *e)
{
	return (const void *)((const char *)e + e->segments_off);
}

/* [at, at + len) lies within [base, base + span). */
static inline bool
text_within(uint64_t at, uint64_t len, uint64_t base, uint64_t span)
{
	return at >= base && at - base <= span && len <= span - (at - base);
}

static inline uint64_t
text_page_up(uint64_t x)
{
	return (x + TEXT_SOUND_PAGE - 1) & ~(TEXT_SOUND_PAGE - 1);
}

/* Slots in the free end of the text's last page, or below the image. */
static inline bool
text_slots_within(const struct text *e)
{
	return e->slots_len != 0 && text_within(e->slots, e->slots_len, e->base, e->span);
}

static inline bool
text_slots_sound(const struct text *e)
{
	if (text_slots_within(e))
		return e->slots % SITE_SLOT_SIZE == 0 && e->slots_len == e->nslots * SITE_SLOT_SIZE &&
		    e->slots % TEXT_SOUND_PAGE + e->slots_len <= TEXT_SOUND_PAGE;
	return (e->slots | e->slots_len) % TEXT_SOUND_PAGE == 0 && e->slots_len == e->base - e->slots;
}

static inline bool
text_table_fits(const struct text *e, uint64_t off, uint64_t n, uint64_t size)
{
	uint64_t end = e->slots_len != 0 ? e->slots_off : e->total;

	return off % 8 == 0 && off >= sizeof(*e) && off <= end &&
	    n <= (end - off) / size;
}

static inline bool
text_header_sound(const struct text *e, uint64_t bytes)
{
	return e->magic == MAGIC_TEXT && e->version == VERSION_TEXT &&
	    e->size == sizeof(*e) && e->rules == TEXT_RULES &&
	    e->total <= bytes && (e->base | e->slots_off) % TEXT_SOUND_PAGE == 0 && e->base < 1ul << 47 &&
	    e->span < 1ul << 47 && e->slots_len < 1ul << 47 &&
	    text_slots_sound(e) &&
	    text_within(e->slots_off, e->slots_len, 0, e->total) &&
	    e->nslots <= e->slots_len / SITE_SLOT_SIZE &&
	    text_table_fits(e, e->patches_off, e->npatches,
	    sizeof(struct text_patch)) &&
	    text_table_fits(e, e->pages_off, e->npages,
	    sizeof(struct text_page)) &&
	    text_table_fits(e, e->segments_off, e->nsegments,
	    sizeof(struct text_segment));
}

static inline bool
text_patch_sound(const struct text *e, const struct text_patch *p)
{
	return p->len > 0 && p->len <= TEXT_PATCH_MAX &&
	    text_within(p->addr, p->len, e->base, e->span);
}

static inline bool
text_segment_sound(const struct text *e, const struct text_segment *s)
{
	return (s->addr | s->off | s->copy_off) % TEXT_SOUND_PAGE == 0 &&
	    s->len > 0 && s->len <= e->span && s->off <= e->bytes &&
	    s->len <= e->bytes - s->off &&
	    text_within(s->addr, text_page_up(s->len), e->base, e->span) &&
	    (s->copy_off == 0 || (s->copy_off >= e->slots_off + e->slots_len &&
	    text_within(s->copy_off, text_page_up(s->len), 0, e->total)));
}

static inline bool
text_entry_sound(const struct text *e, uint64_t bytes)
{
	uint32_t i;

	if (bytes < sizeof(*e) || !text_header_sound(e, bytes))
		return false;
	for (i = 0; i < e->npatches; i++)
		if (!text_patch_sound(e, &text_patches(e)[i]))
			return false;
	for (i = 0; i < e->npages; i++) {
		const struct text_page *g = &text_pages(e)[i];

		if (g->len == 0 || g->len > TEXT_SOUND_PAGE ||
		    (g->addr | g->off) % TEXT_SOUND_PAGE != 0)
			return false;
	}
	for (i = 0; i < e->nsegments; i++)
		if (!text_segment_sound(e, &text_segments(e)[i]))
			return false;
	return true;
}

#endif
