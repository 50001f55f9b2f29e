/* SPDX-License-Identifier: ISC */
/* Bytes 0f 05 in executable segments, and what forbids to touch a whole file. */
#include <elf.h>
#include <string.h>
#include <sys/mman.h>

#include "candidates.h"
#include "planner.h"

#define REACH_B		160	/* bytes around a `syscall` that a patch for it may touch */

/* f3 [40..4f] 0f ae /3: wrgsbase. */
static bool
sets_gs(const uint8_t *p, uint64_t len)
{
	const uint8_t *end = p + len, *at = p;

	while ((at = memmem(at, (size_t)(end - at), "\x0f\xae", 2)) != NULL) {
		at += 2;
		if (at < end && (*at & 0xf8) == 0xd8 && at - p >= 3 &&
		    (at[-3] == 0xf3 || (at - p >= 4 &&
		    (at[-3] & 0xf0) == 0x40 && at[-4] == 0xf3)))
			return true;
	}
	return false;
}

static bool
text_relocated(const struct view *v)
{
	const uint8_t *p;
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	Elf64_Dyn dyn;
	uint64_t at;
	uint32_t i;

	memcpy(&eh, v->data, sizeof(eh));
	for (i = 0; i < v->elf->phnum; i++) {
		p = view_off(v, eh.e_phoff + i * sizeof(ph), sizeof(ph));
		if (p == NULL)
			return true;
		memcpy(&ph, p, sizeof(ph));
		if (ph.p_type != PT_DYNAMIC)
			continue;
		p = view_off(v, ph.p_offset, ph.p_filesz);
		for (at = 0; p != NULL && ph.p_filesz - at >= sizeof(dyn);
		    at += sizeof(dyn)) {
			memcpy(&dyn, p + at, sizeof(dyn));
			if (dyn.d_tag == DT_TEXTREL || (dyn.d_tag == DT_FLAGS &&
			    (dyn.d_un.d_val & DF_TEXTREL) != 0))
				return true;
			if (dyn.d_tag == DT_NULL)
				break;
		}
	}
	return false;
}

/* Would a patch of the site, or of padding in its reach, lie on a page that a writable segment has as well? */
static bool
on_writable_page(const struct view *v, const struct segment *text, uint64_t addr)
{
	uint64_t lo = PAGE_DOWN(text->vaddr), hi = PAGE_UP(text->vaddr + text->filesz);
	size_t i;

	if (addr - lo > REACH_B)
		lo = PAGE_DOWN(addr - REACH_B);
	if (hi - addr > REACH_B)
		hi = PAGE_UP(addr + REACH_B);
	for (i = 0; i < v->elf->nsegments; i++) {
		const struct segment *s = &v->elf->segments[i];

		if ((s->prot & PROT_WRITE) != 0 && PAGE_DOWN(s->vaddr) < hi &&
		    PAGE_UP(s->vaddr + s->memsz) > lo)
			return true;
	}
	return false;
}

static bool
find_in(const struct view *v, const struct segment *s, struct candidates *c)
{
	const uint8_t *p = v->data + s->off, *end = p + s->filesz, *at = p;
	uint64_t addr;

	while ((at = memmem(at, (size_t)(end - at), "\x0f\x05", 2)) != NULL) {
		addr = s->vaddr + (uint64_t)(at - p);
		if (!words_add(on_writable_page(v, s, addr) ? &c->writable :
		    &c->text, addr))
			return false;
		at += 2;
	}
	return true;
}

bool
candidates_find(const struct view *v, struct candidates *c)
{
	size_t i;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < v->elf->nsegments; i++) {
		const struct segment *s = &v->elf->segments[i];

		if ((s->prot & PROT_EXEC) != 0 && !find_in(v, s, c))
			return false;
	}
	/* A file that calls by its libc alone counts as well: it takes %gs from that. */
	for (i = 0; i < v->elf->nsegments && c->whole == 0; i++) {
		const struct segment *s = &v->elf->segments[i];

		if ((s->prot & PROT_EXEC) != 0 &&
		    sets_gs(v->data + s->off, s->filesz))
			c->whole = TEXT_OWN_GS;
	}
	if (c->text.n != 0 && c->whole == 0 && text_relocated(v))
		c->whole = TEXT_TEXTREL;
	return true;
}
