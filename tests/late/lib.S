/* SPDX-License-Identifier: ISC */
/*
 * A shared object that makes calls by itself, in every way that can be rewritten, on several pages.  GETPPID
 * is the personality's number.  The entry point is not code but a table of offsets, so that a guest without a
 * linker finds the functions.
 */
	.section .rodata
	.globl	late_table
	.hidden	late_table
	.balign 4
late_table:
	.long	late_a - late_table
	.long	late_b - late_table
	.long	late_c - late_table
	.long	late_rip - late_table
	.long	late_edge - late_table
	.long	late_const - late_table
	.long	late_other - late_table
late_nr:
	.long	GETPPID

	.macro function name
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
	.cfi_startproc
	.endm
	.macro finish name
	.cfi_endproc
	.size	\name, . - \name
	.balign	16, 0xcc
	.endm

	.text
	.balign	4096, 0xcc
function late_a			/* A: the number, then the call */
	mov	$GETPPID, %eax
	syscall
	ret
finish late_a

function late_b			/* B: nothing before it that could move */
	mov	%edi, %eax
	syscall
	ret
finish late_b

function late_c			/* C: two instructions before it */
	mov	%rdi, %rax
	xor	%edi, %edi
	syscall
	ret
finish late_c

function late_rip		/* C: one that names memory by its own place */
	mov	late_nr(%rip), %eax
	syscall
	ret
finish late_rip

	.org	late_a + 4096 - 3, 0xcc
function late_edge		/* A, across the end of a page */
	mov	$GETPPID, %eax
	syscall
	ret
finish late_edge

	.org	late_a + 2 * 4096, 0xcc
function late_const		/* a page without calls */
	mov	$41, %eax
	ret
finish late_const

	.org	late_a + 3 * 4096, 0xcc
function late_other
	mov	$GETPPID, %eax
	syscall
	ret
finish late_other
#ifdef FULL				/* nothing is free in the last page: slots lie below the image */
	.org	late_a + 4 * 4096, 0xcc
#endif
	.section .note.GNU-stack,"",@progbits
