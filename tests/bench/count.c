/* SPDX-License-Identifier: ISC */
/*
 * count LAYERS CALL N: N calls of a FreeBSD program, from the slot of a rewritten site through the real gate and
 * body to the host's call and back, in an ordinary process so that callgrind can count instructions. The
 * process has one thread block and no handlers: only calls that need no more run here. N 0 is what is not
 * counted. CALL `bare` is the host's getppid alone.
 */
#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "layer.h"

#include "freebsd_nr.h"

#define NOTE_VECTOR	36	/* of the note's start: see layer/x86_64/layer.ld */

#define STRING_(x)	#x
#define STRING(x)	STRING_(x)

/* What a slot does; the flags that a kernel returns are not looked at. */
long site(long nr, long a, long b, long c);
__asm__(".text\n.globl site\nsite:\n\tmov %rdi, %rax\n\tmov %rsi, %rdi\n\tmov %rdx, %rsi\n\tmov %rcx, %rdx\n\t"
	"sub $8, %rsp\n\t"
	"mov %rcx, %gs:" STRING(OFF_THREAD_BLOCK_SITE_RCX) "\n\tlea 1f(%rip), %rcx\n\t"
	"jmp *%gs:" STRING(OFF_THREAD_BLOCK_GATE_SITE) "\n1:\tadd $8, %rsp\n\tret\n");

enum { FD = -1001, BUFFER = -1002 };	/* arguments that are known later */
static char buffer[4096];
static int fd;

static const struct {
	const char *name;
	long nr, a, b, c;
} calls[] = {
	{ "getppid", FREEBSD_SYS_getppid, 0, 0, 0 },
	{ "lseek", FREEBSD_SYS_lseek, FD, 0, 0 },
	{ "fcntl", FREEBSD_SYS_fcntl, FD, 3, 0 },
	{ "fstat", FREEBSD_SYS_fstat, FD, BUFFER, 0 },
	{ "sigmask", FREEBSD_SYS_sigprocmask, 1, 0, BUFFER },
	{ "read1", FREEBSD_SYS_read, FD, BUFFER, 1 },
};

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void *
map_file(const char *dir, const char *name)
{
	char path[4096];
	struct stat st;
	void *p;
	int f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((f = open(path, O_RDONLY | O_CLOEXEC)) < 0 || fstat(f, &st) != 0)
		die(path);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_EXEC, MAP_PRIVATE, f, 0);
	if (p == MAP_FAILED)
		die(path);
	close(f);
	return p;
}

/* Offset of the vector: in the note named Veneer. */
static uint64_t
vector_of(const char *body)
{
	uint64_t off;

	for (size_t i = 64; i < 4096; i += 4)
		if (memcmp(body + i + 12, "Veneer", 7) == 0) {
			memcpy(&off, body + i + NOTE_VECTOR, 8);
			return off;
		}
	fprintf(stderr, "count: the body has no note\n");
	exit(1);
}

static void
set_up(const char *dir)
{
	const char *body = map_file(dir, "freebsd-14.so");
	const struct gate_header *g = (const void *)(body + (ARENA_GATE - ARENA_BODY));
	const int32_t *v = (const void *)(body + vector_of(body));
	char *slot = aligned_alloc(SLOT_SIZE, SLOT_SIZE);
	struct mm_block *mm = calloc(1, 4096);
	struct thread_block *t = (void *)(slot + SLOT_BLOCK);

	memset(slot, 0, SLOT_SIZE);
	for (int i = 0; i < BODY_ENTRIES; i++)
		mm->vec[i] = (uint64_t)body + (uint64_t)v[i];
	mm->gate = (uint64_t)g;
	mm->body = (uint64_t)body;
	mm->personality = PERSONALITY_FREEBSD;
	t->self = t;
	t->mm = mm;
	t->vec = mm->vec;
	t->stack_top = (uint64_t)t;
	t->gate_raw = mm->gate + g->off_call_raw;
	t->gate_raw_intr = mm->gate + g->off_intr_begin;
	t->pass = (void *)(uintptr_t)mm->vec[BODY_PASS];	/* the first long way finds the right one */
	t->gate_site = mm->gate + g->off_site_carry;
	t->gate_exit = mm->gate + g->off_exit;
	t->call.thread = t;
	t->sighand = calloc(1, 4096);
	t->files = calloc(1, 4096);
	t->fs = calloc(1, 4096);
	if (syscall(SYS_arch_prctl, ARCH_SET_GS, t) != 0)
		die("arch_prctl");
}

static long
place(long v)
{
	return v == BUFFER ? (long)buffer : v == FD ? fd : v;
}

/* The one function whose instructions are counted. */
__attribute__((noinline)) static void
counted(long nr, long a, long b, long c, long n)
{
	while (n-- > 0)
		site(nr, a, b, c);
}

__attribute__((noinline)) static void
counted_bare(long n)
{
	long r;

	while (n-- > 0)
		__asm__ volatile("syscall" : "=a"(r) : "a"((long)SYS_getppid)
		    : "rcx", "r11", "memory");
}

int
main(int argc, char **argv)
{
	long n;

	if (argc != 4) {
		fprintf(stderr, "usage: count LAYERS CALL N\n");
		return 2;
	}
	n = atol(argv[3]);
	fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	if (strcmp(argv[2], "bare") == 0) {
		counted_bare(n);
		return 0;
	}
	set_up(argv[1]);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, argv[2]) == 0) {
			counted(calls[i].nr, place(calls[i].a), place(calls[i].b),
			    place(calls[i].c), n);
			return 0;
		}
	fprintf(stderr, "count: no call '%s'\n", argv[2]);
	return 2;
}
