/* SPDX-License-Identifier: ISC */
/* Between text_map.c and text_late.c: one mapping that may be rewritten.  All under text_lock. */
#ifndef VENEER_LAYER_TEXT_MAP_H
#define VENEER_LAYER_TEXT_MAP_H

#include "text.h"

struct text_job {
	struct thread_block *t;
	struct text_range part;	/* what is mapped */
	struct text_found found;
	struct text_identity id;
	const struct text *e;	/* tables, the job's until a region has them */
	uint64_t elen;
	long prot, flags;
	bool damaged;		/* the entry */
	struct text_region *region;
};

/* Has the entry something for this part of the file?  In any case text_job_drop, unless a region has the tables. */
bool text_job_begin(struct text_job *j);
void text_job_drop(struct text_job *j);
/* Slots for the part's place; false: their place is taken. */
bool text_job_slots(struct text_job *j, uint64_t at);
bool text_job_patch(const struct text_job *j, const struct text_segment *s);

#endif
