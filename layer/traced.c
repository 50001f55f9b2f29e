/* SPDX-License-Identifier: ISC */
/*
 * Is this thread traced by another guest?  gdb and strace count the execs of what they start and want its
 * own numbers and addresses, so what a guest traces becomes its next program without a layer.
 */
#include <linux/auxvec.h>
#include <linux/fcntl.h>

#include "freestanding.h"
#include "host.h"
#include "internal.h"

#define STATUS_ROOM 1024u
#define AUXV_ROOM 64u
#define ARENA_TOP (ARENA_BASE + ARENA_STEPS * ARENA_STEP + ARENA_STEPS * ARENA_STEP)

static long
file_head(struct thread_block *t, const char *path, void *to, size_t room)
{
	long fd = HOST4(t, HOST_NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	long n;

	if (fd < 0)
		return fd;
	n = HOST3(t, HOST_NR_read, fd, to, room);
	HOST1(t, HOST_NR_close, fd);
	return n;
}

/* Digits of TracerPid; their number, 0 when nobody traces. */
static size_t
tracer_digits(struct thread_block *t, char digits[12])
{
	static const char key[] = "\nTracerPid:\t";
	char text[STATUS_ROOM];
	/* The leader's own file is the process's, and has half as many names to make. */
	long n = file_head(t, t->tid == t->pid ? "/proc/self/status" : "/proc/thread-self/status",
	    text, sizeof(text) - 1);
	size_t k = 0;

	for (long i = 0; i + (long)sizeof(key) <= n; i++) {
		if (memcmp(text + i, key, sizeof(key) - 1) != 0)
			continue;
		for (i += (long)sizeof(key) - 1; i < n && k < 11 &&
		    text[i] >= '0' && text[i] <= '9'; i++)
			digits[k++] = text[i];
		break;
	}
	return k == 1 && digits[0] == '0' ? 0 : k;
}

/* A guest's auxiliary vector in /proc names the unwind image of its arena. */
bool
traced_by_guest(struct thread_block *t)
{
	char digits[12], path[32] = "/proc/";
	uint64_t auxv[AUXV_ROOM];
	size_t n = tracer_digits(t, digits);
	long got;

	if (n == 0)
		return false;
	memcpy(path + 6, digits, n);
	memcpy(path + 6 + n, "/auxv", 6);
	got = file_head(t, path, auxv, sizeof(auxv));
	for (long i = 0; i + 1 < got / 8; i += 2)
		if (auxv[i] == AT_SYSINFO_EHDR)
			return auxv[i + 1] >= ARENA_BASE && auxv[i + 1] < ARENA_TOP;
	return false;
}
