/* SPDX-License-Identifier: ISC */
/*
 * The vDSO of Linux programs, an ELF image in the body.  What the kernel's vDSO answers without a call goes to the
 * kernel's own functions, whose addresses the layer has put into the process block; everything else goes to the gate as
 * a rewritten site does.  The image lies in the body, so the process block is at a known distance.
 *
 * Linked by vdso.ld into an image of one segment; vdso_image.S makes it a part of the body.
 */
#include "host_nr.h"
#include "layout.h"

#define MM_PLACE (ARENA_MM & (ARENA_STEP - 1))
#define MM(f, r) (MM_PLACE + OFF_MM_BLOCK_##f)(r)
#define B(f) %gs:OFF_THREAD_BLOCK_##f
/* enum mm_flags; compat/linux/vdso.c asserts them. */
#define MM_VDSO 8
#define MM_OWN_GS 32
#define SLOW_CLOCKS 0x30c	/* processor time, alarms: those of other processes and of descriptors are negative */
#define CLOCKS 32
#define ENOSYS_ANSWER -38

	.macro	function name
	.globl	__vdso_\name
	.weak	\name
	.type	__vdso_\name, @function
	.type	\name, @function
	.balign	16
__vdso_\name:
\name:
	.cfi_startproc
	.endm
	.macro	done name
	.cfi_endproc
	.size	__vdso_\name, . - __vdso_\name
	.size	\name, . - \name
	.endm

	.macro	process_block reg
	lea	0(%rip), \reg
	and	$-ARENA_STEP, \reg
	.endm

/*
 * %eax: the host's number.  The two bytes before the label at which the call returns are where one that was interrupted
 * or restarted stands.  Where the program has %gs the kernel's function makes the call, and dispatch catches it.
 */
	.macro	enter_gate kernel
	process_block %rcx
	testl	$MM_OWN_GS, MM(FLAGS, %rcx)
	jnz	3f
1:	mov	%rcx, B(SITE_RCX)
	lea	2f(%rip), %rcx
	jmp	*B(GATE_SITE)
	jmp	1b
2:	ret
3:	jmp	*(MM_PLACE + \kernel)(%rcx)
	.endm

	.text
	function clock_gettime
	cmp	$CLOCKS, %edi
	jae	4f
	mov	$SLOW_CLOCKS, %eax
	bt	%edi, %eax
	jc	4f
	process_block %rax
	testl	$MM_VDSO, MM(FLAGS, %rax)
	jz	4f
	jmp	*MM(VDSO_CLOCK_GETTIME, %rax)
4:	mov	$HOST_NR_clock_gettime, %eax
	enter_gate OFF_MM_BLOCK_VDSO_CLOCK_GETTIME
	done	clock_gettime

	.macro	by_kernel name, number, kernel
	function \name
	process_block %rax
	testl	$MM_VDSO, MM(FLAGS, %rax)
	jz	4f
	cmpq	$0, (MM_PLACE + \kernel)(%rax)
	je	4f
	jmp	*(MM_PLACE + \kernel)(%rax)
4:	mov	$\number, %eax
	enter_gate \kernel
	done	\name
	.endm
	by_kernel gettimeofday, HOST_NR_gettimeofday, OFF_MM_BLOCK_VDSO_GETTIMEOFDAY
	by_kernel time, HOST_NR_time, OFF_MM_BLOCK_VDSO_TIME
	by_kernel getcpu, HOST_NR_getcpu, OFF_MM_BLOCK_VDSO_GETCPU

	function clock_getres
	cmp	$CLOCKS, %edi
	jae	4f
	mov	$SLOW_CLOCKS, %eax
	bt	%edi, %eax
	jc	4f
	process_block %rax
	testl	$MM_VDSO, MM(FLAGS, %rax)
	jz	4f
	cmpq	$0, MM(VDSO_CLOCK_GETRES, %rax)
	je	4f
	jmp	*MM(VDSO_CLOCK_GETRES, %rax)
4:	mov	$HOST_NR_clock_getres, %eax
	enter_gate OFF_MM_BLOCK_VDSO_CLOCK_GETRES
	done	clock_getres

/* What the kernel has is known once a clock was read; programs that ask whether it can do this must not be told no. */
	function getrandom
	process_block %rax
	testl	$MM_VDSO, MM(FLAGS, %rax)
	jnz	1f
	push	%rdi
	.cfi_adjust_cfa_offset 8
	push	%rsi
	.cfi_adjust_cfa_offset 8
	push	%rdx
	.cfi_adjust_cfa_offset 8
	push	%rcx
	.cfi_adjust_cfa_offset 8
	push	%r8
	.cfi_adjust_cfa_offset 8
	sub	$16, %rsp
	.cfi_adjust_cfa_offset 16
	xor	%edi, %edi
	mov	%rsp, %rsi
	call	9f
	add	$16, %rsp
	.cfi_adjust_cfa_offset -16
	pop	%r8
	.cfi_adjust_cfa_offset -8
	pop	%rcx
	.cfi_adjust_cfa_offset -8
	pop	%rdx
	.cfi_adjust_cfa_offset -8
	pop	%rsi
	.cfi_adjust_cfa_offset -8
	pop	%rdi
	.cfi_adjust_cfa_offset -8
	process_block %rax
1:	mov	MM(VDSO_GETRANDOM, %rax), %r11
	mov	$ENOSYS_ANSWER, %rax
	test	%r11, %r11
	jz	2f
	jmp	*%r11
2:	ret
9:	mov	$HOST_NR_clock_gettime, %eax
	enter_gate OFF_MM_BLOCK_VDSO_CLOCK_GETTIME
	done	getrandom

	.section .note, "a", @note
	.balign	4
	.long	6, 4, 0
	.asciz	"Linux"
	.balign	4
	.long	0x60100
	.section .note.GNU-stack, "", @progbits
