/* SPDX-License-Identifier: ISC */
/*
 * The first registers and the auxiliary vector.
 *
 * The initial stack stays the host kernel's own; only its vector is rewritten in place, which has
 * room because the host's is longer.  What the entries point at lies below argc, where the
 * program's stack pointer starts:
 *
 *	rsp -> (8 modulo 16)
 *	       struct freebsd_start_data
 *	rdi -> argc, argv, envp, vector (the host's place)
 */
#include <linux/auxvec.h>

#include "freebsd.h"
#include "fbsd_state.h"
#include "signal.h"

struct ps_strings {
	uint64_t argv;
	uint32_t nargv, pad0;
	uint64_t envp;
	uint32_t nenv, pad1;
};

struct freebsd_start_data {
	struct ps_strings ps;
	uint64_t canary[8];
	uint64_t page_sizes[2];
	char exe[1024];
};

struct auxv {
	uint64_t type, value;
};

struct vector {
	struct auxv *v;
	size_t n, room;
};

static uint32_t
online_cpus(struct thread_block *t)
{
	uint64_t mask[16] = { 0 };
	uint32_t n = 0;

	long len = host_call(t, HOST_NR_sched_getaffinity, 0, sizeof(mask),
	    (long)mask, 0, 0, 0);
	for (long i = 0; i < len / 8; i++)
		for (uint64_t m = mask[i]; m != 0; m &= m - 1)
			n++;
	return n == 0 ? 1 : n;
}

static uint64_t
vector_find(const struct auxv *v, uint64_t type)
{
	for (; v->type != AT_NULL; v++)
		if (v->type == type)
			return v->value;
	return 0;
}

static void
vector_add(struct vector *v, uint64_t type, uint64_t value)
{
	if (v->n + 1 < v->room)
		v->v[v->n++] = (struct auxv){ type, value };
}

/* The vector of the program, in the order of the FreeBSD kernel. */
static void
vector_fill(struct vector *v, const struct start *s,
    const struct freebsd_start_data *d, const struct fbsd_page *page)
{
	vector_add(v, FREEBSD_AT_PHDR, s->phdr);
	vector_add(v, FREEBSD_AT_PHENT, s->phent);
	vector_add(v, FREEBSD_AT_PHNUM, s->phnum);
	vector_add(v, FREEBSD_AT_PAGESZ, 4096);
	vector_add(v, FREEBSD_AT_FLAGS, 0);
	vector_add(v, FREEBSD_AT_ENTRY, s->exe_entry);
	vector_add(v, FREEBSD_AT_BASE, s->interp_base);
	if (d->exe[0] != '\0')
		vector_add(v, FREEBSD_AT_EXECPATH, (uint64_t)(uintptr_t)d->exe);
	vector_add(v, FREEBSD_AT_OSRELDATE, page->osreldate);
	vector_add(v, FREEBSD_AT_CANARY, (uint64_t)(uintptr_t)d->canary);
	vector_add(v, FREEBSD_AT_CANARYLEN, sizeof(d->canary));
	vector_add(v, FREEBSD_AT_NCPUS, page->ncpu);
	vector_add(v, FREEBSD_AT_PAGESIZES, (uint64_t)(uintptr_t)d->page_sizes);
	vector_add(v, FREEBSD_AT_PAGESIZESLEN, sizeof(d->page_sizes));
	vector_add(v, FREEBSD_AT_STACKPROT, 3);
	if (s->layer_version >= 13) {
		vector_add(v, FREEBSD_AT_ARGC, d->ps.nargv);
		vector_add(v, FREEBSD_AT_ARGV, d->ps.argv);
		vector_add(v, FREEBSD_AT_ENVC, d->ps.nenv);
		vector_add(v, FREEBSD_AT_ENVV, d->ps.envp);
		vector_add(v, FREEBSD_AT_PS_STRINGS, (uint64_t)(uintptr_t)&d->ps);
	}
	v->v[v->n] = (struct auxv){ 0, 0 };
}

static void
copy_path(char *dst, uint64_t src, size_t n)
{
	const char *p = (const char *)(uintptr_t)src;
	size_t i = 0;

	for (; p != NULL && p[i] != '\0' && i + 1 < n; i++)
		dst[i] = p[i];
	dst[i] = '\0';
}

static struct fbsd_page *
page_init(struct thread_block *t, const struct start *s)
{
	struct fbsd_page *page = arena_small(t, sizeof(*page));

	if (page == NULL)
		process_exit(t, 125);
	thread_mm(t)->priv[FREEBSD_MM_PAGE] = (uint64_t)(uintptr_t)page;
	page->osreldate = s->osreldate;
	page->ncpu = online_cpus(t);
	copy_path(page->exe, s->exe_path, sizeof(page->exe));
	return page;
}

void
personality_start(struct thread_block *t, const struct start *s)
{
	struct fbsd_page *page = page_init(t, s);
	uint64_t *argc = (uint64_t *)(uintptr_t)s->sp;
	uint64_t *envp = argc + 1 + *argc + 1;
	uint64_t *p = envp;

	while (*p != 0)
		p++;
	struct vector v = { .v = (struct auxv *)(p + 1) };
	while (v.v[v.room].type != AT_NULL)
		v.room++;
	v.room++;

	uint64_t base = (s->sp - sizeof(struct freebsd_start_data)) & ~15ul;
	struct freebsd_start_data *d = (struct freebsd_start_data *)(uintptr_t)base;
	d->ps.argv = (uint64_t)(uintptr_t)(argc + 1);
	d->ps.nargv = (uint32_t)*argc;
	d->ps.envp = (uint64_t)(uintptr_t)envp;
	d->ps.nenv = (uint32_t)(p - envp);
	const uint64_t *rnd = (const uint64_t *)(uintptr_t)vector_find(v.v, AT_RANDOM);
	if (host_call(t, HOST_NR_getrandom, (long)d->canary, sizeof(d->canary),
	    0, 0, 0, 0) != sizeof(d->canary) && rnd != NULL)
		d->canary[0] = rnd[0];
	d->page_sizes[0] = 4096;
	d->page_sizes[1] = 2ul << 20;
	copy_path(d->exe, s->exe_path, sizeof(d->exe));
	thread_mm(t)->ps_strings = (uint64_t)(uintptr_t)&d->ps;
	thread_mm(t)->osreldate = page->osreldate;
	thread_mm(t)->sigcode = (uint64_t)(uintptr_t)freebsd_sigcode;
	thread_mm(t)->sigcode_size = (uint64_t)(freebsd_sigcode_end - freebsd_sigcode);
	vector_fill(&v, s, d, page);

	freebsd_signal_start(t);
	t->call.rip = s->entry;
	t->call.rdi = s->sp;
	t->call.rsp = ((base - 8) & ~15ul) + 8;
	t->call.rflags = 0x202;
}
