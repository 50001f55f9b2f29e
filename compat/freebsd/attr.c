/* SPDX-License-Identifier: ISC */
/* Modes, owners, times, flags of files; what a path can do. */
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <asm/fcntl.h>

#include "freebsd.h"
#include "hostdef.h"
#include "path.h"
#include "stat.h"

#define HOST_UTIME_NOW	((1l << 30) - 1l)
#define HOST_UTIME_OMIT	((1l << 30) - 2l)

PASS(access, access)
PASS(chown, chown)
PASS(fchown, fchown)
PASS(lchown, lchown)
PASS(utimes, utimes)
PASS(futimesat, futimesat)

static long
access_at(struct call *c, int dirfd, uint64_t path, uint32_t mode, long flags)
{
	if (flags < 0)
		return flags;
	if (flags == 0)
		return HOST(c, faccessat, dirfd, path, mode);
	return HOST(c, faccessat2, dirfd, path, mode, flags);
}

CALL(eaccess)
{
	return access_at(c, AT_FDCWD, c->arg[0], (uint32_t)c->arg[1], AT_EACCESS);
}

CALL(faccessat)
{
	return access_at(c, arg_int(c, 0), c->arg[1], (uint32_t)c->arg[2],
	    at_flags_to_host((uint32_t)c->arg[3], FREEBSD_AT_EACCESS |
	    FREEBSD_AT_SYMLINK_NOFOLLOW | FREEBSD_AT_EMPTY_PATH |
	    FREEBSD_AT_RESOLVE_BENEATH));
}

/* Only the superuser makes a plain file sticky. */
static long
sticky_check(struct call *c, int dirfd, uint64_t path, uint32_t mode, uint32_t flags)
{
	struct statx x;

	if ((mode & S_ISVTX) == 0 || HOST(c, geteuid, 0) == 0)
		return 0;
	if (HOST(c, statx, dirfd, path, flags, STATX_TYPE, &x) < 0)
		return 0;	/* the call itself will say why */
	return (x.stx_mode & S_IFMT) == S_IFDIR ? 0 : 1;
}

static long
chmod_at(struct call *c, int dirfd, uint64_t path, uint32_t mode, long flags)
{
	char link[32];

	if (flags < 0)
		return flags;
	if (mode & ~07777u)
		mode &= 07777;
	if (sticky_check(c, dirfd, path, mode, (uint32_t)flags))
		return FREEBSD_ONLY(FREEBSD_EFTYPE);
	if (flags == 0)
		return HOST(c, fchmodat, dirfd, path, mode);
	long ret = HOST(c, fchmodat2, dirfd, path, mode, flags);
	if (ret != -ENOSYS)
		return ret;
	/* Hosts before 6.6: by way of the descriptor's link, which refuses symbolic links. */
	uint32_t nofollow = (flags & AT_SYMLINK_NOFOLLOW) ? O_NOFOLLOW : 0;
	long fd = HOST(c, openat, dirfd, path, O_PATH | O_CLOEXEC | nofollow);
	if (fd < 0)
		return fd;
	path_fd_link(link, (int)fd);
	ret = HOST(c, fchmodat, AT_FDCWD, link, mode);
	HOST(c, close, fd);
	return ret;
}

CALL(chmod)
{
	return chmod_at(c, AT_FDCWD, c->arg[0], (uint32_t)c->arg[1], 0);
}

CALL(lchmod)
{
	return chmod_at(c, AT_FDCWD, c->arg[0], (uint32_t)c->arg[1],
	    AT_SYMLINK_NOFOLLOW);
}

CALL(fchmod)
{
	static const char empty[] = "";
	uint32_t mode = (uint32_t)c->arg[1] & 07777;

	if (sticky_check(c, arg_int(c, 0), (uint64_t)(uintptr_t)empty, mode,
	    AT_EMPTY_PATH))
		return FREEBSD_ONLY(FREEBSD_EFTYPE);
	return HOST(c, fchmod, c->arg[0], mode);
}

CALL(fchmodat)
{
	return chmod_at(c, arg_int(c, 0), c->arg[1], (uint32_t)c->arg[2],
	    at_flags_to_host((uint32_t)c->arg[3], FREEBSD_AT_SYMLINK_NOFOLLOW |
	    FREEBSD_AT_EMPTY_PATH | FREEBSD_AT_RESOLVE_BENEATH));
}

CALL(fchownat)
{
	long flags = at_flags_to_host((uint32_t)c->arg[4],
	    FREEBSD_AT_SYMLINK_NOFOLLOW | FREEBSD_AT_EMPTY_PATH |
	    FREEBSD_AT_RESOLVE_BENEATH);

	if (flags < 0)
		return flags;
	return HOST(c, fchownat, c->arg[0], c->arg[1], c->arg[2], c->arg[3], flags);
}

static int
times_from_timeval(struct host_timespec ts[2], gaddr times)
{
	struct host_timeval tv[2];

	if (copyin(tv, times, sizeof(tv)) < 0)
		return -EFAULT;
	for (int i = 0; i < 2; i++) {
		if (tv[i].usec < 0 || tv[i].usec >= 1000000)
			return -EINVAL;
		ts[i] = (struct host_timespec){ tv[i].sec, tv[i].usec * 1000 };
	}
	return 0;
}

/* UTIME_NOW and UTIME_OMIT have other values here. */
static int
times_from_timespec(struct host_timespec ts[2], gaddr times)
{
	if (copyin(ts, times, 2 * sizeof(ts[0])) < 0)
		return -EFAULT;
	for (int i = 0; i < 2; i++) {
		if (ts[i].nsec == FREEBSD_UTIME_NOW)
			ts[i].nsec = HOST_UTIME_NOW;
		else if (ts[i].nsec == FREEBSD_UTIME_OMIT)
			ts[i].nsec = HOST_UTIME_OMIT;
		else if (ts[i].nsec < 0 || ts[i].nsec >= 1000000000)
			return -EINVAL;
	}
	return 0;
}

CALL(lutimes)
{
	struct host_timespec ts[2];
	int error = c->arg[1] ? times_from_timeval(ts, arg_ptr(c, 1)) : 0;

	if (error < 0)
		return error;
	return HOST(c, utimensat, AT_FDCWD, c->arg[0], c->arg[1] ? ts : NULL,
	    AT_SYMLINK_NOFOLLOW);
}

CALL(futimes)
{
	struct host_timespec ts[2];
	int error = c->arg[1] ? times_from_timeval(ts, arg_ptr(c, 1)) : 0;

	if (error < 0)
		return error;
	return HOST(c, utimensat, c->arg[0], 0, c->arg[1] ? ts : NULL, 0);
}

CALL(futimens)
{
	struct host_timespec ts[2];
	int error = c->arg[1] ? times_from_timespec(ts, arg_ptr(c, 1)) : 0;

	if (error < 0)
		return error;
	return HOST(c, utimensat, c->arg[0], 0, c->arg[1] ? ts : NULL, 0);
}

CALL(utimensat)
{
	struct host_timespec ts[2];
	long flags = at_flags_to_host((uint32_t)c->arg[3],
	    FREEBSD_AT_SYMLINK_NOFOLLOW | FREEBSD_AT_EMPTY_PATH |
	    FREEBSD_AT_RESOLVE_BENEATH);
	int error = c->arg[2] ? times_from_timespec(ts, arg_ptr(c, 2)) : 0;

	if (flags < 0)
		return flags;
	if (error < 0)
		return error;
	if (c->arg[1] == 0)
		return -EFAULT;
	return HOST(c, utimensat, c->arg[0], c->arg[1], c->arg[2] ? ts : NULL,
	    flags);
}

/* The host's file flags belong to single file systems: what cannot be set is refused; asking for
 * the state that is there is the one change that can be made. */
static long
chflags_at(struct call *c, int dirfd, uint64_t path, uint64_t want, long flags)
{
	const uint64_t shown = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND |
	    STATX_ATTR_NODUMP;
	struct statx x;

	if (flags < 0)
		return flags;
	long ret = HOST(c, statx, dirfd, path, flags, STATX_TYPE, &x);
	if (ret < 0)
		return ret;
	return want == 0 && (x.stx_attributes & shown) == 0 ? 0 : -EOPNOTSUPP;
}

CALL(chflags)
{
	return chflags_at(c, AT_FDCWD, c->arg[0], c->arg[1], 0);
}

CALL(lchflags)
{
	return chflags_at(c, AT_FDCWD, c->arg[0], c->arg[1], AT_SYMLINK_NOFOLLOW);
}

CALL(fchflags)
{
	static const char empty[] = "";

	return chflags_at(c, arg_int(c, 0), (uint64_t)(uintptr_t)empty,
	    c->arg[1], AT_EMPTY_PATH);
}

CALL(chflagsat)
{
	return chflags_at(c, arg_int(c, 0), c->arg[1], c->arg[2],
	    at_flags_to_host((uint32_t)c->arg[3], FREEBSD_AT_SYMLINK_NOFOLLOW |
	    FREEBSD_AT_EMPTY_PATH | FREEBSD_AT_RESOLVE_BENEATH));
}

/* What pathconf answers: the host's file systems do not matter. */
static const struct {
	int32_t name, value;
} path_values[] = {
	{ FREEBSD__PC_LINK_MAX, 65000 },
	{ FREEBSD__PC_MAX_CANON, 255 },
	{ FREEBSD__PC_MAX_INPUT, 255 },
	{ FREEBSD__PC_NAME_MAX, 255 },
	{ FREEBSD__PC_PATH_MAX, 1024 },
	{ FREEBSD__PC_PIPE_BUF, 512 },
	{ FREEBSD__PC_CHOWN_RESTRICTED, 1 },
	{ FREEBSD__PC_NO_TRUNC, 1 },
	{ FREEBSD__PC_VDISABLE, 255 },
	{ FREEBSD__PC_ALLOC_SIZE_MIN, 4096 },
	{ FREEBSD__PC_FILESIZEBITS, 64 },
	{ FREEBSD__PC_REC_INCR_XFER_SIZE, 4096 },
	{ FREEBSD__PC_REC_MIN_XFER_SIZE, 4096 },
	{ FREEBSD__PC_REC_XFER_ALIGN, 4096 },
	{ FREEBSD__PC_SYMLINK_MAX, 1024 },
	{ FREEBSD__PC_MIN_HOLE_SIZE, 4096 },
	{ FREEBSD__PC_SYNC_IO, 1 },
	{ FREEBSD__PC_ACL_EXTENDED, 0 },
	{ FREEBSD__PC_ACL_PATH_MAX, 3 },
	{ FREEBSD__PC_CAP_PRESENT, 0 },
	{ FREEBSD__PC_INF_PRESENT, 0 },
	{ FREEBSD__PC_MAC_PRESENT, 0 },
	{ FREEBSD__PC_ACL_NFS4, 0 },
};

static long
path_value(struct call *c, int dirfd, uint64_t path, long flags)
{
	struct statx x;
	long ret = HOST(c, statx, dirfd, path, flags, STATX_TYPE, &x);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < COUNT(path_values); i++)
		if (path_values[i].name == arg_int(c, 1))
			return path_values[i].value;
	return -EINVAL;
}

CALL(pathconf)
{
	return path_value(c, AT_FDCWD, c->arg[0], 0);
}

CALL(lpathconf)
{
	return path_value(c, AT_FDCWD, c->arg[0], AT_SYMLINK_NOFOLLOW);
}

CALL(fpathconf)
{
	static const char empty[] = "";

	return path_value(c, arg_int(c, 0), (uint64_t)(uintptr_t)empty,
	    AT_EMPTY_PATH);
}
