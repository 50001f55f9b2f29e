/* SPDX-License-Identifier: ISC */
/* Where things lie in the arena; docs/architecture.md draws it. */
#ifndef VENEER_ARENA_H
#define VENEER_ARENA_H

#include "layer.h"

#define ARENA_GATE 0x1000ul
#define ARENA_GATE_SIZE 0x1000ul
#define ARENA_COMMPAGE 0x3000ul
#define ARENA_MM 0x5000ul
#define ARENA_UNWIND 0x6000ul	/* what debuggers read: x86_64/unwind.S */
#define ARENA_BODY 0x8000ul
#define ARENA_POOL 0x100000ul		/* pages for blocks */
#define ARENA_POOL_END 0x400000ul
#define ARENA_RING 0x400000ul		/* trace ring */
#define ARENA_RING_END 0xc00000ul
#define ARENA_WINDOW 0xc00000ul		/* supervisor's window */
#define ARENA_SLOTS 0x1000000ul
#define SLOT_SIZE 0x20000ul
#define SLOT_STACK 0x1000ul
#define SLOT_BLOCK 0xe000ul
#define SLOT_GUARD 0x10000ul
#define SLOT_SIGSTACK 0x11000ul

struct thread_block *arena_slot_init(const struct mm_block *mm, uint32_t index);
#endif
