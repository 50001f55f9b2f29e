/* SPDX-License-Identifier: ISC */
#ifndef VENEER_CANDIDATES_H
#define VENEER_CANDIDATES_H

#include "sites.h"

struct candidates {
	struct words text;		/* owned; ascending */
	struct words writable;		/* owned; in segments that are writable too */
	enum text_reason whole;		/* why none of the file may be patched, 0 */
};
/* False without memory; the lists are to be freed either way. */
bool candidates_find(const struct view *v, struct candidates *c);

#endif
