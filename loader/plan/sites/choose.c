/* SPDX-License-Identifier: ISC */
/*
 * What can be written at a site.  A and C: the instruction or instructions right before
 * the `syscall` become a jump to the slot, where their copies run; the `syscall` itself
 * stays, so whoever jumps or returns to it is caught, and where B fails so do those that
 * the jump need not overwrite.  B: the `syscall` becomes a short
 * jump to padding that holds the long one.
 */
#include <stdlib.h>
#include <string.h>

#include "planner.h"
#include "sites.h"

#define JUMP		5	/* bytes of jmp rel32 */
#define GAP_MAX		64	/* bytes of int3 between functions */
#define INSNS_MAX	6	/* that move together */

static bool
starts_at(const struct flow *f, uint64_t addr)
{
	return addr >= f->start && addr < f->end &&
	    (f->mark[addr - f->start] & MARK_START) != 0;
}

/* The instruction right before addr, when one is proven to end there. */
static bool
before(const struct flow *f, uint64_t addr, uint64_t *at, struct insn *in)
{
	uint64_t p = addr;

	do {
		if (p == f->start || addr - p == 15)
			return false;
		p--;
	} while ((f->mark[p - f->start] & MARK_BODY) != 0);
	*at = p;
	return starts_at(f, p) && insn_decode(f->code + (p - f->start),
	    f->end - p, p, in) && p + in->len == addr;
}

static bool
known_start_inside(const struct functions *fs, uint64_t from, uint64_t to)
{
	size_t i;

	for (i = 0; i < fs->n; i++)
		if (fs->v[i].start > from && fs->v[i].start < to)
			return true;
	return false;
}

/* Nothing may land on a boundary between instructions that move together. */
static bool
entered_inside(struct chooser *ch, const struct flow *f, uint64_t from,
    uint64_t to)
{
	uint64_t p;

	if (f->hidden)
		return true;
	for (p = from + 1; p < to; p++)
		if ((f->mark[p - f->start] & MARK_TARGET) != 0)
			return true;
	return known_start_inside(ch->functions, from, to) ||
	    landing_inside(ch, f, from, to);
}

/* Bytes that a site will write, start and end in turn: a nop may be one site's padding and another's neighbour. */
static bool
is_free(const struct chooser *ch, uint64_t from, uint64_t to)
{
	size_t i;

	for (i = 0; i < ch->taken.n; i += 2)
		if (from < ch->taken.v[i + 1] && ch->taken.v[i] < to)
			return false;
	return true;
}

static bool
take(struct chooser *ch, uint64_t from, uint64_t to)
{
	return is_free(ch, from, to) && words_add(&ch->taken, from) &&
	    words_add(&ch->taken, to);
}

/* The end of the last of n instructions, from ends[n] to ends[0], that a jump at the first touches. */
static uint64_t
touched_end(const uint64_t *ends, unsigned n)
{
	uint64_t from = ends[n];

	while (n > 1 && ends[n - 1] < from + JUMP)
		n--;
	return ends[n - 1];
}

/*
 * A and C.  entered: others may land behind what the jump overwrites, where they find what
 * was there, and the `syscall`, which is caught: right, but slow if that is the usual way.
 */
static bool
neighbours(struct chooser *ch, const struct flow *f, struct site *s,
    bool entered)
{
	uint64_t at, end = s->addr, ends[INSNS_MAX + 1] = { end };
	struct insn in;
	unsigned n;

	for (n = 1; n <= INSNS_MAX && before(f, ends[n - 1], &at, &in); n++) {
		ends[n] = at;
		if (in.flow != FLOW_NEXT || !in.first ||
		    s->addr - at > TEXT_PATCH_MAX)
			return false;
		if (s->addr - at >= JUMP && entered)
			end = touched_end(ends, n);
		if (s->addr - at >= JUMP && ((entered ? end == at + in.len : n == 1) ||
		    !entered_inside(ch, f, at, end))) {
			if (!take(ch, at, s->addr + 2))
				return false;
			s->from = at;
			s->ninsns = n;
			s->covered = (uint8_t)(end - at);
			s->strategy = n == 1 && in.number ? TEXT_A : TEXT_C;
			return true;
		}
		if (!in.middle || (s->addr - at >= JUMP && !entered))
			return false;
	}
	return false;
}

/* Whole fillers from `from` that have room for a jump at `at`; 0 where they end before. */
static uint64_t
piece_end(const struct chooser *ch, uint64_t from, uint64_t at, uint64_t to)
{
	uint64_t avail, p = from;
	const uint8_t *code = view_at(ch->v, from, &avail);
	struct insn in;

	while (code != NULL && p < to && p < at + JUMP) {
		if (!insn_decode(code + (p - from), avail - (p - from), p, &in))
			return 0;
		p += in.len;
	}
	return p >= at + JUMP && p <= to && p - from <= TEXT_PATCH_MAX ? p : 0;
}

/* The piece from..to for a long jump at `at`, when the site reaches that and nobody has it. */
static bool
take_piece(struct chooser *ch, struct site *s, uint64_t from, uint64_t at,
    uint64_t to)
{
	uint64_t distance = at - (s->addr + 2);

	if (to == 0 || (int64_t)distance < -128 || (int64_t)distance > 127 ||
	    !is_free(ch, s->addr, s->addr + 2) || !take(ch, from, to) ||
	    !take(ch, s->addr, s->addr + 2))
		return false;
	s->pad = at;
	s->pad_from = from;
	s->pad_len = (uint8_t)(to - from);
	s->from = s->addr;
	s->strategy = TEXT_B;
	return true;
}

/* A piece of the padding from..to. */
static bool
take_pad(struct chooser *ch, struct site *s, uint64_t from, uint64_t to)
{
	uint64_t avail;
	const uint8_t *code = view_at(ch->v, from, &avail);
	struct insn in;

	for (; code != NULL && from + JUMP <= to; from += in.len) {
		if (take_piece(ch, s, from, from, piece_end(ch, from, from, to)))
			return true;
		code = view_at(ch->v, from, &avail);
		if (code == NULL || !insn_decode(code, avail, from, &in))
			return false;
	}
	return false;
}

/* A nop that runs: a jump over it, and behind that room for the long one. */
static bool
take_nop(struct chooser *ch, struct site *s, uint64_t at, uint8_t len)
{
	return len >= JUMP + 2 && take_piece(ch, s, at, at + 2, at + len);
}

/* Padding behind a function: nops up to the next multiple of 16, or int3 alone. */
static uint64_t
gap_end(const struct chooser *ch, uint64_t addr)
{
	uint64_t avail, end = addr, limit = (addr + 15) & ~15ul;
	const uint8_t *p = view_at(ch->v, addr, &avail);
	struct insn in;
	uint64_t n = 0;

	while (p != NULL && n < avail && n < GAP_MAX && p[n] == 0xcc)
		n++;
	if (n < JUMP)
		for (n = 0; p != NULL && addr + n < limit && insn_decode(p + n,
		    avail - n, addr + n, &in) && in.filler &&
		    addr + n + in.len <= limit; n += in.len)
			;
	end = addr + n;
	if (end != limit && p != NULL && n > 0 && p[0] != 0xcc)
		return addr;
	return known_start_inside(ch->functions, addr - 1, end) ? addr : end;
}

/* Nops and int3 behind an instruction that never falls through, up to the next that is reached. */
static uint64_t
run_end(const struct chooser *ch, const struct flow *f, uint64_t addr)
{
	uint64_t p = addr;
	struct insn in;
	unsigned i;

	while (p < f->end && f->mark[p - f->start] == 0) {
		if (!insn_decode(f->code + (p - f->start), f->end - p, p,
		    &in) || !in.filler ||
		    (f->hidden && f->code[p - f->start] != 0xcc))
			return addr;
		for (i = 0; i < in.len; i++)
			if (f->mark[p + i - f->start] != 0)
				return addr;
		p += in.len;
	}
	if (known_start_inside(ch->functions, addr - 1, p))
		return addr;
	return p == f->end ? gap_end(ch, p) : p;
}

/* B: padding in or behind a function near the site. */
static bool
padding_of(struct chooser *ch, const struct flow *f, struct site *s)
{
	uint64_t p = f->start, hi = s->addr + SITE_NEAR;
	struct insn in;

	if (!f->sound)
		return false;
	if (s->addr > SITE_NEAR && p < s->addr - SITE_NEAR)
		p = s->addr - SITE_NEAR;
	for (; p < f->end && p < hi; p++) {
		if (!starts_at(f, p) || !insn_decode(f->code + (p - f->start),
		    f->end - p, p, &in))
			continue;
		if (in.flow == FLOW_NEXT && in.filler &&
		    take_nop(ch, s, p, in.len))
			return true;
		if ((in.flow != FLOW_JUMP && in.flow != FLOW_STOP &&
		    in.flow != FLOW_INDIRECT))
			continue;
		if (take_pad(ch, s, p + in.len, run_end(ch, f, p + in.len)))
			return true;
	}
	return false;
}

static bool
padding(struct chooser *ch, const struct flow *own, struct site *s)
{
	const struct functions *fs = ch->functions;
	struct flow f;
	bool found;
	size_t i;

	if (padding_of(ch, own, s))
		return true;
	for (i = 0; i < fs->n; i++) {
		if (fs->v[i].end <= fs->v[i].start ||
		    fs->v[i].start > s->addr + SITE_NEAR ||
		    fs->v[i].end + SITE_NEAR < s->addr ||
		    !flow_follow(ch->v, fs->v[i].start, fs->v[i].end, false,
		    &f))
			continue;
		found = padding_of(ch, &f, s);
		flow_free(&f);
		if (found)
			return true;
	}
	return false;
}

/* Unwinders know a sigreturn by these bytes: mov $15,%rax; syscall. */
static bool
is_sigreturn(const struct flow *f, uint64_t addr)
{
	static const uint8_t bytes[] = { 0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0,
		0x0f, 0x05 };

	return addr - f->start >= 7 && f->end - addr >= 2 &&
	    memcmp(f->code + (addr - 7 - f->start), bytes, sizeof(bytes)) == 0;
}

static enum text_reason
choose_in(struct chooser *ch, const struct flow *f, struct site *s)
{
	uint8_t m = f->mark[s->addr - f->start];

	if (!f->sound)
		return TEXT_UNPROVEN;
	if ((m & MARK_BODY) != 0)
		return TEXT_DATA;
	if ((m & MARK_START) == 0)
		return TEXT_UNPROVEN;
	if (is_sigreturn(f, s->addr))
		return TEXT_SIGRETURN;
	if (neighbours(ch, f, s, false) || padding(ch, f, s) || neighbours(ch, f, s, true))
		return 0;
	return TEXT_NO_ROOM;
}

enum text_reason
site_choose(struct chooser *ch, uint64_t addr, struct site *s)
{
	const struct functions *fs = ch->functions;
	enum text_reason r, best = TEXT_NO_FUNCTION;
	struct flow f;
	size_t i;

	memset(s, 0, sizeof(*s));
	s->addr = addr;
	/* The last to start before it is the closest; others may know better. */
	for (i = fs->n; i-- > 0;) {
		if (addr < fs->v[i].start || addr >= fs->v[i].end ||
		    !flow_follow(ch->v, fs->v[i].start, fs->v[i].end, false,
		    &f))
			continue;
		r = addr < f.end ? choose_in(ch, &f, s) : TEXT_UNPROVEN;
		flow_free(&f);
		if (r != TEXT_UNPROVEN)
			return r;
		best = r;
	}
	return best;
}
