/* SPDX-License-Identifier: ISC */
/* A file by addresses, offsets and section names. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "planner.h"
#include "sites.h"

const uint8_t *
view_off(const struct view *v, uint64_t off, uint64_t len)
{
	if (off > v->size || len > v->size - off)
		return NULL;
	return v->data + off;
}

static const struct segment *
segment_of(const struct view *v, uint64_t addr)
{
	size_t i;

	for (i = 0; i < v->elf->nsegments; i++) {
		const struct segment *s = &v->elf->segments[i];

		if (addr >= s->vaddr && addr - s->vaddr < s->filesz)
			return s;
	}
	return NULL;
}

const uint8_t *
view_at(const struct view *v, uint64_t addr, uint64_t *avail)
{
	const struct segment *s = segment_of(v, addr);

	if (s == NULL)
		return NULL;
	*avail = s->filesz - (addr - s->vaddr);
	return view_off(v, s->off + (addr - s->vaddr), *avail);
}

uint64_t
view_file_off(const struct view *v, uint64_t addr)
{
	const struct segment *s = segment_of(v, addr);

	return s == NULL ? 0 : s->off + (addr - s->vaddr);
}

static bool
header_at(const struct view *v, const Elf64_Ehdr *eh, uint32_t i,
    Elf64_Shdr *sh)
{
	const uint8_t *p;

	p = view_off(v, eh->e_shoff + (uint64_t)i * sizeof(*sh), sizeof(*sh));
	if (p == NULL)
		return false;
	memcpy(sh, p, sizeof(*sh));
	return sh->sh_type == SHT_NOBITS ||
	    view_off(v, sh->sh_offset, sh->sh_size) != NULL;
}

bool
view_section(const struct view *v, const char *name, struct section *s)
{
	const uint8_t *strings;
	Elf64_Ehdr eh;
	Elf64_Shdr names, sh;
	size_t len = strlen(name) + 1;
	uint32_t i;

	if (v->size < sizeof(eh))
		return false;
	memcpy(&eh, v->data, sizeof(eh));
	if (eh.e_shoff == 0 || eh.e_shoff > v->size ||
	    eh.e_shentsize != sizeof(sh) || eh.e_shstrndx >= eh.e_shnum ||
	    !header_at(v, &eh, eh.e_shstrndx, &names) ||
	    names.sh_type != SHT_STRTAB)
		return false;
	strings = v->data + names.sh_offset;
	for (i = 0; i < eh.e_shnum; i++) {
		if (!header_at(v, &eh, i, &sh) || sh.sh_type == SHT_NOBITS ||
		    sh.sh_name > names.sh_size ||
		    len > names.sh_size - sh.sh_name ||
		    memcmp(strings + sh.sh_name, name, len) != 0)
			continue;
		s->type = sh.sh_type;
		s->addr = sh.sh_addr;
		s->off = sh.sh_offset;
		s->len = sh.sh_size;
		s->entsize = sh.sh_entsize;
		return true;
	}
	return false;
}

bool
words_add(struct words *w, uint64_t word)
{
	size_t room = w->room == 0 ? 64 : 2 * w->room;
	uint64_t *v;

	if (w->n == w->room) {
		v = reallocarray(w->v, room, sizeof(*v));
		if (v == NULL)
			return false;
		w->v = v;
		w->room = room;
	}
	w->v[w->n++] = word;
	return true;
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

void
words_sort(struct words *w)
{
	size_t i, n = 0;

	if (w->n == 0)
		return;
	qsort(w->v, w->n, sizeof(*w->v), compare);
	for (i = 0; i < w->n; i++)
		if (n == 0 || w->v[i] != w->v[n - 1])
			w->v[n++] = w->v[i];
	w->n = n;
}

size_t
words_find(const struct words *w, uint64_t word)
{
	size_t lo = 0, hi = w->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (w->v[mid] < word)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}
