/* SPDX-License-Identifier: ISC */
/* Names of open files, by way of the host's /proc. */
#include <linux/fcntl.h>

#include "freebsd.h"
#include "path.h"

size_t
put_number(char *dst, uint64_t v)
{
	char tmp[20];
	size_t n = 0;

	do {
		tmp[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	for (size_t i = 0; i < n; i++)
		dst[i] = tmp[n - 1 - i];
	return n;
}

void
path_fd_link(char dst[32], int fd)
{
	static const char prefix[] = "/proc/self/fd/";
	size_t n = sizeof(prefix) - 1;

	for (size_t i = 0; i < n; i++)
		dst[i] = prefix[i];
	n += put_number(dst + n, (uint32_t)fd);
	dst[n] = '\0';
}

long
path_of_fd(struct thread_block *t, int fd, char *dst, size_t n)
{
	static const char deleted[] = " (deleted)";
	char link[32];

	path_fd_link(link, fd);
	long len = host_call(t, HOST_NR_readlinkat, AT_FDCWD, (long)link,
	    (long)dst, (long)n, 0, 0);
	if (len < 0)
		return len;
	if ((size_t)len >= n)
		return -ENAMETOOLONG;
	dst[len] = '\0';
	if (len == 0 || dst[0] != '/')
		return -ENOENT;
	size_t tail = sizeof(deleted) - 1;
	if ((size_t)len > tail) {
		size_t i = 0;
		while (i < tail && dst[(size_t)len - tail + i] == deleted[i])
			i++;
		if (i == tail)
			return -ENOENT;
	}
	return len;
}
