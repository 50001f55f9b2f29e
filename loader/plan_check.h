/* SPDX-License-Identifier: ISC */
#ifndef VENEER_LOADER_PLAN_CHECK_H
#define VENEER_LOADER_PLAN_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan.h"
#include "plan_flags.h"

/* Executing it touches nothing but what enter reserves for it. p is aligned to 8. */
bool plan_sound(const struct plan *p, uint64_t bytes);
/* What a cached plan's `sum` must be; bytes are at least the header's. */
uint64_t plan_sum(const struct plan *p, uint64_t bytes);

#endif
