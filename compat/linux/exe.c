/* SPDX-License-Identifier: ISC */
/*
 * /proc/PID/exe.  The kernel's link shows what executed the plan, which is Veneer's.  A path that names a guest's link,
 * its own or another's, names that guest's program instead, in every call that would follow it.  What
 * another guest's program is the kernel tells: the address of the program headers in its auxiliary vector, and
 * the file that is mapped there.
 */
#include <linux/auxvec.h>
#include <linux/fcntl.h>

#include "linux.h"

#define PATH_LOOK	64	/* more than any name of such a link */
#define PATH_ROOM	4096
#define FIRST_OF_PROC	0x6f72702fu	/* "/pro" */
#define AUXV_ROOM	64	/* entries */
#define NOFOLLOW_AT	0x100u
#define FOLLOW_AT	0x400u

enum whose { NOBODY, OWN, OTHER };

static const char *
number(const char *p, uint64_t *n)
{
	for (*n = 0; *p >= '0' && *p <= '9' && *n < 1u << 22; p++)
		*n = *n * 10 + (uint64_t)(*p - '0');
	return p;
}

/* "/proc/", then a process, perhaps "/task/" and a thread of it, then "/exe". *pid: the process's number. */
static enum whose
whose_link(const struct thread_block *t, const char *p, uint64_t *pid)
{
	uint64_t tid;

	if (memcmp(p, "/proc/", 6) != 0)
		return NOBODY;
	p += 6;
	if (strcmp(p, "self/exe") == 0 || strcmp(p, "thread-self/exe") == 0)
		return OWN;
	p = number(p, pid);
	if (*pid != 0 && memcmp(p, "/task/", 6) == 0)
		p = number(p + 6, &tid);
	if (*pid == 0 || strcmp(p, "/exe") != 0)
		return NOBODY;
	return *pid == t->pid || *pid == t->tid ? OWN : OTHER;
}

static long
proc_open(struct thread_block *t, uint64_t pid, const char *name)
{
	char path[PATH_LOOK] = "/proc/", digits[12];
	size_t n = 6;
	int i = 0;

	for (; i == 0 || pid != 0; pid /= 10)
		digits[i++] = (char)('0' + pid % 10);
	while (i > 0)
		path[n++] = digits[--i];
	memcpy(path + n, name, strlen(name) + 1);
	return HOST3(t, HOST_NR_open, path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
}

/* Where the process's program has its headers; 0: not to be told. */
static uint64_t
headers_of(struct thread_block *t, uint64_t pid)
{
	uint64_t aux[AUXV_ROOM][2], at = 0;
	long fd = proc_open(t, pid, "/auxv"), n;

	if (fd < 0)
		return 0;
	n = HOST3(t, HOST_NR_read, fd, aux, sizeof(aux));
	HOST1(t, HOST_NR_close, fd);
	for (long i = 0; i < n / 16 && aux[i][0] != AT_NULL; i++)
		if (aux[i][0] == AT_PHDR)
			at = aux[i][1];
	return at;
}

static const char *
hex(const char *p, uint64_t *v)
{
	for (*v = 0;; p++) {
		if (*p >= '0' && *p <= '9')
			*v = *v << 4 | (uint64_t)(*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			*v = *v << 4 | (uint64_t)(*p - 'a' + 10);
		else
			return p;
	}
}

/* A row of maps, ended by a zero byte: does it hold the address? Then *path is its file's name, or empty. */
static bool
row_holds(const char *row, uint64_t at, const char **path)
{
	uint64_t lo, hi;
	const char *p = hex(row, &lo);

	hex(p + (*p == '-'), &hi);
	if (at < lo || at >= hi)
		return false;
	while (*p != '\0' && *p != '/')
		p++;
	*path = p;
	return true;
}

/* The name of the file that is mapped at the address in the process, into out: its length, 0 for none. */
static size_t
file_at(struct thread_block *t, uint64_t pid, uint64_t at, char out[PATH_ROOM])
{
	char buf[2 * PATH_ROOM];
	const char *path = "";
	size_t have = 0, row = 0, end;
	long fd = proc_open(t, pid, "/maps"), n;

	if (fd < 0)
		return 0;
	do {
		n = HOST3(t, HOST_NR_read, fd, buf + have, sizeof(buf) - have);
		have += n > 0 ? (size_t)n : 0;
		for (row = end = 0; end < have && *path == '\0'; end++)
			if (buf[end] == '\n') {
				buf[end] = '\0';
				if (row_holds(buf + row, at, &path))
					break;
				row = end + 1;
			}
		memmove(buf, *path == '\0' ? buf + row : buf, have - (*path == '\0' ? row : 0));
		have -= *path == '\0' ? row : 0;
	} while (n > 0 && *path == '\0' && have < sizeof(buf));
	HOST1(t, HOST_NR_close, fd);
	n = (long)strlen(path);
	if (n == 0 || n >= PATH_ROOM)
		return 0;
	memcpy(out, path, (size_t)n + 1);
	return (size_t)n;
}

/* What the link of another guest should say, into out: its length; 0 when it is no guest's, or may not be read. */
static size_t
other_program(struct call *c, uint64_t link, uint64_t pid, char out[PATH_ROOM])
{
	const char *front = (const char *)thread_mm(c->thread)->front;
	struct thread_block *t = c->thread;
	uint64_t at;
	long n = HOST3(t, HOST_NR_readlink, link, out, PATH_ROOM - 1);

	if (n <= 0 || front == NULL)
		return 0;
	out[n] = '\0';
	if (strcmp(out, front) != 0 || (at = headers_of(t, pid)) == 0)
		return 0;
	return file_at(t, pid, at, out);
}

static __attribute__((noinline)) long
follow_other(struct call *c, int arg, uint64_t pid)
{
	char path[PATH_ROOM];

	if (other_program(c, c->arg[arg], pid, path) != 0)
		c->arg[arg] = (uint64_t)path;
	return pass(c);
}

static __attribute__((noinline)) bool
exec_program(struct call *c, uint64_t link, uint64_t pid, uint64_t argv, uint64_t envp, long *ret)
{
	char path[PATH_ROOM];

	if (other_program(c, link, pid, path) == 0)
		return false;
	*ret = exec_guest(c, AT_FDCWD, guest((uint64_t)path), guest(argv), guest(envp), 0);
	return true;
}

static enum whose
whose_path(struct call *c, uint64_t path, uint64_t *pid)
{
	char p[PATH_LOOK];
	uint32_t first;

	/* Nearly every path begins otherwise; what cannot be read as a word may still be a short string. */
	if (load32_user(guest(path), &first) == 0 && first != FIRST_OF_PROC)
		return NOBODY;
	if (thread_mm(c->thread)->exe_path == 0 || copyinstr(p, guest(path), PATH_LOOK) <= 10)
		return NOBODY;
	return whose_link(c->thread, p, pid);
}

long
linux_follow_exe(struct call *c, int arg)
{
	uint64_t pid = 0;
	enum whose whose = whose_path(c, c->arg[arg], &pid);

	if (whose == OTHER)
		return follow_other(c, arg, pid);
	if (whose == OWN)
		c->arg[arg] = thread_mm(c->thread)->exe_path;
	return pass(c);
}

bool
linux_exec_other(struct call *c, uint64_t path, uint64_t argv, uint64_t envp, long *ret)
{
	uint64_t pid = 0;

	return whose_path(c, path, &pid) == OTHER && exec_program(c, path, pid, argv, envp, ret);
}

#define FOLLOWS_EXE(name, arg) \
	long \
	linux_##name(struct call *c) \
	{ \
		return linux_follow_exe(c, arg); \
	}
FOLLOWS_EXE(stat, 0)
FOLLOWS_EXE(access, 0)
FOLLOWS_EXE(faccessat, 1)
FOLLOWS_EXE(faccessat2, 1)
FOLLOWS_EXE(mount, 0)
FOLLOWS_EXE(statfs, 0)
FOLLOWS_EXE(getxattr, 0)
FOLLOWS_EXE(listxattr, 0)
FOLLOWS_EXE(inotify_add_watch, 1)
FOLLOWS_EXE(name_to_handle_at, 1)

#define FOLLOWS_EXE_UNLESS(name, at, flags, bits) \
	long \
	linux_##name(struct call *c) \
	{ \
		return c->arg[flags] & (bits) ? pass(c) : linux_follow_exe(c, at); \
	}
FOLLOWS_EXE_UNLESS(newfstatat, 1, 3, NOFOLLOW_AT)
FOLLOWS_EXE_UNLESS(statx, 1, 2, NOFOLLOW_AT)
FOLLOWS_EXE_UNLESS(open_tree, 1, 2, NOFOLLOW_AT)

long
linux_linkat(struct call *c)
{
	return c->arg[4] & FOLLOW_AT ? linux_follow_exe(c, 1) : pass(c);
}

/* readlink: the bytes of the path, or less where the buffer is small. */
static long
answer(const char *exe, uint64_t buf, uint64_t size)
{
	size_t n = strlen(exe);

	if (n > size)
		n = size;
	return copyout(guest(buf), exe, n) != 0 ? LINUX_EFAULT : (long)n;
}

bool
linux_is_exe_link(struct call *c, uint64_t path)
{
	uint64_t pid = 0;

	return whose_path(c, path, &pid) == OWN;
}

long
linux_exe_link(struct call *c, uint64_t buf, uint64_t size)
{
	return answer((const char *)thread_mm(c->thread)->exe_path, buf, size);
}

static __attribute__((noinline)) long
answer_other(struct call *c, uint64_t link, uint64_t pid, uint64_t buf, uint64_t size)
{
	char path[PATH_ROOM];

	return other_program(c, link, pid, path) != 0 ? answer(path, buf, size) : pass(c);
}

static long
link_answer(struct call *c, uint64_t path, uint64_t buf, uint64_t size)
{
	uint64_t pid = 0;

	if ((int)size <= 0)
		return pass(c);
	switch (whose_path(c, path, &pid)) {
	case OWN:
		return linux_exe_link(c, buf, size);
	case OTHER:
		return answer_other(c, path, pid, buf, size);
	case NOBODY:
	default:
		return pass(c);
	}
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
