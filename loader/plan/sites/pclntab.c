/* SPDX-License-Identifier: ISC */
/*
 * Functions by the table that Go's runtime keeps of them (.gopclntab), which survives
 * stripping.  Its header's number tells four formats apart; the entries are the functions'
 * starts in order, then the end of the last.
 */
#include <string.h>

#include "planner.h"
#include "sites.h"

#define GO_2		0xfffffffbu	/* since Go 1.2 */
#define GO_16		0xfffffffau
#define GO_18		0xfffffff0u
#define GO_20		0xfffffff1u

#define MODULE_MINPC	160	/* runtime.moduledata: where the first function starts */

static uint64_t
word(const uint8_t *p, unsigned n)
{
	uint64_t w = 0;

	memcpy(&w, p, n);
	return w;
}

static bool
is_table(const uint8_t *p, uint64_t len)
{
	uint32_t magic;

	if (len < 8)
		return false;
	memcpy(&magic, p, 4);
	return (magic == GO_2 || magic == GO_16 || magic == GO_18 ||
	    magic == GO_20) && p[4] == 0 && p[5] == 0 && p[6] == 1 &&
	    p[7] == 8;
}

/* The entries, how wide, how many, and what their addresses are relative to. */
struct entries {
	const uint8_t *p;
	unsigned width;
	uint64_t n, base;
};

static bool
find_entries(const uint8_t *p, uint64_t len, uint64_t text, struct entries *e)
{
	uint32_t magic = (uint32_t)word(p, 4);
	uint64_t at;

	e->width = magic == GO_2 || magic == GO_16 ? 8 : 4;
	e->base = 0;
	if (len < 72)
		return false;
	e->n = word(p + 8, 8);
	if (magic == GO_2) {
		at = 16;
	} else if (magic == GO_16) {
		at = word(p + 56, 8);
	} else {
		at = word(p + 64, 8);
		e->base = word(p + 24, 8);
		if (e->base == 0)
			e->base = text;
	}
	if (at > len || e->n > len || (2 * e->n + 1) * e->width > len - at)
		return false;
	e->p = p + at;
	return true;
}

bool
go_parse(const uint8_t *p, uint64_t len, uint64_t text, function_seen *seen,
    void *arg)
{
	struct function f = { .source = FUNCTION_GO };
	struct entries e;
	uint64_t i;

	if (!is_table(p, len) || !find_entries(p, len, text, &e))
		return false;
	for (i = 0; i < e.n; i++) {
		f.start = word(e.p + 2 * i * e.width, e.width);
		f.end = word(e.p + 2 * (i + 1) * e.width, e.width);
		if (f.start >= f.end || f.end > UINT64_MAX / 4 ||
		    e.base > UINT64_MAX / 4)
			continue;
		f.start += e.base;
		f.end += e.base;
		seen(arg, &f);
	}
	return true;
}

/* Newer tables do not say where text starts; the module's data, which names the table, does. */
static uint64_t
text_start(const struct view *v, uint64_t table)
{
	struct section s;
	uint64_t at, end, i;

	for (i = 0; i < v->elf->nsegments; i++) {
		const struct segment *seg = &v->elf->segments[i];

		if ((seg->prot & 2) == 0 || seg->filesz < MODULE_MINPC + 8)
			continue;
		end = seg->off + seg->filesz - MODULE_MINPC - 8;
		for (at = (seg->off + 7) & ~7ul; at <= end; at += 8)
			if (word(v->data + at, 8) == table)
				return word(v->data + at + MODULE_MINPC, 8);
	}
	return view_section(v, ".text", &s) ? s.addr : 0;
}

static bool
by_section(const struct view *v, const char *name, function_seen *seen,
    void *arg)
{
	struct section s;
	const uint8_t *p;
	uint64_t text = 0;

	if (!view_section(v, name, &s))
		return false;
	p = v->data + s.off;
	if (!is_table(p, s.len))
		return false;
	if (s.len > 32 && word(p + 24, 8) == 0)
		text = text_start(v, s.addr);
	return go_parse(p, s.len, text, seen, arg);
}

/* Stripped of section headers: the table is aligned and starts a list of names. */
static void
by_search(const struct view *v, function_seen *seen, void *arg)
{
	static const char info[] = "\xff Go buildinf:";
	uint64_t at, end, addr, i;

	if (memmem(v->data, v->size, info, sizeof(info) - 1) == NULL)
		return;
	for (i = 0; i < v->elf->nsegments; i++) {
		const struct segment *s = &v->elf->segments[i];

		end = s->off + s->filesz;
		for (at = (s->off + 7) & ~7ul; at + 8 <= end; at += 8) {
			if (!is_table(v->data + at, end - at))
				continue;
			addr = s->vaddr + (at - s->off);
			if (go_parse(v->data + at, end - at,
			    text_start(v, addr), seen, arg))
				return;
		}
	}
}

void
go_functions(const struct view *v, function_seen *seen, void *arg)
{
	if (!by_section(v, ".gopclntab", seen, arg) &&
	    !by_section(v, ".data.rel.ro.gopclntab", seen, arg))
		by_search(v, seen, arg);
}
