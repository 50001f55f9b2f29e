/* SPDX-License-Identifier: ISC */
/*
 * A static program of TEXT_KIB KiB of text that starts, runs code on some of its pages and ends: what
 * starts are measured with. TOUCH: every so manieth page is run, as a libc's start does.
 */
#ifdef TWIN_FREEBSD
#define EXIT_NR "1"
#else
#define EXIT_NR "231"
#endif
#define STRING_(x) #x
#define STRING(x) STRING_(x)

__asm__(".text\n.globl _start\n_start:\n"
	"\tand $-16, %rsp\n\tlea filler(%rip), %rbx\n\tmov $" STRING(TEXT_KIB) " / 4 / " STRING(TOUCH)
	", %ebp\n"
	"1:\tcall *%rbx\n\tadd $4096 * " STRING(TOUCH) ", %rbx\n\tdec %ebp\n\tjnz 1b\n"
	"\txor %edi, %edi\n\tmov $" EXIT_NR ", %eax\n\tsyscall\n\thlt\n"
	".balign 4096\nfiller:\n"
	".rept " STRING(TEXT_KIB) " / 4\n\tret\n\t.balign 4096, 0x90\n.endr\n\tret\n");
int data[1024] = { 1 };
