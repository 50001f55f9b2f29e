/* SPDX-License-Identifier: ISC */
/* From a file to its text entry: header, tables, slots. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "candidates.h"
#include "page_hash.h"
#include "planner.h"
#include "slot.h"

#define LOWEST		0x10000ul	/* nobody maps below */
#define REACH		(1ul << 31)
#define HOLE_MAX	64	/* bytes */
#define WALK_MAX	(8ul << 20)	/* bytes of text whose calls are followed */

struct maker {
	struct view v;
	const struct text_choice *choice;
	struct candidates c;
	struct functions functions;
	struct chooser chooser;
	struct text head;
	struct site *sites;		/* owned; nslots of them */
	struct text_skip *skips;	/* owned; room for every candidate */
	struct words pages;		/* owned; addresses of touched pages */
};

static void
skip(struct maker *m, uint64_t addr, enum text_reason reason)
{
	struct text_skip *s = &m->skips[m->head.nskips++];

	s->addr = addr;
	s->off = view_file_off(&m->v, addr);
	s->reason = (uint32_t)reason;
	if (reason == TEXT_UNPROVEN || reason == TEXT_DATA ||
	    reason == TEXT_NO_FUNCTION)
		m->head.unproven++;
}

static bool
chosen(const struct maker *m, uint64_t addr)
{
	return m->choice->mode != TEXT_HALF ||
	    (page_hash(&addr, sizeof(addr), m->choice->seed) & 1) != 0;
}

static void
site(struct maker *m, uint64_t addr)
{
	struct site *s = &m->sites[m->head.nslots];
	enum text_reason r = m->c.whole;

	if (r == 0)
		r = site_choose(&m->chooser, addr, s);
	if (r == 0 && !chosen(m, addr))
		r = TEXT_NOT_CHOSEN;
	if (r != 0) {
		skip(m, addr, r);
		return;
	}
	m->head.nslots++;
	m->head.npatches += s->strategy == TEXT_B ? 2 : 1;
	m->head.nsites_a += s->strategy == TEXT_A;
	m->head.nsites_b += s->strategy == TEXT_B;
	m->head.nsites_c += s->strategy == TEXT_C;
}

static bool
holds(const struct functions *fs, uint64_t addr)
{
	size_t i;

	for (i = 0; i < fs->n; i++)
		if (addr >= fs->v[i].start && addr < fs->v[i].end)
			return true;
	return false;
}

/* Most of its text is in no function, and it is not too much to walk. */
static bool
undescribed(const struct maker *m)
{
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < m->v.elf->nsegments; i++)
		if ((m->v.elf->segments[i].prot & PROT_EXEC) != 0)
			bytes += m->v.elf->segments[i].filesz;
	return m->functions.described < bytes / 4 * 3 && bytes <= WALK_MAX;
}

/*
 * Between two functions: code that the first runs into is its own.  glibc's clone ends its
 * unwind entry before the `syscall`, because the child has no caller.
 */
static void
extend(struct functions *fs, uint64_t addr)
{
	const struct function *last = NULL;
	uint64_t next = addr + HOLE_MAX;
	struct function f;
	size_t i;

	for (i = 0; i < fs->n; i++) {
		if (fs->v[i].end <= addr && fs->v[i].end + HOLE_MAX > addr &&
		    (last == NULL || fs->v[i].end > last->end))
			last = &fs->v[i];
		if (fs->v[i].start > addr && fs->v[i].start < next)
			next = fs->v[i].start;
	}
	if (last == NULL)
		return;
	f = *last;
	f.end = next;
	functions_add(fs, &f);
}

/* Calls are followed only where functions are not known otherwise: it costs a walk of all code. */
static bool
find_functions(struct maker *m)
{
	size_t i;

	if (m->c.whole != 0)
		return true;
	functions_near(&m->v, &m->c.text, &m->functions);
	for (i = 0; i < m->c.text.n && undescribed(m); i++)
		if (!holds(&m->functions, m->c.text.v[i])) {
			functions_called(&m->v, &m->c.text, &m->functions);
			break;
		}
	for (i = 0; i < m->c.text.n; i++)
		if (!holds(&m->functions, m->c.text.v[i]))
			extend(&m->functions, m->c.text.v[i]);
	return !m->functions.failed;
}

/* No other segment has a part of the segment's last page. */
static bool
page_alone(const struct elf_info *e, const struct segment *s)
{
	uint64_t lo = PAGE_DOWN(s->vaddr), hi = PAGE_UP(s->vaddr + s->filesz);
	size_t i;

	for (i = 0; i < e->nsegments; i++) {
		const struct segment *o = &e->segments[i];

		if (o != s && PAGE_DOWN(o->vaddr) < hi && PAGE_UP(o->vaddr + o->memsz) > lo)
			return false;
	}
	return true;
}

/* From this offset to the page's end the file has one filling, or ends. */
static bool
is_filling(const struct view *v, uint64_t off)
{
	uint64_t at, end = PAGE_UP(off);
	uint8_t first;

	if (off >= v->size)
		return true;
	first = v->data[off];
	for (at = off; at < end && at < v->size; at++)
		if (v->data[at] != first)
			return false;
	return first == 0 || first == 0xcc || first == 0x90;
}

/*
 * Few slots fit into what is free in the text's last page: then they are no mapping of their own, and are
 * there with the text.
 */
static bool
place_within(struct maker *m)
{
	const struct elf_info *e = m->v.elf;
	struct text *t = &m->head;
	uint64_t len = t->nslots * SITE_SLOT_SIZE, end, at;
	size_t i;

	for (i = 0; i < e->nsegments && len != 0; i++) {
		const struct segment *s = &e->segments[i];

		end = s->vaddr + s->filesz;
		at = (end + SITE_SLOT_SIZE - 1) & ~(SITE_SLOT_SIZE - 1);
		if ((s->prot & (PROT_EXEC | PROT_WRITE)) != PROT_EXEC || s->filesz == 0 || s->memsz != s->filesz ||
		    len > PAGE_UP(end) - at || !page_alone(e, s) || !is_filling(&m->v, s->off + s->filesz))
			continue;
		t->slots = at;
		t->slots_len = len;
		return words_add(&m->pages, PAGE_DOWN(at));
	}
	return false;
}

/* Otherwise they go below the image; false when there is no room or they are out of reach. */
static bool
place_slots(struct maker *m)
{
	const struct elf_info *e = m->v.elf;
	struct text *t = &m->head;

	if (t->span < REACH && place_within(m))
		return true;
	t->slots_len = PAGE_UP(t->nslots * SITE_SLOT_SIZE);
	t->slots = t->base - t->slots_len;
	if (t->slots_len + t->span >= REACH)
		return false;
	return e->type != 2 /* ET_EXEC */ ||
	    t->base >= t->slots_len + LOWEST;
}

static void
no_slots(struct maker *m)
{
	struct text *t = &m->head;
	uint32_t i;

	for (i = 0; i < t->nslots; i++)
		skip(m, m->sites[i].addr, TEXT_NO_SLOTS);
	t->nslots = t->npatches = 0;
	t->nsites_a = t->nsites_b = t->nsites_c = 0;
	t->slots_len = 0;
	t->slots = t->base;
}

static int
by_addr(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Sizes of everything, and room for it, zeroed. */
static struct text *
lay_out(struct maker *m)
{
	struct text *t = &m->head, *out;
	size_t i;
	uint64_t at = sizeof(*t);

	for (i = 0; i < m->v.elf->nsegments && t->nslots > 0; i++)
		t->nsegments += (m->v.elf->segments[i].prot & PROT_EXEC) != 0 &&
		    m->v.elf->segments[i].filesz > 0;
	t->patches_off = (uint32_t)at;
	at += t->npatches * sizeof(struct text_patch);
	t->skips_off = (uint32_t)at;
	at += t->nskips * sizeof(struct text_skip);
	t->pages_off = (uint32_t)at;
	at += (2ul * t->npatches + 1) * sizeof(struct text_page);
	t->segments_off = (uint32_t)at;
	at += t->nsegments * sizeof(struct text_segment);
	t->slots_off = t->nslots == 0 ? 0 : PAGE_UP(at);
	t->total = t->nslots == 0 ? at : t->slots_off + PAGE_UP(t->slots_len);
	out = calloc(1, t->total);
	if (out != NULL)
		*out = *t;
	return out;
}

static bool
fill_sites(struct maker *m, struct text *t)
{
	struct text_patch *p = (struct text_patch *)(void *)
	    ((char *)t + t->patches_off);
	uint64_t page;
	uint32_t i;
	unsigned n, k;

	for (i = 0; i < t->nslots; i++) {
		uint64_t place = t->slots + i * SITE_SLOT_SIZE;

		if (!slot_fill(&m->v, &m->sites[i], place, (uint8_t *)t +
		    t->slots_off + i * SITE_SLOT_SIZE))
			return false;
		n = slot_patches(&m->v, &m->sites[i], place, p);
		for (k = 0; k < n; k++, p++) {
			p->slot = i;
			for (page = PAGE_DOWN(p->addr);
			    page < p->addr + p->len; page += PAGE)
				if (!words_add(&m->pages, page))
					return false;
		}
	}
	memset((char *)t + t->slots_off + t->nslots * SITE_SLOT_SIZE, 0xcc,
	    t->slots_len - t->nslots * SITE_SLOT_SIZE);
	return true;
}

/* By page, as the file has it: of the file's bytes, also of those outside the segment. */
static void
fill_pages(struct maker *m, struct text *t)
{
	struct text_page *pg = (struct text_page *)(void *)
	    ((char *)t + t->pages_off);
	uint64_t addr, off;
	size_t i;

	words_sort(&m->pages);
	for (i = 0; i < m->pages.n; i++, pg++) {
		addr = m->pages.v[i];
		/* A segment's first page may start before the segment. */
		off = view_file_off(&m->v, addr);
		if (off == 0)
			off = PAGE_DOWN(view_file_off(&m->v, addr + PAGE - 1));
		if (off == 0)
			off = PAGE_DOWN(view_file_off(&m->v,
			    PAGE_DOWN(addr) + PAGE / 2));
		pg->addr = addr;
		pg->off = off;
		pg->len = (uint32_t)(m->v.size - off < PAGE ?
		    m->v.size - off : PAGE);
		pg->hash = page_hash(m->v.data + off, pg->len, 0);
	}
	t->npages = (uint32_t)m->pages.n;
}

static void
fill_segments(const struct maker *m, struct text *t)
{
	struct text_segment *ts = (struct text_segment *)(void *)
	    ((char *)t + t->segments_off);
	size_t i;

	for (i = 0; i < m->v.elf->nsegments && t->nslots > 0; i++) {
		const struct segment *s = &m->v.elf->segments[i];

		if ((s->prot & PROT_EXEC) == 0 || s->filesz == 0)
			continue;
		ts->addr = PAGE_DOWN(s->vaddr);
		ts->len = s->vaddr + s->filesz - ts->addr;
		ts->off = PAGE_DOWN(s->off);
		ts->prot = (uint32_t)s->prot;
		ts++;
	}
}

static void
fill_head(struct maker *m, const struct image_file *f)
{
	const struct elf_info *e = m->v.elf;
	const struct segment *last = &e->segments[e->nsegments - 1];
	struct text *t = &m->head;
	struct text_identity id;

	text_identity_of(f, &id);
	t->magic = MAGIC_TEXT;
	t->version = VERSION_TEXT;
	t->size = sizeof(*t);
	t->dev = id.dev;
	t->ino = id.ino;
	t->bytes = id.bytes;
	t->mtime_sec = id.mtime_sec;
	t->mtime_nsec = id.mtime_nsec;
	t->ctime_nsec = id.ctime_nsec;
	t->mount = id.mount;
	t->mode = m->choice->mode;
	t->rules = TEXT_RULES;
	t->seed = m->choice->mode == TEXT_HALF ? m->choice->seed : 0;
	t->base = PAGE_DOWN(e->segments[0].vaddr);
	t->span = PAGE_UP(last->vaddr + last->memsz) - t->base;
	text_key(t->key, &id, t->mode, t->seed);
	t->ncandidates = (uint32_t)(m->c.text.n + m->c.writable.n);
	t->flags |= m->c.whole == TEXT_OWN_GS ? TEXT_SETS_GS : 0u;
}

static struct text *
make(struct maker *m, const struct image_file *f)
{
	size_t n, i;
	struct text *t;

	if (!candidates_find(&m->v, &m->c) || !find_functions(m))
		return NULL;
	n = m->c.text.n + m->c.writable.n;
	m->sites = calloc(n + 1, sizeof(*m->sites));
	m->skips = calloc(n + 1, sizeof(*m->skips));
	if (m->sites == NULL || m->skips == NULL)
		return NULL;
	fill_head(m, f);
	m->chooser.v = &m->v;
	m->chooser.candidates = &m->c.text;
	m->chooser.functions = &m->functions;
	for (i = 0; i < m->c.text.n; i++)
		site(m, m->c.text.v[i]);
	for (i = 0; i < m->c.writable.n; i++)
		skip(m, m->c.writable.v[i], TEXT_WRITABLE);
	if (!place_slots(m))
		no_slots(m);
	qsort(m->skips, m->head.nskips, sizeof(*m->skips), by_addr);
	t = lay_out(m);
	if (t == NULL)
		return NULL;
	memcpy((char *)t + t->skips_off, m->skips,
	    t->nskips * sizeof(*m->skips));
	if (!fill_sites(m, t)) {
		free(t);
		return NULL;
	}
	fill_pages(m, t);
	fill_segments(m, t);
	return t;
}

struct text *
text_make(const struct image_file *f, const struct elf_info *e,
    const struct text_choice *c, struct problem *p)
{
	uint64_t budget = DECODE_MAX;
	struct maker m = { .v = { f->data, f->size, e, &budget },
		.choice = c };
	struct text *t = make(&m, f);

	if (t == NULL)
		problem_set(p, EXIT_VENEER, "%.700s: cannot plan its text: out"
		    " of memory, or out of reach", f->path);
	free(m.c.text.v);
	free(m.c.writable.v);
	functions_free(&m.functions);
	free(m.chooser.taken.v);
	free(m.chooser.landings.v);
	free(m.sites);
	free(m.skips);
	free(m.pages.v);
	return t;
}
