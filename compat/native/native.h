/* SPDX-License-Identifier: ISC */
/* Between the files of compat/native. Handlers are named by the table: native_<row>. */
#ifndef VENEER_NATIVE_H
#define VENEER_NATIVE_H

#include "freestanding.h"
#include "host.h"
#include "layer.h"
#include "native_nr.h"

#define NATIVE_EPERM (-1L)
#define NATIVE_EFAULT (-14L)
#define NATIVE_EINVAL (-22L)
#define NATIVE_ENOSYS (-38L)
#define NATIVE_ENOMEM (-12L)
#define NATIVE_EAGAIN (-11L)
#define NATIVE_EINTR (-4L)
#define NATIVE_ERANGE (-34L)
#define SIGSET_BYTES 8

call_fn native_pass, native_nosys;

/* version.c: the version whose structures and effects the program has. */
uint32_t native_version(const struct mm_block *mm);
long link_whole(struct call *c, int dirfd, uint64_t path, uint64_t buf, uint64_t size);

static inline long
pass(struct call *c)
{
	return host_call_intr(c->thread, c->nr, (long)c->arg[0], (long)c->arg[1],
	    (long)c->arg[2], (long)c->arg[3], (long)c->arg[4], (long)c->arg[5]);
}

#endif
