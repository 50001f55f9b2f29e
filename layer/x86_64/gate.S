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
#define ENTRY_STUB 0			/* enum call_entry */
#define ENTRY_SITE 1
#define ENTRY_SIGSYS 2
#define BODY_CALL 8			/* enum body_entry, as offsets in the pointer table */
#define BODY_SIGNAL 16
#define BODY_CHILD 24
#define BODY_ATTENTION 32
#define BODY_RESULT 48
#define FLAGS_CLEAN $0x202
#define FLAGS_ODD $0x244500		/* TF DF NT AC ID: beyond what sahf and an addition can restore */

	.section .gate, "ax", @progbits
	.balign 4096
gate:
	.long MAGIC_GATE_HEADER
	.short VERSION_GATE_HEADER, SIZEOF_GATE_HEADER
	.long GATE_ABI
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
	.long gate_site_carry - gate
	.long gate_site_trace - gate
	.long site_noted - gate_site
	.long site_syscall - gate_site
	.long gate_site_carry - gate_site
	.long site_long - gate
	.long site_error - gate
	.long stub_syscall - gate
	.long stub_long - gate
	.long stub_error - gate
	.long gate_clone3 - gate
	.long gate_call_raw - gate
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
gate_call_intr:			/* as gate_call, turned away when the attention word is set */
	shuffle
gate_intr_begin:
	cmpl	$0, B(ATTENTION)
	jne	gate_intr_out
gate_intr_syscall:
	syscall
	pop	%rcx
	jmp	*%rcx
gate_intr_out:
	mov	$-512, %rax
	ret

/*
 * The layer's own host calls.  A guest's filter asks where a call comes from, and lets those of a short list pass that
 * come from here (layer/filter.c); everything else is made in the guest's name, and judged.
 */
	.org	gate + GATE_OWN, 0xcc
gate_call:
	shuffle
gate_call_raw:			/* registers are the kernel's; rcx and r11 destroyed */
	syscall
	pop	%rcx
	jmp	*%rcx

	.balign 16
gate_sigreturn:			/* %rdi: a host ucontext in a frame of ours */
	mov	%rdi, %rsp
gate_restorer:
	mov	$15, %eax
	syscall
	hlt

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

	.org	gate + GATE_OWN + GATE_OWN_SIZE, 0xcc

/*
 * The long way in: %rax number or raw result, %rcx where the guest goes on, ENTRY stored, %rsp and the flags the
 * guest's.  Leaves the record complete, and goes where `to` of the pointer table says.  The arguments of a call are
 * stored twice: as registers, and as what the handler looks at.
 */
	.macro	arguments from:vararg
	.set	.Loff, OFF_THREAD_BLOCK_CALL + OFF_CALL_ARG
	.irp	r, \from
	mov	\r, %gs:.Loff
	.set	.Loff, .Loff + 8
	.endr
	.endm
	.macro	record to
	mov	%rsp, C(RSP)
	mov	B(STACK_TOP), %rsp
	pushf
	pop	%r11
	mov	%rax, C(RAX)
	mov	%rcx, C(RCX)
	mov	%rcx, C(RIP)
	mov	%r11, C(R11)
	mov	%r11, C(RFLAGS)
	mov	%rdx, C(RDX)
	mov	%rsi, C(RSI)
	mov	%rdi, C(RDI)
	mov	%r8, C(R8)
	mov	%r9, C(R9)
	mov	%r10, C(R10)
	.if	\to == BODY_CALL
	arguments %rdi, %rsi, %rdx, %r10, %r8, %r9
	.endif
	mov	%rbx, C(RBX)
	mov	%rbp, C(RBP)
	mov	%r12, C(R12)
	mov	%r13, C(R13)
	mov	%r14, C(R14)
	mov	%r15, C(R15)
	test	FLAGS_ODD, %r11d
	jz	9f
	push	FLAGS_CLEAN		/* the layer's C wants DF and AC clear */
	popf
9:	mov	B(VEC), %r11
	mov	B(SELF), %rdi
	jmp	*\to(%r11)
	.endm

	.balign 64
site_long:			/* nothing has happened but that site_ret, site_rcx, site_r11 are stored */
	movl	$1, B(INSIDE)
	movl	$ENTRY_SITE, C(ENTRY)
1:	mov	B(SITE_RET), %rcx
2:	record	BODY_CALL

gate_sigsys:			/* layer/signal.c stored what a site does */
	movl	$1, B(INSIDE)
	movl	$ENTRY_SIGSYS, C(ENTRY)
	jmp	1b
stub_long:
	movl	$1, B(INSIDE)
	movl	$ENTRY_STUB, C(ENTRY)
	pop	%rcx
	jmp	2b

site_error:			/* %rax a raw result that is, or may be, an error */
	movl	$1, B(INSIDE)
	movl	$ENTRY_SITE, C(ENTRY)
	mov	B(SITE_RET), %rcx
3:	record	BODY_RESULT
stub_error:
	movl	$1, B(INSIDE)
	movl	$ENTRY_STUB, C(ENTRY)
	pop	%rcx
	jmp	3b

	.balign 64
gate_exit:			/* the record is complete; from here to gate_exit_end a signal is the guest's */
	movl	$0, B(INSIDE)
	cmpl	$0, B(ATTENTION)
	jne	gate_attention
	mov	C(RFLAGS), %ecx
	mov	C(RBX), %rbx
	mov	C(RBP), %rbp
	mov	C(R12), %r12
	mov	C(R13), %r13
	mov	C(R14), %r14
	mov	C(R15), %r15
	test	FLAGS_ODD, %ecx
	jnz	2f
	mov	%ecx, %eax		/* OF by an overflow, the others by sahf: popf costs more */
	shl	$8, %eax
	shr	$11, %ecx
	and	$1, %ecx
	mov	%cl, %al
	add	$0x7f, %al
	sahf
1:	mov	C(RAX), %rax
	mov	C(RCX), %rcx
	mov	C(RDX), %rdx
	mov	C(RSI), %rsi
	mov	C(RDI), %rdi
	mov	C(R8), %r8
	mov	C(R9), %r9
	mov	C(R10), %r10
	mov	C(R11), %r11
	mov	C(RSP), %rsp
	jmp	*C(RIP)
2:	mov	B(STACK_TOP), %rsp
	push	C(RFLAGS)
	popf
	jmp	1b
gate_exit_end:
gate_attention:
	movl	$1, B(INSIDE)
	mov	B(STACK_TOP), %rsp
	mov	B(SELF), %rdi
	mov	B(VEC), %r11
	jmp	*BODY_ATTENTION(%r11)

	.balign 16
gate_signal:			/* host handler: the block is found by the signal stack, not by %gs */
	pushf
	testl	$0x40000, (%rsp)	/* AC stays set in a handler */
	jz	1f
	andl	$~0x40000, (%rsp)
	popf
	pushf
1:	add	$8, %rsp
	mov	%rsp, %rcx
	and	$-SLOT_SIZE, %rcx
	add	$SLOT_BLOCK, %rcx
	mov	OFF_THREAD_BLOCK_VEC(%rcx), %r11
	jmp	*BODY_SIGNAL(%r11)	/* (sig, info, ucontext, block) */

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
	jmp	*BODY_CHILD(%r11)
1:	pop	%rbx
	ret
gate_clone3:			/* (struct clone_args, its size, new block or NULL) */
	push	%rbx
	mov	%rdx, %rbx
	mov	$435, %eax
	jmp	0b

/*
 * Calls that pass: a table of the body (abi/gen/sysent.awk) names a host call that takes and gives the same.  The
 * number's second byte finds a page of 256 rows, its lowest byte the row: the host's number plus one, or zero, which
 * is the long way.  The table is the block's PASS: an empty one while an attention bit is set or the kernel's mask is
 * not the guest's (layer.h).
 *
 * No flag, no stack and no register but %rcx and %r11 changes before the host call, so the guest's state is known at
 * every instruction: up to the host call it is that before the call, after it that after the call (layer/signal.c).
 */
	.macro	site carry
	mov	%rcx, B(SITE_RET)
	mov	%r11, B(SITE_R11)
	mov	%rax, B(SITE_RAX)
1:	mov	B(PASS), %r11
	movzwl	%gs:(OFF_THREAD_BLOCK_SITE_RAX + 2), %ecx
	mov	%rsp, B(SITE_RSP)
	jrcxz	4f
6:	jmp	site_long
4:	movzbl	%ah, %ecx
	movzwl	(%r11, %rcx, 2), %ecx
	lea	(%r11, %rcx), %r11
	movzbl	%al, %ecx
	movzwl	(%r11, %rcx, 2), %ecx
	jrcxz	6b
	lea	-1(%rcx), %eax
5:	syscall
	mov	%rax, %rcx
	bswap	%rcx
	movzbl	%cl, %ecx		/* an error, or a result that looks like one */
	jrcxz	7f
	jmp	site_error
7:	mov	B(SITE_RET), %rcx
	.if	\carry
	clc
	.endif
	jmp	*%rcx
	.endm

	.org	gate + GATE_SITES, 0xcc
gate_site:			/* %rax number, %rcx address after the site; site_rcx, flags, the rest: the guest's */
	site	0
	.set	site_noted, 1b
	.set	site_syscall, 5b
	.balign 64
gate_site_carry:		/* success clears the carry flag */
	site	1
	.balign 64
gate_site_trace:		/* a tracer wants to see every call */
	mov	%rcx, B(SITE_RET)
	mov	%r11, B(SITE_R11)
	mov	%rax, B(SITE_RAX)
	jmp	site_long

	.org	gate + GATE_STUBS, 0xcc
gate_stub:			/* %eax number, return address on the guest's stack; a call keeps no flags */
	mov	%rax, B(SITE_RAX)
	mov	B(PASS), %r11
	cmp	$0xffff, %eax
	ja	stub_long
	movzbl	%ah, %ecx
	movzwl	(%r11, %rcx, 2), %ecx
	add	%rcx, %r11
	movzbl	%al, %ecx
	movzwl	(%r11, %rcx, 2), %ecx
	test	%ecx, %ecx
	jz	stub_long
	lea	-1(%rcx), %eax
stub_syscall:
	syscall
	cmp	$-4095, %rax
	jae	stub_error
	ret
	.org	gate + GATE_STUBS_END, 0xcc
	.org	gate + 4096, 0xcc
	.section .note.GNU-stack, "", @progbits
