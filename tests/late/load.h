/* SPDX-License-Identifier: ISC */
/* A linker in miniature, for lib.S: maps its segments in the ways that real linkers do. */
#ifndef VENEER_TESTS_LATE_LOAD_H
#define VENEER_TESTS_LATE_LOAD_H

#include <elf.h>
#include <stdbool.h>

#include "os.h"

enum late_fn { LATE_A, LATE_B, LATE_C, LATE_RIP, LATE_EDGE, LATE_CONST,
	LATE_OTHER, LATE_NR };
enum load { LOAD_SPAN, LOAD_RESERVED, LOAD_TEXT, LOAD_PROTECT };

struct image {
	long fd;
	char *base;		/* where link-time address 0 lies */
	long span;
	char *map;		/* what unloading unmaps */
	long map_len;
	char *text;
	long text_len, text_off, text_addr;
	long fn[LATE_NR];	/* link-time addresses */
	int nr;
};

static inline void *
image_at(const struct image *m, enum late_fn fn)
{
	return m->base + m->fn[fn];
}

static inline long
image_off(const struct image *m, enum late_fn fn)
{
	return m->fn[fn] - m->text_addr + m->text_off;
}

static inline long
image_call(const struct image *m, enum late_fn fn, long arg)
{
	return ((long (*)(long))image_at(m, fn))(arg);
}

/* Is it another instruction than in the file? */
static inline bool
image_patched(const struct image *m, enum late_fn fn)
{
	unsigned char want[4], *p = image_at(m, fn);

	EQUAL(os_pread(m->fd, want, 4, image_off(m, fn)), 4);
	return p[0] != want[0] || p[2] != want[2];
}

static inline long
up(long v)
{
	return (v + 4095) & ~4095l;
}

/* Headers and the table of functions. */
static inline void
image_read(struct image *m, Elf64_Phdr *ph, int *n)
{
	Elf64_Ehdr eh;
	int table[LATE_NR + 1];
	long at;

	EQUAL(os_pread(m->fd, &eh, sizeof(eh), 0), sizeof(eh));
	CHECK(eh.e_phnum <= 16);
	*n = eh.e_phnum;
	EQUAL(os_pread(m->fd, ph, sizeof(*ph) * eh.e_phnum, eh.e_phoff),
	    (long)sizeof(*ph) * eh.e_phnum);
	for (int i = 0; i < *n; i++) {
		if (ph[i].p_type != PT_LOAD)
			continue;
		m->span = up((long)(ph[i].p_vaddr + ph[i].p_memsz));
		at = (long)(eh.e_entry - ph[i].p_vaddr + ph[i].p_offset);
		if (eh.e_entry - ph[i].p_vaddr < ph[i].p_filesz)
			EQUAL(os_pread(m->fd, table, sizeof(table), at),
			    sizeof(table));
		if ((ph[i].p_flags & PF_X) == 0)
			continue;
		m->text_addr = (long)ph[i].p_vaddr & ~4095l;
		m->text_off = (long)ph[i].p_offset & ~4095l;
		m->text_len = up((long)ph[i].p_filesz);
	}
	for (int i = 0; i < LATE_NR; i++)
		m->fn[i] = (long)eh.e_entry + table[i];
	m->nr = table[LATE_NR];
}

static inline int
segment_prot(const Elf64_Phdr *p)
{
	return (p->p_flags & PF_R ? R : 0) | (p->p_flags & PF_W ? W : 0) |
	    (p->p_flags & PF_X ? X : 0);
}

static inline void
image_segments(struct image *m, const Elf64_Phdr *ph, int n)
{
	for (int i = 0; i < n; i++) {
		long skew = (long)ph[i].p_vaddr & 4095;

		if (ph[i].p_type != PT_LOAD)
			continue;
		CHECK(!os_failed(os_mmap(m->base + ph[i].p_vaddr - skew,
		    (long)ph[i].p_filesz + skew, segment_prot(&ph[i]),
		    OS_PRIVATE | OS_FIXED, m->fd,
		    (long)ph[i].p_offset - skew)));
	}
}

/*
 * A place with room for slots below it: the kernel might choose a gap that the image fills.  How much
 * a program leaves is its own affair; the tests want to see them.
 */
static inline char *
image_place(const struct image *m)
{
	enum { BELOW = 65536 };
	char *p = (char *)os_mmap(0, m->span + BELOW, 0, OS_PRIVATE | OS_ANON,
	    -1, 0);

	CHECK(!os_failed(p));
	EQUAL(os_munmap(p, m->span + BELOW), 0);
	return p + BELOW;
}

static inline struct image
image_load(const char *path, enum load how)
{
	struct image m = { .fd = os_open(path, 0) };
	Elf64_Phdr ph[16];
	int n;

	CHECK(!os_failed(m.fd));
	image_read(&m, ph, &n);
	if (how == LOAD_SPAN) {
		m.base = (char *)os_mmap(image_place(&m), m.span, R, OS_PRIVATE,
		    m.fd, 0);
		CHECK(!os_failed(m.base));
		image_segments(&m, ph, n);
	} else if (how == LOAD_RESERVED) {
		m.base = (char *)os_mmap(image_place(&m), m.span, 0,
		    OS_PRIVATE | OS_ANON, -1, 0);
		CHECK(!os_failed(m.base));
		image_segments(&m, ph, n);
	} else {
		m.text = (char *)os_mmap(0, m.text_len, how == LOAD_TEXT ?
		    R | X : R, OS_PRIVATE, m.fd, m.text_off);
		CHECK(!os_failed(m.text));
		m.base = m.text - m.text_addr;
		if (how == LOAD_PROTECT) {
			os_munmap(m.text, m.text_len);
			m.base = (char *)os_mmap(image_place(&m), m.span, R,
			    OS_PRIVATE, m.fd, 0);
			CHECK(!os_failed(m.base));
			EQUAL(os_mprotect(m.base + m.text_addr, m.text_len,
			    R | X), 0);
		}
	}
	m.text = m.base + m.text_addr;
	m.map = how == LOAD_TEXT ? m.text : m.base;
	m.map_len = how == LOAD_TEXT ? m.text_len : m.span;
	return m;
}

static inline void
image_unload(struct image *m)
{
	os_munmap(m->map, m->map_len);
	os_close(m->fd);
}

#endif
