/* SPDX-License-Identifier: ISC */
/* Opening: what shows the process to itself leaves the layer out. */
#include <linux/fcntl.h>
#include <linux/openat2.h>

#include "linux.h"

#define PATH_LOOK 64	/* enough for every name of a maps file that is not a link elsewhere */

static long
opened(struct call *c, long fd, uint64_t path, bool reads)
{
	char name[PATH_LOOK];

	if (fd < 0 || !reads || copyinstr(name, guest(path), PATH_LOOK) < 0)
		return fd;
	return maps_filter(c->thread, fd, name);
}

static bool
reads(uint64_t flags)
{
	return (flags & (O_ACCMODE | O_DIRECTORY)) == O_RDONLY;
}

long
linux_open(struct call *c)
{
	uint64_t path = c->arg[0];

	return opened(c, linux_follow_exe(c, 0), path, reads(c->arg[1]));
}

long
linux_openat(struct call *c)
{
	uint64_t path = c->arg[1];

	return opened(c, linux_follow_exe(c, 1), path, reads(c->arg[2]));
}

long
linux_openat2(struct call *c)
{
	struct open_how how = { 0 };
	uint64_t path = c->arg[1];
	long fd = linux_follow_exe(c, 1);

	if (fd < 0 || copyin(&how, guest(c->arg[2]), sizeof(how.flags)) != 0)
		return fd;
	return opened(c, fd, path, reads(how.flags));
}
