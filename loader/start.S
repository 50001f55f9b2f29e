/* SPDX-License-Identifier: ISC */
/*
 * First instruction of veneer: the kernel's initial stack is the one argument.  It becomes the
 * guest's, so what lies below it now is what the guest's calls will use anyway: we have no memory of our own.
 */
	.section .text
	.globl _start
	.type _start, @function
_start:
	xor	%ebp, %ebp
	mov	%rsp, %rdi
	and	$-16, %rsp
	call	loader_main
	hlt
	.size _start, . - _start

/* jump(sp, target, argument): leaves C for good; %rsp is the given stack less what a call would have pushed. */
	.globl jump
	.hidden jump
	.type jump, @function
jump:
	mov	%rdi, %rsp
	and	$-16, %rsp
	xor	%ebp, %ebp
	mov	%rdx, %rdi
	call	*%rsi
	hlt
	.size jump, . - jump
	.section .note.GNU-stack, "", @progbits
