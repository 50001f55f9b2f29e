/* SPDX-License-Identifier: ISC */
/* A text file of the host's /proc, field by field. */
#ifndef VENEER_FREEBSD_TEXT_H
#define VENEER_FREEBSD_TEXT_H

#include "layer.h"

struct text_reader {
	struct thread_block *t;
	int fd;
	uint32_t pos, len;
	char buf[1024];
};

long text_open(struct text_reader *r, struct thread_block *t, const char *path);
void text_close(struct text_reader *r);
/* The next byte, or -1. */
int text_byte(struct text_reader *r);
/* One field into dst, cut when it is too long; octal escapes become their byte.  Answers the blank, tab or
 * newline that ended it, or -1. */
int text_field(struct text_reader *r, char *dst, size_t n);
/* The same, but blanks and tabs before it are skipped. */
int text_word(struct text_reader *r, char *dst, size_t n);

#endif
