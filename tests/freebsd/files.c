/* SPDX-License-Identifier: ISC */
/* Files and directories: structures, flags and errors that are not the host's. */
#include "guest.h"
#include "pick.h"

#define O_CREATE (FREEBSD_O_RDWR | FREEBSD_O_CREAT)

static int
make(const char *name)
{
	int fd = (int)SYS(N(open), name, O_CREATE, 0644);

	CHECK(fd >= 0);
	return fd;
}

/* A structure at the very end of its page: one byte more is a fault. */
static char *
at_page_end(size_t n)
{
	char *p = (char *)SYS(N(mmap), 0, 8192, 3, FREEBSD_MAP_ANON | FREEBSD_MAP_PRIVATE, -1, 0);

	CHECK((long)p > 0);
	EQUAL(SYS(N(mprotect), p + 4096, 4096, 0), 0);
	return p + 4096 - n;
}

static void
stat_new(void)
{
	char *st = at_page_end(224);
	int fd = make("f");

	EQUAL(SYS(N(write), fd, "hello", 5), 5);
	EQUAL(SYS(N(fstat), fd, st), 0);
	EQUAL(*(int64_t *)(st + 112), 5);
	EQUAL(*(uint16_t *)(st + 24), 0100644);
	EQUAL(SYS(N(fstatat), FREEBSD_AT_FDCWD, "f", st, 0), 0);
	EQUAL(*(uint64_t *)(st + 16), 1);
	EQUAL(SYS(N(fstatat), FREEBSD_AT_FDCWD, "f", st, 0x10), -FREEBSD_EINVAL);
	EQUAL(SYS(N(fstatat), FREEBSD_AT_FDCWD, "f", st + 8, 0), -FREEBSD_EFAULT);
}

static void
stat_old(void)
{
	char *st = at_page_end(120);
	int fd = make("f");

	EQUAL(SYS(N(write), fd, "hello", 5), 5);
	EQUAL(SYS(N(freebsd11_fstat), fd, st), 0);
	EQUAL(*(int64_t *)(st + 72), 5);
	EQUAL(*(uint16_t *)(st + 8), 0100644);
	EQUAL(SYS(N(freebsd11_lstat), "f", st), 0);
	EQUAL(*(uint16_t *)(st + 10), 1);
}

/* Names that are read through one form of entries, "." and ".." included. */
static int
count_entries(long nr, size_t reclen_at, size_t name_at, size_t align)
{
	char *buf = at_page_end(512);
	int fd = (int)SYS(N(open), "d", 0, 0), found = 0;
	int64_t base = -1;

	for (;;) {
		long n = SYS(nr, fd, buf, 512, &base);
		CHECK(n >= 0 && base >= 0);
		if (n == 0)
			return found;
		for (long at = 0; at < n;) {
			uint16_t len = *(uint16_t *)(buf + at + reclen_at);
			CHECK(len != 0 && len % align == 0 && at + len <= n);
			CHECK(strlen(buf + at + name_at) + name_at < len);
			found++;
			at += len;
		}
	}
}

static void
entries(void)
{
	char name[] = "d/a-name-that-is-longer-0";

	EQUAL(SYS(N(mkdir), "d", 0755), 0);
	for (int i = 0; i < 40; i++) {
		name[2] = (char)('a' + i % 26);
		name[sizeof(name) - 2] = (char)('0' + i / 4);
		SYS(N(close), make(name));
	}
	int n = count_entries(N(freebsd11_getdirentries), 4, 8, 4);
	CHECK(n >= 40);
	if (version() >= 12)
		EQUAL(count_entries(N(getdirentries), 16, 24, 8), n);
}

static void
errors(void)
{
	EQUAL(SYS(N(symlink), "nowhere", "link"), 0);
	EQUAL(SYS(N(open), "link", FREEBSD_O_NOFOLLOW, 0), -FREEBSD_EMLINK);
	EQUAL(SYS(N(open), "x", O_CREATE | FREEBSD_O_DIRECTORY, 0), -FREEBSD_EINVAL);
	EQUAL(SYS(N(open), "x", 3, 0), -FREEBSD_EINVAL);
	EQUAL(SYS(N(mkdir), "d", 0755), 0);
	EQUAL(SYS(N(unlink), "d"), -FREEBSD_EPERM);
	SYS(N(close), make("d/f"));
	EQUAL(SYS(N(rmdir), "d"), -FREEBSD_ENOTEMPTY);
	EQUAL(FREEBSD_ENOTEMPTY, 66);
	EQUAL(SYS(N(readlink), "d", "", 0), -FREEBSD_EINVAL);
	EQUAL(SYS(N(close), 99), -FREEBSD_EBADF);
	char *page = at_page_end(8);
	EQUAL(SYS(N(__getcwd), page, 1), -FREEBSD_EINVAL);
	EQUAL(SYS(N(__getcwd), page, 2), -FREEBSD_ERANGE);
	EQUAL(SYS(N(posix_fallocate), 99, 0, 1), FREEBSD_EBADF);
	EQUAL(SYS(N(fcntl), 0, 999, 0), -FREEBSD_EINVAL);
}

struct lock {
	int64_t start, len;
	int32_t pid;
	int16_t type, whence;
	int32_t sysid, pad;
};

static void
locks(void)
{
	struct lock l = { .start = 10, .len = 5, .type = FREEBSD_F_WRLCK };
	int fd = make("f"), status;
	long me = SYS(N(getpid), 0);

	EQUAL(SYS(N(fcntl), fd, FREEBSD_F_SETLK, &l), 0);
	long child = SYS(N(fork), 0);
	if (child == 0) {
		struct lock q = { .type = FREEBSD_F_RDLCK };
		EQUAL(SYS(N(fcntl), fd, FREEBSD_F_GETLK, &q), 0);
		EQUAL(q.pid, me);
		EQUAL(q.start, 10);
		EQUAL(q.type, FREEBSD_F_WRLCK);
		EQUAL(SYS(N(fcntl), fd, FREEBSD_F_SETLK, &l), -FREEBSD_EAGAIN);
		SYS(N(exit), 0);
	}
	EQUAL(SYS(N(wait4), child, &status, 0, 0), child);
	EQUAL(status, 0);
}

static void
descriptors(void)
{
	int fd = make("f");
	long r0, r1;

	__asm__ volatile("syscall" : "=a"(r0), "=d"(r1)
	    : "a"(N(freebsd10_pipe)), "d"(77) : "rcx", "r11", "memory");
	CHECK(r0 > fd && r1 == r0 + 1);
	EQUAL(SYS(N(write), r1, "p", 1), 1);
	EQUAL(SYS(N(fcntl), fd, FREEBSD_F_DUP2FD_CLOEXEC, 40), 40);
	EQUAL(SYS(N(fcntl), 40, FREEBSD_F_GETFD), 1);
	EQUAL(SYS(N(fcntl), fd, FREEBSD_F_DUP2FD, 41), 41);
	EQUAL(SYS(N(fcntl), 41, FREEBSD_F_GETFD), 0);
	EQUAL(SYS(N(fcntl), fd, FREEBSD_F_SETFL, FREEBSD_O_APPEND), 0);
	EQUAL(SYS(N(fcntl), fd, FREEBSD_F_GETFL), FREEBSD_O_APPEND | FREEBSD_O_RDWR);
	EQUAL(SYS(N(freebsd12_closefrom), 40), 0);
	EQUAL(SYS(N(fcntl), 41, FREEBSD_F_GETFD), -FREEBSD_EBADF);
	EQUAL(SYS(N(fcntl), fd, FREEBSD_F_GETFD), 0);
}

static void
times(void)
{
	int64_t ts[4] = { 1000, 5, 2000, 7 };
	char st[224];

	make("f");
	EQUAL(SYS(N(utimensat), FREEBSD_AT_FDCWD, "f", ts, 0), 0);
	ts[1] = FREEBSD_UTIME_OMIT;
	ts[3] = FREEBSD_UTIME_NOW;
	EQUAL(SYS(N(utimensat), FREEBSD_AT_FDCWD, "f", ts, 0), 0);
	EQUAL(SYS(N(freebsd11_stat), "f", st), 0);
	EQUAL(*(int64_t *)(st + 24), 1000);
	CHECK(*(int64_t *)(st + 40) > 1600000000);
}

static void
mounts(void)
{
	char *fs = at_page_end(472);

	EQUAL(SYS(N(freebsd11_statfs), "/", fs), 0);
	EQUAL(*(uint32_t *)fs, 0x20030518);
	EQUAL(fs[384], '/');
	long n = SYS(N(freebsd11_getfsstat), 0, 0, 2);
	CHECK(n > 0);
	if (version() >= 12) {
		fs = at_page_end(2344);
		EQUAL(SYS(N(statfs), "/", fs), 0);
		EQUAL(*(uint32_t *)fs, 0x20140518);
		EQUAL(fs[1320], '/');
	}
}

int
test_main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "stat_new", stat_new }, { "stat_old", stat_old },
		{ "entries", entries }, { "errors", errors }, { "locks", locks },
		{ "descriptors", descriptors }, { "times", times },
		{ "mounts", mounts },
	};

	return pick(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
