/* SPDX-License-Identifier: ISC */
#ifndef VENEER_LOADER_TEXT_CHECK_H
#define VENEER_LOADER_TEXT_CHECK_H

#include <stdbool.h>

#include "plan.h"
#include "text_entry.h"

/*
 * A text entry of so many bytes is one for this image of a plan: its tables end before its slots,
 * and all that it says lies within entry and image.  Reads nothing behind the tables.
 */
bool text_sound(const struct text *e, uint64_t bytes,
    const struct plan_image *im);
/* The segment whose patched copy a map of the plan takes, NULL: none. */
const struct text_segment *text_copy(const struct text *e,
    const struct plan_map *m);

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

#endif
