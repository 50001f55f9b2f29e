/* SPDX-License-Identifier: ISC */
#include "layout.h"
#include "range.h"
#include "text_check.h"

static bool
table_fits(const struct text *e, uint64_t off, uint64_t n, uint64_t size)
{
	return off % 8 == 0 && off >= sizeof(*e) && off <= e->slots_off &&
	    n <= (e->slots_off - off) / size;
}

static bool
header_sound(const struct text *e, uint64_t bytes)
{
	return e->magic == MAGIC_TEXT && e->version == VERSION_TEXT &&
	    e->size == sizeof(*e) && e->total <= bytes &&
	    aligned(e->slots, e->slots_len, e->slots_off) &&
	    within(e->slots_off, e->slots_len, 0, e->total) &&
	    e->nslots <= e->slots_len / SITE_SLOT_SIZE &&
	    table_fits(e, e->patches_off, e->npatches,
	    sizeof(struct text_patch)) &&
	    table_fits(e, e->pages_off, e->npages, sizeof(struct text_page)) &&
	    table_fits(e, e->segments_off, e->nsegments,
	    sizeof(struct text_segment));
}

bool
text_sound(const struct text *e, uint64_t bytes, const struct plan_image *im)
{
	const struct text_patch *p;
	const struct text_page *g;
	const struct text_segment *s;
	uint32_t i;

	if (bytes < sizeof(*e) || !header_sound(e, bytes) ||
	    e->base != im->base || e->slots != im->slots ||
	    e->slots_len != im->slots_len || e->slots_off != im->slots_off)
		return false;
	p = text_patches(e);
	for (i = 0; i < e->npatches; i++)
		if (p[i].len == 0 || p[i].len > TEXT_PATCH_MAX ||
		    !within(p[i].addr, p[i].len, im->base, im->span))
			return false;
	g = text_pages(e);
	for (i = 0; i < e->npages; i++)
		if (g[i].len == 0 || g[i].len > PAGE ||
		    !aligned(g[i].addr, g[i].off, 0))
			return false;
	s = text_segments(e);
	for (i = 0; i < e->nsegments; i++)
		if (!aligned(s[i].addr, s[i].off, s[i].copy_off) ||
		    (s[i].copy_off != 0 &&
		    !within(s[i].copy_off, s[i].len, 0, e->total)))
			return false;
	return true;
}

const struct text_segment *
text_copy(const struct text *e, const struct plan_map *m)
{
	const struct text_segment *s = text_segments(e);
	uint32_t i;

	for (i = 0; i < e->nsegments; i++)
		if (m->text_off != 0 && s[i].copy_off == m->text_off &&
		    s[i].addr == m->addr && s[i].off == m->off &&
		    s[i].len >= m->len)
			return &s[i];
	return 0;
}
