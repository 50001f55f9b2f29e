/* SPDX-License-Identifier: ISC */
/* The program's auxiliary vector names our vDSO instead of the kernel's, where there is one. */
#include <linux/auxvec.h>

#include "linux.h"

/* vdso.S knows them by value. */
_Static_assert(MM_VDSO == 8 && MM_OWN_GS == 32, "compat/linux/vdso.S");

extern const char vdso_image[], vdso_image_end[];

void
linux_vdso_start(struct thread_block *t, uint64_t *sp)
{
	struct mm_block *mm = t->mm;
	uint64_t *p = sp + sp[0] + 2;

	if (mm->vdso == 0)
		return;
	while (*p != 0)
		p++;
	for (p++; p[0] != AT_NULL; p += 2)
		if (p[0] == AT_SYSINFO_EHDR)
			p[1] = (uint64_t)vdso_image;
	/* A signal in it is in the guest's code. */
	mm->sigcode = (uint64_t)vdso_image;
	mm->sigcode_size = (uint64_t)(vdso_image_end - vdso_image);
}
