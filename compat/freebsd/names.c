/* SPDX-License-Identifier: ISC */
/* Calls on names: links, directories, nodes, the working directory. */
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <asm/fcntl.h>

#include "freebsd.h"
#include "hostdef.h"
#include "path.h"
#include "stat.h"

#define HOST_AT_REMOVEDIR 0x200

PASS(chdir, chdir)
PASS(fchdir, fchdir)
PASS(chroot, chroot)
PASS(symlink, symlink)
PASS(symlinkat, symlinkat)
PASS(readlink, readlink)
PASS(readlinkat, readlinkat)
PASS(rename, rename)
PASS(renameat, renameat)
PASS(rmdir, rmdir)

CALL(mkdir)
{
	return HOST(c, mkdir, c->arg[0], c->arg[1] & 07777);
}

CALL(mkdirat)
{
	return HOST(c, mkdirat, c->arg[0], c->arg[1], c->arg[2] & 07777);
}

/* link() follows a symbolic link as its source, which the host's does not. */
CALL(link)
{
	return HOST(c, linkat, AT_FDCWD, c->arg[0], AT_FDCWD, c->arg[1],
	    AT_SYMLINK_FOLLOW);
}

CALL(linkat)
{
	long flags = at_flags_to_host((uint32_t)c->arg[4],
	    FREEBSD_AT_SYMLINK_FOLLOW | FREEBSD_AT_RESOLVE_BENEATH |
	    FREEBSD_AT_EMPTY_PATH);

	if (flags < 0)
		return flags;
	return HOST(c, linkat, c->arg[0], c->arg[1], c->arg[2], c->arg[3], flags);
}

/* A directory is EPERM here. */
static long
unlink_error(long ret)
{
	return ret == -EISDIR ? -EPERM : ret;
}

static long
unlink_at(struct call *c, int dirfd, uint64_t path, uint32_t flags)
{
	if (flags & ~(uint32_t)(FREEBSD_AT_REMOVEDIR | FREEBSD_AT_RESOLVE_BENEATH))
		return -EINVAL;
	if (flags & FREEBSD_AT_REMOVEDIR)
		return HOST(c, unlinkat, dirfd, path, HOST_AT_REMOVEDIR);
	return unlink_error(HOST(c, unlinkat, dirfd, path, 0));
}

CALL(unlink)
{
	return unlink_at(c, AT_FDCWD, c->arg[0], 0);
}

CALL(unlinkat)
{
	return unlink_at(c, arg_int(c, 0), c->arg[1], (uint32_t)c->arg[2]);
}

/* The name must still be that of the descriptor, unless there is none. */
CALL(funlinkat)
{
	static const char empty[] = "";
	int fd = arg_int(c, 2);
	struct statx a, b;

	if (fd != FREEBSD_FD_NONE) {
		long ret = HOST(c, statx, fd, empty, AT_EMPTY_PATH, STATX_INO, &a);
		if (ret == 0)
			ret = HOST(c, statx, c->arg[0], c->arg[1],
			    AT_SYMLINK_NOFOLLOW, STATX_INO, &b);
		if (ret < 0)
			return ret;
		if (a.stx_ino != b.stx_ino || a.stx_dev_minor != b.stx_dev_minor ||
		    a.stx_dev_major != b.stx_dev_major)
			return -EDEADLK;
	}
	return unlink_at(c, arg_int(c, 0), c->arg[1], (uint32_t)c->arg[3]);
}

/* A file system without whiteouts has nothing to bring back. */
CALL(undelete)
{
	struct statx x;
	long ret = HOST(c, statx, AT_FDCWD, c->arg[0], AT_SYMLINK_NOFOLLOW,
	    STATX_INO, &x);

	return ret < 0 ? ret : -EEXIST;
}

CALL(mkfifo)
{
	return HOST(c, mknodat, AT_FDCWD, c->arg[0],
	    (c->arg[1] & 07777) | S_IFIFO, 0);
}

CALL(mkfifoat)
{
	return HOST(c, mknodat, c->arg[0], c->arg[1],
	    (c->arg[2] & 07777) | S_IFIFO, 0);
}

/* The host's mknod takes its own 32-bit encoding of the device. */
static long
mknod_at(struct call *c, int dirfd, uint64_t path, uint32_t mode, uint64_t dev)
{
	uint32_t major = freebsd_major(dev), minor = freebsd_minor(dev);
	uint32_t type = mode & S_IFMT;

	if (type == S_IFREG || type == S_IFDIR || type == S_IFSOCK || type == 0)
		return -EINVAL;
	if (type == S_IFIFO && dev != 0)
		return -EINVAL;
	return HOST(c, mknodat, dirfd, path, mode,
	    (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12));
}

CALL(mknodat)
{
	return mknod_at(c, arg_int(c, 0), c->arg[1], (uint32_t)c->arg[2],
	    c->arg[3]);
}

CALL(freebsd11_mknodat)
{
	return mknod_at(c, arg_int(c, 0), c->arg[1], (uint32_t)c->arg[2],
	    (uint32_t)c->arg[3]);
}

CALL(freebsd11_mknod)
{
	return mknod_at(c, AT_FDCWD, c->arg[0], (uint32_t)c->arg[1],
	    (uint32_t)c->arg[2]);
}

/* 0, not the length; a directory out of reach is ENOENT. */
CALL(__getcwd)
{
	char buf[4096];
	long n = HOST(c, getcwd, buf, sizeof(buf));

	if (n < 0)
		return n;
	if (buf[0] != '/')
		return -ENOENT;
	if (c->arg[1] < 2)
		return -EINVAL;
	if ((uint64_t)n > c->arg[1])
		return -ERANGE;
	return copyout(arg_ptr(c, 0), buf, (size_t)n);
}

CALL(__realpathat)
{
	char buf[1024];
	long fd = HOST(c, openat, c->arg[0], c->arg[1], O_PATH | O_CLOEXEC);

	if (c->arg[4] != 0 && fd >= 0)
		HOST(c, close, fd);
	if (c->arg[4] != 0)
		return -EINVAL;
	if (fd < 0)
		return fd;
	long n = path_of_fd(call_thread(c), (int)fd, buf, sizeof(buf));
	HOST(c, close, fd);
	if (n < 0)
		return n;
	if ((uint64_t)n + 1 > c->arg[3])
		return -ERANGE;
	return copyout(arg_ptr(c, 2), buf, (size_t)n + 1);
}
