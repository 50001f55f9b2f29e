/* SPDX-License-Identifier: ISC */
/*
 * Functions by their unwind entries (.eh_frame): each FDE names the start and length of
 * one.  Format: DWARF call frame information as the Linux Standard Base changes it.
 */
#include <elf.h>
#include <string.h>

#include "sites.h"

#define ENC_OMIT	0xff
#define ENC_FORM	0x0f
#define ENC_APPLY	0x70
#define ENC_PCREL	0x10
#define ENC_INDIRECT	0x80

/* Bytes that run out set bad, once and for all. */
struct cursor {
	const uint8_t *p, *end;
	uint64_t addr;		/* of p */
	bool bad;
};

static uint64_t
take(struct cursor *c, unsigned n)
{
	uint64_t w = 0;

	if (c->bad || (size_t)(c->end - c->p) < n) {
		c->bad = true;
		return 0;
	}
	memcpy(&w, c->p, n);
	c->p += n;
	c->addr += n;
	return w;
}

static uint64_t
take_leb(struct cursor *c)
{
	uint64_t w = 0, byte;
	unsigned shift = 0;

	do {
		byte = take(c, 1);
		if (shift < 64)
			w |= (byte & 0x7f) << shift;
		shift += 7;
	} while (!c->bad && (byte & 0x80) != 0);
	return w;
}

/* A pointer of an encoding; size alone when apply is false. */
static uint64_t
take_pointer(struct cursor *c, uint8_t enc, bool apply)
{
	uint64_t at = c->addr, w;

	switch (enc & ENC_FORM) {
	case 0x00: case 0x04: case 0x0c:
		w = take(c, 8);
		break;
	case 0x02:
		w = take(c, 2);
		break;
	case 0x0a:
		w = (uint64_t)(int64_t)(int16_t)take(c, 2);
		break;
	case 0x03:
		w = take(c, 4);
		break;
	case 0x0b:
		w = (uint64_t)(int64_t)(int32_t)take(c, 4);
		break;
	case 0x01: case 0x09:
		w = take_leb(c);
		break;
	default:
		c->bad = true;
		return 0;
	}
	if (!apply)
		return w;
	if ((enc & ENC_INDIRECT) != 0 ||
	    ((enc & ENC_APPLY) != 0 && (enc & ENC_APPLY) != ENC_PCREL))
		c->bad = true;
	return (enc & ENC_APPLY) == ENC_PCREL ? at + w : w;
}

/* The encoding that a CIE (after its id) gives to pointers of its FDEs. */
static bool
read_cie(struct cursor c, uint8_t *enc)
{
	const uint8_t *letters;
	uint8_t version, skip;

	*enc = 0;
	version = (uint8_t)take(&c, 1);
	letters = c.p;
	while (take(&c, 1) != 0)
		;
	if (c.bad || (version != 1 && version != 3) || letters[0] != 'z')
		return !c.bad && letters[0] == '\0';
	take_leb(&c);
	take_leb(&c);
	if (version == 1)
		take(&c, 1);
	else
		take_leb(&c);
	take_leb(&c);
	for (letters++; *letters != '\0' && !c.bad; letters++) {
		if (*letters == 'R') {
			*enc = (uint8_t)take(&c, 1);
		} else if (*letters == 'L') {
			take(&c, 1);
		} else if (*letters == 'P') {
			skip = (uint8_t)take(&c, 1);
			take_pointer(&c, skip, false);
		} else if (*letters != 'S' && *letters != 'B') {
			return false;
		}
	}
	return !c.bad && *enc != ENC_OMIT;
}

static void
read_fde(struct cursor c, uint8_t enc, function_seen *seen, void *arg)
{
	struct function f = { .source = FUNCTION_UNWIND };
	uint64_t len;

	f.start = take_pointer(&c, enc, true);
	len = take_pointer(&c, enc & ENC_FORM, false);
	if (c.bad || len == 0 || len > UINT64_MAX / 2 ||
	    f.start > UINT64_MAX / 2)
		return;
	f.end = f.start + len;
	seen(arg, &f);
}

/* One entry at *at; false at the end. */
static bool
next_entry(const uint8_t *base, uint64_t size, uint64_t *at,
    struct cursor *body, uint64_t addr)
{
	struct cursor c = { base + *at, base + size, addr + *at, false };
	uint64_t len = take(&c, 4);

	if (c.bad || len == 0)
		return false;
	if (len == 0xffffffff)
		len = take(&c, 8);
	if (c.bad || len > (uint64_t)(c.end - c.p) || len < 4)
		return false;
	*body = c;
	body->end = c.p + len;
	*at = (uint64_t)(body->end - base);
	return true;
}

void
unwind_parse(const uint8_t *p, uint64_t len, uint64_t addr,
    function_seen *seen, void *arg)
{
	uint64_t at = 0, back, cie = UINT64_MAX, from, ignored;
	struct cursor c, cc;
	uint8_t enc = 0;
	bool known = false;

	while (next_entry(p, len, &at, &c, addr)) {
		from = (uint64_t)(c.p - p);
		back = take(&c, 4);
		if (back == 0 || back > from)
			continue;
		if (from - back != cie) {
			cie = from - back;
			ignored = cie;
			known = next_entry(p, len, &ignored, &cc, addr) &&
			    take(&cc, 4) == 0 && read_cie(cc, &enc);
		}
		if (known)
			read_fde(c, enc, seen, arg);
	}
}

/* Stripped of section headers: the search table's header points to it. */
static bool
by_header(const struct view *v, uint64_t *addr)
{
	const Elf64_Phdr *none = NULL;
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	struct cursor c;
	const uint8_t *p;
	uint64_t avail;
	uint32_t i;
	uint8_t enc;

	if (v->size < sizeof(eh))
		return false;
	memcpy(&eh, v->data, sizeof(eh));
	for (i = 0; i < eh.e_phnum; i++) {
		p = view_off(v, eh.e_phoff + i * sizeof(*none), sizeof(ph));
		if (p == NULL)
			return false;
		memcpy(&ph, p, sizeof(ph));
		if (ph.p_type != PT_GNU_EH_FRAME)
			continue;
		p = view_at(v, ph.p_vaddr, &avail);
		if (p == NULL || avail < 4 || p[0] != 1)
			return false;
		enc = p[1];
		c = (struct cursor){ p + 4, p + avail, ph.p_vaddr + 4, false };
		*addr = take_pointer(&c, enc, true);
		return !c.bad;
	}
	return false;
}

void
unwind_functions(const struct view *v, function_seen *seen, void *arg)
{
	struct section s;
	const uint8_t *p;
	uint64_t addr, len;

	if (view_section(v, ".eh_frame", &s)) {
		unwind_parse(v->data + s.off, s.len, s.addr, seen, arg);
		return;
	}
	if (by_header(v, &addr) && (p = view_at(v, addr, &len)) != NULL)
		unwind_parse(p, len, addr, seen, arg);
}
