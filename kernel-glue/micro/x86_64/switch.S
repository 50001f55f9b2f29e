/* SPDX-License-Identifier: ISC */
/* From one stack to another: what a call keeps is all there is to keep. */
	.text

/* void micro_switch(void **save, void *load) */
	.globl	micro_switch
	.hidden	micro_switch
	.type	micro_switch, @function
micro_switch:
	.cfi_startproc
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	subq	$8, %rsp
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	ldmxcsr	(%rsp)
	fldcw	4(%rsp)
	addq	$8, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
	.cfi_endproc
	.size	micro_switch, . - micro_switch

/* The first frame of a microthread: %r12 is its struct micro.  Unwinding ends here. */
	.globl	micro_enter
	.hidden	micro_enter
	.type	micro_enter, @function
micro_enter:
	.cfi_startproc
	.cfi_undefined rip
	xorl	%ebp, %ebp
	movq	%r12, %rdi
	call	micro_main
	ud2
	.cfi_endproc
	.size	micro_enter, . - micro_enter

	.section .note.GNU-stack, "", @progbits
