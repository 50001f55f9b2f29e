/* SPDX-License-Identifier: ISC */
/* The child runs on this stack: the return address waits in a register, not in memory. */
#include "veneer/native_nr.h"
	.hidden	__veneer_stubs, __syscall_ret
	.text
	.globl	vfork
	.type	vfork, @function
vfork:
	.cfi_startproc
	pop	%rdx
	.cfi_def_cfa_offset 0
	.cfi_register rip, rdx
	call	__veneer_stubs + 16 * NATIVE_SYS_vfork
	push	%rdx
	.cfi_def_cfa_offset 8
	.cfi_offset rip, -8
	mov	%rax, %rdi
	cmp	$-1, %rax
	jne	__syscall_ret
	mov	%gs:8, %rdi
	movslq	(%rdi), %rdi
	neg	%rdi
	jmp	__syscall_ret
	.cfi_endproc
	.size	vfork, . - vfork
	.section .note.GNU-stack, "", @progbits
