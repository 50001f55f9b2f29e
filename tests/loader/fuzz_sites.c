/* SPDX-License-Identifier: ISC */
/*
 * libFuzzer target: the parsers behind text entries.  The first byte says which: unwind
 * entries, Go's table, an entry as it is read from the cache, or a whole ELF file, whose
 * entry must be sound, meet the bytes that it names, and leave everything else alone.  The
 * input ends at an inaccessible page: the decoder is not instrumented.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "planner.h"
#include "sites.h"

#define INPUT_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *arena;

static const uint8_t *
guarded(const uint8_t *data, size_t size)
{
	uint8_t *p;

	if (arena == NULL) {
		arena = mmap(NULL, INPUT_MAX + PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (arena == MAP_FAILED ||
		    mprotect(arena + INPUT_MAX, PAGE, PROT_NONE) != 0)
			abort();
	}
	p = arena + INPUT_MAX - size;
	memcpy(p, data, size);
	return p;
}

static void
seen(void *arg, const struct function *f)
{
	uint64_t *n = arg;

	if (f->start >= f->end)
		abort();
	(*n)++;
}

static void
entry(const uint8_t *p, size_t size)
{
	_Alignas(8) static uint8_t copy[INPUT_MAX];
	const struct text *t = (const struct text *)(const void *)copy;
	uint64_t sum = 0;
	uint32_t i;

	memcpy(copy, p, size);
	if (!text_sound(t, size))
		return;
	for (i = 0; i < t->npatches; i++)
		sum += text_patches(t)[i].new[text_patches(t)[i].len - 1];
	for (i = 0; i < t->nskips; i++)
		sum += text_skips(t)[i].reason;
	for (i = 0; i < t->nsegments; i++)
		if (text_segments(t)[i].copy_off != 0)
			sum += copy[text_segments(t)[i].copy_off];
	if (t->nslots > 0)
		sum += copy[t->slots_off + t->nslots * SITE_SLOT_SIZE - 1];
	if (sum == 1)
		copy[0] = 0;
}

/* Patches meet their old bytes, do not overlap, and none is outside text. */
static void
check(const struct text *t, const struct image_file *f)
{
	const struct text_patch *p = text_patches(t), *q;
	uint32_t i, k;

	if (!text_sound(t, t->total) ||
	    t->nslots + t->nskips != t->ncandidates)
		abort();
	for (i = 0; i < t->npatches; i++, p++) {
		if (memcmp(f->data + p->off, p->old, p->len) != 0)
			abort();
		for (k = i + 1; k < t->npatches; k++) {
			q = &text_patches(t)[k];
			if (p->addr < q->addr + q->len &&
			    q->addr < p->addr + p->len)
				abort();
		}
	}
}

static void
whole(const uint8_t *p, size_t size)
{
	static struct elf_info e;
	struct text_choice c = { .mode = TEXT_ALL };
	struct image_file f = { .data = p, .size = size };
	struct text_pieces tp;
	struct problem pb;
	struct text *t;

	if (size == 0 || elf_read(p, size, &e, &pb) != 0)
		return;
	t = text_make(&f, &e, &c, &pb);
	if (t == NULL)
		return;
	check(t, &f);
	if (text_pieces_make(t, &f, TEXT_COPIES, &tp) != 0)
		abort();
	text_pieces_free(&tp);
	free(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t n = 0;
	const uint8_t *p;

	if (size < 2 || size > INPUT_MAX)
		return 0;
	p = guarded(data + 1, size - 1);
	switch (data[0] % 4) {
	case 0:
		unwind_parse(p, size - 1, 0x401000, seen, &n);
		break;
	case 1:
		go_parse(p, size - 1, 0x401000, seen, &n);
		break;
	case 2:
		entry(p, size - 1);
		break;
	default:
		whole(p, size - 1);
		break;
	}
	return 0;
}
