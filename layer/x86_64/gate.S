/* SPDX-License-Identifier: ISC */
/*
 * The gate: the one page of a guest that holds `syscall` instructions, and the whole range
 * that Syscall User Dispatch lets pass.  Never swapped.  Position independent, no data
 * but its header; everything it touches is reached through %gs or an argument.
 *
 * Symbols between which a program counter means something are in the header; the signal
 * code (layer/signal.c) reads them from there.
 */
#include "layout.h"

#define B(f) %gs:OFF_THREAD_BLOCK_##f
#define C(f) %gs:(OFF_THREAD_BLOCK_CALL + OFF_CALL_##f)

	.section .text
	.balign 4096
gate:
	.long MAGIC_GATE_HEADER
	.short VERSION_GATE_HEADER, SIZEOF_GATE_HEADER
	.long 1					/* abi */
	.long gate_call - gate
	.long gate_call_intr - gate
	.long gate_stub - gate
	.long gate_site - gate
	.long gate_sigsys - gate
	.long gate_exit - gate
	.long gate_exit_end - gate
	.long gate_intr_begin - gate
	.long gate_intr_syscall - gate
	.long gate_intr_out - gate
	.long gate_signal - gate
	.long gate_restorer - gate
	.long gate_sigreturn - gate
	.long gate_clone - gate
	.long gate_thread_exit - gate
	.long gate_entry_end - gate
	.long gate_clone3 - gate
	.org gate + SIZEOF_GATE_HEADER, 0xcc

	.macro shuffle		/* C: (nr, a, b, c, d, e, f) -> kernel registers */
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	mov	%r9, %r8
	mov	8(%rsp), %r9
	.endm

	.balign 16
gate_call:
	shuffle
	syscall
	ret

	.balign 16
gate_call_intr:			/* as gate_call, turned away when the attention word is set */
	shuffle
gate_intr_begin:
	cmpl	$0, B(ATTENTION)
	jne	gate_intr_out
gate_intr_syscall:
	syscall
	ret
gate_intr_out:
	mov	$-512, %rax
	ret

	.balign 16
gate_stub:			/* %eax number, return address on the guest's stack */
	movl	$1, B(INSIDE)
	pop	%rcx
	mov	$0x202, %r11d		/* a call keeps no flags; DF is clear */
	movl	$0, C(ENTRY)
	jmp	1f
	.balign 16
gate_sigsys:			/* as gate_site, for the counts */
	movl	$1, B(INSIDE)
	movl	$2, C(ENTRY)
	jmp	1f
	.balign 16
gate_site:			/* %rax number, %rcx address after the site, %r11 flags */
	movl	$1, B(INSIDE)
	movl	$1, C(ENTRY)
1:	mov	%rax, C(RAX)
	mov	%rbx, C(RBX)
	mov	%rcx, C(RCX)
	mov	%rdx, C(RDX)
	mov	%rsi, C(RSI)
	mov	%rdi, C(RDI)
	mov	%rbp, C(RBP)
	mov	%rsp, C(RSP)
	mov	%r8, C(R8)
	mov	%r9, C(R9)
	mov	%r10, C(R10)
	mov	%r11, C(R11)
	mov	%r12, C(R12)
	mov	%r13, C(R13)
	mov	%r14, C(R14)
	mov	%r15, C(R15)
	mov	%rcx, C(RIP)
	mov	%r11, C(RFLAGS)
	mov	B(STACK_TOP), %rsp
	cld
	mov	B(SELF), %rdi
	mov	B(VEC), %r11
	jmp	*8(%r11)		/* BODY_CALL */
gate_entry_end:

	.balign 16
gate_exit:			/* the record is complete; from here to gate_exit_end a signal is the guest's */
	movl	$0, B(INSIDE)
	cmpl	$0, B(ATTENTION)
	jne	gate_attention
	mov	B(STACK_TOP), %rsp
	push	C(RFLAGS)
	popf
	mov	C(RAX), %rax
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
	mov	C(RSP), %rsp
	jmp	*C(RIP)
gate_exit_end:
gate_attention:
	movl	$1, B(INSIDE)
	mov	B(STACK_TOP), %rsp
	cld
	mov	B(SELF), %rdi
	mov	B(VEC), %r11
	jmp	*32(%r11)		/* BODY_ATTENTION */

	.balign 16
gate_signal:			/* host handler: the block is found by the signal stack, not by %gs */
	mov	%rsp, %rcx
	and	$-0x20000, %rcx
	add	$0xe000, %rcx
	mov	OFF_THREAD_BLOCK_VEC(%rcx), %r11
	jmp	*16(%r11)		/* BODY_SIGNAL(sig, info, ucontext, block) */

	.balign 16
gate_sigreturn:			/* %rdi: a host ucontext in a frame of ours */
	mov	%rdi, %rsp
gate_restorer:
	mov	$15, %eax
	syscall
	hlt

	.balign 16
gate_clone:			/* (flags, stack, ptid, ctid, tls, new block or NULL); same stack when stack is 0 */
	push	%rbx
	mov	%r9, %rbx
	mov	%rcx, %r10
	mov	$56, %eax
0:	syscall
	test	%rax, %rax
	jnz	1f
	test	%rbx, %rbx
	jz	1f
	mov	%rbx, %rdi
	mov	OFF_THREAD_BLOCK_STACK_TOP(%rdi), %rsp
	mov	OFF_THREAD_BLOCK_VEC(%rdi), %r11
	jmp	*24(%r11)		/* BODY_CHILD */
1:	pop	%rbx
	ret
gate_clone3:			/* (struct clone_args, its size, new block or NULL) */
	push	%rbx
	mov	%rdx, %rbx
	mov	$435, %eax
	jmp	0b

	.balign 16
/*
 * (u32 *state or NULL, code, addr, len, nr, before): make the call `before` on the range (munmap, or madvise
 * DONTNEED), give the slot back, leave.  Uses no stack and no %gs: both may be gone or another's.
 */
gate_thread_exit:
	mov	%rsi, %r12
	mov	%rdi, %r13
	mov	%r8, %r14
	test	%rcx, %rcx
	jz	1f
	mov	%rdx, %rdi
	mov	%rcx, %rsi
	mov	$4, %edx
	mov	%r9, %rax
	syscall
1:	test	%r13, %r13
	jz	2f
	movl	$0, (%r13)
2:	mov	%r12, %rdi
	mov	%r14, %rax
	syscall
	hlt
	.org gate + 4096, 0xcc
