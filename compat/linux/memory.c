/* SPDX-License-Identifier: ISC */
/* Mappings. What is ours is refused as a sealed mapping is: EPERM. */
#include <linux/mman.h>
#include <linux/shm.h>

#include "linux.h"

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
	ret = pass(c);
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
	ret = pass(c);
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
	return refuse_ours(c);
}

long
linux_pkey_mprotect(struct call *c)
{
	return refuse_ours(c);
}

long
linux_madvise(struct call *c)
{
	return refuse_ours(c);
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
	if (linux_ours(c, c->arg[0], c->arg[1] != 0 ? c->arg[1] : 1) ||
	    ((c->arg[3] & MREMAP_FIXED) && linux_ours(c, c->arg[4], c->arg[2])))
		return LINUX_EPERM;
	return pass(c);
}

/* Where a segment may replace mappings its size decides what it would replace. */
long
linux_shmat(struct call *c)
{
	struct shmid64_ds ds;
	long ret;

	if ((c->arg[2] & SHM_REMAP) == 0)
		return pass(c);
	ret = HOST3(c->thread, HOST_NR_shmctl, c->arg[0], IPC_STAT, &ds);
	if (ret < 0)
		return ret;
	if (linux_ours(c, c->arg[1] & ~4095ul, (ds.shm_segsz + 8191) & ~4095ul))
		return LINUX_EPERM;
	return pass(c);
}
