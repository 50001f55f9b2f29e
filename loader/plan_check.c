/* SPDX-License-Identifier: ISC */
/*
 * Whether a plan can be executed: everything in it that enter uses as a size, an index or an
 * address stays within what enter reserves.  Plans come from the planner, or from files in a cache
 * that anything may have happened to.
 */
#include "layout.h"
#include "page_hash.h"
#include "plan_check.h"
#include "range.h"

#define PAGE_UP(x)	(((x) + PAGE - 1) & ~(PAGE - 1))
#define USER_END	(1ul << 47)
#define ALIGN_MAX	(1ul << 30)

static bool
table_fits(const struct plan *p, uint64_t off, uint64_t n, uint64_t size)
{
	return off % 8 == 0 && off >= sizeof(*p) && off <= p->total &&
	    n <= (p->total - off) / size;
}

static bool
header_sound(const struct plan *p, uint64_t bytes)
{
	return bytes >= sizeof(*p) && p->magic == MAGIC_PLAN &&
	    p->version == VERSION_PLAN && p->size == sizeof(*p) &&
	    p->total <= bytes && p->total <= PLAN_BYTES_MAX &&
	    p->nimages <= PLAN_IMAGES_MAX && p->nfiles <= PLAN_FILES_MAX &&
	    p->nstubs <= PLAN_STUBS_MAX && p->program < p->nimages &&
	    p->body < p->nimages && p->gate < p->nimages &&
	    (p->interp == PLAN_NONE || p->interp < p->nimages) &&
	    table_fits(p, p->images_off, p->nimages, sizeof(struct plan_image)) &&
	    table_fits(p, p->files_off, p->nfiles, sizeof(struct plan_file)) &&
	    table_fits(p, p->maps_off, p->nmaps, sizeof(struct plan_map)) &&
	    table_fits(p, p->strings_off, p->strings_size, 1) &&
	    p->strings_size > 0 &&
	    ((const char *)p)[p->strings_off + p->strings_size - 1] == '\0';
}

/* The strings that take the place of ARGV0 follow each other. */
static bool
prefix_sound(const struct plan *p)
{
	const char *s = (const char *)p + p->strings_off;
	uint32_t at = p->prefix, n;

	if (p->nprefix > PLAN_FILES_MAX)
		return false;
	for (n = 0; n < p->nprefix; n++) {
		if (at >= p->strings_size)
			return false;
		while (s[at] != '\0')
			at++;
		at++;
	}
	return true;
}

static bool
map_sound(const struct plan_map *m, const struct plan_image *im,
    const struct plan_file *f, uint64_t *end)
{
	uint64_t pages;

	if (m->magic != MAGIC_PLAN_MAP || m->size != sizeof(*m) ||
	    m->version != VERSION_PLAN_MAP || m->prot > 7 ||
	    m->len > USER_END || m->anon_len > USER_END ||
	    !aligned(m->addr, m->off, m->anon_len) || m->text_off % PAGE != 0)
		return false;
	pages = PAGE_UP(m->len) + m->anon_len;
	if (!within(m->addr, pages, im->base, im->span) ||
	    !within(m->off, m->len, 0, f->bytes))
		return false;
	/* Two segments may share a page, which the second then gets. */
	if (*end > im->base && m->addr + PAGE < *end)
		return false;
	*end = m->addr + pages;
	return m->zero_len == 0 ||
	    within(m->zero, m->zero_len, m->addr, PAGE_UP(m->len));
}

static bool
slots_sound(const struct plan_image *im)
{
	if (im->slots_len == 0)
		return true;
	if (within(im->slots, im->slots_len, im->base, im->span))
		return aligned(im->slots_off, 0, 0) && im->slots % SITE_SLOT_SIZE == 0 &&
		    im->slots_len == im->nslots * SITE_SLOT_SIZE;
	/* Below the image; an image that is linked at 0 has them at the other end. */
	return aligned(im->slots, im->slots_len, im->slots_off) &&
	    im->slots_len <= USER_END && im->base - im->slots == im->slots_len &&
	    ((im->flags & PLAN_FIXED) == 0 || im->slots < im->base) &&
	    im->nslots <= im->slots_len / SITE_SLOT_SIZE;
}

static bool
image_sound(const struct plan *p, const struct plan_image *im)
{
	const struct plan_map *maps = (const void *)((const char *)p +
	    p->maps_off);
	const struct plan_file *files = (const void *)((const char *)p +
	    p->files_off);
	uint64_t end = im->base;
	uint32_t i;

	if (im->magic != MAGIC_PLAN_IMAGE || im->version != VERSION_PLAN_IMAGE ||
	    im->size != sizeof(*im) || !aligned(im->base, im->span, 0) ||
	    im->span == 0 || im->file >= p->nfiles ||
	    !within(im->base, im->span, 0, USER_END) ||
	    im->align > ALIGN_MAX || (im->align & (im->align - 1)) != 0 ||
	    im->first_map > p->nmaps || im->nmaps > p->nmaps - im->first_map ||
	    (im->text != PLAN_NONE && im->text >= p->nfiles) ||
	    !slots_sound(im))
		return false;
	if ((im->flags & PLAN_ARENA) != 0 && (im->slots_len != 0 ||
	    !within(im->base, im->span, ARENA_BODY, ARENA_UNWIND - ARENA_BODY)))
		return false;
	for (i = 0; i < im->nmaps; i++)
		if (!map_sound(&maps[im->first_map + i], im, &files[im->file],
		    &end))
			return false;
	return true;
}

static bool
stubs_sound(const struct plan *p, const struct plan_image *images)
{
	const struct plan_file *files = (const void *)((const char *)p +
	    p->files_off);
	const struct plan_image *im;
	uint32_t i;

	if (p->nstubs > 0 && (!aligned(p->stubs_off, p->stubs_size,
	    p->stubs_file_off) || !within(p->stubs_file_off, p->stubs_size, 0,
	    PAGE_UP(files[images[p->body].file].bytes))))
		return false;
	for (i = 0; i < p->nstubs; i++) {
		if (p->stub_image[i] >= p->nimages)
			return false;
		im = &images[p->stub_image[i]];
		if (p->stub_addr[i] % PAGE != 0 || !within(p->stub_addr[i],
		    p->stub_size[i], im->base, im->span))
			return false;
	}
	return true;
}

bool
plan_sound(const struct plan *p, uint64_t bytes)
{
	const struct plan_image *images, *body, *gate, *prog;
	uint32_t i;

	if (!header_sound(p, bytes) || !prefix_sound(p))
		return false;
	images = (const void *)((const char *)p + p->images_off);
	for (i = 0; i < p->nimages; i++)
		if (!image_sound(p, &images[i]))
			return false;
	body = &images[p->body];
	gate = &images[p->gate];
	prog = &images[p->program];
	if ((body->flags & gate->flags & PLAN_ARENA) == 0 ||
	    (prog->flags & PLAN_ARENA) != 0 ||
	    (p->interp != PLAN_NONE && (images[p->interp].flags & PLAN_ARENA)) ||
	    gate->base != ARENA_GATE || gate->span != PAGE || gate->nmaps != 0 ||
	    !within(ARENA_GATE, PAGE, body->base, body->span) ||
	    body->base != ARENA_BODY || p->body_vector % 4 != 0 ||
	    !within(p->body_vector, BODY_ENTRIES * 4ul, 0, body->span))
		return false;
	if (p->tls_filesz > p->tls_memsz || (p->tls_filesz != 0 &&
	    !within(p->tls_addr, p->tls_filesz, prog->base, prog->span)))
		return false;
	return stubs_sound(p, images);
}

uint64_t
plan_sum(const struct plan *p, uint64_t bytes)
{
	const char *at = (const char *)p;
	const uint64_t head = offsetof(struct plan, sum);
	const uint64_t next = head + sizeof(p->sum);

	return page_hash(at + next, bytes - next, page_hash(at, head, bytes));
}
