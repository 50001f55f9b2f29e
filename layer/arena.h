/* SPDX-License-Identifier: ISC */
/* Thread slots; where things lie in one stands in abi/layer/layout.tbl. */
#ifndef VENEER_ARENA_H
#define VENEER_ARENA_H

#include "layer.h"

#define WARM_SLOTS 64u	/* slots that keep their memory when they are free */
#define KEEP_SLOTS 8u	/* that stay when a process with fewer threads forks */

struct thread_block *arena_slot_init(const struct mm_block *mm, uint32_t index);
/* Under the mm lock, or alone. */
void arena_trim(struct thread_block *t);
#endif
