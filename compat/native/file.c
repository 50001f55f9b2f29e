/* SPDX-License-Identifier: ISC */
/* Links: native@2 answers them whole or not at all. */
#include <linux/fcntl.h>

#include "native.h"

static long
link_answer(struct call *c, int dirfd, uint64_t path, uint64_t buf, uint64_t size)
{
	const char *exe = (const char *)thread_mm(c->thread)->exe_path;

	if (exe == NULL || (int64_t)size <= 0 || !linux_is_exe_link(c, path))
		return link_whole(c, dirfd, path, buf, size);
	if (strlen(exe) > size && native_version(thread_mm(c->thread)) >= 2)
		return LINUX_ERANGE;
	return linux_exe_link(c, buf, size);
}

long
native_readlink(struct call *c)
{
	return link_answer(c, AT_FDCWD, c->arg[0], c->arg[1], c->arg[2]);
}

long
native_readlinkat(struct call *c)
{
	return link_answer(c, (int)c->arg[0], c->arg[1], c->arg[2], c->arg[3]);
}
