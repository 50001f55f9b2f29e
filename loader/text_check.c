/* SPDX-License-Identifier: ISC */
#include "text_check.h"

bool
text_sound(const struct text *e, uint64_t bytes, const struct plan_image *im)
{
	return text_entry_sound(e, bytes) && e->base == im->base &&
	    e->slots == im->slots && e->slots_len == im->slots_len &&
	    e->slots_off == im->slots_off && e->span <= im->span;
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
