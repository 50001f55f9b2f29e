/* SPDX-License-Identifier: ISC */
/*
 * Reads /proc/self/mountinfo:
 *	ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS [TAG...] - TYPE SOURCE SUPEROPTIONS
 * with blanks in names written as octal escapes.
 */
#include <asm/fcntl.h>
#include <linux/fcntl.h>

#include "freebsd.h"
#include "mount.h"

long
mount_open(struct mount_reader *r, struct thread_block *t)
{
	static const char path[] = "/proc/self/mountinfo";
	long fd = host_call(t, HOST_NR_openat, AT_FDCWD, (long)path,
	    O_RDONLY | O_CLOEXEC, 0, 0, 0);

	r->t = t;
	r->fd = (int)fd;
	r->pos = r->len = 0;
	return fd < 0 ? fd : 0;
}

void
mount_close(struct mount_reader *r)
{
	(void)host_call(r->t, HOST_NR_close, r->fd, 0, 0, 0, 0, 0);
}

/* The next byte, or -1. */
static int
next_byte(struct mount_reader *r)
{
	if (r->pos == r->len) {
		long n = host_call(r->t, HOST_NR_read, r->fd, (long)r->buf,
		    sizeof(r->buf), 0, 0, 0);
		if (n <= 0)
			return -1;
		r->pos = 0;
		r->len = (uint32_t)n;
	}
	return (unsigned char)r->buf[r->pos++];
}

/* One field into dst, cut when it is too long.  Answers the byte that ended it. */
static int
next_field(struct mount_reader *r, char *dst, size_t n)
{
	size_t i = 0;
	int b;

	while ((b = next_byte(r)) != ' ' && b != '\n' && b != -1) {
		if (b == '\\') {
			b = 0;
			for (int k = 0; k < 3; k++)
				b = b * 8 + (next_byte(r) - '0');
		}
		if (i + 1 < n)
			dst[i++] = (char)b;
	}
	dst[i] = '\0';
	return b;
}

long
mount_next(struct mount_reader *r, struct mount_line *m)
{
	char word[32];
	int end = next_field(r, word, sizeof(word));

	if (end != ' ')
		return 0;
	m->id = 0;
	for (const char *p = word; *p >= '0' && *p <= '9'; p++)
		m->id = m->id * 10 + (uint64_t)(*p - '0');
	for (int i = 0; i < 3 && end == ' '; i++)
		end = next_field(r, word, sizeof(word));
	if (end == ' ')
		end = next_field(r, m->on, sizeof(m->on));
	do {
		if (end != ' ')
			return 0;
		end = next_field(r, word, sizeof(word));
	} while (word[0] != '-' || word[1] != '\0');
	end = next_field(r, m->type, sizeof(m->type));
	if (end == ' ')
		end = next_field(r, m->from, sizeof(m->from));
	while (end == ' ')
		end = next_field(r, word, sizeof(word));
	return 1;
}
