/* SPDX-License-Identifier: ISC */
/* __clone(fn, stack, flags, arg, ptid, tls, ctid) */
#include "veneer/native_nr.h"
	.hidden	__veneer_stubs
	.text
	.globl	__clone
	.hidden	__clone
	.type	__clone, @function
__clone:
	.cfi_startproc
	and	$-16, %rsi
	mov	%rcx, -8(%rsi)		/* the child's argument, on its stack */
	sub	$8, %rsi
	mov	%rdi, %rax		/* fn */
	mov	%edx, %edi		/* flags */
	mov	%r8, %rdx		/* ptid */
	mov	8(%rsp), %r10		/* ctid */
	mov	%r9, %r8		/* tls */
	mov	%rax, %r9
	call	__veneer_stubs + 16 * NATIVE_SYS_clone
	test	%rax, %rax
	jz	1f
	cmp	$-1, %rax
	je	2f
	ret
1:	.cfi_remember_state
	.cfi_undefined rip	/* the new thread's outermost frame */
	xor	%ebp, %ebp
	pop	%rdi
	call	*%r9
	mov	%eax, %edi
	call	__veneer_stubs + 16 * NATIVE_SYS_exit
	hlt
2:	.cfi_restore_state
	mov	%gs:8, %rax
	movslq	(%rax), %rax
	neg	%rax
	ret
	.cfi_endproc
	.size	__clone, . - __clone
	.section .note.GNU-stack, "", @progbits
