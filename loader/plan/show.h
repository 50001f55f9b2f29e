/* SPDX-License-Identifier: ISC */
#ifndef VENEER_PLAN_SHOW_H
#define VENEER_PLAN_SHOW_H

#include <jansson.h>

#include "planner.h"

/* Prints and releases it: the exit status. */
int show_json(json_t *j);
/* Names from files may be in any encoding; JSON is UTF-8. */
json_t *show_text(const char *s);
json_t *show_hex(uint64_t n);
/*
 * What would be rewritten in an image (VENEER_REWRITE counts, the cache does not): null
 * for none; NULL and the problem.
 */
json_t *show_sites(const struct image_file *f, const struct elf_info *e,
    struct problem *p);
void show_print_sites(json_t *sites);

#endif
