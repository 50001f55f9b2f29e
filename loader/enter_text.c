/* SPDX-License-Identifier: ISC */
/*
 * Rewritten text: what a text entry says is used, or the entry is void as a whole.
 *
 * Header and tables of the entry are mapped into the arena, where the layer finds them later.  Then the
 * pages that its patches touch are hashed in the program's file where that can change in
 * place while its times stay.  Slots and patched segments are mapped from the entry; where it has no
 * copies, private pages of the file are patched before they become executable.
 */
#include <asm/errno.h>
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/mman.h>

#include "cache.h"
#include "enter.h"
#include "host.h"
#include "page_hash.h"
#include "range.h"
#include "text.h"
#include "text_check.h"

#define ENTRY_OTHERS_WRITE 0022
#define TABLES_MAX (1ul << 22)
#define POPULATE_MAX (1ul << 16)	/* what one fault would bring, too */

static bool
failed(long ret)
{
	return ret < 0 && ret >= -4095;
}

/* Pages of the file are those that the entry was made of; each is read into the buffer. */
static bool
pages_compare(const struct text *e, long file, long buffer)
{
	const struct text_page *g = text_pages(e);
	uint32_t i;

	for (i = 0; i < e->npages; i++)
		if (host4(HOST_NR_pread64, file, buffer, g[i].len,
		    (long)g[i].off) != (long)g[i].len ||
		    page_hash((const void *)buffer, g[i].len, 0) != g[i].hash)
			return false;
	return true;
}

/* By a page that the body will use: it is there already. */
static bool
pages_same(const struct enter *e, const struct text *t, long file)
{
	void *buffer = (void *)(e->start.arena + ARENA_POOL);
	bool same = pages_compare(t, file, (long)buffer);

	memset(buffer, 0, PAGE);
	return same;
}

static bool
same_identity(const struct text *e, const struct plan_file *pf)
{
	return e->dev == pf->dev && e->ino == pf->ino && e->bytes == pf->bytes &&
	    e->mtime_sec == pf->mtime_sec && e->mtime_nsec == pf->mtime_nsec &&
	    e->ctime_nsec == pf->ctime_nsec;
}

/* Every map that is to be a copy has one. */
static bool
copies_there(const struct enter *e, const struct plan_image *im,
    const struct text *t)
{
	uint32_t i;

	for (i = 0; i < im->nmaps; i++)
		if (e->map[im->first_map + i].text_off != 0 &&
		    text_copy(t, &e->map[im->first_map + i]) == NULL)
			return false;
	return true;
}

/* The entry's descriptor and size; a file counts when it is ours and nobody else can write it. */
static long
entry_open(const struct enter *e, const struct plan_image *im, uint64_t *bytes)
{
	struct stat st;
	long fd = (long)im->text_fd;

	if (im->text_fd == PLAN_NONE)
		fd = host3(HOST_NR_open, (long)enter_string(e,
		    e->file[im->text].path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
		    O_NONBLOCK | O_NOCTTY, 0);
	if (failed(fd))
		return -1;
	if (host3(HOST_NR_fstat, fd, (long)&st, 0) == 0 &&
	    (st.st_mode & 0170000) == 0100000 && st.st_size > 0 &&
	    (im->text_fd != PLAN_NONE || (st.st_uid == e->euid &&
	    (st.st_mode & ENTRY_OTHERS_WRITE) == 0))) {
		*bytes = (uint64_t)st.st_size;
		return fd;
	}
	host3(HOST_NR_close, fd, 0, 0);
	return -1;
}

/* Header and tables, in the arena; NULL when there is no room. */
static const struct text *
tables_map(struct enter *e, const struct plan_image *im, long fd,
    uint64_t bytes)
{
	const struct plan_image *body = &e->image[e->plan->body];
	uint64_t low = e->start.arena + body->base + body->span;
	uint64_t end = e->start.arena + e->start.arena_size;
	uint64_t at = e->texts_at, len = PAGE_UP(im->slots_off);
	int flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE;
	bool near;
	long ret;

	if (len == 0 || len > TABLES_MAX || len > bytes)
		return NULL;
	/* Right behind the body as long as there is room: one page of page tables less. */
	near = len <= at - low;
	if (near)
		at -= len;
	else {
		at = e->start.arena + ARENA_TEXT + e->texts_far;
	}
	if (at + len > end)
		return NULL;
	if (len <= POPULATE_MAX)
		flags |= MAP_POPULATE;
	ret = host6(HOST_NR_mmap, (long)at, (long)len, PROT_READ, flags, fd, 0);
	if (failed(ret))
		return NULL;
	if (near)
		e->texts_at = at;
	else
		e->texts_far += len;
	return (const struct text *)ret;
}

/* An entry that is no good is not found again. */
static void
entry_void(const struct enter *e, const struct plan_image *im)
{
	const char *path;

	if (im->text == PLAN_NONE)
		return;
	path = enter_string(e, e->file[im->text].path);
	host3(HOST_NR_unlink, (long)path, 0, 0);
	if (e->from->cached)
		enter_fail(e, path, ": does not fit the program", NULL);
}

void
text_begin(struct enter *e, uint32_t image, int file)
{
	const struct plan_image *im = &e->image[image];
	struct enter_text *t = &e->text[image];
	uint64_t bytes = 0;

	t->fd = -1;
	if (im->slots_len == 0 || (im->text == PLAN_NONE &&
	    im->text_fd == PLAN_NONE))
		return;
	t->fd = (int)entry_open(e, im, &bytes);
	if (t->fd >= 0)
		t->entry = tables_map(e, im, t->fd, bytes);
	if (t->entry != NULL && text_sound(t->entry, bytes, im) &&
	    same_identity(t->entry, &e->file[im->file]) &&
	    copies_there(e, im, t->entry) &&
	    ((t->entry->flags & TEXT_TIMES) != 0 ||
	    pages_same(e, t->entry, file)))
		return;
	entry_void(e, im);
	text_end(t);
	t->entry = NULL;
}

void
text_end(struct enter_text *t)
{
	if (t->fd >= 0)
		host3(HOST_NR_close, t->fd, 0, 0);
	t->fd = -1;
}

/* The slots' pages; a copy of them where the entry's file must not be executed. */
long
text_slots(struct enter *e, uint32_t image, uint64_t bias, int fixed)
{
	const struct plan_image *im = &e->image[image];
	const int fd = e->text[image].fd;
	const long len = (long)im->slots_len, at = (long)(bias + im->slots);
	long ret;

	if (e->text[image].entry == NULL)
		return 0;
	ret = host6(HOST_NR_mmap, at, len, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | fixed, fd, (long)im->slots_off);
	if (!failed(ret) || ret == -EEXIST)
		return ret;
	ret = host6(HOST_NR_mmap, at, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | fixed, -1, 0);
	if (failed(ret))
		return ret;
	ret = host4(HOST_NR_pread64, fd, at, len, (long)im->slots_off);
	if (ret != len)
		return failed(ret) ? ret : -EIO;
	return host3(HOST_NR_mprotect, at, len, PROT_READ | PROT_EXEC);
}

/* What the layer is told of the slots. */
void
text_told(struct enter *e, uint32_t image)
{
	const struct plan_image *im = &e->image[image];
	struct enter_text *t = &e->text[image];
	struct start *s = &e->start;
	uint32_t n = s->nsite_regions;

	if (t->entry == NULL)
		return;
	s->site_region[n] = e->bias[image] + im->slots;
	s->site_bytes[n] = im->slots_len;
	s->site_entry[n] = (uint64_t)t->entry;
	s->site_entry_len[n] = PAGE_UP(im->slots_off);
	s->nsite_regions = n + 1;
}

/* Private pages of a segment, writable and not executable, get the patches and slots that lie there. */
void
text_patch(const struct enter *e, uint32_t image, const struct plan_map *m, uint64_t bias)
{
	const struct plan_image *im = &e->image[image];
	const struct enter_text *t = &e->text[image];
	const struct text_patch *p = text_patches(t->entry);
	uint64_t lo = m->addr, hi = m->addr + m->len;
	uint32_t i;

	if (within(im->slots, im->slots_len, lo, PAGE_UP(m->len)) && host4(HOST_NR_pread64, t->fd,
	    (long)(bias + im->slots), (long)im->slots_len, (long)im->slots_off) != (long)im->slots_len)
		enter_fail(e, "cannot read the slots of a text entry", NULL);
	for (i = 0; i < t->entry->npatches; i++)
		if (p[i].addr >= lo && p[i].addr + p[i].len <= hi) {
			if (memcmp((const void *)(bias + p[i].addr), p[i].old,
			    p[i].len) != 0)
				enter_fail(e, "the program changed while it"
				    " was being started; run it again", NULL);
			memcpy((void *)(bias + p[i].addr), p[i].new, p[i].len);
		}
}
