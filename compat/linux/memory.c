/* SPDX-License-Identifier: ISC */
/* Mappings. What is ours is refused as a sealed mapping is: EPERM. */
#include <linux/mman.h>
#include <linux/shm.h>

#include "linux.h"
#include "mapping.h"

bool
linux_ours(struct call *c, uint64_t addr, uint64_t len)
{
	return arena_overlaps(thread_mm(c->thread), addr, len);
}

void
linux_stubs_forget(struct call *c, uint64_t addr, uint64_t len)
{
	struct mm_block *mm = thread_mm(c->thread);

	layer_lock(c->thread, &mm->lock);
	for (uint32_t i = 0; i < mm->nstubs; i++)
		if (mm->stubs[i] < addr + len && mm->stubs[i] + mm->stubs_size > addr)
			mm->stubs[i--] = mm->stubs[--mm->nstubs];
	layer_unlock(c->thread, &mm->lock);
}

long
linux_mmap(struct call *c)
{
	long ret;

	if ((c->arg[3] & MAP_FIXED) && linux_ours(c, c->arg[0], c->arg[1]))
		return LINUX_EPERM;
	ret = guest_mmap(c->thread, c->arg[0], c->arg[1], (long)c->arg[2],
	    (long)c->arg[3], (long)c->arg[4], c->arg[5]);
	if ((c->arg[3] & MAP_FIXED) && ret >= 0)
		linux_stubs_forget(c, c->arg[0], c->arg[1]);
	return ret;
}

long
linux_munmap(struct call *c)
{
	long ret;

	if (linux_ours(c, c->arg[0], c->arg[1]))
		return LINUX_EPERM;
	ret = guest_munmap(c->thread, c->arg[0], c->arg[1]);
	if (ret == 0)
		linux_stubs_forget(c, c->arg[0], c->arg[1]);
	return ret;
}

static long
refuse_ours(struct call *c)
{
	return linux_ours(c, c->arg[0], c->arg[1]) ? LINUX_EPERM : pass(c);
}

long
linux_mprotect(struct call *c)
{
	if (linux_ours(c, c->arg[0], c->arg[1]))
		return LINUX_EPERM;
	return guest_mprotect(c->thread, HOST_NR_mprotect, c->arg[0],
	    c->arg[1], (long)c->arg[2], 0);
}

long
linux_pkey_mprotect(struct call *c)
{
	if (linux_ours(c, c->arg[0], c->arg[1]))
		return LINUX_EPERM;
	return guest_mprotect(c->thread, HOST_NR_pkey_mprotect, c->arg[0],
	    c->arg[1], (long)c->arg[2], (long)c->arg[3]);
}

/* Some advice can wait: for pages, or for a lock. */
long
linux_madvise(struct call *c)
{
	if (linux_ours(c, c->arg[0], c->arg[1]))
		return LINUX_EPERM;
	if (madvise_drops((long)c->arg[2]) &&
	    text_near(thread_mm(c->thread), c->arg[0], c->arg[1]))
		return guest_madvise(c->thread, c->arg[0], c->arg[1],
		    (long)c->arg[2]);
	return pass(c);
}

long
linux_remap_file_pages(struct call *c)
{
	return refuse_ours(c);
}

long
linux_mseal(struct call *c)
{
	return refuse_ours(c);
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
	return ret < 0 ? ret : pass(c);
}

/* Where a segment may replace mappings its size decides what it would replace. */
long
linux_shmat(struct call *c)
{
	struct shmid64_ds ds;
	uint64_t len;
	long ret;

	if ((c->arg[2] & SHM_REMAP) == 0)
		return pass(c);
	ret = HOST3(c->thread, HOST_NR_shmctl, c->arg[0], IPC_STAT, &ds);
	if (ret < 0)
		return ret;
	len = (ds.shm_segsz + 8191) & ~4095ul;
	if (linux_ours(c, c->arg[1] & ~4095ul, len))
		return LINUX_EPERM;
	if (text_near(thread_mm(c->thread), c->arg[1] & ~4095ul, len)) {
		ret = text_touch(c->thread, c->arg[1] & ~4095ul, len, true);
		if (ret < 0)
			return ret;
	}
	return pass(c);
}
