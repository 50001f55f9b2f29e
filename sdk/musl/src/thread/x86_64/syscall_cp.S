/* SPDX-License-Identifier: ISC */
/*
 * __syscall_cp_asm(cancel flag, nr, six arguments): the one call of a cancellation point.
 * musl's handler asks whether the frame's address lies in __cp_begin .. __cp_end: at the
 * `call` nothing has happened and the thread may be cancelled; at the byte after it the call
 * has had its effect, which must not be lost.
 */
	.hidden	__veneer_stubs, __cancel
	.text
	.globl	__cp_begin, __cp_end, __cp_cancel, __syscall_cp_asm
	.hidden	__cp_begin, __cp_end, __cp_cancel, __syscall_cp_asm
	.type	__syscall_cp_asm, @function
__syscall_cp_asm:
	.cfi_startproc
__cp_begin:
	cmpl	$0, (%rdi)
	jne	__cp_cancel
	mov	%esi, %eax
	mov	%rdx, %rdi
	mov	%rcx, %rsi
	mov	%r8, %rdx
	mov	%r9, %r10
	mov	8(%rsp), %r8
	mov	16(%rsp), %r9
	call	__veneer_stubs + 16 * 1023
__cp_end:
	cmp	$-1, %rax
	je	1f
	ret
1:	mov	%gs:8, %rax
	movslq	(%rax), %rax
	neg	%rax
	ret
__cp_cancel:
	jmp	__cancel
	.cfi_endproc
	.size	__syscall_cp_asm, . - __syscall_cp_asm
	.section .note.GNU-stack, "", @progbits
