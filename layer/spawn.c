/* SPDX-License-Identifier: ISC */
#include <asm/errno.h>
#include <linux/wait.h>

#include "host_nr.h"
#include "spawn.h"

long
spawn_wait(struct thread_block *t, long pid)
{
	int status = 0;
	long r;

	do
		r = host_call(t, HOST_NR_wait4, pid, (long)&status, __WALL, 0,
		    0, 0);
	while (r == -EINTR);
	if (r < 0)
		return r;
	return (status & 0x7f) != 0 ? SPAWN_FAILED : status >> 8 & 0xff;
}

static bool
append(char *buf, size_t *n, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*n + 1 >= SPAWN_PATH)
			return false;
		buf[(*n)++] = *s;
	}
	buf[*n] = '\0';
	return true;
}

bool
spawn_path(char *buf, const char *front, const char *name, int try)
{
	size_t n = 0, slash = 0;

	if (try > 1 || !append(buf, &n, front))
		return false;
	for (size_t i = 0; i < n; i++)
		if (buf[i] == '/')
			slash = i + 1;
	n = slash;
	return append(buf, &n, try == 0 ? "" : "../libexec/veneer/") &&
	    append(buf, &n, name);
}
