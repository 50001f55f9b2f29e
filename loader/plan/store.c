/* SPDX-License-Identifier: ISC */
/*
 * Entries of the cache, written.
 *
 * An entry is written whole under another name and renamed, so that readers and other writers
 * see the old one or the new one.  Whatever does not work (no directory, not ours, no room) leaves the
 * cache as it was and is no error: the program starts anyway, only not faster.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "cache_dir.h"
#include "store.h"
#include "text_entry.h"

#define SETTLED_SEC 2	/* a file that changed less long ago may change again within one tick */

/* A directory that is ours and that nobody else can change, opened; made when it is not there. */
static int
own_directory(int at, const char *name, bool make, int follow)
{
	struct stat st;
	int fd;

	if (make && mkdirat(at, name, 0700) != 0 && errno != EEXIST)
		return -1;
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | follow);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    (st.st_mode & 022) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The directories above the cache, as far as they are missing. */
static void
make_parents(const char *dir)
{
	char path[4096], *s;

	if (snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path))
		return;
	for (s = path + 1; *s != '\0'; s++)
		if (*s == '/') {
			*s = '\0';
			mkdir(path, 0700);
			*s = '/';
		}
}

int
store_open(const char *dir, const char *sub, bool make)
{
	char name[16];
	int top, fd;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(sub + 1, "/"),
	    sub + 1);
	if (make)
		make_parents(dir);
	top = own_directory(AT_FDCWD, dir, make, 0);
	if (top < 0)
		return -1;
	fd = own_directory(top, name, make, O_NOFOLLOW);
	close(top);
	return fd;
}

/*
 * In calls as large as may be: file systems cache what comes at once in pieces larger than pages, of
 * which a fault maps many at the price of one.
 */
static bool
write_all(int fd, const struct iovec *given, int n)
{
	struct iovec *v = calloc((size_t)n + 1, sizeof(*v));
	ssize_t got;
	int i = 0;

	if (v == NULL)
		return false;
	memcpy(v, given, (size_t)n * sizeof(*v));
	while (i < n) {
		got = writev(fd, &v[i], n - i < IOV_MAX ? n - i : IOV_MAX);
		if (got <= 0)
			break;
		while (i < n && (size_t)got >= v[i].iov_len)
			got -= (ssize_t)v[i++].iov_len;
		if (got > 0) {
			v[i].iov_base = (char *)v[i].iov_base + got;
			v[i].iov_len -= (size_t)got;
		}
	}
	free(v);
	return i == n;
}

/* A limit on file sizes would kill us for writing. */
static bool
size_allowed(const struct iovec *v, int n)
{
	struct rlimit rl;
	uint64_t sum = 0;
	int i;

	for (i = 0; i < n; i++)
		sum += v[i].iov_len;
	return getrlimit(RLIMIT_FSIZE, &rl) != 0 || sum <= rl.rlim_cur;
}

bool
store_entry(const char *dir, const char *sub, const char *name,
    mode_t mode, const struct iovec *v, int n)
{
	char temp[64];
	int at, fd;
	bool ok;

	if (!size_allowed(v, n) || (at = store_open(dir, sub, true)) < 0)
		return false;
	snprintf(temp, sizeof(temp), "." "new-%d-%.8s", (int)getpid(), name);
	unlinkat(at, temp, 0);	/* of a process that died with our number */
	fd = openat(at, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, mode);
	ok = fd >= 0 && write_all(fd, v, n);
	if (fd >= 0 && close(fd) != 0)
		ok = false;
	if (ok)
		ok = renameat(at, temp, at, name) == 0;
	if (!ok && fd >= 0)
		unlinkat(at, temp, 0);
	if (ok)
		sweep_sometimes(dir, at, strcmp(sub, CACHE_TEXTS) == 0);
	close(at);
	return ok;
}

/* Somebody has it open for writing, as far as one can tell: only owners may ask. */
static bool
being_written(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool busy = false;

	if (fd < 0)
		return true;
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0)
		fcntl(fd, F_SETLEASE, F_UNLCK);
	else
		busy = errno == EAGAIN;
	close(fd);
	return busy;
}

/* File systems that set a file's times when a page that was clean is stored to. */
static bool
times_kept(long type)
{
	return type == EXT4_SUPER_MAGIC || type == XFS_SUPER_MAGIC ||
	    type == BTRFS_SUPER_MAGIC || type == F2FS_SUPER_MAGIC;
}

unsigned
file_times(const struct image_file *f)
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	unsigned flags = 0;
	struct statfs fs;
	struct stat st;

	if (fd < 0)
		return 0;
	if (fstatfs(fd, &fs) == 0 && fs.f_type != TMPFS_MAGIC &&
	    fs.f_type != RAMFS_MAGIC && fstat(fd, &st) == 0 &&
	    st.st_dev == f->dev && st.st_ino == f->ino &&
	    sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE |
	    SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER) == 0)
		flags = times_kept((long)fs.f_type) ?
		    TEXT_COPIES | TEXT_TIMES : TEXT_COPIES;
	close(fd);
	return flags;
}

/* Now as it was read, and for so long that a change would have shown. */
bool
file_settled(const struct image_file *f)
{
	struct timespec now;
	struct stat st;
	int64_t changed;

	if (stat(f->path, &st) != 0 || st.st_dev != f->dev ||
	    st.st_ino != f->ino || (uint64_t)st.st_size != f->size ||
	    (uint64_t)st.st_mtim.tv_sec != f->mtime_sec ||
	    (uint64_t)st.st_mtim.tv_nsec != f->mtime_nsec ||
	    (st.st_mode & (S_ISUID | S_ISGID)) != 0)
		return false;
	changed = st.st_mtim.tv_sec > st.st_ctim.tv_sec ?
	    st.st_mtim.tv_sec : st.st_ctim.tv_sec;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec - changed > SETTLED_SEC && !being_written(f->path);
}
