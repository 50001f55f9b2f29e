/* SPDX-License-Identifier: ISC */
/*
 * Is this thread traced by another guest?  gdb and strace count the execs of what they start and want its
 * own numbers and addresses, so what a guest traces becomes its next program without a layer.
 *
 * /proc tells who traces, at the price of a fifth of a start.  So a guest that attaches to another one writes so into
 * that one's process block first; forks copy it.  Only who has the mark reads /proc.
 */
#include <linux/auxvec.h>
#include <linux/fcntl.h>
#include <linux/ptrace.h>

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

static bool
is_unwind_image(uint64_t addr)
{
	return addr % ARENA_STEP == ARENA_UNWIND && ((addr >= ARENA_BASE && addr < ARENA_TOP) ||
	    addr >= ARENA_ABOVE);
}

/* A guest's arena, 0 for others: its auxiliary vector in /proc names the unwind image. */
static uint64_t
arena_of(struct thread_block *t, const char *digits, size_t n)
{
	char path[32] = "/proc/";
	uint64_t auxv[AUXV_ROOM];
	long got;

	memcpy(path + 6, digits, n);
	memcpy(path + 6 + n, "/auxv", 6);
	got = file_head(t, path, auxv, sizeof(auxv));
	for (long i = 0; i + 1 < got / 8; i += 2)
		if (auxv[i] == AT_SYSINFO_EHDR)
			return is_unwind_image(auxv[i + 1]) ? auxv[i + 1] - ARENA_UNWIND : 0;
	return 0;
}

bool
traced_by_guest(struct thread_block *t)
{
	char digits[12];
	size_t n;

	if (!thread_mm(t)->traced)
		return false;
	n = tracer_digits(t, digits);
	return n != 0 && arena_of(t, digits, n) != 0;
}

void
traced_mark(struct thread_block *t, long request, long pid)
{
	uint32_t yes = 1, rest = (uint32_t)pid;
	char digits[12];
	size_t n = sizeof(digits);
	uint64_t arena, local[2], remote[2];

	if ((request != PTRACE_ATTACH && request != PTRACE_SEIZE) || (int)pid <= 0)
		return;
	if (t->guards & GUARD_FILTER) {
		log_missing(&t->call, "the tracer has a filter: what it attaches to keeps its layer");
		return;
	}
	do
		digits[--n] = (char)('0' + rest % 10);
	while ((rest /= 10) != 0);
	arena = arena_of(t, digits + n, sizeof(digits) - n);
	if (arena == 0)
		return;
	local[0] = (uint64_t)&yes;
	remote[0] = arena + ARENA_MM + offsetof(struct mm_block, traced);
	local[1] = remote[1] = sizeof(yes);
	HOST6(t, HOST_NR_process_vm_writev, pid, local, 1, remote, 1, 0);
}
