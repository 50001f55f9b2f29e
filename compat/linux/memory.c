/* SPDX-License-Identifier: ISC */
/* Mappings. What is ours is refused as a sealed mapping is: EPERM. */
#include <linux/mman.h>
#include <linux/shm.h>

#include "linux.h"

#include "mapping.h"

#define VDSO_ABOVE 0x2000ul
#define VDSO_BELOW 0x8000ul

bool
linux_ours(struct call *c, uint64_t addr, uint64_t len)
{
	return arena_overlaps(thread_mm(c->thread), addr, len);
}

static bool
is_error(long ret)
{
	return ret < 0 && ret > -4096;
}

/* The kernel's data pages lie right below its vDSO. */
static bool
holds_vdso(const struct mm_block *mm, uint64_t addr, uint64_t len)
{
	return addr < mm->vdso + VDSO_ABOVE && addr + len > mm->vdso - VDSO_BELOW;
}

void
linux_forget(struct call *c, uint64_t addr, uint64_t len)
{
	struct mm_block *mm = thread_mm(c->thread);

	if (mm->vdso != 0 && holds_vdso(mm, addr, len)) {
		__atomic_and_fetch(&mm->flags, ~(uint32_t)MM_VDSO,
		    __ATOMIC_RELAXED);
		mm->vdso = 0;	/* nor is it looked for again */
	}
	layer_lock(c->thread, &mm->lock);
	for (uint32_t i = 0; i < mm->nstubs; i++)
		if (mm->stubs[i] < addr + len && mm->stubs[i] + mm->stubs_size > addr)
			mm->stubs[i--] = mm->stubs[--mm->nstubs];
	layer_unlock(c->thread, &mm->lock);
}

/* Does a Linux program's range hold the whole arena, and more? It has never heard of it. */
static bool
holds_arena(struct call *c)
{
	const struct mm_block *mm = thread_mm(c->thread);
	uint64_t addr = c->arg[0], end = addr + c->arg[1];

	return mm->personality == PERSONALITY_LINUX && addr <= mm->arena + ARENA_FIRST &&
	    end >= mm->arena + mm->arena_size && c->arg[1] > mm->arena_size - ARENA_FIRST;
}

/*
 * The call, unless it names the layer.  Of a range that holds the whole arena it is made on what lies below and
 * on what lies above.
 */
static long
on_range(struct call *c, call_fn *fn)
{
	const struct mm_block *mm = thread_mm(c->thread);
	uint64_t addr = c->arg[0], end = addr + c->arg[1];
	long ret = 0;

	if (!linux_ours(c, addr, c->arg[1]))
		return fn(c);
	if (!holds_arena(c))
		return LINUX_EPERM;
	if (mm->arena + ARENA_FIRST > addr) {
		c->arg[1] = mm->arena + ARENA_FIRST - addr;
		ret = fn(c);
	}
	if (!is_error(ret) && end > mm->arena + mm->arena_size) {
		c->arg[0] = mm->arena + mm->arena_size;
		c->arg[1] = end - c->arg[0];
		ret = fn(c);
	}
	c->arg[0] = addr;
	return ret;
}

static long
map(struct call *c)
{
	long ret = guest_mmap(c->thread, c->arg[0], c->arg[1], (long)c->arg[2],
	    (long)c->arg[3], (long)c->arg[4], c->arg[5]);

	if ((c->arg[3] & MAP_FIXED) && !is_error(ret))
		linux_forget(c, c->arg[0], c->arg[1]);
	return ret;
}

/* Address space that nobody may use (gaps in a sanitizer's shadow) is as good with us in it. */
long
linux_mmap(struct call *c)
{
	bool reserves = c->arg[2] == PROT_NONE && (c->arg[3] & MAP_ANONYMOUS) != 0;
	long ret;

	if ((c->arg[3] & MAP_FIXED) == 0)
		return map(c);
	if (!reserves && linux_ours(c, c->arg[0], c->arg[1]))
		return LINUX_EPERM;
	ret = on_range(c, map);
	return is_error(ret) ? ret : (long)c->arg[0];
}

static long
unmap(struct call *c)
{
	long ret = guest_munmap(c->thread, c->arg[0], c->arg[1]);

	if (ret == 0)
		linux_forget(c, c->arg[0], c->arg[1]);
	return ret;
}

long
linux_munmap(struct call *c)
{
	return on_range(c, unmap);
}

static long
protect(struct call *c)
{
	return guest_mprotect(c->thread, HOST_NR_mprotect, c->arg[0],
	    c->arg[1], (long)c->arg[2], 0);
}

long
linux_mprotect(struct call *c)
{
	return on_range(c, protect);
}

static long
protect_with_key(struct call *c)
{
	return guest_mprotect(c->thread, HOST_NR_pkey_mprotect, c->arg[0],
	    c->arg[1], (long)c->arg[2], (long)c->arg[3]);
}

long
linux_pkey_mprotect(struct call *c)
{
	return on_range(c, protect_with_key);
}

/* Some advice can wait: for pages, or for a lock. */
static long
advise(struct call *c)
{
	if (madvise_drops((long)c->arg[2]) &&
	    text_near(thread_mm(c->thread), c->arg[0], c->arg[1]))
		return guest_madvise(c->thread, c->arg[0], c->arg[1],
		    (long)c->arg[2]);
	return pass(c);
}

long
linux_madvise(struct call *c)
{
	return on_range(c, advise);
}

static long
as_it_is(struct call *c)
{
	return pass(c);
}

long
linux_remap_file_pages(struct call *c)
{
	return on_range(c, as_it_is);
}

long
linux_mseal(struct call *c)
{
	return on_range(c, as_it_is);
}

long
linux_mremap(struct call *c)
{
	bool fixed = (c->arg[3] & MREMAP_FIXED) != 0;
	struct thread_block *t = c->thread;
	long ret = 0;

	if (linux_ours(c, c->arg[0], c->arg[1] != 0 ? c->arg[1] : 1) ||
	    (fixed && linux_ours(c, c->arg[4], c->arg[2])))
		return LINUX_EPERM;
	if (text_near(t->mm, c->arg[0], c->arg[1]))
		ret = text_touch(t, c->arg[0], c->arg[1], false);
	if (ret == 0 && fixed && text_near(t->mm, c->arg[4], c->arg[2]))
		ret = text_touch(t, c->arg[4], c->arg[2], true);
	if (ret < 0)
		return ret;
	ret = pass(c);
	if (!is_error(ret))
		linux_forget(c, c->arg[0], c->arg[1]);
	return ret;
}

/* At a place of the guest's choice its size decides what a segment would meet, or replace. */
long
linux_shmat(struct call *c)
{
	struct shmid64_ds ds;
	uint64_t len;
	long ret;

	if (c->arg[1] == 0)
		return pass(c);
	ret = HOST3(c->thread, HOST_NR_shmctl, c->arg[0], IPC_STAT, &ds);
	if (ret < 0)
		return ret;
	len = (ds.shm_segsz + 8191) & ~4095ul;
	if (linux_ours(c, c->arg[1] & ~4095ul, len))
		return (c->arg[2] & SHM_REMAP) != 0 ? LINUX_EPERM : LINUX_EINVAL;
	if ((c->arg[2] & SHM_REMAP) == 0)
		return pass(c);
	if (text_near(thread_mm(c->thread), c->arg[1] & ~4095ul, len)) {
		ret = text_touch(c->thread, c->arg[1] & ~4095ul, len, true);
		if (ret < 0)
			return ret;
	}
	return pass(c);
}
