/* SPDX-License-Identifier: ISC */
/*
 * The kernel's initial stack becomes the guest's.  Our own arguments come first in the vector: they
 * are dropped where they stand, so that argc comes to lie right below the guest's argv[0]; an odd
 * number of them moves everything by one word, because %rsp is aligned.  Where the guest's
 * arguments are not the last of ours (a script's, a name from --argv0, a program that was found
 * in PATH), a new stack is built below all that we use, as the kernel would have made it.
 */
#include <linux/auxvec.h>
#include <linux/prctl.h>

#include "cache.h"
#include "enter.h"
#include "host.h"
#include "text.h"

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

static size_t
words(char *const *v)
{
	size_t n = 0;

	while (v[n] != NULL)
		n++;
	return n;
}

static uint64_t *
auxv_of(uint64_t *sp)
{
	uint64_t *p = sp + 1 + sp[0] + 1;

	while (*p != 0)
		p++;
	return p + 1;
}

static size_t
auxv_words(const uint64_t *auxv)
{
	size_t n = 0;

	while (auxv[n] != AT_NULL)
		n += 2;
	return n + 2;
}

/* Copies a string to *room, which moves on; puts its place into the vector. */
static uint64_t *
put(uint64_t *vector, char **room, const char *s)
{
	size_t n = text_len(s) + 1;

	memcpy(*room, s, n);
	*vector = (uint64_t)*room;
	*room += n;
	return vector + 1;
}

static size_t
bytes_of(char *const *v)
{
	size_t n = 0;

	for (; *v != NULL; v++)
		n += text_len(*v) + 1;
	return n;
}

/* The guest's arguments before args: the plan's for a script, else its name. */
static uint64_t *
put_first(const struct enter *e, uint64_t *vector, char **room)
{
	const struct plan *p = e->plan;
	const char *s = e->strings + p->prefix;
	uint32_t i;

	if (!e->from->cached || p->nprefix == 0)
		return put(vector, room, e->from->argv0);
	for (i = 0; i < p->nprefix; i++, s += text_len(s) + 1)
		vector = put(vector, room, s);
	return vector;
}

/* As the kernel lays it out: vectors, then the strings of arguments, environment, path. */
static uint64_t *
stack_build(struct enter *e, char **args)
{
	const struct enter_from *from = e->from;
	char **envp = (char **)(from->sp + 1 + from->sp[0] + 1);
	uint64_t *auxv = auxv_of(from->sp), *sp, *v;
	size_t naux = auxv_words(auxv), nargs = words(args);
	size_t nenv = words(envp), strings, vectors;
	char *room;

	strings = bytes_of(args) + bytes_of(envp) + text_len(from->path) + 1 +
	    (e->plan->nprefix > 0 ? e->plan->strings_size : 0) +
	    text_len(from->argv0) + 1;
	vectors = (1 + nargs + PLAN_FILES_MAX + 1 + nenv + 1 + naux) * 8;
	sp = (uint64_t *)(((uint64_t)from->room->low - strings - vectors) & ~15ul);
	room = (char *)sp + vectors;
	v = put_first(e, sp + 1, &room);
	for (; *args != NULL; args++)
		v = put(v, &room, *args);
	sp[0] = (uint64_t)(v - (sp + 1));
	*v++ = 0;
	for (; *envp != NULL; envp++)
		v = put(v, &room, *envp);
	*v++ = 0;
	memcpy(v, auxv, naux * 8);
	put(&e->start.execfn, &room, from->path);
	return sp;
}

/* argc, arguments, environment and auxiliary vector without the arguments of ours. */
static uint64_t *
stack_drop(struct enter *e)
{
	const struct enter_from *from = e->from;
	uint64_t *sp = from->sp + from->own, *auxv = auxv_of(from->sp);
	uint64_t *end = auxv + auxv_words(auxv);

	sp[0] = from->sp[0] - from->own;
	e->start.execfn = (uint64_t)from->path;
	if ((uint64_t)sp % 16 == 0)
		return sp;
	memmove(sp - 1, sp, (size_t)((char *)end - (char *)sp));
	return sp - 1;
}

static uint64_t *
stack_guest(struct enter *e)
{
	const struct enter_from *from = e->from;
	char **args = (char **)(from->sp + 1) + from->own;
	bool on_stack = (const uint64_t *)(const void *)from->path > from->sp;

	if (from->own < from->sp[0] && on_stack && args[0] == from->argv0 &&
	    (!from->cached || e->plan->nprefix == 0))
		return stack_drop(e);
	return stack_build(e, args + (from->own < from->sp[0]));
}

void
stack_edit(struct enter *e)
{
	const struct plan_image *prog = &e->image[e->plan->program];
	uint64_t bias = e->bias[e->plan->program], *auxv, size, vdso;
	uint64_t *sp = stack_guest(e);
	char **argv = (char **)(sp + 1), **envp = argv + sp[0] + 1;
	struct prctl_mm_map mm = { 0 };
	char *last;

	e->start.sp = (uint64_t)sp;
	mm.arg_start = (uint64_t)argv[0];
	last = argv[sp[0] - 1];
	mm.arg_end = (uint64_t)last + text_len(last) + 1;
	mm.env_start = mm.env_end = mm.arg_end;
	for (; *envp != NULL; envp++)
		mm.env_end = (uint64_t)*envp + text_len(*envp) + 1;
	auxv = (uint64_t *)(envp + 1);
	size = auxv_edit(e, auxv);

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
	/* Kernels without CONFIG_CHECKPOINT_RESTORE refuse: then /proc shows ours. */
	host6(HOST_NR_prctl, PR_SET_MM, PR_SET_MM_MAP, (long)&mm, sizeof(mm), 0,
	    0);
	auxv_set(auxv, AT_SYSINFO_EHDR, vdso);
}
