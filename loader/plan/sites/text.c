/* SPDX-License-Identifier: ISC */
/* Names and tables of text entries. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "planner.h"
#include "sites.h"

void
text_identity_of(const struct image_file *f, struct text_identity *id)
{
	*id = (struct text_identity){ f->dev, f->ino, f->size, f->mtime_sec,
		f->mtime_nsec, f->ctime_nsec, f->mount };
}

int
text_choice_read(const char *s, struct text_choice *c)
{
	char *end;

	memset(c, 0, sizeof(*c));
	if (strcmp(s, "all") == 0)
		return 0;
	if (strcmp(s, "none") == 0) {
		c->mode = TEXT_OFF;
		return 0;
	}
	if (strncmp(s, "half:", 5) != 0 || s[5] < '0' || s[5] > '9')
		return -1;
	c->mode = TEXT_HALF;
	errno = 0;
	c->seed = strtoul(s + 5, &end, 10);
	return *end == '\0' && errno == 0 ? 0 : -1;
}

const char *
text_reason_words(enum text_reason r)
{
	static const char *const words[TEXT_REASONS] = {
		[TEXT_UNPROVEN] = "not proven to be an instruction",
		[TEXT_DATA] = "inside another instruction",
		[TEXT_NO_FUNCTION] = "in no known function",
		[TEXT_NO_ROOM] = "no neighbour or padding to use",
		[TEXT_SIGRETURN] = "a sigreturn sequence",
		[TEXT_WRITABLE] = "in writable text",
		[TEXT_OWN_GS] = "the file sets %gs itself",
		[TEXT_TEXTREL] = "text is relocated at start",
		[TEXT_NO_SLOTS] = "no room for slots below the image",
		[TEXT_NOT_CHOSEN] = "in the half that is left out",
	};

	return (unsigned)r < TEXT_REASONS && words[r] != NULL ? words[r] : "?";
}

const struct text_patch *
text_patches(const struct text *t)
{
	return (const void *)((const char *)t + t->patches_off);
}

const struct text_skip *
text_skips(const struct text *t)
{
	return (const void *)((const char *)t + t->skips_off);
}

const struct text_segment *
text_segments(const struct text *t)
{
	return (const void *)((const char *)t + t->segments_off);
}

static bool
table_sound(const struct text *t, uint64_t off, uint64_t n, uint64_t size)
{
	return off % 8 == 0 && off >= sizeof(*t) && off <= t->total &&
	    n <= (t->total - off) / size;
}

static bool
segment_sound(const struct text *t, const struct text_segment *s)
{
	uint64_t pages = PAGE_UP(s->len);

	if (s->addr % PAGE != 0 || s->off % PAGE != 0 ||
	    s->copy_off % PAGE != 0 || s->addr < t->base ||
	    s->addr - t->base > t->span || s->len > t->span ||
	    pages > t->span - (s->addr - t->base) || s->prot > 7 ||
	    s->off > t->bytes || s->len > t->bytes - s->off)
		return false;
	if ((t->flags & TEXT_COPIES) == 0)
		return s->copy_off == 0;
	return s->copy_off >= t->slots_off + t->slots_len &&
	    s->copy_off <= t->total && pages <= t->total - s->copy_off;
}

static bool
patch_sound(const struct text *t, const struct text_patch *p)
{
	return p->len > 0 && p->len <= TEXT_PATCH_MAX && p->slot < t->nslots &&
	    p->addr >= t->base && p->addr - t->base < t->span &&
	    p->off < t->bytes && p->len <= t->bytes - p->off;
}

bool
text_sound(const struct text *t, uint64_t bytes)
{
	const struct text_page *pg;
	uint32_t i;

	if (bytes < sizeof(*t) || t->magic != MAGIC_TEXT ||
	    t->version != VERSION_TEXT || t->size != sizeof(*t) ||
	    t->rules != TEXT_RULES || t->total != bytes ||
	    (t->base | t->span | t->slots | t->slots_len | t->slots_off) %
	    PAGE != 0 || t->span > USER_END || t->slots_len > USER_END ||
	    t->base - t->slots != t->slots_len ||
	    t->nslots > t->slots_len / SITE_SLOT_SIZE ||
	    t->slots_off > bytes || t->slots_len > bytes - t->slots_off ||
	    !table_sound(t, t->patches_off, t->npatches, sizeof(struct text_patch)) ||
	    !table_sound(t, t->skips_off, t->nskips, sizeof(struct text_skip)) ||
	    !table_sound(t, t->pages_off, t->npages, sizeof(struct text_page)) ||
	    !table_sound(t, t->segments_off, t->nsegments,
	    sizeof(struct text_segment)))
		return false;
	for (i = 0; i < t->npatches; i++)
		if (!patch_sound(t, &text_patches(t)[i]))
			return false;
	for (i = 0; i < t->nsegments; i++)
		if (!segment_sound(t, &text_segments(t)[i]))
			return false;
	pg = (const void *)((const char *)t + t->pages_off);
	for (i = 0; i < t->npages; i++)
		if (pg[i].addr % PAGE != 0 || pg[i].off % PAGE != 0 ||
		    pg[i].len > PAGE || pg[i].off > t->bytes ||
		    pg[i].len > t->bytes - pg[i].off)
			return false;
	return true;
}
