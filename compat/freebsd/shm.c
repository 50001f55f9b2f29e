/* SPDX-License-Identifier: ISC */
/* Shared memory objects: nameless ones are the host's memfd, names live in its /dev/shm. */
#include <asm/fcntl.h>
#include <linux/fcntl.h>
#include <linux/memfd.h>

#include "freebsd.h"
#include "hostdef.h"

#define SHM_ANON 1	/* the path that asks for no name */
#define NAME_ROOM 300

/* "/dev/shm/NAME"; slashes inside a name are this system's own and become dots. */
static long
shm_path(char dst[NAME_ROOM], gaddr path)
{
	static const char dir[] = "/dev/shm";
	size_t n = sizeof(dir) - 1;

	for (size_t i = 0; i < n; i++)
		dst[i] = dir[i];
	long len = copyinstr(dst + n, path, NAME_ROOM - n);
	if (len < 0)
		return len;
	if (len < 2 || dst[n] != '/')
		return -EINVAL;
	for (size_t i = n + 1; dst[i] != '\0'; i++)
		if (dst[i] == '/')
			dst[i] = '.';
	return 0;
}

static long
shm_open_run(struct call *c, uint32_t flags, uint32_t mode, bool seals)
{
	char path[NAME_ROOM];
	static const char name[] = "shm";
	uint32_t allowed = FREEBSD_O_ACCMODE | FREEBSD_O_CREAT | FREEBSD_O_EXCL |
	    FREEBSD_O_TRUNC | FREEBSD_O_CLOEXEC;

	if ((flags & ~allowed) || (flags & FREEBSD_O_ACCMODE) == FREEBSD_O_WRONLY)
		return -EINVAL;
	if (c->arg[0] == SHM_ANON) {
		if ((flags & FREEBSD_O_ACCMODE) == FREEBSD_O_RDONLY)
			return -EINVAL;
		return HOST(c, memfd_create, name, MFD_CLOEXEC |
		    (seals ? MFD_ALLOW_SEALING : 0));
	}
	long ret = shm_path(path, arg_ptr(c, 0));
	if (ret < 0)
		return ret;
	return HOST(c, openat, AT_FDCWD, path,
	    open_flags_to_host(flags, NULL) | O_CLOEXEC | O_NOFOLLOW, mode & 07777);
}

CALL(freebsd12_shm_open)
{
	return shm_open_run(c, (uint32_t)c->arg[1], (uint32_t)c->arg[2], false);
}

CALL(shm_open2)
{
	uint32_t shmflags = (uint32_t)c->arg[3];

	if (shmflags & ~1u)	/* SHM_ALLOW_SEALING */
		return -EINVAL;
	return shm_open_run(c, (uint32_t)c->arg[1], (uint32_t)c->arg[2],
	    shmflags & 1);
}

CALL(shm_unlink)
{
	char path[NAME_ROOM];
	long ret = shm_path(path, arg_ptr(c, 0));

	return ret < 0 ? ret : HOST(c, unlink, path);
}
