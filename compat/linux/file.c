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

/* "/proc/", then this process by either name, then "/exe". */
static bool
names_exe(const struct thread_block *t, const char *p)
{
	uint64_t pid = 0;

	if (memcmp(p, "/proc/", 6) != 0)
		return false;
	p += 6;
	if (strcmp(p, "self/exe") == 0 || strcmp(p, "thread-self/exe") == 0)
		return true;
	for (; *p >= '0' && *p <= '9' && pid < 1u << 22; p++)
		pid = pid * 10 + (uint64_t)(*p - '0');
	return (pid == t->pid || pid == t->tid) && strcmp(p, "/exe") == 0;
}

/* The link /proc/self/exe and its kin would show what executed the plan. */
bool
linux_is_exe_link(struct call *c, uint64_t path)
{
	char p[PATH_LOOK];

	return copyinstr(p, guest(path), PATH_LOOK) > 10 &&
	    names_exe(c->thread, p);
}

/* An argument that names the program by its link names the program's file instead. */
static void
exe_argument(struct call *c, int arg)
{
	const struct mm_block *mm = thread_mm(c->thread);

	if (mm->exe_path != 0 && linux_is_exe_link(c, c->arg[arg]))
		c->arg[arg] = mm->exe_path;
}

long
linux_open(struct call *c)
{
	exe_argument(c, 0);
	return opened(c, pass(c), c->arg[0], (c->arg[1] & O_ACCMODE) == O_RDONLY);
}

long
linux_openat(struct call *c)
{
	exe_argument(c, 1);
	return opened(c, pass(c), c->arg[1], (c->arg[2] & O_ACCMODE) == O_RDONLY);
}

long
linux_openat2(struct call *c)
{
	struct open_how how = { 0 };
	long fd;

	exe_argument(c, 1);
	fd = pass(c);
	if (fd < 0 || copyin(&how, guest(c->arg[2]), sizeof(how.flags)) != 0)
		return fd;
	return opened(c, fd, c->arg[1], (how.flags & O_ACCMODE) == O_RDONLY);
}

#define FOLLOWS_EXE(name, arg) \
	long \
	linux_##name(struct call *c) \
	{ \
		exe_argument(c, arg); \
		return pass(c); \
	}
FOLLOWS_EXE(stat, 0)
FOLLOWS_EXE(access, 0)
FOLLOWS_EXE(faccessat, 1)
FOLLOWS_EXE(faccessat2, 1)

#define NOFOLLOW_AT 0x100u

long
linux_newfstatat(struct call *c)
{
	if ((c->arg[3] & NOFOLLOW_AT) == 0)
		exe_argument(c, 1);
	return pass(c);
}

long
linux_statx(struct call *c)
{
	if ((c->arg[2] & NOFOLLOW_AT) == 0)
		exe_argument(c, 1);
	return pass(c);
}

/* readlink of the program's own link: the bytes of its path, or less where the buffer is small. */
long
linux_exe_link(struct call *c, uint64_t buf, uint64_t size)
{
	const char *exe = (const char *)thread_mm(c->thread)->exe_path;
	size_t n = strlen(exe);

	if (n > size)
		n = size;
	return copyout(guest(buf), exe, n) != 0 ? LINUX_EFAULT : (long)n;
}

static long
link_answer(struct call *c, uint64_t path, uint64_t buf, uint64_t size)
{
	if (thread_mm(c->thread)->exe_path == 0 || (int)size <= 0 ||
	    !linux_is_exe_link(c, path))
		return pass(c);
	return linux_exe_link(c, buf, size);
}

long
linux_readlink(struct call *c)
{
	return link_answer(c, c->arg[0], c->arg[1], c->arg[2]);
}

long
linux_readlinkat(struct call *c)
{
	return link_answer(c, c->arg[1], c->arg[2], c->arg[3]);
}
