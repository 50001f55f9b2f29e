/* SPDX-License-Identifier: ISC */
/* Thread slots; where things lie in one stands in abi/layer/layout.tbl. */
#ifndef VENEER_ARENA_H
#define VENEER_ARENA_H

#include "layer.h"

/* The arena's last part holds tables of text entries (text_entry.c). */
static inline uint64_t
arena_text_bytes(const struct mm_block *mm)
{
	return mm->arena_size / ARENA_TEXT_PART;
}

struct thread_block *arena_slot_init(const struct mm_block *mm, uint32_t index);
#endif
