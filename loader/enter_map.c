/* SPDX-License-Identifier: ISC */
/* Everything that enter maps: arena, images, stub tables, trace ring. */
#include <asm/errno.h>
#include <asm/stat.h>
#include <linux/auxvec.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/mman.h>
#include <linux/personality.h>
#include <linux/resource.h>

#include "cache.h"
#include "enter.h"
#include "host.h"
#include "range.h"
#include "text.h"

#define PIE_BASE	0x555555554000ul
#define PIE_STEPS	(1ul << 28)	/* pages, as the kernel's default */
#define BRK_STEPS	(1ul << 13)	/* pages: 32 MiB, as the kernel's */
#define TRIES		8
#define USER_END	0x7ffffffff000ul
#define VDSO_ROOM	0x10000ul
#define MAP_OURS	(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

static long
map(uint64_t addr, uint64_t len, int prot, int flags, int fd, uint64_t off)
{
	return host6(HOST_NR_mmap, (long)addr, (long)len, prot, flags, fd,
	    (long)off);
}

static bool
failed(long ret)
{
	return ret < 0 && ret >= -4095;
}

static _Noreturn void
map_failed(const struct enter *e, const char *what, uint64_t addr, long ret)
{
	char digits[24];

	enter_cold(e);
	fail(EXIT_VENEER, "cannot map ", what, addr == 0 ? "" : " at 0x",
	    addr == 0 ? "" : text_hex(digits, addr), ": ", text_error(ret),
	    ret == -ENOMEM ? "; raise the limit (ulimit -v)" : "", NULL);
}

static bool
randomized(const struct enter *e)
{
	return (e->personality & ADDR_NO_RANDOMIZE) == 0;
}

static long
map_new(uint64_t addr, uint64_t len, int prot)
{
	return map(addr, len, prot, MAP_OURS | MAP_FIXED_NOREPLACE, -1, 0);
}

/*
 * What is writable, from the unwind image to the first thread's slot; the rest of the arena is not there before it
 * is used.  Nobody gets it by chance, because the kernel looks for room below the stack, and far from ARENA_BASE.
 */
static bool
arena_map(struct enter *e, uint64_t base, long *ret)
{
	*ret = map_new(base + ARENA_UNWIND, ARENA_SLOTS + SLOT_SIZE - ARENA_UNWIND, PROT_READ | PROT_WRITE);
	if (failed(*ret))
		return false;
	e->start.arena = base;
	e->start.arena_size = ARENA_BYTES;
	e->texts_at = base + ARENA_UNWIND;
	/* One call instead of a fault for each. Kernels before 5.14 do without. */
	host3(HOST_NR_madvise, (long)(base + ARENA_UNWIND), ARENA_START_END - ARENA_UNWIND, MADV_POPULATE_WRITE);
	return true;
}

/* The end of the initial stack: the kernel puts the path of what it runs there, and a word. */
static uint64_t
stack_end(const struct enter *e, char **envp)
{
	const char *path = (const char *)aux_find(envp, AT_EXECFN);

	if (path == NULL || (uint64_t)path < (uint64_t)e)
		return USER_END;
	return PAGE_UP((uint64_t)path + text_len(path) + 1 + 8);
}

/*
 * Right above the stack, in its 2 MiB if what every process uses fits there; 0: no room.  Older kernels
 * have their vDSO there.
 */
static uint64_t
arena_above(const struct enter *e)
{
	char **envp = (char **)(e->from->sp + 1 + e->from->sp[0] + 1);
	uint64_t end = stack_end(e, envp), vdso = aux_find(envp, AT_SYSINFO_EHDR), base;

	if (vdso >= end && vdso - end < ARENA_BYTES)
		end = vdso + VDSO_ROOM;
	base = end <= ARENA_FIRST ? 0 : (end - ARENA_FIRST + ARENA_STEP - 1) & ~(ARENA_STEP - 1);
	return base < ARENA_ABOVE || base > USER_END - ARENA_BYTES ? 0 : base;
}

void
arena_reserve(struct enter *e)
{
	uint64_t base = 0;
	long ret;
	int n;

	if (e->start.witness == 0 && randomized(e))
		base = arena_above(e);
	if (base != 0 && arena_map(e, base, &ret))
		return;
	for (n = 0; n < TRIES; n++) {
		base = ARENA_BASE;
		if (e->start.witness == 0 && randomized(e))
			base += enter_random(e) % ARENA_STEPS * ARENA_STEP;
		if (arena_map(e, base, &ret))
			return;
	}
	map_failed(e, "the layer's arena", ARENA_BASE, ret);
}

/* How an image's parts are mapped: over its reservation, or where nothing may be yet. */
struct placing {
	const char *what;
	uint64_t bias;
	uint32_t image;
	uint64_t end;		/* of what is mapped */
	bool fresh;
};

static int
fixed(const struct placing *p, uint64_t addr)
{
	return p->fresh && addr >= p->end ? MAP_FIXED_NOREPLACE : MAP_FIXED;
}

/* Bytes of slots below the image; 0 where there are none, or they lie in its text. */
static uint64_t
slots_below(const struct plan_image *im)
{
	return im->slots_len == 0 || within(im->slots, im->slots_len, im->base, im->span) ? 0 :
	    im->base - im->slots;
}

/* Address space for an image and the slots below it, where the kernel likes; answers the start of its first page. */
static uint64_t
image_reserve(const struct enter *e, const struct plan_image *im, const char *what)
{
	uint64_t align = im->align > PAGE ? im->align : PAGE, want, extra;
	uint64_t below = slots_below(im);
	uint64_t span = im->span + below;
	long ret;

	extra = align - PAGE;
	ret = map(0, span + extra, PROT_NONE, MAP_OURS, -1, 0);
	if (failed(ret))
		map_failed(e, what, 0, ret);
	want = ((uint64_t)ret + below + extra) & ~(align - 1);
	if (want - below > (uint64_t)ret)
		host3(HOST_NR_munmap, ret,
		    (long)(want - below - (uint64_t)ret), 0);
	if (want - below - (uint64_t)ret < extra)
		host3(HOST_NR_munmap, (long)(want + im->span),
		    (long)(extra - (want - below - (uint64_t)ret)), 0);
	return want;
}

/* Where a position-independent program goes: low, with room for brk above. */
static uint64_t
image_place(struct enter *e, const struct plan_image *im)
{
	uint64_t align = im->align > PAGE ? im->align : PAGE;
	uint64_t want = PIE_BASE + slots_below(im);

	if (randomized(e))
		want += enter_random(e) % PIE_STEPS * PAGE;
	return (want + align - 1) & ~(align - 1);
}

/*
 * The part of a segment that comes from a file: the program's, or its text entry's. The body's last one, which is text
 * without holes, covers with its end what is free before the next mapping of ours: nothing is to be mapped there.
 */
static long
file_part_map(const struct enter *e, const struct placing *p, const struct plan_map *m, int fd,
    const struct enter_text *t, uint64_t pages)
{
	bool patch = t->entry != NULL && (m->prot & PROT_EXEC) != 0;
	uint64_t addr = p->bias + m->addr;
	int prot = (int)m->prot, first = prot;
	int flags = MAP_PRIVATE | fixed(p, addr);
	long ret;

	/* Where the cache must not be executed, pages of the file are patched. */
	if (patch && m->text_off != 0 && !failed(map(addr, m->len, prot,
	    flags, t->fd, m->text_off)))
		return 0;
	if (m->zero_len > 0)
		first |= PROT_WRITE;
	if (patch)
		first = PROT_READ | PROT_WRITE;
	ret = map(addr, pages, first, flags, fd, m->off);
	if (failed(ret))
		return ret;
	if (m->zero_len > 0)
		memset((void *)(p->bias + m->zero), 0, m->zero_len);
	if (patch)
		text_patch(e, p->image, m, p->bias);
	if (first != prot)
		host3(HOST_NR_mprotect, (long)addr, (long)PAGE_UP(m->len),
		    prot);
	return 0;
}

static long
segment_map(const struct enter *e, struct placing *p, const struct plan_map *m, int fd,
    const struct enter_text *t, uint64_t pages)
{
	uint64_t addr = p->bias + m->addr;
	long ret;

	if (m->len > 0) {
		ret = file_part_map(e, p, m, fd, t, pages);
		if (failed(ret))
			return ret;
		addr += pages;
		p->end = addr;
	}
	if (m->anon_len > 0) {
		ret = map(addr, m->anon_len, (int)m->prot, MAP_PRIVATE |
		    MAP_ANONYMOUS | fixed(p, addr), -1, 0);
		if (failed(ret))
			return ret;
		p->end = addr + m->anon_len;
	}
	return 0;
}

/* Slots and segments; -EEXIST leaves what was mapped before it. */
static long
parts_map(struct enter *e, uint32_t i, int fd, struct placing *p)
{
	const struct plan_image *im = &e->image[i];
	const struct plan_map *m = &e->map[im->first_map];
	uint64_t start;
	uint32_t k;
	long ret;

	p->end = 0;
	p->image = i;
	ret = 0;
	if (slots_below(im) != 0) {
		ret = text_slots(e, i, p->bias, fixed(p, p->bias + im->slots));
		p->end = p->bias + im->base;
	}
	for (k = 0; k < im->nmaps && !failed(ret); k++) {
		start = p->bias + m[k].addr;
		/* Nothing of a reservation stays between the segments. */
		if (!p->fresh && k > 0 && start > p->end &&
		    !(im->flags & PLAN_ARENA))
			host3(HOST_NR_munmap, (long)p->end,
			    (long)(start - p->end), 0);
		ret = segment_map(e, p, &m[k], fd, &e->text[i],
		    (im->flags & PLAN_ARENA) && k == im->nmaps - 1 ?
		    e->texts_at - start : PAGE_UP(m[k].len));
	}
	return ret;
}

/* What a failed parts_map left. */
static void
parts_unmap(const struct enter *e, uint32_t i, const struct placing *p)
{
	const struct plan_image *im = &e->image[i];
	const struct plan_map *m = &e->map[im->first_map];
	uint64_t from;
	uint32_t k;

	if (p->end != 0 && e->text[i].entry != NULL && slots_below(im) != 0)
		host3(HOST_NR_munmap, (long)(p->bias + im->slots),
		    (long)im->slots_len, 0);
	for (k = 0; k < im->nmaps; k++) {
		from = p->bias + m[k].addr;
		if (from < p->end)
			host3(HOST_NR_munmap, (long)from, (long)(PAGE_UP(m[k].len) +
			    m[k].anon_len), 0);
	}
}

/* Every page of the image's span belongs to a segment afterwards, or to nobody. */
static void
image_map(struct enter *e, uint32_t i)
{
	const struct plan_image *im = &e->image[i];
	struct placing p = { .fresh = true };
	long ret = -EEXIST;
	int fd, n;

	p.what = enter_string(e, e->file[im->file].path);
	if (im->nmaps == 0) {		/* the gate: it came with the body */
		e->bias[i] = e->start.arena;
		return;
	}
	fd = enter_open(e, im->file);
	text_begin(e, i, fd);
	for (n = 0; (im->flags & PLAN_PIE) && ret == -EEXIST && n < TRIES; n++) {
		p.bias = image_place(e, im) - im->base;
		ret = parts_map(e, i, fd, &p);
		if (ret == -EEXIST)
			parts_unmap(e, i, &p);
	}
	if (im->flags & PLAN_FIXED)
		ret = parts_map(e, i, fd, &p);
	if (im->flags & PLAN_ARENA) {
		p.bias = e->start.arena;
		ret = parts_map(e, i, fd, &p);
	} else if (ret == -EEXIST && !(im->flags & PLAN_FIXED))
		p.bias = image_reserve(e, im, p.what) - im->base;
	if (ret == -EEXIST && !(im->flags & (PLAN_FIXED | PLAN_ARENA))) {
		p.fresh = false;
		ret = parts_map(e, i, fd, &p);
	}
	if (failed(ret))
		map_failed(e, p.what, p.bias + im->base, ret);
	e->bias[i] = p.bias;
	text_told(e, i);
	text_end(&e->text[i]);
	host3(HOST_NR_close, fd, 0, 0);
}

void
images_map(struct enter *e)
{
	const struct plan *p = e->plan;
	const struct plan_image *prog = &e->image[p->program];
	uint32_t i;

	for (i = 0; i < p->nimages; i++)
		image_map(e, i);
	e->brk = PAGE_UP(e->bias[p->program] + prog->end);
	if (randomized(e))
		e->brk += enter_random(e) % BRK_STEPS * PAGE;
	e->start.gate = e->start.arena + e->image[p->gate].base;
	e->start.body = e->start.arena + e->image[p->body].base;
	e->start.body_size = e->texts_at - e->start.body;	/* as mapped */
}

/* The layer's stub table over each stub section: as much of it as the section holds. */
void
stubs_map(struct enter *e)
{
	const struct plan *p = e->plan;
	uint64_t addr, len, off;
	uint32_t i;
	long ret;
	int fd;

	if (p->nstubs == 0)
		return;
	fd = enter_open(e, e->image[p->body].file);
	off = p->stubs_file_off;
	for (i = 0; i < p->nstubs; i++) {
		addr = e->bias[p->stub_image[i]] + p->stub_addr[i];
		len = PAGE_DOWN(p->stub_size[i]);
		if (len > p->stubs_size)
			len = p->stubs_size;
		ret = map(addr, len, PROT_READ | PROT_EXEC,
		    MAP_PRIVATE | MAP_FIXED, fd, off);
		if (failed(ret))
			map_failed(e, "the stub table", addr, ret);
		e->start.stubs[i] = addr;
	}
	e->start.nstubs = p->nstubs;
	host3(HOST_NR_close, fd, 0, 0);
}

/* veneer trace hands over a ring: a file whose size is the ring's. */
APART static void
ring_open(struct enter *e, const char *value, size_t n)
{
	char path[PATH_MAX];
	uint64_t addr = e->start.arena + ARENA_RING;
	struct stat st;
	long fd, ret;

	if (n >= sizeof(path))
		return;
	memcpy(path, value, n);
	path[n] = '\0';
	fd = host3(HOST_NR_open, (long)path, O_RDWR | O_CLOEXEC, 0);
	if (fd < 0)
		enter_fail(e, "cannot open the trace ring ", path, ": ",
		    text_error(fd), NULL);
	ret = host3(HOST_NR_fstat, fd, (long)&st, 0);
	if (ret == 0 && (st.st_size <= 0 || st.st_size > (long)(ARENA_RING_END - ARENA_RING)))
		ret = -EINVAL;
	if (ret == 0)
		ret = map(addr, (uint64_t)st.st_size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, (int)fd, 0);
	if (failed(ret))
		map_failed(e, path, addr, ret);
	e->start.trace_ring = addr;
	e->start.trace_size = (uint64_t)st.st_size;
	host3(HOST_NR_close, fd, 0, 0);
}

void
ring_map(struct enter *e)
{
	size_t n = 0;
	const char *value = setting_find(e->from->settings, "trace", &n);

	if (value != NULL)
		ring_open(e, value, n);
}
