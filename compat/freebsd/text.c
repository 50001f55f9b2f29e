/* SPDX-License-Identifier: ISC */
#include <asm/fcntl.h>
#include <linux/fcntl.h>

#include "freebsd.h"
#include "text.h"

long
text_open(struct text_reader *r, struct thread_block *t, const char *path)
{
	long fd = host_call(t, HOST_NR_openat, AT_FDCWD, (long)path,
	    O_RDONLY | O_CLOEXEC, 0, 0, 0);

	r->t = t;
	r->fd = (int)fd;
	r->pos = r->len = 0;
	return fd < 0 ? fd : 0;
}

void
text_close(struct text_reader *r)
{
	(void)host_call(r->t, HOST_NR_close, r->fd, 0, 0, 0, 0, 0);
}

int
text_byte(struct text_reader *r)
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

/* A field that begins with b. */
static int
field_from(struct text_reader *r, int b, char *dst, size_t n)
{
	size_t i = 0;

	for (; b != ' ' && b != '\t' && b != '\n' && b != -1; b = text_byte(r)) {
		if (b == '\\') {
			b = 0;
			for (int k = 0; k < 3; k++)
				b = b * 8 + (text_byte(r) - '0');
		}
		if (i + 1 < n)
			dst[i++] = (char)b;
	}
	dst[i] = '\0';
	return b;
}

int
text_field(struct text_reader *r, char *dst, size_t n)
{
	return field_from(r, text_byte(r), dst, n);
}

int
text_word(struct text_reader *r, char *dst, size_t n)
{
	int b;

	do
		b = text_byte(r);
	while (b == ' ' || b == '\t');
	return field_from(r, b, dst, n);
}
