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
#define SMALL_HEAD 64u
#define POOL_FIRST ((uint32_t)((ARENA_POOL_END - ARENA_POOL) / PAGE))
#define POOL_ALL (POOL_FIRST + (uint32_t)((ARENA_POOL_MORE_END - ARENA_POOL_MORE) / PAGE))

bool
arena_overlaps(const struct mm_block *mm, uint64_t addr, uint64_t len)
{
	uint64_t end = addr + len;

	if (end < addr)		/* the kernel refuses such a range in its own words */
		return false;
	return addr < mm->arena + mm->arena_size && end > mm->arena + ARENA_FIRST;
}

static void *
pool_page(const struct mm_block *mm, uint32_t index)
{
	return (void *)(mm->arena + (index < POOL_FIRST ? ARENA_POOL + index * PAGE :
	    ARENA_POOL_MORE + (index - POOL_FIRST) * PAGE));
}

/* Writable memory, zero, at a place in the arena. */
static bool
map_new(struct thread_block *t, uint64_t at, uint64_t len)
{
	return HOST6(t, HOST_NR_mmap, at, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED |
	    MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == (long)at;
}

/* Contiguous pages that were never used.  The first part of the pool is accessible from the start. */
static void *
pool_grow(struct thread_block *t, struct mm_block *mm, size_t npages)
{
	uint32_t at = mm->pool_next;
	void *p;

	if (at < POOL_FIRST && npages > POOL_FIRST - at)
		at = POOL_FIRST;
	if (npages == 0 || npages > POOL_ALL - at)
		return NULL;
	p = pool_page(mm, at);
	if (at >= POOL_FIRST && !map_new(t, (uint64_t)p, npages * PAGE))
		return NULL;
	mm->pool_next = at + (uint32_t)npages;
	return p;
}

void *
arena_alloc(struct thread_block *t, size_t npages)
{
	struct mm_block *mm = t->mm;
	void *p;

	layer_lock(t, &mm->lock);
	if (npages == 1 && mm->pool_free != 0) {
		p = pool_page(mm, mm->pool_free - 1);
		mm->pool_free = *(uint32_t *)p;
		memset(p, 0, PAGE);
	} else
		p = pool_grow(t, mm, npages);
	layer_unlock(t, &mm->lock);
	return p;
}

void
arena_free(struct thread_block *t, void *p, size_t npages)
{
	struct mm_block *mm = t->mm;
	uint64_t off = (uint64_t)p - mm->arena;
	uint32_t index = off >= ARENA_POOL ? (uint32_t)((off - ARENA_POOL) / PAGE) :
	    (uint32_t)((off - ARENA_POOL_MORE) / PAGE) + POOL_FIRST;

	layer_lock(t, &mm->lock);
	for (size_t i = 0; i < npages; i++, index++) {
		*(uint32_t *)pool_page(mm, index) = mm->pool_free;
		mm->pool_free = index + 1;
	}
	layer_unlock(t, &mm->lock);
}

/*
 * A piece of a page, for what every process has and keeps: zeroed, never freed, never at a page's start, by
 * which block_rele (thread.c) knows it.
 */
void *
arena_small(struct thread_block *t, size_t size)
{
	struct mm_block *mm = t->mm;
	uint32_t at = mm->small;
	char *page;

	size = (size + 15) & ~15ul;
	if (at % PAGE == 0 || size > PAGE - at % PAGE) {
		page = arena_alloc(t, (size + SMALL_HEAD + PAGE - 1) / PAGE);
		if (page == NULL)
			return NULL;
		at = (uint32_t)((uint64_t)page - mm->arena + SMALL_HEAD);
	}
	mm->small = at + (uint32_t)size;
	return (void *)(mm->arena + at);
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

	if (slot + SLOT_SIZE > mm->arena + ARENA_SLOTS_END)
		return NULL;
	if (!map_new(t, slot + SLOT_STACK, SLOT_SIZE - SLOT_STACK))
		return NULL;
	if (mm->slot_next >= KEEP_SLOTS)	/* arena_trim may have been here */
		HOST2(t, HOST_NR_munmap, slot, SLOT_STACK);
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

/*
 * Slots of threads that are gone, two mappings each, which a fork would copy: the last ones become one.  It stays
 * readable, as free slots, for those who look without the lock.
 */
void
arena_trim(struct thread_block *t)
{
	struct mm_block *mm = t->mm;
	uint32_t n = mm->slot_next;
	uint64_t from;

	while (n > KEEP_SLOTS && slot_block(mm, n - 1)->state == THREAD_FREE &&
	    !slot_block(mm, n - 1)->kernel_frees)
		n--;
	if (n == mm->slot_next)
		return;
	from = mm->arena + ARENA_SLOTS + n * SLOT_SIZE;
	if (map_new(t, from, (mm->slot_next - n) * SLOT_SIZE))
		__atomic_store_n(&mm->slot_next, n, __ATOMIC_RELEASE);
}
