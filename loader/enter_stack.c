/* SPDX-License-Identifier: ISC */
/*
 * The kernel's initial stack becomes the guest's.  Our own arguments come first in the
 * vector and are an even number, so dropping them keeps %rsp aligned and moves nothing:
 * argc is written anew right below the guest's argv[0].
 */
#include <linux/auxvec.h>
#include <linux/prctl.h>

#include "enter.h"
#include "host.h"
#include "text.h"

_Static_assert(ARG_OWN % 2 == 0, "the guest's stack stays aligned to 16");

/* Sets a[1] of the entry a; answers what it was. */
static uint64_t
auxv_set(uint64_t *auxv, uint64_t type, uint64_t value)
{
	uint64_t old, *a;

	for (a = auxv; a[0] != AT_NULL; a += 2)
		if (a[0] == type) {
			old = a[1];
			a[1] = value;
			return old;
		}
	return 0;
}

/* The auxiliary vector tells of the program, not of enter. */
static uint64_t
auxv_edit(struct enter *e, uint64_t *auxv)
{
	const struct start *s = &e->start;
	uint64_t *a;

	for (a = auxv; a[0] != AT_NULL; a += 2) {
		if (a[0] == AT_PHDR)
			a[1] = s->phdr;
		else if (a[0] == AT_PHENT)
			a[1] = s->phent;
		else if (a[0] == AT_PHNUM)
			a[1] = s->phnum;
		else if (a[0] == AT_BASE)
			a[1] = s->interp_base;
		else if (a[0] == AT_ENTRY)
			a[1] = s->exe_entry;
		else if (a[0] == AT_EXECFN)
			a[1] = s->execfn;
	}
	return (uint64_t)(a + 2 - auxv) * sizeof(*a);
}

void
stack_edit(struct enter *e, uint64_t *sp)
{
	const struct plan_image *prog = &e->image[e->plan->program];
	uint64_t bias = e->bias[e->plan->program], *envp, *auxv, size, vdso;
	char **argv = (char **)(sp + 1);
	struct prctl_mm_map mm = { 0 };
	char *last;

	e->start.execfn = (uint64_t)argv[ARG_EXECFN];
	e->start.settings = (uint64_t)argv[ARG_SETTINGS];
	mm.arg_start = (uint64_t)argv[ARG_OWN];
	last = argv[sp[0] - 1];
	mm.arg_end = (uint64_t)last + text_len(last) + 1;
	mm.env_start = mm.env_end = mm.arg_end;
	envp = sp + 1 + sp[0] + 1;
	for (auxv = envp; *auxv != 0; auxv++)
		mm.env_end = *auxv + text_len((const char *)*auxv) + 1;
	auxv++;
	size = auxv_edit(e, auxv);
	sp[ARG_OWN] = sp[0] - ARG_OWN;
	e->start.sp = (uint64_t)(sp + ARG_OWN);

	mm.start_code = bias + prog->code_start;
	mm.end_code = bias + prog->code_end;
	mm.start_data = bias + prog->data_start;
	mm.end_data = bias + prog->data_end;
	mm.start_brk = mm.brk = e->brk;
	mm.start_stack = e->start.sp;
	mm.auxv = (void *)auxv;
	mm.auxv_size = (uint32_t)size;
	mm.exe_fd = (uint32_t)-1;
	/* Debuggers take what they know of the layer for a vDSO; the guest does not. */
	vdso = auxv_set(auxv, AT_SYSINFO_EHDR, e->start.arena + ARENA_UNWIND);
	/* Kernels without CONFIG_CHECKPOINT_RESTORE refuse: then /proc shows enter's. */
	host6(HOST_NR_prctl, PR_SET_MM, PR_SET_MM_MAP, (long)&mm, sizeof(mm), 0,
	    0);
	auxv_set(auxv, AT_SYSINFO_EHDR, vdso);
}
