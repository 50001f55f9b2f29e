/* SPDX-License-Identifier: ISC */
/*
 * A guest without a layer: plays the runtime's part around layer/trap.c, so that the
 * trap is tested by itself.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host_nr.h"
#include "steps.h"
#include "trap.h"

enum { ARENA = 64 << 20 };

static struct mm_block *mm;
static uint32_t next_slot;
static _Thread_local struct thread_block *self;

static long
raw(long nr, long a, long b, long c, long d, long e, long f)
{
	long r;
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e,
	    r9 __asm__("r9") = f;

	__asm__ volatile("syscall" : "=a"(r) : "a"(nr), "D"(a), "S"(b), "d"(c),
	    "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return r;
}

static long
fork_raw(long flags, long stack, long ptid, long ctid, long tls, long block)
{
	(void)block;
	return raw(SYS_clone, flags, stack, ptid, ctid, tls, 0);
}

/* ---- what the runtime would give ---- */

/* The gate, for files of the layer as bodies have them. */
__asm__(".text\n.balign 16\nraw_gate:\n\tsyscall\n\tret\n");
extern const char raw_gate[];
const char sysent_pass[1];

void
host_call_prepare(struct thread_block *t)
{
	(void)t;
}

long
copyin(void *dst, gaddr src, size_t n)
{
	memcpy(dst, (const void *)src.a, n);
	return 0;
}

long
copyout(gaddr dst, const void *src, size_t n)
{
	memcpy((void *)dst.a, src, n);
	return 0;
}

void
log_missing(struct call *c, const char *why)
{
	(void)c;
	fprintf(stderr, "client: %s\n", why);
}

static struct thread_block *
block_new(void)
{
	struct thread_block *t = calloc(1, sizeof(*t));

	t->self = t;
	t->mm = mm;
	t->gate_call = (uint64_t)raw;
	t->gate_raw = t->gate_raw_intr = (uint64_t)raw_gate;
	t->gate_clone = (uint64_t)fork_raw;
	t->commpage = (void *)(mm->arena + ARENA_COMMPAGE);
	t->pid = (uint32_t)getpid();
	t->tid = (uint32_t)gettid();
	t->slot_index = __atomic_fetch_add(&next_slot, 1, __ATOMIC_RELAXED);
	return t;
}

/* The front: beside the build's tests, or what CLIENT_FRONT says. */
static char *
front_path(void)
{
	static char path[4096];
	char *env = getenv("CLIENT_FRONT"), *tail;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (env != NULL)
		return env;
	path[n < 0 ? 0 : n] = '\0';
	tail = strstr(path, "/tests/trap/");
	if (tail != NULL)
		memcpy(tail, "/veneer", sizeof("/veneer"));
	return path;
}

void
step_start(void)
{
	void *arena = mmap(NULL, ARENA, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (arena == MAP_FAILED)
		exit(1);
	mm = calloc(1, sizeof(*mm));
	mm->arena = (uint64_t)arena;
	mm->arena_size = ARENA;
	mm->front = (uint64_t)front_path();
	self = block_new();
}

void
step_thread(void)
{
	self = block_new();
}

void
step_forked(void)
{
	self->pid = (uint32_t)getpid();
	self->tid = (uint32_t)gettid();
	trap_fork_child(self);
}

void *
step_vforked(void)
{
	void *parent = self;

	self = block_new();
	return parent;
}

void
step_vfork_done(void *parent)
{
	self = parent;
}

long
step_null(void)
{
	return glue_null(self);
}

long
step_park(uint64_t ms)
{
	return glue_park(self, ms);
}

long
step_effects(uint64_t which)
{
	return glue_effects(self, which);
}

long
step_echo(const char *in, char *out, size_t len)
{
	return glue_echo(self, guest((uint64_t)in), guest((uint64_t)out), len);
}

long
step_op(uint32_t op)
{
	struct glue g = { .op = op, .arg0 = 1, .arg1 = 2, .arg2 = 3 };

	return trap_call(self, &g);
}

static uint64_t
draw(uint64_t *x)
{
	static const uint64_t edge[] = {
		0, 1, 4095, 4096, 4097, 4096 * 1023, 4096 * 1024, 1u << 31,
		UINT32_MAX, INT64_MAX, (uint64_t)INT64_MIN, UINT64_MAX,
	};

	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	if (*x >> 60 < 8)
		return edge[*x % (sizeof(edge) / sizeof(edge[0]))];
	return *x >> (*x & 63);
}

/* Never `park`: it would wait; its arguments have a test of their own. */
void
step_random(long n, uint64_t seed)
{
	uint64_t x = seed * 2 + 1, op, a[5];
	int i;

	while (n-- > 0) {
		op = draw(&x) % 2 ? draw(&x) : draw(&x) % 24;
		for (i = 0; i < 5; i++)
			a[i] = draw(&x);
		if (op == RPC_FETCH)
			a[3] = 900 + a[3] % 100;	/* not our own stdio */
		if (op != RPC_PARK)
			raw(HOST_NR_epoll_wait_old, (long)op, (long)a[0],
			    (long)a[1], (long)a[2], (long)a[3], (long)a[4]);
	}
	self->trap_state = TRAP_NEW;	/* hello again: our sequence is lost */
}
