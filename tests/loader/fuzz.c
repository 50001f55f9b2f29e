/* SPDX-License-Identifier: ISC */
/*
 * libFuzzer target: any bytes as a program.  The planner must say what they are or refuse
 * them, and a plan that it makes must keep enter inside what it reserves.  The input ends
 * at an inaccessible page, so that libelf, which is not instrumented, cannot read past it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "planner.h"

#define INPUT_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *arena;

static const uint8_t *
guarded(const uint8_t *data, size_t size)
{
	uint8_t *p;

	if (arena == NULL) {
		arena = mmap(NULL, INPUT_MAX + PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (arena == MAP_FAILED ||
		    mprotect(arena + INPUT_MAX, PAGE, PROT_NONE) != 0)
			abort();
	}
	p = arena + INPUT_MAX - size;
	memcpy(p, data, size);
	return p;
}

static void
check(const struct plan *plan)
{
	const struct plan_image *im = (const struct plan_image *)(const void *)
	    ((const char *)plan + plan->images_off) + plan->program;
	const struct plan_map *m = (const struct plan_map *)(const void *)
	    ((const char *)plan + plan->maps_off) + im->first_map;
	uint64_t end = im->base;
	uint32_t i;

	if (im->base % PAGE != 0 || im->span % PAGE != 0 ||
	    im->span > USER_END || im->base > USER_END - im->span)
		abort();
	for (i = 0; i < im->nmaps; i++, m++) {
		uint64_t pages = PAGE_UP(m->len) + m->anon_len;

		if (m->addr % PAGE != 0 || m->off % PAGE != 0 ||
		    m->anon_len % PAGE != 0 || m->addr < im->base ||
		    m->addr - im->base > im->span - pages ||
		    m->addr + PAGE < end)
			abort();
		if (m->zero_len != 0 && (m->zero < m->addr ||
		    m->zero + m->zero_len > m->addr + PAGE_UP(m->len)))
			abort();
		end = m->addr + pages;
	}
	for (i = 0; i < plan->nstubs; i++)
		if (plan->stub_addr[i] % PAGE != 0 ||
		    plan->stub_addr[i] < im->base ||
		    plan->stub_addr[i] - im->base >
		    im->span - plan->stub_size[i])
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct layer_choice lc;
	struct program *pr;
	struct problem p;
	struct plan *plan;
	char *interp = NULL, *arg = NULL;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	pr = calloc(1, sizeof(*pr));
	if (pr == NULL)
		abort();
	pr->file.data = guarded(data, size);
	pr->file.size = size;
	lc.elf.nsegments = 1;
	lc.elf.segments[0] = (struct segment){ 0, PAGE, 0, PAGE, PROT_READ };
	script_read(pr->file.data, size, &interp, &arg, &p);
	free(interp);
	free(arg);
	if (program_classify(pr, &p) == 0 && pr->elf.nsegments > 0) {
		plan = plan_make(pr, &lc, "fuzz", &p);
		if (plan != NULL)
			check(plan);
		free(plan);
	}
	free(pr);
	return 0;
}
