/* SPDX-License-Identifier: ISC */
#ifndef VENEER_LOADER_TEXT_CHECK_H
#define VENEER_LOADER_TEXT_CHECK_H

#include <stdbool.h>

#include "plan.h"
#include "text_sound.h"

/* A text entry of so many bytes is sound, and one for this image of a plan. */
bool text_sound(const struct text *e, uint64_t bytes,
    const struct plan_image *im);
/* The segment whose patched copy a map of the plan takes, NULL: none. */
const struct text_segment *text_copy(const struct text *e,
    const struct plan_map *m);

#endif
