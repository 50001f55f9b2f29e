/* SPDX-License-Identifier: ISC */
/*
 * Values in text entries (abi/layer/plan.tbl), and the name of an entry.  Shared by all who
 * make, keep, look for or use one: planner, enter, layers.
 */
#ifndef VENEER_TEXT_ENTRY_H
#define VENEER_TEXT_ENTRY_H

#include <stdint.h>

#include "page_hash.h"
#include "plan.h"

enum text_mode {		/* setting rewrite= */
	TEXT_ALL,		/* "all", the default */
	TEXT_HALF,		/* "half:SEED": a random half of the sites */
	TEXT_OFF		/* "none": no entry is made or looked for */
};

enum text_flags {
	TEXT_COPIES	= 1 << 0,	/* segments have patched copies */
	TEXT_TIMES	= 1 << 1,	/* the file's times tell every change since: pages need not be hashed */
	TEXT_SETS_GS	= 1 << 2	/* the file sets %gs itself: nothing in its process is rewritten */
};

enum text_strategy {		/* also in the slot, at SITE_SLOT_STRATEGY */
	TEXT_A = 1,		/* mov $nr,%eax before the `syscall` became the jump */
	TEXT_B,			/* the `syscall` became a short jump to padding */
	TEXT_C			/* other instructions before it became the jump */
};

enum text_part {
	TEXT_SITE,		/* A and C: the bytes before the `syscall`; B: the `syscall` */
	TEXT_PAD		/* B: padding that holds the long jump */
};

/* Why a candidate stays on SIGSYS; plan's report has the words. */
enum text_reason {
	TEXT_UNPROVEN = 1,	/* in a known function, but not known to be an instruction */
	TEXT_DATA,		/* bytes inside another instruction */
	TEXT_NO_FUNCTION,	/* no function is known to hold it */
	TEXT_NO_ROOM,		/* no neighbour and no padding in reach */
	TEXT_SIGRETURN,		/* a sigreturn sequence: unwinders know its bytes */
	TEXT_WRITABLE,		/* in a writable segment */
	TEXT_OWN_GS,		/* the file sets %gs itself */
	TEXT_TEXTREL,		/* its text is relocated at start */
	TEXT_NO_SLOTS,		/* no room for slots below the image */
	TEXT_NOT_CHOSEN,	/* the other half of mode half */
	TEXT_REASONS
};

/* What tells one state of a file from another; the fields of struct text. */
struct text_identity {
	uint64_t dev, ino, bytes;
	uint64_t mtime_sec, mtime_nsec;
	uint64_t ctime_nsec;	/* whole ctime in nanoseconds */
	uint64_t mount;		/* mount id (statx), 0 unknown */
};
_Static_assert(sizeof(struct text_identity) == 56, "hashed as it lies");

#define TEXT_NAME_LEN	32
#define TEXT_MODE	0600	/* of an entry's file */
#define TEXT_MODE_EMPTY	0400	/* of one without patches: nobody need read it */
#define TEXT_MODE_GS	0500	/* of one that says TEXT_SETS_GS: neither */

/* The entry's key; seed counts in mode half alone. */
static inline void
text_key(uint64_t key[2], const struct text_identity *id, uint32_t mode,
    uint64_t seed)
{
	struct {
		struct text_identity id;
		uint64_t mode, seed, rules;
	} all = { *id, mode, mode == TEXT_HALF ? seed : 0,
	    TEXT_RULES | (uint64_t)VERSION_TEXT << 32 };

	key[0] = page_hash(&all, sizeof(all), 1);
	key[1] = page_hash(&all, sizeof(all), 2);
}

/* TEXT_NAME_LEN digits and an end. */
static inline void
text_name(char *name, const uint64_t key[2])
{
	for (int i = 0; i < TEXT_NAME_LEN; i++)
		name[i] = "0123456789abcdef"
		    [key[i / 16] >> (60 - 4 * (i % 16)) & 15];
	name[TEXT_NAME_LEN] = '\0';
}

#endif
