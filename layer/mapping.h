/* SPDX-License-Identifier: ISC */
/*
 * The mapping calls of a guest; arguments and results are the host's.  A private executable mapping of an
 * ELF file is made with its sites rewritten where the planner has proven them (docs/architecture.md,
 * 'Text that comes later'), and a change that would tear a rewritten site gives that site up first.
 * Programs that do neither pay a comparison.
 */
#ifndef VENEER_LAYER_MAPPING_H
#define VENEER_LAYER_MAPPING_H

#include "host.h"

/* Values of <linux/mman.h>, which not every user of this can include. */
enum {
	MAPPING_WRITE = 2, MAPPING_EXEC = 4,
	MAPPING_PRIVATE = 2, MAPPING_TYPE = 15, MAPPING_FIXED = 16,
	MAPPING_ANON = 32, MAPPING_NOREPLACE = 0x100000,
	MAPPING_EEXIST = -17,
};

/* The long ways. */
long text_mmap(struct thread_block *t, const long a[6]);
long text_munmap(struct thread_block *t, uint64_t addr, uint64_t len);
long text_mprotect(struct thread_block *t, long nr, const long a[4]);
/* What is mapped there is about to vanish (gone), or to change or move.  0 or -errno. */
long text_touch(struct thread_block *t, uint64_t addr, uint64_t len, bool gone);
/* All rewritten text as it was, and none from now on.  0 or -errno. */
long text_give_up(struct thread_block *t);
/* Forget images whose text has vanished. */
void text_vanished(struct thread_block *t, uint64_t addr, uint64_t len);

/* Does the range meet a rewritten image or its slots?  Without the lock: who races with itself may lose. */
static inline bool
text_near(const struct mm_block *mm, uint64_t addr, uint64_t len)
{
	const struct text_block *b = mm->texts;

	if (b == NULL)
		return false;
	for (uint32_t i = 0; i < b->nregions; i++)
		if (addr < b->region[i].end && addr + len > b->region[i].low &&
		    b->region[i].slots_len != 0)
			return true;
	return false;
}

static inline long
guest_mmap(struct thread_block *t, uint64_t addr, uint64_t len, long prot,
    long flags, long fd, uint64_t off)
{
	struct mm_block *mm = t->mm;
	/* The kernel knows nothing of the arena's holes. */
	const bool taken = addr != 0 && (flags & MAPPING_FIXED) == 0 && arena_overlaps(mm, addr, len);
	const long a[6] = { taken ? 0 : (long)addr, (long)len, prot, flags, fd, (long)off };
	bool file = (flags & MAPPING_ANON) == 0 &&
	    (flags & MAPPING_TYPE) == MAPPING_PRIVATE;
	uint32_t i;
	long ret;

	if (taken && (flags & MAPPING_NOREPLACE))
		return MAPPING_EEXIST;
	if ((file && (prot & MAPPING_EXEC)) || ((flags & MAPPING_FIXED) &&
	    text_near(mm, addr, len)))
		return text_mmap(t, a);
	ret = host_call(t, HOST_NR_mmap, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (file && (ret >= 0 || ret < -4095)) {
		i = __atomic_fetch_add(&mm->nlate, 1, __ATOMIC_RELAXED) % 3;
		mm->late[2 * i] = (uint64_t)ret;
		mm->late[2 * i + 1] = (uint64_t)ret + len;
	}
	return ret;
}

static inline long
guest_munmap(struct thread_block *t, uint64_t addr, uint64_t len)
{
	if (text_near(t->mm, addr, len))
		return text_munmap(t, addr, len);
	return HOST2(t, HOST_NR_munmap, addr, len);
}

/* nr: mprotect, or pkey_mprotect with its key. */
static inline long
guest_mprotect(struct thread_block *t, long nr, uint64_t addr, uint64_t len,
    long prot, long key)
{
	const long a[4] = { (long)addr, (long)len, prot, key };
	const struct mm_block *mm = t->mm;
	bool late = false;

	if ((prot & (MAPPING_EXEC | MAPPING_WRITE)) == MAPPING_EXEC)
		for (int i = 0; i < 6; i += 2)
			late |= addr < mm->late[i + 1] &&
			    addr + len > mm->late[i];
	if (late || text_near(mm, addr, len))
		return text_mprotect(t, nr, a);
	return HOST4(t, nr, addr, len, prot, key);
}

/* madvise: advice that drops pages (DONTNEED, FREE, REMOVE, DONTFORK, WIPEONFORK and its later kin). */
static inline bool
madvise_drops(long advice)
{
	return advice == 4 || (advice >= 8 && advice <= 10) || advice == 18 ||
	    advice == 24 || advice == 102;
}

static inline long
guest_madvise(struct thread_block *t, uint64_t addr, uint64_t len, long advice)
{
	if (madvise_drops(advice) && text_near(t->mm, addr, len)) {
		long ret = text_touch(t, addr, len, false);

		if (ret < 0)
			return ret;
	}
	return HOST3(t, HOST_NR_madvise, addr, len, advice);
}

#endif
