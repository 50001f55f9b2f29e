/* SPDX-License-Identifier: ISC */
/* twin ROW [sigsys|sud|- [HELPER]]: the loop, and the rows of single calls. */
#include <elf.h>

#include "twin.h"

__asm__(".text\n.globl _start\n_start:\n\t"
#ifdef TWIN_FREEBSD
	"mov %rdi, %rsp\n\t"
#else
	"mov %rsp, %rdi\n\t"
#endif
	"and $-16, %rsp\n\tcall twin_main\n\thlt\n");
void twin_main(long *stack);

const char *twin_helper;
char *const twin_environ[] = { NULL };
static int fd;
static _Alignas(64) char buffer[16384];
static long base;

void *
memset(void *p, int v, size_t n)
{
	void *ret = p;

	__asm__ volatile("rep stosb" : "+D"(p), "+c"(n) : "a"(v) : "memory");
	return ret;
}

void *
memcpy(void *restrict d, const void *restrict s, size_t n)
{
	void *ret = d;

	__asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
	return ret;
}

void
need(long ret)
{
	if (ret < 0)
		os_exit(1);
}

static void
nothing(void)
{
}

static void
open_zero(void)
{
	need(fd = (int)os_openat(os_at_cwd, "/dev/zero", 0, 0));
}

static void
open_dir(void)
{
	need(fd = (int)os_openat(os_at_cwd, "dir", 0, 0));
}

static void
open_file(void)
{
	need(fd = (int)os_openat(os_at_cwd, "file", 0, 0));
}

#define ROW(name, call)				\
	static void				\
	many_##name(uint64_t n)			\
	{					\
		while (n-- > 0)			\
			need(call);		\
	}
ROW(getppid, os_getppid())
ROW(fstat, os_fstat(fd, buffer))
ROW(fcntl, os_fcntl(fd, 3, 0))		/* F_GETFL on both */
ROW(clock, os_clock_gettime(0, buffer))	/* CLOCK_REALTIME on both */
ROW(sigmask, os_sigmask(1, NULL, buffer, 8))
ROW(lseek, os_lseek(fd, 0, 0))
ROW(read1, os_read(fd, buffer, 1))
ROW(read16k, os_read(fd, buffer, sizeof(buffer)))
ROW(stat, os_stat(os_at_cwd, "file", buffer, 0))

static void
many_open(uint64_t n)
{
	while (n-- > 0) {
		long f = os_openat(os_at_cwd, "file", 0, 0);

		need(f);
		os_close((int)f);
	}
}

/* A hundred entries in one call, the end in another. */
static void
many_readdir(uint64_t n)
{
	while (n-- > 0) {
		need(os_lseek(fd, 0, 0));
		while (os_getdents(fd, buffer, sizeof(buffer), &base) > 0)
			;
	}
}

/* As dynamic linkers load: the whole span readable, then the text over its part.  The numbers are both systems'. */
enum { MAP_R = 1, MAP_RX = 5, MAP_OWN = 2, MAP_OWN_FIXED = 0x12 };
static struct {
	uint64_t first, span, at, off, len;
} object;

static uint64_t
page_down(uint64_t v)
{
	return v & ~4095ul;
}

static void
open_object(void)
{
	const Elf64_Ehdr *eh = (const void *)buffer;
	const Elf64_Phdr *ph;

	need(fd = (int)os_openat(os_at_cwd, twin_helper, 0, 0));
	need(os_read(fd, buffer, sizeof(buffer)));
	ph = (const void *)(buffer + eh->e_phoff);
	object.first = UINT64_MAX;
	for (int i = 0; i < eh->e_phnum; i++, ph++) {
		if (ph->p_type != PT_LOAD)
			continue;
		if (object.first == UINT64_MAX)
			object.first = page_down(ph->p_vaddr);
		object.span = ph->p_vaddr + ph->p_memsz - object.first;
		if ((ph->p_flags & PF_X) == 0)
			continue;
		object.at = page_down(ph->p_vaddr) - object.first;
		object.off = page_down(ph->p_offset);
		object.len = ph->p_filesz + ph->p_offset - object.off;
	}
}

static void
many_map(uint64_t n)
{
	while (n-- > 0) {
		long at = os_mmap(NULL, object.span, MAP_R, MAP_OWN, fd, 0);

		need(at);
		need(os_mmap((void *)(at + (long)object.at), object.len, MAP_RX,
		    MAP_OWN_FIXED, fd, (long)object.off));
		need(os_munmap((void *)at, object.span));
	}
}

static const struct work works[] = {
	{ "getppid", nothing, many_getppid },
	{ "fstat", open_file, many_fstat },
	{ "fcntl", open_file, many_fcntl },
	{ "clock", nothing, many_clock },
	{ "sigmask", nothing, many_sigmask },
	{ "lseek", open_file, many_lseek },
	{ "read1", open_zero, many_read1 },
	{ "read16k", open_zero, many_read16k },
	{ "open", nothing, many_open },
	{ "stat", nothing, many_stat },
	{ "readdir", open_dir, many_readdir },
	{ "map-libm", open_object, many_map },
	{ "map-20k", open_object, many_map },
	{ "map-libc", open_object, many_map },
	{ NULL, NULL, NULL },
};

static int
differ(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	return *a != *b;
}

static const struct work *
work_find(const struct work *w, const char *name)
{
	while (w->name != NULL && differ(w->name, name))
		w++;
	return w->name != NULL ? w : NULL;
}

static uint64_t
cycles(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

void
twin_main(long *stack)
{
	const char *const *argv = (const char *const *)(stack + 1);
	const struct work *w;
	uint64_t n, t;

	if (*stack < 2)
		os_exit(2);
	w = work_find(works, argv[1]);
	if (w == NULL)
		w = work_find(process_works, argv[1]);
	if (w == NULL)
		os_exit(2);
	if (*stack > 3)
		twin_helper = argv[3];
	if (*stack > 2 && !differ(argv[2], "sigsys"))
		os_reference_sigsys();
	if (*stack > 2 && !differ(argv[2], "sud"))
		os_reference_sud();
	w->setup();
	while (os_read(0, &n, sizeof(n)) == (long)sizeof(n)) {
		t = cycles();
		w->many(n);
		t = cycles() - t;
		need(os_write(1, &t, sizeof(t)));
	}
	os_exit(0);
}
