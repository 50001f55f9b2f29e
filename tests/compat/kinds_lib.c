/* SPDX-License-Identifier: ISC */
/* What kinds.c opens while it runs. */
void called(int n);

void
called(int n)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(140L), "D"(77L),
	    "S"((long)n) : "rcx", "r11", "memory");
}
