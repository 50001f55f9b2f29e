/* SPDX-License-Identifier: ISC */
/* Between maps.c and maps_text.c. */
#ifndef VENEER_LAYER_MAPS_TEXT_H
#define VENEER_LAYER_MAPS_TEXT_H

#include "layer.h"

/* The file that the last row of an image named. */
struct maps_image {
	uint64_t base;
	size_t n;
	char path[512];		/* with its end of line */
};

/* Does the row that starts there show slots? */
bool maps_slots(const struct mm_block *mm, uint64_t from);
/* The row as the guest is to see it; answers its length. */
size_t maps_text(const struct mm_block *mm, char *line, size_t n, size_t room,
    uint64_t from, struct maps_image *seen);

#endif
