/* SPDX-License-Identifier: ISC */
/*
 * One site for each way to rewrite one, each run with a full set of values in registers,
 * red zone and flags.  Exit status 0, or the number of the site that broke something.
 * getpid is call 39; its answer differs from every other value here.
 */
	.text
	.globl	_start

/* A site: r12 its number. The function under test is called with the stack below the red zone of this frame. */
	.macro	try name, number
	mov	$\number, %r12d
	lea	\name(%rip), %r13
	call	check
	.endm

	.type	_start, @function
_start:
	mov	$39, %eax
	lea	1f(%rip), %rcx
1:	syscall
	mov	%eax, %r15d
	try	five, 1
	try	seven, 2
	try	load, 3
	try	relative, 4
	try	two, 5
	try	gap, 6
	try	running, 7
	try	landed, 8
	try	plain, 9
	xor	%edi, %edi
out:	mov	$60, %eax
	syscall
	hlt
	.size	_start, .-_start

	.p2align 4
	.type	check, @function
check:
	mov	$0x1111, %ebx
	mov	$0x2222, %ebp
	mov	$0x3333, %edi
	mov	$0x4444, %esi
	mov	$0x5555, %edx
	mov	$0x6666, %r8d
	mov	$0x7777, %r9d
	mov	$0x8888, %r10d
	movq	%rbx, %xmm5
	movabs	$0x9999999999, %rax
	mov	%rax, -24(%rsp)		/* becomes the callee's red zone */
	call	*%r13
	jnc	bad			/* every site is entered with carry set and everything else clear */
	jz	bad
	js	bad
	jo	bad
	cmp	%r15d, %eax
	jne	bad
	cmp	$0x1111, %ebx
	jne	bad
	cmp	$0x2222, %ebp
	jne	bad
	cmp	$0x3333, %edi
	jne	bad
	cmp	$0x4444, %esi
	jne	bad
	cmp	$0x5555, %edx
	jne	bad
	cmp	$0x6666, %r8d
	jne	bad
	cmp	$0x7777, %r9d
	jne	bad
	cmp	$0x8888, %r10d
	jne	bad
	movq	%xmm5, %rax
	cmp	$0x1111, %eax
	jne	bad
	movabs	$0x9999999999, %rax
	cmp	%rax, -24(%rsp)
	jne	bad
	ret
bad:	mov	%r12d, %edi
	jmp	out
	.size	check, .-check

/* Flags that the site must keep; 8(%rsp) of the red zone below stays too. */
	.macro	flags
	mov	$1, %r14d
	neg	%r14d			/* carry */
	mov	$2, %r14d
	inc	%r14d			/* the others clear, carry kept */
	.endm

	.macro	fn name
	.p2align 4
	.type	\name, @function
\name:
	.endm

	fn	five			/* A: mov imm32 */
	flags
	mov	$39, %eax
	syscall
	ret
	.size	five, .-five

	fn	seven			/* A: mov imm32 to 64 bits */
	flags
	.byte	0x48, 0xc7, 0xc0, 39, 0, 0, 0
	syscall
	ret
	.size	seven, .-seven

	fn	load			/* C: a load from the stack, as Go's */
	movl	$39, -40(%rsp)
	movl	$0, -36(%rsp)
	flags
	.byte	0x48, 0x8b, 0x84, 0x24, 0xd8, 0xff, 0xff, 0xff
	syscall
	ret
	.size	load, .-load

	fn	relative		/* C: relative to itself */
	flags
	mov	number(%rip), %eax
	syscall
	ret
	.size	relative, .-relative

	fn	two			/* C: two instructions */
	mov	$39, %r14d
	push	%r14
	flags
	pop	%rax
	mov	%rax, %r14
	mov	%r14d, %eax
	syscall
	ret
	.size	two, .-two

	fn	gap			/* B: padding behind a function */
	flags
	mov	number(%rip), %r11
	push	%r11
	pop	%rax
	syscall
	ret
	.size	gap, .-gap
	.byte	0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc

	fn	running			/* B: a nop that runs */
	flags
	mov	number(%rip), %r11
	.byte	0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0
	push	%r11
	pop	%rax
	syscall
	ret
	.size	running, .-running

	fn	landed			/* A, entered at the syscall itself */
	mov	$39, %eax
	flags
	jmp	2f
	mov	$39, %eax
2:	syscall
	ret
	.size	landed, .-landed

	.p2align 4
plain:					/* no function says that it is here */
	flags
	mov	$39, %eax
	syscall
	ret
	ret

	.section .rodata
	.p2align 3
number:	.quad	39
	.section .note.GNU-stack, "", @progbits
