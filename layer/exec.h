/* SPDX-License-Identifier: ISC */
/* Between exec.c and exec_check.c. */
#ifndef VENEER_EXEC_H
#define VENEER_EXEC_H

#include <asm/stat.h>

#include "layer.h"

/* Whose program it is, as its note or header says: the layer's name, and the least version that fits. */
struct exec_brand {
	const char *name;	/* NULL: not told */
	uint32_t version;
};

/* 0, or the error of an execve of this file; head: its first n bytes, an ELF header at least. */
long exec_check(struct thread_block *t, long fd, const struct stat *st, const char *head, size_t n,
    const struct exec_brand *brand);

#endif
