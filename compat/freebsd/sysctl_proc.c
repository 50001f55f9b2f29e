/* SPDX-License-Identifier: ISC */
/* Values of processes: kern.proc.  The process is the last number of the name; -1 is the caller. */
#include <asm/fcntl.h>
#include <linux/fcntl.h>

#include "freebsd.h"
#include "fbsd_state.h"
#include "path.h"
#include "sysctl.h"

#define KINFO_FILE_BYTES 1392
#define KINFO_FILE_PATH 368

static bool
is_self(struct sysctl_req *r)
{
	return r->rest[0] == UINT32_MAX || r->rest[0] == 0 ||
	    r->rest[0] == call_thread(r->c)->pid;
}

/* "/proc/PID/what" */
static void
proc_path(struct sysctl_req *r, char dst[48], const char *what)
{
	static const char head[] = "/proc/";
	uint32_t pid = is_self(r) ? call_thread(r->c)->pid : r->rest[0];
	size_t n = sizeof(head) - 1;

	for (size_t i = 0; i < n; i++)
		dst[i] = head[i];
	n += put_number(dst + n, pid);
	dst[n++] = '/';
	for (size_t i = 0; (dst[n + i] = what[i]) != '\0'; i++)
		;
}

static long
put_link(struct sysctl_req *r, const char *what)
{
	char path[48], buf[1025];

	proc_path(r, path, what);
	long n = HOST(r->c, readlinkat, AT_FDCWD, path, buf, sizeof(buf) - 1);
	if (n < 0)
		return n == -ENOENT ? -ESRCH : n;
	buf[n] = '\0';
	return sysctl_put_string(r, buf);
}

long
sysctl_proc_pathname(struct sysctl_req *r, const struct sysctl_row *row)
{
	(void)row;
	if (r->nrest != 1)
		return -EINVAL;
	if (!is_self(r))
		return put_link(r, "exe");
	const char *path = fbsd_page(call_thread(r->c))->exe;
	return path[0] == '\0' ? -ENOENT : sysctl_put_string(r, path);
}

long
sysctl_proc_args(struct sysctl_req *r, const struct sysctl_row *row)
{
	char path[48], buf[512];
	long ret = 0;

	(void)row;
	if (r->nrest != 1)
		return -EINVAL;
	proc_path(r, path, "cmdline");
	long fd = HOST(r->c, openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fd == -ENOENT ? -ESRCH : fd;
	for (;;) {
		long n = HOST(r->c, read, fd, buf, sizeof(buf));
		if (n <= 0) {
			ret = n;
			break;
		}
		ret = sysctl_put(r, buf, (size_t)n);
		if (ret < 0)
			break;
	}
	HOST(r->c, close, fd);
	return ret;
}

long
sysctl_proc_osrel(struct sysctl_req *r, const struct sysctl_row *row)
{
	(void)row;
	if (r->nrest != 1)
		return -EINVAL;
	return sysctl_put_int(r, thread_mm(call_thread(r->c))->osreldate);
}

/* One kinfo_file with nothing but its size and the path. */
long
sysctl_proc_cwd(struct sysctl_req *r, const struct sysctl_row *row)
{
	union {
		int32_t structsize;
		char bytes[KINFO_FILE_BYTES];
	} kf = { 0 };
	char path[48];

	(void)row;
	if (r->nrest != 1)
		return -EINVAL;
	kf.structsize = KINFO_FILE_BYTES;
	proc_path(r, path, "cwd");
	long n = HOST(r->c, readlinkat, AT_FDCWD, path, kf.bytes + KINFO_FILE_PATH,
	    1023);
	if (n < 0)
		return n == -ENOENT ? -ESRCH : n;
	return sysctl_put(r, &kf, sizeof(kf));
}
