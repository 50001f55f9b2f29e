/* SPDX-License-Identifier: ISC */
/*
 * The arena's two allocators: pages for blocks, and thread slots.  Both hand out memory
 * that stays readable and writable once it has been used, so that a reuse costs no call.
 */
#include <linux/mman.h>

#include "arena.h"
#include "freestanding.h"
#include "host.h"

#define PAGE 4096ul
#define POOL_STEP 16u

bool
arena_overlaps(const struct mm_block *mm, uint64_t addr, uint64_t len)
{
	uint64_t end = addr + len;

	if (end < addr)		/* the kernel refuses such a range in its own words */
		return false;
	return addr < mm->arena + mm->arena_size && end > mm->arena;
}

static void *
pool_page(const struct mm_block *mm, uint32_t index)
{
	return (void *)(mm->arena + ARENA_POOL + index * PAGE);
}

/* Are that many pages accessible?  A few more than are wanted are made so. */
static bool
pool_opened(struct thread_block *t, struct mm_block *mm, uint32_t pages)
{
	uint32_t all = (uint32_t)((ARENA_POOL_END - ARENA_POOL) / PAGE);
	uint32_t to = (pages + POOL_STEP - 1) / POOL_STEP * POOL_STEP;

	if (pages <= mm->pool_open)
		return true;
	if (to > all)
		to = all;
	if (HOST3(t, HOST_NR_mprotect, pool_page(mm, mm->pool_open), (to - mm->pool_open) * PAGE,
	    PROT_READ | PROT_WRITE) != 0)
		return false;
	mm->pool_open = to;
	return true;
}

void *
arena_alloc(struct thread_block *t, size_t npages)
{
	struct mm_block *mm = t->mm;
	void *p = NULL;

	layer_lock(t, &mm->lock);
	if (npages == 1 && mm->pool_free != 0) {
		p = pool_page(mm, mm->pool_free - 1);
		mm->pool_free = *(uint32_t *)p;
		memset(p, 0, PAGE);
	} else if (npages != 0 && npages <=
	    (ARENA_POOL_END - ARENA_POOL) / PAGE - mm->pool_next) {
		if (pool_opened(t, mm, mm->pool_next + (uint32_t)npages)) {
			p = pool_page(mm, mm->pool_next);
			mm->pool_next += (uint32_t)npages;
		}
	}
	layer_unlock(t, &mm->lock);
	return p;
}

void
arena_free(struct thread_block *t, void *p, size_t npages)
{
	struct mm_block *mm = t->mm;
	uint32_t index = (uint32_t)(((uint64_t)p - mm->arena - ARENA_POOL) / PAGE);

	layer_lock(t, &mm->lock);
	for (size_t i = 0; i < npages; i++, index++) {
		*(uint32_t *)pool_page(mm, index) = mm->pool_free;
		mm->pool_free = index + 1;
	}
	layer_unlock(t, &mm->lock);
}

static struct thread_block *
slot_block(const struct mm_block *mm, uint32_t index)
{
	return (struct thread_block *)(mm->arena + ARENA_SLOTS +
	    index * SLOT_SIZE + SLOT_BLOCK);
}

/* Fields that depend on the place alone. */
struct thread_block *
arena_slot_init(const struct mm_block *mm, uint32_t index)
{
	struct thread_block *t = slot_block(mm, index);

	t->self = t;
	t->errnop = &t->raw_errno;
	t->magic = MAGIC_THREAD_BLOCK;
	t->version = VERSION_THREAD_BLOCK;
	t->size = SIZEOF_THREAD_BLOCK;
	t->slot_index = index;
	t->stack_top = (uint64_t)t;
	t->call.magic = MAGIC_CALL;
	t->call.version = VERSION_CALL;
	t->call.size = SIZEOF_CALL;
	t->call.thread = t;
	return t;
}

static struct thread_block *
slot_new(struct thread_block *t, struct mm_block *mm)
{
	uint64_t slot = mm->arena + ARENA_SLOTS + mm->slot_next * SLOT_SIZE;

	if (slot + SLOT_SIZE > mm->arena + mm->arena_size - arena_text_bytes(mm))
		return NULL;
	if (HOST3(t, HOST_NR_mprotect, slot + SLOT_STACK, SLOT_SIZE - SLOT_STACK,
	    PROT_READ | PROT_WRITE) != 0)
		return NULL;
	return slot_block(mm, mm->slot_next++);
}

/* A slot in state USED, its block zero but for what depends on the place; NULL when there is none. */
struct thread_block *
arena_thread_alloc(struct thread_block *t)
{
	struct mm_block *mm = t->mm;
	struct thread_block *n = NULL;

	layer_lock(t, &mm->lock);
	for (uint32_t k = 0; k < mm->slot_next; k++) {
		uint32_t i = (mm->slot_free + k) % mm->slot_next;
		uint32_t free = THREAD_FREE;

		if (slot_block(mm, i)->kernel_frees)
			continue;	/* not before thread.c has collected what is left there */
		if (__atomic_compare_exchange_n(&slot_block(mm, i)->state, &free,
		    THREAD_USED, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
			n = slot_block(mm, i);
			memset(n, 0, SIZEOF_THREAD_BLOCK);
			mm->slot_free = i + 1;
			break;
		}
	}
	if (n == NULL)
		n = slot_new(t, mm);
	if (n != NULL) {
		n->state = THREAD_USED;
		arena_slot_init(mm, (uint32_t)(((uint64_t)n - SLOT_BLOCK -
		    ARENA_SLOTS - mm->arena) / SLOT_SIZE));
	}
	layer_unlock(t, &mm->lock);
	return n;
}
