/* SPDX-License-Identifier: ISC */
/* The one place of gs.c that sets %gs without asking the kernel: in the program, or in a library of its own. */
void gs_write(void *);

void
gs_write(void *to)
{
	__asm__ volatile("wrgsbase %0" : : "r"(to));
}
