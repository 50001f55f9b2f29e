/* SPDX-License-Identifier: ISC */
/* Between the files of compat/native. Handlers are named by the table: native_<row>. */
#ifndef VENEER_NATIVE_H
#define VENEER_NATIVE_H

#include "linux.h"
#include "native_nr.h"


call_fn native_pass, native_nosys;

/* version.c: the version whose structures and effects the program has. */
uint32_t native_version(const struct mm_block *mm);
long link_whole(struct call *c, int dirfd, uint64_t path, uint64_t buf, uint64_t size);

#endif
