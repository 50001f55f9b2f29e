/* SPDX-License-Identifier: ISC */
/* Opening and closing: flags, locks taken at open, what close means to kqueues. */
#include <asm/ioctls.h>
#include <asm/fcntl.h>
#include <asm/resource.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <asm/unistd.h>

#include "freebsd.h"
#include "hostdef.h"


uint32_t
open_flags_to_host(uint32_t flags, uint32_t *rest)
{
	uint32_t acc = flags & FREEBSD_O_ACCMODE, host, left;

	host = freebsd_o_to_host(flags & ~acc, &left);
	if (left & FREEBSD_O_EXEC)	/* opened to be run or searched, not read */
		host |= O_PATH;
	/* The host's terminals need no initialising. */
	left &= ~(uint32_t)(FREEBSD_O_EXEC | FREEBSD_O_TTY_INIT);
	if (rest != NULL)
		*rest = left;
	return acc | host;
}

uint32_t
open_flags_from_host(uint32_t flags)
{
	return freebsd_o_from_host(flags);
}

/* -EINVAL when a flag is set that the call does not take.  AT_REMOVEDIR is unlinkat's own. */
long
at_flags_to_host(uint32_t flags, uint32_t allowed)
{
	uint32_t rest;

	if ((flags & ~allowed) != 0)
		return -EINVAL;
	return (long)freebsd_at_to_host(flags, &rest);
}

static long
open_lock(struct call *c, long fd, uint32_t flags)
{
	uint32_t op = (flags & FREEBSD_O_EXLOCK) ? HOST_LOCK_EX : HOST_LOCK_SH;
	long ret;

	if (flags & FREEBSD_O_NONBLOCK)
		ret = HOST(c, flock, fd, op | HOST_LOCK_NB);
	else
		ret = INTR(c, flock, fd, op);
	if (ret == 0 && (flags & FREEBSD_O_TRUNC))
		ret = HOST(c, ftruncate, fd, 0);
	if (ret < 0)
		HOST(c, close, fd);
	/* Never made again: what it has created is there. */
	if (ret == -ERESTARTSYS)
		return -EINTR;
	return ret < 0 ? ret : fd;
}

/* The host says ENXIO of sockets as of devices that are not there. */
static bool
is_socket(struct call *c, int dirfd, uint64_t path)
{
	struct statx x;

	return HOST(c, statx, dirfd, path, 0, STATX_TYPE, &x) == 0 &&
	    (x.stx_mode & S_IFMT) == S_IFSOCK;
}

/* The host's file system of processes is not this system's, which mounts none by default: what it says about
 * a guest is about the host's program.  Devices and other trees of the host stay. */
static bool
is_host_proc(gaddr path)
{
	static const char prefix[] = "/proc/self/";
	char head[sizeof(prefix) - 1];
	uint64_t word;

	/* Its first word tells nearly all others. */
	return load64_user(path, &word) == 0 && __builtin_memcmp(&word, prefix, sizeof(word)) == 0 &&
	    copyin(head, path, sizeof(head)) == 0 && memcmp(head, prefix, sizeof(head)) == 0;
}

#define OPEN_LOCKS (FREEBSD_O_SHLOCK | FREEBSD_O_EXLOCK)

static long
open_at(struct call *c, int dirfd, uint64_t path, uint32_t flags, uint32_t mode)
{
	uint32_t rest, want = flags & OPEN_LOCKS;
	uint32_t host = open_flags_to_host(flags & ~(uint32_t)OPEN_LOCKS, &rest);

	if ((flags & FREEBSD_O_ACCMODE) == FREEBSD_O_ACCMODE || want == OPEN_LOCKS)
		return -EINVAL;
	if ((flags & FREEBSD_O_EXEC) && (flags & FREEBSD_O_ACCMODE))
		return -EINVAL;
	if ((host & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY) || rest != 0)
		return -EINVAL;
	if (is_host_proc(guest(path)))
		return -ENOENT;
	if (want)
		host &= ~(uint32_t)O_TRUNC;
	long fd = INTR(c, openat, dirfd, path, host, mode & 07777);
	if (fd >= 0)
		return want ? open_lock(c, fd, flags) : fd;
	/* The system has an error of its own for the link that was not followed. */
	if (fd == -ELOOP && (flags & FREEBSD_O_NOFOLLOW))
		return -EMLINK;
	if (fd == -ENXIO && is_socket(c, dirfd, path))
		return -EOPNOTSUPP;
	return fd;
}

CALL(open)
{
	return open_at(c, AT_FDCWD, c->arg[0], (uint32_t)c->arg[1],
	    (uint32_t)c->arg[2]);
}

CALL(openat)
{
	return open_at(c, arg_int(c, 0), c->arg[1], (uint32_t)c->arg[2],
	    (uint32_t)c->arg[3]);
}

CALL(close)
{
	int fd = arg_int(c, 0);

	if (freebsd_kq_fd_hidden(call_thread(c), fd))
		return -EBADF;
	freebsd_kq_fd_closed(call_thread(c), fd);
	long ret = HOST(c, close, fd);
	return ret == -EINTR ? 0 : ret;
}

CALL(freebsd12_closefrom)
{
	int low = arg_int(c, 0);
	unsigned first = low < 0 ? 0 : (unsigned)low;

	return freebsd_kq_close_range(call_thread(c), first, ~0u, 0);
}

CALL(close_range)
{
	unsigned first = (unsigned)c->arg[0], last = (unsigned)c->arg[1];
	uint32_t flags = (uint32_t)c->arg[2];

	if ((flags & ~(uint32_t)FREEBSD_CLOSE_RANGE_CLOEXEC) != 0 || last < first)
		return -EINVAL;
	return freebsd_kq_close_range(call_thread(c), first, last,
	    flags ? HOST_CLOSE_RANGE_CLOEXEC : 0);
}

CALL(dup2)
{
	int from = arg_int(c, 0), to = arg_int(c, 1);

	if (from != to && to >= 0 && HOST(c, fcntl, from, F_GETFD) >= 0)
		freebsd_kq_fd_closed(call_thread(c), to);
	long ret = HOST(c, dup2, from, to);
	if (ret >= 0 && from != to)
		freebsd_kq_fd_duped(call_thread(c), from, to);
	return ret;
}

CALL(pipe2)
{
	uint32_t flags = (uint32_t)c->arg[1], rest;
	uint32_t host = open_flags_to_host(flags, &rest);

	if (flags & ~(uint32_t)(FREEBSD_O_NONBLOCK | FREEBSD_O_CLOEXEC))
		return -EINVAL;
	return HOST(c, pipe2, c->arg[0], host);
}

/* The two descriptors come back in rax and rdx. */
CALL(freebsd10_pipe)
{
	int fds[2];
	long ret = HOST(c, pipe2, fds, 0);

	if (ret < 0)
		return ret;
	c->ret2 = (uint32_t)fds[1];
	c->flags |= CALL_RET2;
	return fds[0];
}

CALL(posix_openpt)
{
	static const char ptmx[] = "/dev/ptmx";
	uint32_t flags = (uint32_t)c->arg[0];
	uint32_t allowed = FREEBSD_O_RDWR | FREEBSD_O_NOCTTY | FREEBSD_O_CLOEXEC;

	if ((flags & ~allowed) != 0)
		return -EINVAL;
	long fd = HOST(c, openat, AT_FDCWD, ptmx, open_flags_to_host(flags, NULL));
	int locked = 0;
	if (fd >= 0)	/* the other side needs no unlocking here */
		(void)HOST(c, ioctl, fd, TIOCSPTLCK, &locked);
	return fd;
}
