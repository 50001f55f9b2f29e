/* SPDX-License-Identifier: ISC */
/*
 * Mappings that a guest makes executable after its start, with rewritten text where the planner has an entry for the
 * file.  The order is: the mapping without PROT_EXEC, the slots, the text that jumps to them; so nobody can
 * run a site before it is whole.  Every failure on the way leaves what the guest asked for, unpatched.
 */
#include <asm/errno.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/mman.h>

#include "freestanding.h"
#include "internal.h"
#include "mapping.h"
#include "text.h"
#include "text_map.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#define ST_NOEXEC_FLAG	8	/* of statfs's f_flags */

static bool
failed(long ret)
{
	return ret < 0 && ret >= -4095;
}

/* ---- what holds for the file ---- */

/* Are the pages that patches touch still those that the planner saw? */
static bool
file_same(const struct text_job *j)
{
	const struct text_page *p = text_pages(j->e);
	char page[TEXT_PAGE];

	if ((j->e->flags & TEXT_TIMES) != 0)
		return true;

	for (uint32_t i = 0; i < j->e->npages; i++)
		if (p[i].len > sizeof(page) || HOST4(j->t, HOST_NR_pread64,
		    j->part.fd, page, p[i].len, p[i].off) != (long)p[i].len ||
		    page_hash(page, p[i].len, 0) != p[i].hash)
			return false;
	return true;
}

/* May the file be executed at all? */
static bool
file_suits(const struct text_job *j)
{
	struct text_block *b = thread_mm(j->t)->texts;
	struct statfs64 fs;

	if (j->id.mount != 0 && b->mount == j->id.mount)
		return true;
	if (HOST2(j->t, HOST_NR_fstatfs, j->part.fd, &fs) < 0 || (fs.f_flags & ST_NOEXEC_FLAG) != 0)
		return false;
	b->mount = j->id.mount;
	return true;
}

static uint64_t
segment_bytes(const struct text_segment *s)
{
	return TEXT_UP(s->len);
}

/* Is the whole segment in the part of the file that is mapped? */
static bool
segment_in(const struct text_job *j, const struct text_segment *s)
{
	return s->off >= j->part.off && s->off - j->part.off < j->part.len &&
	    segment_bytes(s) <= j->part.len - (s->off - j->part.off);
}

static const struct text_segment *
segment_first(const struct text_job *j)
{
	const struct text_segment *s = text_segments(j->e);

	for (uint32_t i = 0; i < j->e->nsegments; i++)
		if (segment_in(j, &s[i]))
			return &s[i];
	return NULL;
}

bool
text_job_begin(struct text_job *j)
{
	j->e = j->found.kept;
	if (j->e == NULL)
		j->e = text_entry_map(j->t, &j->found, &j->id, &j->elen, &j->damaged);
	return j->e != NULL && segment_first(j) != NULL && file_suits(j);
}

void
text_job_drop(struct text_job *j)
{
	if (j->e != NULL)
		text_entry_unmap(j->t, (uint64_t)j->e, j->elen);
	j->e = NULL;
}

/* ---- slots ---- */

/* Part of a kept entry becomes what is mapped there; the entry stays. */
static long
kept_copy(const struct text_job *j, uint64_t off, uint64_t at, uint64_t len)
{
	long ret = HOST5(j->t, HOST_NR_mremap, (uint64_t)j->e + off, len, len,
	    MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, at);

	if (ret == -EINVAL)
		text_keep_none(j->t);
	return ret;
}

/* From the entry, or where that must not be executed a copy of it. */
static long
slots_map(const struct text_job *j, uint64_t at, uint64_t len)
{
	const int how = MAP_PRIVATE | MAP_FIXED_NOREPLACE;
	long ret;

	if (j->found.kept != NULL) {
		ret = HOST6(j->t, HOST_NR_mmap, at, len, PROT_NONE, how | MAP_ANONYMOUS, -1, 0);
		if ((uint64_t)ret != at)
			return ret;
		ret = kept_copy(j, j->e->slots_off, at, len);
		if (failed(ret))
			HOST2(j->t, HOST_NR_munmap, at, len);
		return ret;
	}
	ret = HOST6(j->t, HOST_NR_mmap, at, len, PROT_READ | PROT_EXEC, how,
	    j->found.efd, j->e->slots_off);
	if (ret != -EPERM && ret != -EACCES)
		return ret;
	ret = HOST6(j->t, HOST_NR_mmap, at, len, PROT_READ | PROT_WRITE,
	    how | MAP_ANONYMOUS, -1, 0);
	if (failed(ret))
		return ret;
	if ((uint64_t)ret == at && HOST4(j->t, HOST_NR_pread64, j->found.efd, at, len,
	    j->e->slots_off) == (long)len && HOST3(j->t, HOST_NR_mprotect, at,
	    len, PROT_READ | PROT_EXEC) == 0)
		return ret;
	HOST2(j->t, HOST_NR_munmap, ret, len);
	return -EACCES;
}

/* The region for the job's place: the one that is there, or a new one with its slots mapped. */
bool
text_job_slots(struct text_job *j, uint64_t at)
{
	const struct text_segment *s = segment_first(j);
	struct mm_block *mm = j->t->mm;
	struct text_region r = { 0 };
	long ret;

	text_region_place(&r, at + (s->off - j->part.off) - s->addr, j->e);
	r.entry = (uint64_t)j->e;
	r.entry_len = j->elen;
	j->region = text_region_at(mm->texts, r.slots);
	if (j->region != NULL) {
		const struct text *e = (const void *)j->region->entry;

		if (e == j->e)
			return true;
		if (e == NULL || memcmp(e->key, j->e->key, sizeof(e->key)) != 0)
			return false;
		text_entry_unmap(j->t, (uint64_t)j->e, j->elen);
		j->e = e;
		return true;
	}
	if (arena_overlaps(mm, r.slots, r.slots_len))
		return false;
	if (r.low == r.base) {	/* they come with the text */
		j->region = text_region_new(j->t, &r);
		return j->region != NULL;
	}
	ret = slots_map(j, r.slots, r.slots_len);
	if (failed(ret))
		return false;
	if ((uint64_t)ret == r.slots)
		j->region = text_region_new(j->t, &r);
	if (j->region == NULL)
		HOST2(j->t, HOST_NR_munmap, ret, r.slots_len);
	return j->region != NULL;
}

/* ---- text ---- */

/* Slots that lie in the segment. */
static bool
slots_put(const struct text_job *j, const struct text_segment *s)
{
	uint64_t at = j->region->bias + j->e->slots, len = j->e->slots_len, off = j->e->slots_off;

	if (!text_within(j->e->slots, len, s->addr, segment_bytes(s)))
		return true;
	if (j->found.kept != NULL)
		return copyout(guest(at), (const char *)j->e + off, len) == 0;
	return HOST4(j->t, HOST_NR_pread64, j->found.efd, at, len, off) == (long)len;
}

/* Patches of the segment on private pages that nobody can execute yet; all or none. */
bool
text_job_patch(const struct text_job *j, const struct text_segment *s)
{
	const struct text_patch *p = text_patches(j->e);
	uint64_t bias = j->region->bias, lo = s->addr, hi = s->addr + s->len;
	char now[TEXT_PATCH_MAX];

	if (HOST3(j->t, HOST_NR_mprotect, bias + lo, segment_bytes(s),
	    PROT_READ | PROT_WRITE) < 0)
		return false;
	for (uint32_t i = 0; i < j->e->npatches; i++)
		if (p[i].addr >= lo && p[i].addr < hi &&
		    (copyin(now, guest(bias + p[i].addr), p[i].len) != 0 ||
		    memcmp(now, p[i].old, p[i].len) != 0))
			return false;
	if (!slots_put(j, s))
		return false;
	for (uint32_t i = 0; i < j->e->npatches; i++)
		if (p[i].addr >= lo && p[i].addr < hi &&
		    copyout(guest(bias + p[i].addr), p[i].new, p[i].len) != 0)
			return false;
	return true;
}

/* The copy, where there is one that may be executed; false: the mapping is as it was. */
static bool
segment_copy(const struct text_job *j, const struct text_segment *s, uint64_t at)
{
	if (j->found.kept != NULL)
		return !failed(kept_copy(j, s->copy_off, at, segment_bytes(s)));
	return s->copy_off != 0 && !failed(HOST6(j->t, HOST_NR_mmap, at,
	    segment_bytes(s), j->prot, MAP_PRIVATE | MAP_FIXED | (j->flags &
	    (MAP_POPULATE | MAP_LOCKED | MAP_NORESERVE)), j->found.efd, s->copy_off));
}

static bool
segment_map(const struct text_job *j, const struct text_segment *s)
{
	uint64_t at = j->region->bias + s->addr;

	return segment_copy(j, s, at) || (text_job_patch(j, s) &&
	    HOST3(j->t, HOST_NR_mprotect, at, segment_bytes(s), j->prot) == 0);
}

/* The mapping is there, without PROT_EXEC.  What the guest is told, whatever came of the patches. */
static long
job_finish(struct text_job *j, uint64_t at, bool slots)
{
	uint64_t cursor = at, end = at + j->part.len, lo;
	const struct text_segment *s = text_segments(j->e);
	long ret = 0;

	for (uint32_t i = 0; slots && i < j->e->nsegments; i++) {
		lo = j->region->bias + s[i].addr;
		if (!segment_in(j, &s[i]) || lo < cursor ||
		    lo - at != s[i].off - j->part.off || !segment_map(j, &s[i]))
			continue;
		if (lo > cursor)
			ret |= HOST3(j->t, HOST_NR_mprotect, cursor,
			    lo - cursor, j->prot);
		cursor = lo + segment_bytes(&s[i]);
	}
	if (cursor < end)
		ret |= HOST3(j->t, HOST_NR_mprotect, cursor, end - cursor,
		    j->prot);
	if (!slots)
		text_job_drop(j);
	if (ret == 0)
		return (long)at;
	HOST2(j->t, HOST_NR_munmap, at, end - at);
	return -EACCES;
}

/*
 * Where the kernel may choose, room is chosen for the slots as well, when they did not fit below what it
 * chose first.  Answers the new place; the old mapping is gone then.
 */
static uint64_t
job_move(struct text_job *j, const long a[6], uint64_t at)
{
	const struct text_segment *s = segment_first(j);
	uint64_t below = s->addr - (s->off - j->part.off) - j->e->slots;
	long room, ret;

	if (text_slots_within(j->e))
		return at;
	room = HOST6(j->t, HOST_NR_mmap, 0, below + j->part.len, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
	    (a[3] & MAP_32BIT), -1, 0);
	if (failed(room))
		return at;
	ret = HOST6(j->t, HOST_NR_mmap, (uint64_t)room + below, j->part.len,
	    a[2] & ~PROT_EXEC, a[3] | MAP_FIXED, a[4], a[5]);
	if (failed(ret)) {
		HOST2(j->t, HOST_NR_munmap, room, below + j->part.len);
		return at;
	}
	HOST2(j->t, HOST_NR_munmap, room, below);
	HOST2(j->t, HOST_NR_munmap, at, j->part.len);
	return (uint64_t)ret;
}

/*
 * The whole of one segment at a place of the guest's choice, as linkers map: its copy goes there at once.  The file
 * must be one that the guest may read, as for any mapping.
 */
static bool
job_direct(struct text_job *j, const long a[6])
{
	const struct text_segment *s = segment_first(j);
	long fl;

	if ((a[3] & MAP_FIXED) == 0 || s->off != j->part.off ||
	    segment_bytes(s) != j->part.len || s->copy_off == 0 ||
	    a[0] % (long)TEXT_PAGE != 0)
		return false;
	fl = HOST3(j->t, HOST_NR_fcntl, j->part.fd, F_GETFL, 0);
	if (fl < 0 || (fl & O_ACCMODE) == O_WRONLY || (fl & O_PATH) != 0 || !text_job_slots(j, (uint64_t)a[0]))
		return false;
	s = segment_first(j);	/* of the region's tables by now */
	return segment_copy(j, s, (uint64_t)a[0]);
}

/* a: the guest's arguments.  Answers what its mmap answers. */
static long
job_map(struct text_job *j, const long a[6])
{
	bool movable = (a[3] & (MAP_FIXED | MAP_FIXED_NOREPLACE)) == 0, slots;
	bool good = text_job_begin(j) && file_same(j);
	long ret;

	if (good && job_direct(j, a))
		return a[0];
	ret = HOST6(j->t, HOST_NR_mmap, a[0], a[1],
	    good ? a[2] & ~PROT_EXEC : a[2], a[3], a[4], a[5]);
	if (!good || failed(ret)) {
		text_job_drop(j);
		return ret;
	}
	slots = text_job_slots(j, (uint64_t)ret);
	if (!slots && movable) {
		ret = (long)job_move(j, a, (uint64_t)ret);
		slots = text_job_slots(j, (uint64_t)ret);
	}
	return job_finish(j, (uint64_t)ret, slots);
}

long
text_mmap(struct thread_block *t, const long a[6])
{
	struct mm_block *mm = t->mm;
	struct text_job j = { .t = t, .found.efd = -1, .prot = a[2], .flags = a[3],
		.part = { .fd = (int)a[4], .len = TEXT_UP((uint64_t)a[1]),
		.off = (uint64_t)a[5] } };
	bool fixed = (a[3] & MAP_FIXED) != 0;
	long ret = 0;

	if ((a[2] & (PROT_EXEC | PROT_WRITE)) == PROT_EXEC && a[1] > 0 &&
	    (a[3] & (MAP_ANONYMOUS | MAP_TYPE)) == MAP_PRIVATE)
		text_entry_open(t, &j.part, &j.id, a[2] == (PROT_READ | PROT_EXEC) &&
		    (a[3] & (MAP_POPULATE | MAP_LOCKED)) == 0, &j.found);
	layer_lock(t, &mm->text_lock);
	if (fixed)
		ret = text_leave(t, (uint64_t)a[0], j.part.len, TEXT_GONE);
	if (ret == 0)
		ret = j.found.efd >= 0 || j.found.kept != NULL ? job_map(&j, a) : HOST6(t, HOST_NR_mmap, a[0],
		    a[1], a[2], a[3], a[4], a[5]);
	if (fixed && !failed(ret))
		text_sweep(t, (uint64_t)a[0], j.part.len, j.region);
	layer_unlock(t, &mm->text_lock);
	if (j.found.efd >= 0)
		HOST1(t, HOST_NR_close, j.found.efd);
	if (j.damaged)
		text_entry_void(t, &j.id);
	return ret;
}

long
text_munmap(struct thread_block *t, uint64_t addr, uint64_t len)
{
	struct mm_block *mm = t->mm;
	long ret;

	layer_lock(t, &mm->text_lock);
	ret = text_leave(t, addr, len, TEXT_GONE);
	if (ret == 0)
		ret = HOST2(t, HOST_NR_munmap, addr, len);
	if (ret == 0)
		text_sweep(t, addr, len, NULL);
	layer_unlock(t, &mm->text_lock);
	return ret;
}

long
text_touch(struct thread_block *t, uint64_t addr, uint64_t len, bool gone)
{
	struct mm_block *mm = t->mm;
	long ret;

	layer_lock(t, &mm->text_lock);
	ret = text_leave(t, addr, len, gone ? TEXT_GONE : TEXT_CHANGE);
	layer_unlock(t, &mm->text_lock);
	return ret;
}

void
text_vanished(struct thread_block *t, uint64_t addr, uint64_t len)
{
	struct mm_block *mm = t->mm;

	layer_lock(t, &mm->text_lock);
	text_sweep(t, addr, len, NULL);
	layer_unlock(t, &mm->text_lock);
}
