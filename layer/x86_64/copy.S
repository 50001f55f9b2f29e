/* SPDX-License-Identifier: ISC */
/*
 * copyin, copyout, copyinstr, the guest's words and its vector state: the only places where the layer touches
 * guest memory; and memcpy and memset.  A fault between copy_begin and copy_end makes the signal code go on at
 * copy_fault, which answers -EFAULT; a fault anywhere else in a layer is our bug.
 * No routine here moves the stack between copy_begin and copy_end.
 */
	.text
	.globl	copyin, copyout, copyinstr, load32_user, load64_user, cas32_user, xsave_to, xrstor_from, memcpy, memset
	.globl	copy_begin, copy_end, copy_fault
	.hidden	copyin, copyout, copyinstr, load32_user, load64_user, cas32_user, xsave_to, xrstor_from, memcpy, memset
	.hidden	copy_begin, copy_end, copy_fault

	/*
	 * %rdx bytes from %rsi to %rdi by whole words, four at a time, the last of them overlapping; `rep movsb` needs long
	 * to begin.  Two, four and eight bytes are one access each.
	 */
	.macro	copy_words done
	cmp	$8, %rdx
	jb	3f
	cmp	$512, %rdx
	ja	2f
	sub	$32, %rdx
	jb	8f
	.balign 16
1:	mov	(%rsi), %rax
	mov	8(%rsi), %rcx
	mov	16(%rsi), %r8
	mov	24(%rsi), %r9
	mov	%rax, (%rdi)
	mov	%rcx, 8(%rdi)
	mov	%r8, 16(%rdi)
	mov	%r9, 24(%rdi)
	add	$32, %rsi
	add	$32, %rdi
	sub	$32, %rdx
	jae	1b
8:	add	$24, %rdx		/* what is left less a word */
	jle	5f
9:	mov	(%rsi), %rax
	mov	%rax, (%rdi)
	add	$8, %rsi
	add	$8, %rdi
	sub	$8, %rdx
	jg	9b
5:	mov	(%rsi,%rdx), %rax
	mov	%rax, (%rdi,%rdx)
	\done
2:	mov	%rdx, %rcx
	rep movsb
	\done
3:	cmp	$4, %edx
	jb	4f
	mov	(%rsi), %eax
	mov	-4(%rsi,%rdx), %ecx
	mov	%eax, (%rdi)
	mov	%ecx, -4(%rdi,%rdx)
	\done
4:	cmp	$2, %edx
	jb	6f
	mov	(%rsi), %ax
	mov	-2(%rsi,%rdx), %cx
	mov	%ax, (%rdi)
	mov	%cx, -2(%rdi,%rdx)
	\done
6:	test	%edx, %edx
	jz	7f
	mov	(%rsi), %al
	mov	%al, (%rdi)
7:	\done
	.endm

	.macro	copied
	xor	%eax, %eax
	ret
	.endm
	.balign 64
copy_begin:
copyin:				/* (dst, src, n) */
copyout:
	copy_words copied

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

	.macro	answered
	mov	%r10, %rax
	ret
	.endm
	.balign 64
memcpy:
	mov	%rdi, %r10
	copy_words answered

	.balign 64
memset:
	mov	%rdi, %r10
	movzbl	%sil, %eax
	movabs	$0x0101010101010101, %r8
	imul	%r8, %rax
	cmp	$8, %rdx
	jb	3f
	cmp	$512, %rdx
	ja	2f
	mov	%rax, -8(%rdi,%rdx)
	sub	$32, %rdx
	jb	5f
1:	mov	%rax, (%rdi)
	mov	%rax, 8(%rdi)
	mov	%rax, 16(%rdi)
	mov	%rax, 24(%rdi)
	add	$32, %rdi
	sub	$32, %rdx
	jae	1b
5:	add	$24, %rdx
	jle	4f
6:	mov	%rax, (%rdi)
	add	$8, %rdi
	sub	$8, %rdx
	jg	6b
4:	answered
2:	mov	%rdx, %rcx
	rep stosb
	answered
3:	test	%edx, %edx
	jz	4b
	mov	%al, (%rdi)
	inc	%rdi
	dec	%edx
	jmp	3b

	.balign 16
xrstor_from:			/* (src of ours, features; 0: fxrstor) */
	test	%rsi, %rsi
	jz	1f
	mov	%rsi, %rax
	mov	%rsi, %rdx
	shr	$32, %rdx
	xrstor64 (%rdi)
	ret
1:	fxrstor64 (%rdi)
	ret

	.section .note.GNU-stack,"",@progbits
