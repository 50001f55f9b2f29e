/* SPDX-License-Identifier: ISC */
/*
 * The guest's own view of its mappings: /proc/self/maps and its kind without what is the layer's.  The
 * stub table stays, as a row without a name.  The file is replaced by a snapshot as of its opening.
 */
#include <linux/fcntl.h>
#include <linux/memfd.h>

#include "freestanding.h"
#include "host.h"
#include "layer.h"
#include "maps_text.h"

#define CHUNK 4096
#define LINE_ROOM 4608


struct filter {
	struct thread_block *t;
	long in, out;
	size_t have, at, line;
	bool hide;		/* the record that a header line began is ours */
	struct maps_image seen;
	char buf[CHUNK];
	char text[LINE_ROOM];
};

static bool
ends_with(const char *s, size_t n, const char *tail)
{
	size_t k = strlen(tail);

	return n >= k && memcmp(s + n - k, tail, k) == 0;
}

/* Is path the maps or smaps of this process (of any of its threads)? */
static bool
is_own_maps(struct thread_block *t, const char *path, size_t n)
{
	char self[16];
	long k = HOST3(t, HOST_NR_readlink, "/proc/self", self, sizeof(self));

	if (k <= 0 || k >= (long)sizeof(self) || n < 7 + (size_t)k)
		return false;
	if (memcmp(path, "/proc/", 6) != 0 ||
	    memcmp(path + 6, self, (size_t)k) != 0 || path[6 + k] != '/')
		return false;
	return ends_with(path, n, "/maps") || ends_with(path, n, "/smaps") ||
	    ends_with(path, n, "/numa_maps");
}

static bool
hex(const char **p, const char *end, uint64_t *v)
{
	const char *s = *p;

	for (*v = 0; s < end; s++) {
		if (*s >= '0' && *s <= '9')
			*v = *v << 4 | (uint64_t)(*s - '0');
		else if (*s >= 'a' && *s <= 'f')
			*v = *v << 4 | (uint64_t)(*s - 'a' + 10);
		else
			break;
	}
	if (s == *p)
		return false;
	*p = s;
	return true;
}

static bool
is_stub_row(const struct mm_block *mm, uint64_t from)
{
	for (uint32_t i = 0; i < mm->nstubs; i++)
		if (mm->stubs[i] == from)
			return true;
	return false;
}

static bool
is_vdso_row(const struct filter *f)
{
	return ends_with(f->text, f->line, "[vdso]\n") ||
	    ends_with(f->text, f->line, "[vvar]\n") ||
	    ends_with(f->text, f->line, "[vvar_vclock]\n");
}

static void
line_out(struct filter *f)
{
	const struct mm_block *mm = f->t->mm;
	const char *p = f->text, *end = f->text + f->line;
	uint64_t from, to;
	bool mapping;

	mapping = hex(&p, end, &from) && p < end && *p == '-' &&
	    (p++, hex(&p, end, &to));
	if (mapping) {
		f->hide = arena_overlaps(mm, from, to - from) ||
		    maps_slots(mm, from) ||
		    (mm->personality != PERSONALITY_LINUX && is_vdso_row(f));
		if (is_stub_row(mm, from) && f->line > 26) {
			static const char none[] = " 00000000 00:00 0 \n";
			size_t head = (size_t)(p - f->text) + 5;

			memcpy(f->text + head, none, sizeof(none) - 1);
			f->line = head + sizeof(none) - 1;
		}
	}
	if (!f->hide && mapping)
		f->line = maps_text(mm, f->text, f->line, LINE_ROOM, from,
		    &f->seen);
	if (!f->hide)
		HOST3(f->t, HOST_NR_write, f->out, f->text, f->line);
	f->line = 0;
}

static void
copy_lines(struct filter *f)
{
	long n;

	while ((n = HOST3(f->t, HOST_NR_read, f->in, f->buf, CHUNK)) > 0)
		for (long i = 0; i < n; i++) {
			if (f->line < LINE_ROOM)
				f->text[f->line++] = f->buf[i];
			if (f->buf[i] == '\n')
				line_out(f);
		}
}

/* fd has just been opened by the guest, for reading; path is what it named. Answers fd. */
long
maps_filter(struct thread_block *t, long fd, const char *path)
{
	char link[32] = "/proc/self/fd/", real[64], digits[12];
	size_t n = strlen(link), i = 0, plen = strlen(path);
	struct filter f = { .t = t, .in = fd };
	long k;

	if (!ends_with(path, plen, "maps"))
		return fd;
	for (long v = fd; i == 0 || v != 0; v /= 10)
		digits[i++] = (char)('0' + v % 10);
	while (i > 0)
		link[n++] = digits[--i];
	k = HOST3(t, HOST_NR_readlink, link, real, sizeof(real));
	if (k <= 0 || k >= (long)sizeof(real) || !is_own_maps(t, real, (size_t)k))
		return fd;
	f.out = HOST2(t, HOST_NR_memfd_create, "maps", MFD_CLOEXEC);
	if (f.out < 0)
		return fd;
	copy_lines(&f);
	HOST3(t, HOST_NR_lseek, f.out, 0, 0);
	k = HOST3(t, HOST_NR_fcntl, fd, F_GETFD, 0);
	HOST3(t, HOST_NR_dup3, f.out, fd, (k & 1) != 0 ? O_CLOEXEC : 0);
	HOST1(t, HOST_NR_close, f.out);
	return fd;
}
