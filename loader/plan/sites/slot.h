/* SPDX-License-Identifier: ISC */
/* From a chosen site to bytes. */
#ifndef VENEER_SLOT_H
#define VENEER_SLOT_H

#include "layout.h"
#include "sites.h"

/* The slot of a site, to lie at the link-time address `place`; false when something is out of reach. */
bool slot_fill(const struct view *v, const struct site *s, uint64_t place,
    uint8_t slot[SITE_SLOT_SIZE]);
/* The patches that lead there, in the order in which they are applied; answers how many. */
unsigned slot_patches(const struct view *v, const struct site *s,
    uint64_t place, struct text_patch out[2]);

#endif
