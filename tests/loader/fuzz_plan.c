/* SPDX-License-Identifier: ISC */
/*
 * libFuzzer target: a cached plan and a text entry as enter reads them.  What passes the checks must keep
 * every use within bounds; each is made here as enter makes it, under the address sanitizer, in memory that
 * ends where the input ends.  The first byte chooses which of the two.
 */
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "plan_check.h"
#include "text_check.h"

#define PAGE	4096ul
#define USER_END (1ul << 47)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int ok)
{
	if (!ok)
		abort();
}

static uint64_t
page_up(uint64_t x)
{
	return (x + PAGE - 1) & ~(PAGE - 1);
}

/* As enter_string: any offset gives a string that ends inside the table. */
static void
string(const struct plan *p, uint32_t off)
{
	const char *s = (const char *)p + p->strings_off;

	must(off >= p->strings_size || off + strlen(s + off) < p->strings_size);
}

static void
image(const struct plan *p, const struct plan_image *im,
    const struct plan_file *files, const struct plan_map *maps)
{
	uint64_t low = im->slots_len != 0 ? im->slots : im->base;
	uint32_t i;

	must(im->base + im->span <= USER_END);
	must(low <= im->base || im->slots - im->base <= im->span - im->slots_len);
	must(im->span % PAGE == 0 && im->base % PAGE == 0);
	string(p, files[im->file].path);
	if (im->text != PLAN_NONE)
		string(p, files[im->text].path);
	if ((im->flags & PLAN_ARENA) != 0)
		must(im->base >= ARENA_BODY &&
		    im->base + im->span <= ARENA_UNWIND);
	for (i = 0; i < im->nmaps; i++) {
		const struct plan_map *m = &maps[im->first_map + i];

		must(m->addr >= im->base && m->addr + page_up(m->len) +
		    m->anon_len <= im->base + im->span);
		must(m->off + m->len <= files[im->file].bytes);
		must(m->zero_len == 0 || (m->zero >= m->addr &&
		    m->zero + m->zero_len <= m->addr + page_up(m->len)));
	}
}

static void
plan(const void *data, size_t size)
{
	const struct plan *p = data;
	const struct plan_image *images;
	const struct plan_file *files;
	const char *s;
	uint32_t i;

	if (size >= sizeof(*p))
		plan_sum(p, size);
	if (!plan_sound(p, size))
		return;
	images = (const void *)((const char *)p + p->images_off);
	files = (const void *)((const char *)p + p->files_off);
	for (i = 0; i < p->nimages; i++)
		image(p, &images[i], files,
		    (const void *)((const char *)p + p->maps_off));
	for (i = 0; i < p->nfiles; i++)
		string(p, files[i].path);
	string(p, p->exe);
	string(p, p->comm);
	string(p, p->front);
	string(p, p->settings);
	s = (const char *)p + p->strings_off + p->prefix;
	for (i = 0; i < p->nprefix; i++)
		s += strlen(s) + 1;
	must(s <= (const char *)p + p->total || p->nprefix == 0);
	must(p->body_vector + BODY_ENTRIES * 4ul <= images[p->body].span);
	for (i = 0; i < p->nstubs; i++)
		must(p->stub_addr[i] >= images[p->stub_image[i]].base);
}

/* The image that an entry names itself: the checks that compare the two do not help. */
static void
text(const void *data, size_t size)
{
	const struct text *e = data;
	struct plan_image im = { 0 };
	struct plan_map m = { 0 };
	const struct text_segment *s;
	uint32_t i;

	if (size < sizeof(*e))
		return;
	im.base = e->base;
	im.span = e->span;
	im.slots = e->slots;
	im.slots_len = e->slots_len;
	im.slots_off = e->slots_off;
	if (!text_sound(e, size, &im))
		return;
	for (i = 0; i < e->npatches; i++) {
		const struct text_patch *t = &text_patches(e)[i];

		must(t->addr >= im.base && t->len <= sizeof(t->old) &&
		    t->addr - im.base + t->len <= im.span);
	}
	for (i = 0; i < e->npages; i++)
		must(text_pages(e)[i].len <= PAGE);
	for (i = 0; i < e->nsegments; i++) {
		s = &text_segments(e)[i];
		m.addr = s->addr;
		m.off = s->off;
		m.len = s->len;
		m.text_off = s->copy_off;
		s = text_copy(e, &m);
		must(s == NULL || s->copy_off + m.len <= e->total);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	if (size < 2)
		return 0;
	copy = malloc(size - 1);	/* aligned, as enter's are */
	if (copy == NULL)
		abort();
	memcpy(copy, data + 1, size - 1);
	if (data[0] & 1)
		text(copy, size - 1);
	else
		plan(copy, size - 1);
	free(copy);
	return 0;
}
