/* SPDX-License-Identifier: ISC */
/* Mappings. What is ours is refused as a sealed mapping is: EPERM. */
#include <linux/mman.h>
#include <linux/shm.h>

#include "native.h"

static bool
ours(struct call *c, uint64_t addr, uint64_t len)
{
	return arena_overlaps(thread_mm(c->thread), addr, len);
}

static void
stubs_forget(struct call *c, uint64_t addr, uint64_t len)
{
	struct mm_block *mm = thread_mm(c->thread);

	layer_lock(c->thread, &mm->lock);
	for (uint32_t i = 0; i < mm->nstubs; i++)
		if (mm->stubs[i] < addr + len && mm->stubs[i] + mm->stubs_size > addr)
			mm->stubs[i--] = mm->stubs[--mm->nstubs];
	layer_unlock(c->thread, &mm->lock);
}

static bool
stubs_remember(struct thread_block *t, uint64_t at)
{
	struct mm_block *mm = t->mm;
	bool room;

	layer_lock(t, &mm->lock);
	room = mm->nstubs < sizeof(mm->stubs) / sizeof(mm->stubs[0]);
	if (room)
		mm->stubs[mm->nstubs++] = at;
	layer_unlock(t, &mm->lock);
	return room;
}

long
native_mmap(struct call *c)
{
	long ret;

	if ((c->arg[3] & MAP_FIXED) && ours(c, c->arg[0], c->arg[1]))
		return NATIVE_EPERM;
	ret = pass(c);
	if ((c->arg[3] & MAP_FIXED) && ret >= 0)
		stubs_forget(c, c->arg[0], c->arg[1]);
	return ret;
}

long
native_munmap(struct call *c)
{
	long ret;

	if (ours(c, c->arg[0], c->arg[1]))
		return NATIVE_EPERM;
	ret = pass(c);
	if (ret == 0)
		stubs_forget(c, c->arg[0], c->arg[1]);
	return ret;
}

static long
refuse_ours(struct call *c)
{
	return ours(c, c->arg[0], c->arg[1]) ? NATIVE_EPERM : pass(c);
}

long
native_mprotect(struct call *c)
{
	return refuse_ours(c);
}

long
native_pkey_mprotect(struct call *c)
{
	return refuse_ours(c);
}

long
native_madvise(struct call *c)
{
	return refuse_ours(c);
}

long
native_remap_file_pages(struct call *c)
{
	return refuse_ours(c);
}

long
native_mseal(struct call *c)
{
	return refuse_ours(c);
}

long
native_mremap(struct call *c)
{
	if (ours(c, c->arg[0], c->arg[1] != 0 ? c->arg[1] : 1) ||
	    ((c->arg[3] & MREMAP_FIXED) && ours(c, c->arg[4], c->arg[2])))
		return NATIVE_EPERM;
	return pass(c);
}

/* Where a segment may replace mappings its size decides what it would replace. */
long
native_shmat(struct call *c)
{
	struct shmid64_ds ds;
	long ret;

	if ((c->arg[2] & SHM_REMAP) == 0)
		return pass(c);
	ret = HOST3(c->thread, HOST_NR_shmctl, c->arg[0], IPC_STAT, &ds);
	if (ret < 0)
		return ret;
	if (ours(c, c->arg[1] & ~4095ul, (ds.shm_segsz + 8191) & ~4095ul))
		return NATIVE_EPERM;
	return pass(c);
}

/* veneer_stubs_map(address): map the stub table over a section that a linker has just mapped. */
long
native_veneer_stubs_map(struct call *c)
{
	struct thread_block *t = c->thread;
	struct mm_block *mm = t->mm;
	uint64_t at = c->arg[0];
	long fd, ret;

	if ((at & 4095) != 0 || ours(c, at, mm->stubs_size))
		return NATIVE_EINVAL;
	fd = HOST4(t, HOST_NR_openat, -100, mm->layer_file, 02000000, 0);
	if (fd < 0)
		return fd;
	if (!stubs_remember(t, at)) {
		HOST1(t, HOST_NR_close, fd);
		return NATIVE_ENOMEM;
	}
	ret = HOST6(t, HOST_NR_mmap, at, mm->stubs_size, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_FIXED, fd, mm->stubs_file_off);
	HOST1(t, HOST_NR_close, fd);
	if (ret >= 0 || ret <= -4096)
		return 0;
	stubs_forget(c, at, 1);
	return ret;
}
