/* SPDX-License-Identifier: ISC */
/*
 * The stat family.  statx gives the birth time; a file system without one shows -1 there, as the
 * FreeBSD kernel does.
 */
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "freebsd.h"
#include "hostdef.h"
#include "stat.h"

static struct freebsd_timespec
stamp(const struct statx_timestamp *s)
{
	return (struct freebsd_timespec){ s->tv_sec, s->tv_nsec };
}

/* Field by field: a compiler clears a whole structure before it fills it, which costs as much again. */
static inline void
stat_convert(struct freebsd_stat *st, const struct statx *x)
{
	st->st_dev = freebsd_makedev(x->stx_dev_major, x->stx_dev_minor);
	st->st_ino = x->stx_ino;
	st->st_nlink = x->stx_nlink;
	st->st_mode = x->stx_mode;
	st->st_padding0 = 0;
	st->st_uid = x->stx_uid;
	st->st_gid = x->stx_gid;
	st->st_padding1 = 0;
	st->st_rdev = freebsd_makedev(x->stx_rdev_major, x->stx_rdev_minor);
	st->st_atim = stamp(&x->stx_atime);
	st->st_mtim = stamp(&x->stx_mtime);
	st->st_ctim = stamp(&x->stx_ctime);
	st->st_birthtim = (x->stx_mask & STATX_BTIME) ? stamp(&x->stx_btime) :
	    (struct freebsd_timespec){ -1, 0 };
	st->st_size = (int64_t)x->stx_size;
	st->st_blocks = (int64_t)x->stx_blocks;
	st->st_blksize = (int32_t)x->stx_blksize;
	st->st_flags = 0;
	if (x->stx_attributes & STATX_ATTR_IMMUTABLE)
		st->st_flags |= FREEBSD_UF_IMMUTABLE;
	if (x->stx_attributes & STATX_ATTR_APPEND)
		st->st_flags |= FREEBSD_UF_APPEND;
	if (x->stx_attributes & STATX_ATTR_NODUMP)
		st->st_flags |= FREEBSD_UF_NODUMP;
	st->st_gen = 0;
	memset(st->st_spare, 0, sizeof(st->st_spare));
}

static long
stat_get(struct call *c, int dirfd, uint64_t path, uint32_t flags, struct freebsd_stat *st)
{
	struct statx x;
	long ret = HOST(c, statx, dirfd, path, flags,
	    STATX_BASIC_STATS | STATX_BTIME, &x);

	if (ret == 0)
		stat_convert(st, &x);
	return ret;
}

static long
stat_fd(struct call *c, int fd, struct freebsd_stat *st)
{
	static const char empty[] = "";
	long ret;

	if (fd < 0)
		return -EBADF;
	/* Kernels since 6.11 look at no string: a tenth of the call. */
	ret = stat_get(c, fd, 0, AT_EMPTY_PATH, st);
	if (ret == -EFAULT)
		ret = stat_get(c, fd, (uint64_t)(uintptr_t)empty,
		    AT_EMPTY_PATH, st);
	return ret;
}

static long
stat_at(struct call *c, struct freebsd_stat *st, long flags)
{
	if (flags < 0)
		return flags;
	return stat_get(c, arg_int(c, 0), c->arg[1], (uint32_t)flags, st);
}

static long
stat_out(gaddr dst, const struct freebsd_stat *st, long ret)
{
	return ret < 0 ? ret : copyout(dst, st, sizeof(*st));
}

static long
stat_out11(gaddr dst, const struct freebsd_stat *st, long ret)
{
	if (ret < 0)
		return ret;
	struct freebsd11_stat old = {
		.st_dev = (uint32_t)st->st_dev,
		.st_ino = (uint32_t)st->st_ino,
		.st_mode = st->st_mode,
		.st_nlink = (uint16_t)(st->st_nlink > 0xffff ? 0xffff : st->st_nlink),
		.st_uid = st->st_uid,
		.st_gid = st->st_gid,
		.st_rdev = (uint32_t)st->st_rdev,
		.st_atim = st->st_atim,
		.st_mtim = st->st_mtim,
		.st_ctim = st->st_ctim,
		.st_size = st->st_size,
		.st_blocks = st->st_blocks,
		.st_blksize = st->st_blksize,
		.st_flags = st->st_flags,
		.st_birthtim = st->st_birthtim,
	};

	return copyout(dst, &old, sizeof(old));
}

#define STAT_AT (FREEBSD_AT_SYMLINK_NOFOLLOW | FREEBSD_AT_EMPTY_PATH | \
    FREEBSD_AT_RESOLVE_BENEATH)

CALL(fstat)
{
	struct freebsd_stat st;

	return stat_out(arg_ptr(c, 1), &st, stat_fd(c, arg_int(c, 0), &st));
}

CALL(fstatat)
{
	struct freebsd_stat st;
	long flags = at_flags_to_host((uint32_t)c->arg[3], STAT_AT);

	return stat_out(arg_ptr(c, 2), &st, stat_at(c, &st, flags));
}

CALL(freebsd11_fstat)
{
	struct freebsd_stat st;

	return stat_out11(arg_ptr(c, 1), &st, stat_fd(c, arg_int(c, 0), &st));
}

CALL(freebsd11_fstatat)
{
	struct freebsd_stat st;
	long flags = at_flags_to_host((uint32_t)c->arg[3], STAT_AT);

	return stat_out11(arg_ptr(c, 2), &st, stat_at(c, &st, flags));
}

CALL(freebsd11_stat)
{
	struct freebsd_stat st;

	return stat_out11(arg_ptr(c, 1), &st,
	    stat_get(c, AT_FDCWD, c->arg[0], 0, &st));
}

CALL(freebsd11_lstat)
{
	struct freebsd_stat st;

	return stat_out11(arg_ptr(c, 1), &st,
	    stat_get(c, AT_FDCWD, c->arg[0], AT_SYMLINK_NOFOLLOW, &st));
}
