/* SPDX-License-Identifier: ISC */
/* Text entries are made again in memory, from the files that they are for, and compared byte by byte. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache_entry.h"
#include "sites/sites.h"

/* The entry, mapped; NULL where it is not there or not ours. */
static const uint8_t *
entry_map(int texts, const char *name, size_t *size)
{
	struct stat st;
	void *map = MAP_FAILED;
	int fd;

	fd = openat(texts, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & 022) == 0 &&
	    st.st_size >= (off_t)sizeof(struct text)) {
		*size = (size_t)st.st_size;
		map = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	close(fd);
	return map == MAP_FAILED ? NULL : map;
}

static bool
same_bytes(const uint8_t *entry, size_t size, const struct text_pieces *tp)
{
	size_t at = 0;
	int i;

	for (i = 0; i < tp->n; i++) {
		if (tp->v[i].iov_len > size - at || memcmp(entry + at,
		    tp->v[i].iov_base, tp->v[i].iov_len) != 0)
			return false;
		at += tp->v[i].iov_len;
	}
	return at == size;
}

static const char *
compare(const uint8_t *entry, size_t size, const char *path)
{
	static struct image_file f;
	static struct elf_info e;
	struct text_choice choice;
	struct text_pieces tp;
	struct problem p;
	struct text head, *t = NULL;
	const char *wrong = "cannot be made again";

	memcpy(&head, entry, sizeof(head));
	choice.mode = (enum text_mode)head.mode;
	choice.seed = head.seed;
	if (head.magic != MAGIC_TEXT || head.mode >= TEXT_OFF)
		return "is damaged";
	if (file_map(&f, path, &p) != 0)
		return wrong;
	if (elf_read(f.data, f.size, &e, &p) == 0)
		t = text_make(&f, &e, &choice, &p);
	if (t != NULL && text_pieces_make(t, &f, head.flags, &tp) == 0) {
		wrong = same_bytes(entry, size, &tp) ? NULL :
		    "differs from what would be made now";
		text_pieces_free(&tp);
	}
	free(t);
	file_unmap(&f);
	return wrong;
}

void
cached_verify(struct cached *c, int texts)
{
	const struct plan *p = c->plan;
	const struct plan_image *im = (const void *)((const char *)p +
	    p->images_off);
	const struct plan_file *file = (const void *)((const char *)p +
	    p->files_off);
	const char *wrong, *path;
	const uint8_t *entry;
	size_t n = 0, size;
	uint32_t i;

	for (i = 0; i < p->nimages; i++) {
		if (im[i].text == PLAN_NONE)
			continue;
		path = plan_string(p, file[im[i].file].path);
		entry = entry_map(texts, c->text[n], &size);
		wrong = entry == NULL ? "is missing" : compare(entry, size, path);
		if (entry != NULL)
			munmap((void *)(uintptr_t)entry, size);
		if (wrong != NULL)
			snprintf(c->wrong, sizeof(c->wrong),
			    "text %.40s %s: %.300s", c->text[n], wrong, path);
		n++;
	}
}
