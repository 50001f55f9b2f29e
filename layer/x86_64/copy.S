/* SPDX-License-Identifier: ISC */
/*
 * copyin, copyout, copyinstr, the guest's words and its vector state: the only places where the layer touches
 * guest memory.  A fault between copy_begin and copy_end makes the signal code go on at
 * copy_fault, which answers -EFAULT; a fault anywhere else in a layer is our bug.
 * No routine here moves the stack between copy_begin and copy_end.
 */
	.text
	.globl	copyin, copyout, copyinstr, load32_user, load64_user, cas32_user, xsave_to, copy_begin, copy_end, copy_fault
	.hidden	copyin, copyout, copyinstr, load32_user, load64_user, cas32_user, xsave_to, copy_begin, copy_end, copy_fault

	.balign 16
copy_begin:
copyin:				/* (dst, src, n) */
copyout:
	mov	%rdx, %rcx
	rep movsb
	xor	%eax, %eax
	ret

	.balign 16
copyinstr:			/* (dst, src, n): length, -EFAULT, -ENAMETOOLONG */
	xor	%eax, %eax
1:	cmp	%rdx, %rax
	jae	2f
	movzbl	(%rsi,%rax), %ecx
	movb	%cl, (%rdi,%rax)
	test	%ecx, %ecx
	jz	3f
	inc	%rax
	jmp	1b
2:	mov	$-36, %rax
3:	ret

	.balign 16
load32_user:			/* (src, dst) */
	mov	(%rdi), %eax
	mov	%eax, (%rsi)
	xor	%eax, %eax
	ret

	.balign 16
load64_user:			/* (src, dst) */
	mov	(%rdi), %rax
	mov	%rax, (%rsi)
	xor	%eax, %eax
	ret

	.balign 16
cas32_user:			/* (word, expected, new, old) */
	mov	%esi, %eax
	lock cmpxchg %edx, (%rdi)
	mov	%eax, (%rcx)
	xor	%eax, %eax
	ret

	.balign 16
xsave_to:			/* (dst, features; 0: fxsave) */
	test	%rsi, %rsi
	jz	1f
	mov	%rsi, %rax
	mov	%rsi, %rdx
	shr	$32, %rdx
	movq	$0, 512(%rdi)
	movq	$0, 520(%rdi)
	movq	$0, 528(%rdi)
	movq	$0, 536(%rdi)
	movq	$0, 544(%rdi)
	movq	$0, 552(%rdi)
	movq	$0, 560(%rdi)
	movq	$0, 568(%rdi)
	xsave64	(%rdi)
	xor	%eax, %eax
	ret
1:	fxsave64 (%rdi)
	xor	%eax, %eax
	ret
copy_end:
copy_fault:
	mov	$-14, %rax
	ret

	.section .note.GNU-stack,"",@progbits
