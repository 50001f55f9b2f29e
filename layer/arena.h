/* SPDX-License-Identifier: ISC */
/* Where things lie in a thread slot; the arena's parts stand in abi/layer/layout.tbl. */
#ifndef VENEER_ARENA_H
#define VENEER_ARENA_H

#include "layer.h"

#define SLOT_SIZE 0x20000ul
#define SLOT_STACK 0x1000ul
#define SLOT_BLOCK 0xe000ul
#define SLOT_GUARD 0x10000ul
#define SLOT_SIGSTACK 0x11000ul

/* The arena's last part holds tables of text entries (text_entry.c). */
static inline uint64_t
arena_text_bytes(const struct mm_block *mm)
{
	return mm->arena_size / ARENA_TEXT_PART;
}

struct thread_block *arena_slot_init(const struct mm_block *mm, uint32_t index);
#endif
