/* SPDX-License-Identifier: ISC */
/* The bytes of slots and patches, abi/layer/layout.tbl has the layout. */
#include <string.h>

#include "planner.h"
#include "slot.h"

static void
put32(uint8_t *p, uint64_t value)
{
	uint32_t w = (uint32_t)value;

	memcpy(p, &w, sizeof(w));
}

static bool
fits32(uint64_t distance)
{
	return (uint64_t)(int64_t)(int32_t)distance == distance;
}

/* Copies from..to, refits what they name relative to themselves. */
static bool
copy_insns(const struct view *v, uint64_t from, uint64_t to, uint64_t place,
    uint8_t *out)
{
	uint64_t avail, disp;
	const uint8_t *p = view_at(v, from, &avail);
	struct insn in;
	uint64_t at;

	memcpy(out, p, to - from);
	for (at = from; at < to; at += in.len) {
		if (!insn_decode(p + (at - from), to - at, at, &in))
			return false;
		if (in.rip_disp == 0)
			continue;
		disp = in.target - (place + (at - from) + in.len);
		if (!fits32(disp))
			return false;
		put32(out + (at - from) + in.rip_disp, disp);
	}
	return true;
}

bool
slot_fill(const struct view *v, const struct site *s, uint64_t place,
    uint8_t slot[SITE_SLOT_SIZE])
{
	static const uint8_t save[] = { 0x65, 0x48, 0x89, 0x0c, 0x25 };
	static const uint8_t lea[] = { 0x48, 0x8d, 0x0d };
	static const uint8_t jump[] = { 0x65, 0xff, 0x24, 0x25 };
	uint64_t ret = s->addr + 2, n = s->addr - s->from;
	uint8_t *p = slot + n;

	memset(slot, 0xcc, SITE_SLOT_RET);
	if (n > TEXT_PATCH_MAX || !fits32(ret - place) ||
	    !copy_insns(v, s->from, s->addr, place, slot))
		return false;
	memcpy(p, save, sizeof(save));
	put32(p + sizeof(save), OFF_THREAD_BLOCK_SITE_RCX);
	p += SITE_SLOT_SAVE;
	memcpy(p, lea, sizeof(lea));
	put32(p + sizeof(lea),
	    ret - (place + n + SITE_SLOT_SAVE + SITE_SLOT_LEA));
	p += SITE_SLOT_LEA;
	memcpy(p, jump, sizeof(jump));
	put32(p + sizeof(jump), OFF_THREAD_BLOCK_GATE_SITE);
	put32(slot + SITE_SLOT_RET, ret - place);
	slot[SITE_SLOT_N] = (uint8_t)n;
	slot[SITE_SLOT_BACK] = (uint8_t)(ret - s->from);
	slot[SITE_SLOT_STRATEGY] = (uint8_t)s->strategy;
	slot[SITE_SLOT_MARK] = SITE_SLOT_MAGIC;
	return true;
}

static struct text_patch *
patch(const struct view *v, const struct site *s, uint64_t addr, uint8_t len,
    struct text_patch *p)
{
	uint64_t avail;

	memset(p, 0, sizeof(*p));
	p->addr = addr;
	p->off = view_file_off(v, addr);
	p->site = s->addr;
	p->len = len;
	p->strategy = (uint8_t)s->strategy;
	memcpy(p->old, view_at(v, addr, &avail), len);
	return p;
}

static void
jump_to(uint8_t *p, uint64_t addr, uint64_t place)
{
	p[0] = 0xe9;
	put32(p + 1, place - (addr + 5));
}

/* What is left of the overwritten instructions lies behind the jump and runs never. */
static void
fill(uint8_t *p, unsigned n)
{
	static const uint8_t nops[3][3] = { { 0x90 }, { 0x66, 0x90 },
		{ 0x0f, 0x1f, 0x00 } };

	for (; n > 3; n -= 3, p += 3)
		memcpy(p, nops[2], 3);
	if (n > 0)
		memcpy(p, nops[n - 1], n);
}

/* The long jump of strategy B; in a nop that runs, behind a jump over it. */
static struct text_patch *
pad(const struct view *v, const struct site *s, uint64_t place,
    struct text_patch *out)
{
	unsigned before = (unsigned)(s->pad - s->pad_from);
	struct text_patch *p;

	p = patch(v, s, s->pad_from, s->pad_len, out);
	p->part = TEXT_PAD;
	if (before != 0) {
		p->new[0] = 0xeb;
		p->new[1] = (uint8_t)(s->pad_len - 2);
	}
	jump_to(p->new + before, s->pad, place);
	fill(p->new + before + 5, s->pad_len - before - 5u);
	return p;
}

unsigned
slot_patches(const struct view *v, const struct site *s, uint64_t place,
    struct text_patch out[2])
{
	struct text_patch *p;
	uint8_t len;

	if (s->strategy == TEXT_B) {
		p = pad(v, s, place, &out[0]);
		p = patch(v, s, s->addr, 2, &out[1]);
		p->new[0] = 0xeb;
		p->new[1] = (uint8_t)(s->pad - (s->addr + 2));
		return 2;
	}
	len = s->covered;
	p = patch(v, s, s->from, len, &out[0]);
	jump_to(p->new, p->addr, place);
	fill(p->new + 5, len - 5u);
	return 1;
}
