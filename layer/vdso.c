/* SPDX-License-Identifier: ISC */
/*
 * The host's vDSO: the layer calls its clock_gettime, and the vDSO of a Linux program all of it (compat/linux/vdso.S).
 * Its slow paths make a real call, which is caught.
 */
#include <linux/elf.h>

#include "freestanding.h"
#include "host.h"
#include "internal.h"

#define NOT_THERE 1	/* vdso_clock_gettime: looked for */

struct vdso_tables {
	const char *base;
	const char *strings;
	const Elf64_Sym *symbols;
	const uint32_t *hash;
};

static void
vdso_tables(struct vdso_tables *v, const Elf64_Phdr *ph, uint64_t bias)
{
	const Elf64_Dyn *d = (const void *)(v->base + ph->p_offset);

	for (; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_STRTAB)
			v->strings = (const void *)(bias + d->d_un.d_ptr);
		else if (d->d_tag == DT_SYMTAB)
			v->symbols = (const void *)(bias + d->d_un.d_ptr);
		else if (d->d_tag == DT_HASH)
			v->hash = (const void *)(bias + d->d_un.d_ptr);
	}
}

static void
vdso_symbol(struct mm_block *mm, const char *name, uint64_t at)
{
	if (strcmp(name, "__vdso_clock_gettime") == 0)
		mm->vdso_clock_gettime = at;
	else if (strcmp(name, "__vdso_gettimeofday") == 0)
		mm->vdso_gettimeofday = at;
	else if (strcmp(name, "__vdso_time") == 0)
		mm->vdso_time = at;
	else if (strcmp(name, "__vdso_getcpu") == 0)
		mm->vdso_getcpu = at;
	else if (strcmp(name, "__vdso_clock_getres") == 0)
		mm->vdso_clock_getres = at;
	else if (strcmp(name, "__vdso_getrandom") == 0)
		mm->vdso_getrandom = at;
}

/* With the first call that asks for a clock: most programs that start and end at once never do. */
static void
vdso_find(struct mm_block *mm)
{
	uint64_t ehdr = mm->vdso;
	const Elf64_Ehdr *eh = (const void *)ehdr;
	const Elf64_Phdr *ph = (const void *)(ehdr + eh->e_phoff);
	struct vdso_tables v = { .base = (const void *)ehdr };
	uint64_t bias = 0;

	for (int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD)
			bias = ehdr + ph[i].p_offset - ph[i].p_vaddr;
	for (int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_DYNAMIC)
			vdso_tables(&v, &ph[i], bias);
	for (uint32_t i = 0; v.hash != NULL && v.symbols != NULL &&
	    v.strings != NULL && i < v.hash[1]; i++)
		vdso_symbol(mm, v.strings + v.symbols[i].st_name,
		    bias + v.symbols[i].st_value);
	if (mm->vdso_clock_gettime == 0)
		mm->vdso_clock_gettime = NOT_THERE;
	else
		__atomic_or_fetch(&mm->flags, MM_VDSO, __ATOMIC_RELEASE);
}

/* Clocks that the vDSO answers without a call on every sane host; -ENOSYS for others: ask the host. */
long
clock_read(struct thread_block *t, int clock, int64_t ts[2])
{
	struct mm_block *mm = t->mm;
	const uint32_t fast = 1u << 0 | 1u << 1 | 1u << 4 | 1u << 5 | 1u << 6 |
	    1u << 7 | 1u << 11;

	if (mm->vdso_clock_gettime == 0 && mm->vdso != 0)
		vdso_find(mm);
	if ((unsigned)clock < 32 && (fast >> clock & 1) && (mm->flags & MM_VDSO))
		return ((int (*)(int, int64_t *))mm->vdso_clock_gettime)(clock, ts);
	return HOST2(t, HOST_NR_clock_gettime, clock, ts);
}
