/* SPDX-License-Identifier: ISC */
/*
 * The hash of a page's original bytes in text entries (abi/layer/plan.tbl): made by the
 * planner, compared by whoever is about to use a patch.  It finds changes, it is no
 * defence: who can write the file or the entry is the guest's own user.  Any change of one
 * word changes it for certain, since each step is a bijection of its lane.  Four lanes, so
 * that the multiplications overlap; no tables, no calls, no vectors.
 */
#ifndef VENEER_PAGE_HASH_H
#define VENEER_PAGE_HASH_H

#include <stdint.h>

#define PAGE_HASH_K	0x9e3779b97f4a7c15ul

static inline uint64_t
page_hash_step(uint64_t lane, uint64_t word)
{
	lane = (lane ^ word) * PAGE_HASH_K;
	return lane << 29 | lane >> 35;
}

static inline uint64_t
page_hash_word(const unsigned char *p, uint64_t len)
{
	uint64_t w = 0;

	if (len >= 8)
		__builtin_memcpy(&w, p, 8);
	else
		while (len-- > 0)
			w = w << 8 | p[len];
	return w;
}

/* Of any length; the seed makes several independent hashes of the same bytes. */
static inline uint64_t
page_hash(const void *data, uint64_t len, uint64_t seed)
{
	const unsigned char *p = data;
	uint64_t a = seed ^ len, b = ~seed, c = seed + 1, d = seed - 1;

	for (; len >= 32; p += 32, len -= 32) {
		a = page_hash_step(a, page_hash_word(p, 8));
		b = page_hash_step(b, page_hash_word(p + 8, 8));
		c = page_hash_step(c, page_hash_word(p + 16, 8));
		d = page_hash_step(d, page_hash_word(p + 24, 8));
	}
	for (; len >= 8; p += 8, len -= 8)
		a = page_hash_step(a, page_hash_word(p, 8));
	if (len > 0)
		a = page_hash_step(a, page_hash_word(p, len));
	a = page_hash_step(a, b ^ b >> 31);
	a = page_hash_step(a, c ^ c >> 31);
	a = page_hash_step(a, d ^ d >> 31);
	return a ^ a >> 32;
}

#endif
