/* SPDX-License-Identifier: ISC */
/* Ranges and pages, for what checks plans and text entries. */
#ifndef VENEER_RANGE_H
#define VENEER_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE	4096ul

/* [at, at + len) lies within [base, base + span). */
static inline bool
within(uint64_t at, uint64_t len, uint64_t base, uint64_t span)
{
	return at >= base && at - base <= span && len <= span - (at - base);
}

static inline bool
aligned(uint64_t a, uint64_t b, uint64_t c)
{
	return ((a | b | c) & (PAGE - 1)) == 0;
}

#endif
