/* SPDX-License-Identifier: ISC */
/* What lies in the slot of a mach_call: all of it. */
#ifndef VENEER_MACH_CALL_H
#define VENEER_MACH_CALL_H

#include "mach_layout.h"
#include "shared.h"

enum {
	MACH_CALL_WORDS = (SIZEOF_MACH_CALL - OFF_MACH_CALL_WORD) / 4,
};
_Static_assert(SIZEOF_MACH_CALL == SIZEOF_WINDOW_SLOT -
    OFF_WINDOW_SLOT_PAYLOAD, "slot");

#endif
