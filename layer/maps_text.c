/* SPDX-License-Identifier: ISC */
/*
 * Rewritten images in the guest's view of its mappings: slots are not there, and text that is mapped from an
 * entry of the cache is what it stands for, the file's.
 */
#include "freestanding.h"
#include "maps_text.h"
#include "text.h"

#define PATH_COLUMN 73	/* where the kernel's rows have it */

static const struct text_region *
region_of(const struct mm_block *mm, uint64_t addr)
{
	const struct text_block *b = mm->texts;

	for (uint32_t i = 0; b != NULL && i < b->nregions; i++)
		if (b->region[i].slots_len != 0 && b->region[i].entry != 0 &&
		    addr >= b->region[i].low && addr < b->region[i].end)
			return &b->region[i];
	return NULL;
}

bool
maps_slots(const struct mm_block *mm, uint64_t from)
{
	const struct text_region *r = region_of(mm, from);

	return r != NULL && from < r->base;
}

struct row {
	char *b;
	size_t n, room;
};

static void
put(struct row *r, const char *s, size_t n)
{
	for (; n > 0 && r->n < r->room; n--)
		r->b[r->n++] = *s++;
}

static void
put_number(struct row *r, uint64_t v, unsigned base, int least)
{
	char d[24];
	int n = 0;

	do
		d[n++] = "0123456789abcdef"[v % base];
	while ((v /= base) != 0 || n < least);
	while (n > 0)
		put(r, &d[--n], 1);
}

/* The path of a row, with its end of line. */
static const char *
path_of(const char *line, size_t n, size_t *len)
{
	for (size_t i = 0; i < n; i++)
		if (line[i] == '/') {
			*len = n - i;
			return line + i;
		}
	*len = 0;
	return NULL;
}

/* Where in its own file the page lies. */
static uint64_t
file_offset(const struct text_region *r, uint64_t from)
{
	const struct text *e = (const void *)r->entry;
	const struct text_segment *s = text_segments(e);

	for (uint32_t i = 0; i < e->nsegments; i++)
		if (from - (r->bias + s[i].addr) < TEXT_UP(s[i].len))
			return s[i].off + (from - (r->bias + s[i].addr));
	return 0;
}

static bool
is_entry(const struct text *e, const char *path, size_t len)
{
	char name[TEXT_NAME_LEN + 1];

	text_name(name, e->key);
	return len > TEXT_NAME_LEN && memcmp(path + len - 1 - TEXT_NAME_LEN,
	    name, TEXT_NAME_LEN) == 0;
}

size_t
maps_text(const struct mm_block *mm, char *line, size_t n, size_t room,
    uint64_t from, struct maps_image *seen)
{
	const struct text_region *r = region_of(mm, from);
	const struct text *e;
	const char *path;
	struct row row = { line, 0, room };
	size_t len, i;

	path = path_of(line, n, &len);
	if (r == NULL || path == NULL)
		return n;
	e = (const void *)r->entry;
	if (!is_entry(e, path, len)) {
		seen->base = r->base;
		seen->n = len < sizeof(seen->path) ? len : 0;
		memcpy(seen->path, path, seen->n);
		return n;
	}
	for (i = 0; i < n && line[i] != ' '; i++)
		;
	row.n = i + 6;		/* behind addresses and protection */
	put_number(&row, file_offset(r, from), 16, 8);
	put(&row, " ", 1);
	put_number(&row, (e->dev >> 8 & 0xfff), 16, 2);
	put(&row, ":", 1);
	put_number(&row, (e->dev & 0xff) | (e->dev >> 12 & 0xfff00), 16, 2);
	put(&row, " ", 1);
	put_number(&row, e->ino, 10, 1);
	put(&row, " ", 1);
	while (row.n < PATH_COLUMN)
		put(&row, " ", 1);
	if (seen->base == r->base && seen->n > 0)
		put(&row, seen->path, seen->n);
	else {
		if (r->bias == mm->exe_base && mm->exe_path != 0)
			put(&row, (const char *)mm->exe_path,
			    strlen((const char *)mm->exe_path));
		put(&row, "\n", 1);
	}
	return row.n;
}
