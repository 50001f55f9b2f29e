/* SPDX-License-Identifier: ISC */
/*
 * Rewritten images of this address space, and how their sites are given up.
 *
 * A site is given up by putting its original bytes back.  Pages are never written where they are: a copy with the
 * old bytes is made beside them and moved over them in one step, so a thread that runs there sees either; at every
 * boundary of an instruction both lead to the same call.  (A thread between the two jumps of strategy B is the one
 * exception, which is why padding is put back only when its own page changes.)  What has been given up stays on SIGSYS.
 */
#include <asm/errno.h>
#include <linux/mman.h>

#include "freestanding.h"
#include "internal.h"
#include "mapping.h"
#include "text.h"

#define REGIONS	(sizeof(((struct text_block *)0)->region) / \
		sizeof(struct text_region))

enum { MM_SITES = sizeof(((struct mm_block *)0)->site_region) / 16 };

/* ---- slot regions, as signal handlers look for them ---- */

static bool
site_region_add(struct mm_block *mm, uint64_t slots, uint64_t len)
{
	for (uint32_t i = 0; i < MM_SITES; i++) {
		uint64_t *r = &mm->site_region[2 * i];

		if (i < mm->nsite_regions && r[1] != 0)
			continue;
		r[0] = slots;
		__atomic_store_n(&r[1], len, __ATOMIC_RELEASE);
		if (i >= mm->nsite_regions)
			__atomic_store_n(&mm->nsite_regions, i + 1,
			    __ATOMIC_RELEASE);
		return true;
	}
	return false;
}

static bool
site_region_more(struct thread_block *t, uint64_t slots, uint64_t len)
{
	struct mm_block *mm = t->mm;
	struct site_regions *s = mm->site_more;

	if (s == NULL) {
		s = arena_alloc(t, 1);
		if (s == NULL)
			return false;
		s->magic = MAGIC_SITE_REGIONS;
		s->version = VERSION_SITE_REGIONS;
		s->size = SIZEOF_SITE_REGIONS;
		__atomic_store_n(&mm->site_more, s, __ATOMIC_RELEASE);
	}
	for (uint32_t i = 0; i < sizeof(s->region) / 16; i++) {
		uint64_t *r = &s->region[2 * i];

		if (i < s->count && r[1] != 0)
			continue;
		r[0] = slots;
		__atomic_store_n(&r[1], len, __ATOMIC_RELEASE);
		if (i >= s->count)
			__atomic_store_n(&s->count, i + 1, __ATOMIC_RELEASE);
		return true;
	}
	return false;
}

static void
site_region_remove(struct mm_block *mm, uint64_t slots)
{
	struct site_regions *s = mm->site_more;

	for (uint32_t i = 0; i < mm->nsite_regions; i++)
		if (mm->site_region[2 * i] == slots)
			mm->site_region[2 * i + 1] = 0;
	for (uint32_t i = 0; s != NULL && i < s->count; i++)
		if (s->region[2 * i] == slots)
			s->region[2 * i + 1] = 0;
}

/* ---- regions ---- */

struct text_region *
text_region_at(struct text_block *b, uint64_t slots)
{
	for (uint32_t i = 0; i < b->nregions; i++)
		if (b->region[i].slots_len != 0 && b->region[i].slots == slots)
			return &b->region[i];
	return NULL;
}

static struct text_region *
region_put(struct text_block *b, const struct text_region *r)
{
	for (uint32_t i = 0; i < REGIONS; i++) {
		struct text_region *to = &b->region[i];

		if (i < b->nregions && to->slots_len != 0)
			continue;
		*to = *r;
		if (i >= b->nregions)
			__atomic_store_n(&b->nregions, i + 1, __ATOMIC_RELEASE);
		return to;
	}
	return NULL;
}

struct text_region *
text_region_new(struct thread_block *t, const struct text_region *r)
{
	struct text_region *to = region_put(((struct mm_block *)t->mm)->texts, r);

	if (to == NULL)
		return NULL;
	if (site_region_add(t->mm, r->slots, r->slots_len) ||
	    site_region_more(t, r->slots, r->slots_len))
		return to;
	to->slots_len = 0;
	return NULL;
}

/* Nothing jumps to its slots any more. */
void
text_region_free(struct thread_block *t, struct text_region *r)
{
	if (r->low != r->base)
		HOST2(t, HOST_NR_munmap, r->slots, r->slots_len);
	site_region_remove(t->mm, r->slots);
	if (r->entry != 0)
		text_entry_unmap(t, r->entry, r->entry_len);
	r->slots_len = 0;
}

void
text_region_place(struct text_region *r, uint64_t bias, const struct text *e)
{
	r->bias = bias;
	r->slots = bias + e->slots;
	r->slots_len = e->slots_len;
	r->base = bias + e->base;
	r->end = r->base + TEXT_UP(e->span);
	r->low = text_slots_within(e) ? r->base : r->slots;
}

void
text_start(struct thread_block *t, const struct start *s)
{
	struct text_block *b;
	uint32_t n = s->nsite_regions < 4 ? s->nsite_regions : 4;

	if (n == 0 || (b = text_block_get(t)) == NULL)
		return;
	for (uint32_t i = 0; i < n; i++) {
		const struct text *e = (const void *)s->site_entry[i];
		struct text_region r = {
			.slots = s->site_region[i],
			.slots_len = s->site_bytes[i],
			.entry = s->site_entry[i],
			.entry_len = s->site_entry_len[i],
		};

		if (e == NULL)
			continue;
		text_region_place(&r, r.slots - e->slots, e);
		region_put(b, &r);
	}
}

/* ---- giving sites up ---- */

struct leave {
	struct thread_block *t;
	const struct text_region *r;
	const struct text_patch *patch;
	uint32_t n;
	uint64_t addr, end;	/* what the guest changes */
	enum text_change how;
	bool whole;		/* the slots are in it: every site goes */
	uint8_t part;		/* which patches this round is for */
};

static bool
patch_meets(const struct leave *l, uint32_t i)
{
	uint64_t at = l->r->bias + l->patch[i].addr;

	return at < l->end && at + l->patch[i].len > l->addr;
}

/* Does any patch of the site lie in the range?  The two of strategy B are neighbours. */
static bool
site_meets(const struct leave *l, uint32_t i)
{
	const struct text_patch *p = l->patch;

	return patch_meets(l, i) ||
	    (i > 0 && p[i - 1].slot == p[i].slot && patch_meets(l, i - 1)) ||
	    (i + 1 < l->n && p[i + 1].slot == p[i].slot &&
	    patch_meets(l, i + 1));
}

static bool
patch_goes(const struct leave *l, uint32_t i)
{
	const struct text_patch *p = &l->patch[i];
	uint64_t at = l->r->bias + p->addr;

	if (p->part != l->part)
		return false;
	if (l->how == TEXT_GONE && at >= l->addr && at + p->len <= l->end)
		return false;	/* it vanishes by itself */
	if (p->part == TEXT_PAD)
		return patch_meets(l, i);
	return l->whole || site_meets(l, i);
}

/* A copy of the pages, readable if need be by force; *prot is what they had. */
static long
pages_copy(struct thread_block *t, uint64_t lo, uint64_t len, int *prot)
{
	long to = HOST6(t, HOST_NR_mmap, 0, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long ret;

	if (to < 0 && to >= -4095)
		return to;
	*prot = PROT_READ | PROT_EXEC;
	if (copyin((void *)to, guest(lo), len) == 0)
		return to;
	*prot = PROT_NONE;	/* the guest has taken it out of sight */
	ret = HOST3(t, HOST_NR_mprotect, lo, len, PROT_READ);
	if (ret == 0)
		ret = copyin((void *)to, guest(lo), len);
	if (ret == 0)
		return to;
	HOST2(t, HOST_NR_munmap, to, len);
	return 0;		/* not there: nothing to put back */
}

/* Pages [lo, hi): the old bytes of all patches in them that go and still stand there, in one step. */
static long
pages_restore(const struct leave *l, uint64_t lo, uint64_t hi)
{
	struct thread_block *t = l->t;
	uint64_t len = hi - lo;
	bool ours = false;
	int prot;
	long to = pages_copy(t, lo, len, &prot), ret;

	if (to == 0 || (to < 0 && to >= -4095))
		return to;
	for (uint32_t i = 0; i < l->n; i++) {
		const struct text_patch *p = &l->patch[i];
		uint64_t off = l->r->bias + p->addr - lo;

		if (off >= len || p->len > len - off || !patch_goes(l, i) ||
		    memcmp((char *)to + off, p->new, p->len) != 0)
			continue;
		memcpy((char *)to + off, p->old, p->len);
		ours = true;
	}
	ret = 0;
	if (ours && (ret = HOST3(t, HOST_NR_mprotect, to, len, prot)) == 0) {
		ret = HOST5(t, HOST_NR_mremap, to, len, len,
		    MREMAP_MAYMOVE | MREMAP_FIXED, lo);
		if (ret >= 0 || ret < -4095)
			return 0;
	}
	HOST2(t, HOST_NR_munmap, to, len);
	return ret;
}

/* A patch that lies across a border takes both pages, and what else is on them. */
static long
leave_round(const struct leave *l)
{
	uint64_t lo, hi, at, done = 0;
	long ret = 0;

	for (uint32_t i = 0; ret == 0 && i < l->n; i++) {
		at = l->r->bias + l->patch[i].addr;
		if (!patch_goes(l, i) || at + l->patch[i].len <= done)
			continue;
		lo = TEXT_DOWN(at);
		hi = TEXT_UP(at + l->patch[i].len);
		ret = pages_restore(l, lo, hi);
		done = hi;
	}
	return ret;
}

static bool
covers_text(const struct text_region *r, uint64_t addr, uint64_t end)
{
	const struct text *e = (const void *)r->entry;
	const struct text_segment *s;

	if (e == NULL)
		return addr <= r->base && end >= r->end;
	s = text_segments(e);
	for (uint32_t i = 0; i < e->nsegments; i++)
		if (r->bias + s[i].addr < addr ||
		    r->bias + s[i].addr + s[i].len > end)
			return false;
	return true;
}

/* Is an image rewritten whose tables are not known? */
static bool
unlisted_sites(const struct mm_block *mm, struct text_block *b)
{
	for (uint32_t i = 0; i < mm->nsite_regions; i++)
		if (mm->site_region[2 * i + 1] != 0 &&
		    text_region_at(b, mm->site_region[2 * i]) == NULL)
			return true;
	return false;
}

static long
region_leave(struct thread_block *t, struct text_region *r, uint64_t addr,
    uint64_t end, enum text_change how)
{
	const struct text *e = (const void *)r->entry;
	struct leave l = { .t = t, .r = r, .addr = addr, .end = end,
		.how = how, .part = TEXT_SITE };
	long ret;

	if (how == TEXT_GONE && covers_text(r, addr, end))
		return 0;
	if (e == NULL)
		return -ENOMEM;
	l.patch = text_patches(e);
	l.n = e->npatches;
	l.whole = addr < r->slots + r->slots_len && end > r->slots;
	ret = leave_round(&l);
	if (ret == 0) {
		l.part = TEXT_PAD;
		ret = leave_round(&l);
	}
	if (ret == 0 && l.whole)
		text_region_free(t, r);
	return ret;
}

long
text_leave(struct thread_block *t, uint64_t addr, uint64_t len,
    enum text_change how)
{
	struct text_block *b = ((struct mm_block *)t->mm)->texts;
	uint64_t end = TEXT_UP(addr + len);
	long ret = 0;

	for (uint32_t i = 0; b != NULL && ret == 0 && i < b->nregions; i++) {
		struct text_region *r = &b->region[i];

		if (r->slots_len != 0 && addr < r->end && end > r->low)
			ret = region_leave(t, r, TEXT_DOWN(addr), end, how);
	}
	return ret;
}

/*
 * Every site of the process, but neither slots nor padding: another thread may stand in them, and goes on to its
 * call, because its %gs is still the layer's.
 */
long
text_give_up(struct thread_block *t)
{
	struct mm_block *mm = t->mm;
	struct text_block *b = text_block_get(t);
	long ret = 0;

	if (b == NULL)
		return -ENOMEM;
	layer_lock(t, &mm->text_lock);
	b->mode = TEXT_OFF;
	for (uint32_t i = 0; ret == 0 && i < b->nregions; i++) {
		const struct text_region *r = &b->region[i];
		const struct text *e = (const void *)r->entry;
		struct leave l = { .t = t, .r = r, .addr = r->low,
			.end = r->end, .how = TEXT_CHANGE, .whole = true,
			.part = TEXT_SITE };

		if (r->slots_len == 0)
			continue;
		if (e == NULL) {
			ret = -ENOMEM;
			break;
		}
		l.patch = text_patches(e);
		l.n = e->npatches;
		ret = leave_round(&l);
	}
	if (ret == 0 && unlisted_sites(mm, b))
		ret = -ENOMEM;
	layer_unlock(t, &mm->text_lock);
	return ret;
}

void
text_sweep(struct thread_block *t, uint64_t addr, uint64_t len,
    const struct text_region *keep)
{
	struct text_block *b = ((struct mm_block *)t->mm)->texts;
	uint64_t end = TEXT_UP(addr + len);

	for (uint32_t i = 0; b != NULL && i < b->nregions; i++)
		if (&b->region[i] != keep && b->region[i].slots_len != 0 &&
		    covers_text(&b->region[i], TEXT_DOWN(addr), end))
			text_region_free(t, &b->region[i]);
}
