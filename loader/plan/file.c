/* SPDX-License-Identifier: ISC */
/* Files in memory, and where the other parts of Veneer are. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "page_hash.h"
#include "planner.h"

/* Where a name leads does not depend on the current directory. */
static void
absolute(char *buf, size_t size, const char *path)
{
	char cwd[PATH_MAX] = "";

	if (path[0] != '/' && getcwd(cwd, sizeof(cwd)) == NULL)
		cwd[0] = '\0';
	if (snprintf(buf, size, "%s%s%s", cwd, cwd[0] != '\0' ? "/" : "",
	    path) >= (int)size)
		buf[0] = '\0';
}

uint64_t
file_head(const uint8_t *data, size_t size)
{
	return page_hash(data, size < PLAN_HEAD_BYTES ? size : PLAN_HEAD_BYTES, 0);
}

int
file_map(struct image_file *f, const char *path, struct problem *p)
{
	struct stat st, again;
	struct statx sx;
	char *full;
	const char *name;
	int fd, ret = -1;

	memset(f, 0, sizeof(*f));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return problem_set(p,
		    errno == ENOENT || errno == ENOTDIR ? EXIT_NOTFOUND :
		    errno == EMFILE || errno == ENFILE ? EXIT_VENEER :
		    EXIT_NOEXEC, "%s: cannot open it: %s", path,
		    strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		problem_set(p, EXIT_NOEXEC, "%s: is no regular file", path);
		goto out;
	}
	if (st.st_size == 0) {
		problem_set(p, EXIT_NOEXEC, "%s: is empty", path);
		goto out;
	}
	/* A link of /proc/self/fd to a file without a name stays what it is. */
	full = realpath(path, NULL);
	name = full != NULL && stat(full, &again) == 0 &&
	    again.st_ino == st.st_ino && again.st_dev == st.st_dev ? full : path;
	snprintf(f->path, sizeof(f->path), "%s", name);
	free(full);
	absolute(f->named, sizeof(f->named), path);
	f->size = (size_t)st.st_size;
	f->data = mmap(NULL, f->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (f->data == MAP_FAILED) {
		f->data = NULL;
		problem_set(p, EXIT_VENEER, "%s: cannot map it: %s", path,
		    strerror(errno));
		goto out;
	}
	f->head = file_head(f->data, f->size);
	f->mode = st.st_mode;
	f->uid = st.st_uid;
	f->gid = st.st_gid;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->mtime_sec = (uint64_t)st.st_mtim.tv_sec;
	f->mtime_nsec = (uint64_t)st.st_mtim.tv_nsec;
	f->ctime_nsec = (uint64_t)st.st_ctim.tv_sec * 1000000000ul +
	    (uint64_t)st.st_ctim.tv_nsec;
	f->mount = statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &sx) == 0 &&
	    (sx.stx_mask & STATX_MNT_ID) != 0 ? sx.stx_mnt_id : 0;
	ret = 0;
out:
	close(fd);
	return ret;
}

void
file_unmap(struct image_file *f)
{
	if (f->data != NULL)
		munmap((void *)(uintptr_t)f->data, f->size);
	f->data = NULL;
}

/* The directory of this program, and whether it lies in an installed tree. */
static int
own_dir(char *buf, size_t size, bool *installed)
{
	static const char libexec[] = "/libexec/veneer";
	ssize_t n = readlink("/proc/self/exe", buf, size - 1);
	char *slash;
	size_t len;

	if (n < 0) {	/* a root without /proc: the front names us by our path */
		const char *name = (const char *)(uintptr_t)getauxval(AT_EXECFN);

		if (name == NULL || name[0] != '/' || strlen(name) >= size)
			return -1;
		n = (ssize_t)strlen(name);
		memcpy(buf, name, (size_t)n);
	}
	buf[n] = '\0';
	slash = strrchr(buf, '/');
	if (slash == NULL)
		return -1;
	*slash = '\0';
	len = strlen(buf);
	*installed = len >= sizeof(libexec) - 1 &&
	    strcmp(buf + len - (sizeof(libexec) - 1), libexec) == 0;
	if (*installed)
		buf[len - (sizeof(libexec) - 1)] = '\0';
	return 0;
}

static int
where(char *buf, size_t size, const char *installed_at, const char *built_at)
{
	char dir[PATH_MAX];
	bool installed;
	int n;

	if (own_dir(dir, sizeof(dir), &installed) != 0)
		return -1;
	n = snprintf(buf, size, "%s/%s", dir,
	    installed ? installed_at : built_at);
	return n < 0 || (size_t)n >= size ? -1 : 0;
}

int
where_layers(char *buf, size_t size)
{
	return where(buf, size, "lib/veneer/layers", "layers");
}

int
where_front(char *buf, size_t size)
{
	return where(buf, size, "bin/veneer", "veneer");
}

int
where_self(char *buf, size_t size)
{
	return where(buf, size, "libexec/veneer/veneer-plan", "veneer-plan");
}
