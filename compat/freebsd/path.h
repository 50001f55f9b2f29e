/* SPDX-License-Identifier: ISC */
#ifndef VENEER_FREEBSD_PATH_H
#define VENEER_FREEBSD_PATH_H

#include "layer.h"

/* "/proc/self/fd/N" */
void path_fd_link(char dst[32], int fd);
/* The path of an open file, terminated.  Bytes without the end, -ENAMETOOLONG, or -ENOENT when it
 * has none. */
long path_of_fd(struct thread_block *t, int fd, char *dst, size_t n);
/* Decimal without an end; bytes. */
size_t put_number(char *dst, uint64_t v);

#endif
