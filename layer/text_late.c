/* SPDX-License-Identifier: ISC */
/*
 * mprotect.  Text that a program maps first and makes executable later is found by the kernel's own record of its
 * mapping (PROCMAP_QUERY, Linux 6.11; elsewhere such text stays on SIGSYS), and patched on private pages, since the
 * program may have changed others meanwhile.  Generated code has no file and is never looked at.
 */
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/stat.h>

#include "freestanding.h"
#include "internal.h"
#include "mapping.h"
#include "text_map.h"

#define PROCMAP_QUERY_CALL	0xc0686611ul
#define PROCMAP_WRITABLE	2u
#define PROCMAP_SHARED		8u
#define NAME_ROOM		1024

/* The kernel's struct procmap_query, which older headers have not. */
struct procmap {
	uint64_t size, query_flags, query_addr;
	uint64_t start, end, flags, page_size, offset, inode;
	uint32_t dev_major, dev_minor, name_size, build_id_size;
	uint64_t name, build_id;
};
_Static_assert(sizeof(struct procmap) == 104, "the kernel's");

/* The mapping at addr, its file's name in `name`; false: none, or none that can be opened again. */
static bool
mapping_find(struct thread_block *t, uint64_t addr, struct procmap *q, char *name)
{
	long fd = HOST4(t, HOST_NR_openat, AT_FDCWD, "/proc/self/maps",
	    O_RDONLY | O_CLOEXEC, 0);
	long ret;

	if (fd < 0)
		return false;
	memset(q, 0, sizeof(*q));
	q->size = sizeof(*q);
	q->query_addr = addr;
	q->name_size = NAME_ROOM;
	q->name = (uint64_t)name;
	ret = HOST3(t, HOST_NR_ioctl, fd, PROCMAP_QUERY_CALL, q);
	HOST1(t, HOST_NR_close, fd);
	return ret == 0 && q->inode != 0 && name[0] == '/' &&
	    (q->flags & PROCMAP_SHARED) == 0;
}

/* The file that is mapped there, opened again: -errno when the name leads to another by now. */
static long
mapping_open(struct thread_block *t, const struct procmap *q, const char *name)
{
	struct statx st;
	long fd = HOST4(t, HOST_NR_openat, AT_FDCWD, name,
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);

	if (fd >= 0 && (HOST5(t, HOST_NR_statx, fd, "", AT_EMPTY_PATH,
	    STATX_BASIC_STATS, &st) < 0 || st.stx_ino != q->inode ||
	    st.stx_dev_major != q->dev_major ||
	    st.stx_dev_minor != q->dev_minor)) {
		HOST1(t, HOST_NR_close, fd);
		return -1;
	}
	return fd;
}

/* Are the pages in memory what the planner saw in the file? */
static bool
memory_same(const struct text_job *j)
{
	const struct text_page *p = text_pages(j->e);
	char page[TEXT_PAGE];

	for (uint32_t i = 0; i < j->e->npages; i++)
		if (p[i].len > sizeof(page) || copyin(page,
		    guest(j->region->bias + p[i].addr), p[i].len) != 0 ||
		    page_hash(page, p[i].len, 0) != p[i].hash)
			return false;
	return true;
}

/* Patch what lies in [at, at + j->part.len), which is not executable. */
static void
job_patch(struct text_job *j, uint64_t at)
{
	const struct text_segment *s;

	if (!text_job_begin(j) || !text_job_slots(j, at)) {
		text_job_drop(j);
		return;
	}
	s = text_segments(j->e);
	for (uint32_t i = 0; memory_same(j) && i < j->e->nsegments; i++)
		if (s[i].off >= j->part.off && s[i].off - j->part.off < j->part.len &&
		    TEXT_UP(s[i].len) <= j->part.len - (s[i].off - j->part.off) &&
		    j->region->bias + s[i].addr - at == s[i].off - j->part.off)
			text_job_patch(j, &s[i]);
}

/* Before [addr, addr + len) becomes executable; without the lock.  false: nothing to do. */
static bool
job_find(struct text_job *j, uint64_t addr, uint64_t len)
{
	char name[NAME_ROOM];
	struct procmap q;

	if (!mapping_find(j->t, addr, &q, name) || q.end < addr + len)
		return false;
	j->part.fd = (int)mapping_open(j->t, &q, name);
	if (j->part.fd < 0)
		return false;
	j->part.off = q.offset + (addr - q.start);
	j->part.len = len;
	text_entry_open(j->t, &j->part, &j->id, false, &j->found);
	return j->found.efd >= 0;
}

long
text_mprotect(struct thread_block *t, long nr, const long a[4])
{
	struct mm_block *mm = t->mm;
	uint64_t addr = (uint64_t)a[0], len = TEXT_UP((uint64_t)a[1]);
	struct text_job j = { .t = t, .part.fd = -1, .found.efd = -1, .prot = a[2] };
	bool found = false;
	long ret = 0;

	if ((a[2] & (PROT_EXEC | PROT_WRITE)) == PROT_EXEC &&
	    addr % TEXT_PAGE == 0 && len > 0 && !text_near(mm, addr, len))
		found = job_find(&j, addr, len);
	if (found || text_near(mm, addr, len)) {
		layer_lock(t, &mm->text_lock);
		if (a[2] & PROT_WRITE)
			ret = text_leave(t, addr, len, TEXT_CHANGE);
		else if (found)
			job_patch(&j, addr);
		if (ret == 0)
			ret = HOST4(t, nr, a[0], a[1], a[2], a[3]);
		layer_unlock(t, &mm->text_lock);
	} else {
		ret = HOST4(t, nr, a[0], a[1], a[2], a[3]);
	}
	if (j.found.efd >= 0)
		HOST1(t, HOST_NR_close, j.found.efd);
	if (j.part.fd >= 0)
		HOST1(t, HOST_NR_close, j.part.fd);
	if (j.damaged)
		text_entry_void(t, &j.id);
	return ret;
}
