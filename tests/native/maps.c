/* SPDX-License-Identifier: ISC */
/*
 * What the program sees of the layer: the stub table, one row without a name for each
 * section, and no other mapping; and it cannot touch the others.
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>

#include "t.h"

extern char __veneer_stubs[] __attribute__((__visibility__("hidden")));

static uintptr_t
thread_block(void)
{
	uintptr_t p;

	__asm__("mov %%gs:0, %0" : "=r"(p));
	return p;
}

static int
is_name(const char *name, const char *exe)
{
	return strcmp(name, exe) == 0 || strstr(name, "/sdk/lib/libc.so") ||
	    strcmp(name, "[stack]") == 0 || strcmp(name, "[vsyscall]") == 0 || strcmp(name, "[heap]") == 0;
}

static void
rows(const char *path, const char *exe)
{
	char line[4400], perms[5], name[4200];
	unsigned long lo, hi, off, ino;
	int tables = 0, n = 0;
	FILE *f = fopen(path, "r");

	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f)) {
		name[0] = 0;
		if (sscanf(line, "%lx-%lx %4s %lx %*x:%*x %lu %4199s", &lo,
		    &hi, perms, &off, &ino, name) < 5)
			continue;	/* smaps: a field */
		n++;
		if (lo == (uintptr_t)__veneer_stubs) {
			tables++;
			CHECK(hi - lo == 16384 && strcmp(perms, "r-xp") == 0);
			CHECK(name[0] == 0 && off == 0 && ino == 0);
			continue;
		}
		CHECK(!(lo <= thread_block() && thread_block() < hi));
		if (name[0] != 0 && !is_name(name, exe)) {
			dprintf(2, "foreign row: %s", line);
			_exit(1);
		}
		if (strchr(perms, 'x') && name[0] == 0 && hi - lo != 16384) {
			dprintf(2, "code without a name: %s", line);
			_exit(1);
		}
	}
	fclose(f);
	CHECK(tables == 1 && n > 4);
}

static void
refused(char *at)
{
	char *page = (char *)((uintptr_t)at & -4096ul);

	errno = 0;
	CHECK(munmap(page, 4096) == -1 && errno == EPERM);
	CHECK(mprotect(page, 4096, PROT_NONE) == -1 && errno == EPERM);
	CHECK(mmap(page, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS |
	    MAP_FIXED, -1, 0) == MAP_FAILED && errno == EPERM);
	CHECK(mmap(page - 8192, 65536, PROT_READ, MAP_PRIVATE |
	    MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED && errno == EPERM);
	CHECK(mremap(page, 4096, 8192, MREMAP_MAYMOVE) == MAP_FAILED &&
	    errno == EPERM);
	CHECK(madvise(page, 4096, MADV_DONTNEED) == -1 && errno == EPERM);
	CHECK(munmap((void *)4096, 0x7fffffffd000) == -1);
	CHECK(getppid() > 0);
}

int
main(void)
{
	char exe[4096], path[64];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	uintptr_t gate;

	CHECK(n > 0);
	exe[n] = 0;
	rows("/proc/self/maps", exe);
	snprintf(path, sizeof(path), "/proc/%d/maps", getpid());
	rows(path, exe);
	rows("/proc/thread-self/maps", exe);
	rows("/proc/self/smaps", exe);
	refused((char *)thread_block());
	__asm__("mov %%gs:56, %0" : "=r"(gate));	/* gate_stub */
	refused((char *)gate);
	return 0;
}
