/* SPDX-License-Identifier: ISC */
/* What lies in the slot of a mach_call. */
#ifndef VENEER_MACH_CALL_H
#define VENEER_MACH_CALL_H

#include <stddef.h>
#include <stdint.h>

#include "shared.h"

enum {
	MACH_CALL_WORDS = (sizeof(((struct window_slot *)0)->payload) - 64) / 4,
};

struct mach_call {
	uint32_t routine;
	int32_t kr;
	uint64_t arg[6];
	uint32_t n, pad;	/* words behind, in and out */
	uint32_t word[MACH_CALL_WORDS];
};
_Static_assert(offsetof(struct mach_call, word) == 64, "mach_call");

#endif
