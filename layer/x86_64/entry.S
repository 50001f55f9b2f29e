/* SPDX-License-Identifier: ISC */
/* The body's ways in (the vector of layer.ld names them) and the few routines that C cannot write. */
#include "layout.h"

#define C(f) %gs:(OFF_THREAD_BLOCK_CALL + OFF_CALL_##f)
#define USER_CS 0x33
#define USER_SS 0x2b

	.text
	.globl	body_call, body_traced, body_result, body_attention, body_child, start_switch, exit_to_guest
	.hidden	body_call, body_traced, body_result, body_attention, body_child, start_switch, exit_to_guest

	.balign 16
body_call:			/* from gate_site: %rdi block, %rsp layer stack top */
	call	call_dispatch
exit_to_guest:			/* which way out: the call may have changed that */
	jmp	*%gs:OFF_THREAD_BLOCK_GATE_EXIT

	.balign 16
body_traced:			/* body_call while somebody traces */
	call	call_dispatch_traced
	jmp	exit_to_guest

	.balign 16
body_result:			/* from a pass in the gate: the record holds the raw result */
	call	call_result
	jmp	exit_to_guest

	.balign 16
body_attention:
	call	attention_handle
	jmp	exit_to_guest

	.balign 16
body_child:			/* from gate_clone in a child with its own block; %gs is still the parent's */
	mov	%rdi, %rbx
	call	thread_child_start
	jmp	*OFF_THREAD_BLOCK_GATE_EXIT(%rbx)

/*
 * gate_exit for a thread whose guest has %gs.  The record is complete up to exit_gs_end; the last instructions need no
 * %gs, and an iretq, since neither stack nor registers are free.
 */
	.globl	exit_gs, exit_gs_end
	.hidden	exit_gs, exit_gs_end
	.balign 16
exit_gs:
	movl	$0, %gs:OFF_THREAD_BLOCK_INSIDE
	cmpl	$0, %gs:OFF_THREAD_BLOCK_ATTENTION
	jne	1f
	mov	%gs:OFF_THREAD_BLOCK_STACK_TOP, %rsp
	pushq	$USER_SS
	pushq	C(RSP)
	pushq	C(RFLAGS)
	pushq	$USER_CS
	pushq	C(RIP)
	pushq	C(RAX)
	mov	C(RBX), %rbx
	mov	C(RCX), %rcx
	mov	C(RDX), %rdx
	mov	C(RSI), %rsi
	mov	C(RDI), %rdi
	mov	C(RBP), %rbp
	mov	C(R8), %r8
	mov	C(R9), %r9
	mov	C(R10), %r10
	mov	C(R11), %r11
	mov	C(R12), %r12
	mov	C(R13), %r13
	mov	C(R14), %r14
	mov	C(R15), %r15
	mov	%gs:OFF_THREAD_BLOCK_GUEST_GS, %rax
	wrgsbase %rax
	pop	%rax
	iretq
exit_gs_end:
1:	movl	$1, %gs:OFF_THREAD_BLOCK_INSIDE
	mov	%gs:OFF_THREAD_BLOCK_STACK_TOP, %rsp
	mov	%gs:OFF_THREAD_BLOCK_SELF, %rdi
	jmp	body_attention

	.balign 16
start_switch:			/* (block, struct start): go on in start_second on the layer stack */
	mov	OFF_THREAD_BLOCK_STACK_TOP(%rdi), %rsp
	mov	%rdi, %rbx
	call	start_second
	jmp	*OFF_THREAD_BLOCK_GATE_EXIT(%rbx)

/*
 * gate_raw of a thread under a filter: the kernel's registers for filtered_call (filter.c), and all but %rax, %rcx and
 * %r11 as they were.
 */
	.globl	filtered_raw
	.hidden	filtered_raw
	.balign 16
filtered_raw:
	push	%rdi
	push	%rsi
	push	%rdx
	push	%r10
	push	%r8
	push	%r9
	push	%r9			/* the seventh argument */
	mov	%r8, %r9
	mov	%r10, %r8
	mov	%rdx, %rcx
	mov	%rsi, %rdx
	mov	%rdi, %rsi
	mov	%rax, %rdi
	call	filtered_call
	pop	%r9
	pop	%r9
	pop	%r8
	pop	%r10
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%rcx
	jmp	*%rcx

	.section .note.GNU-stack,"",@progbits
