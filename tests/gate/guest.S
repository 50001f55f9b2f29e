/* SPDX-License-Identifier: ISC */
/*
 * Call sites without a program: steps.c sets the registers, steps, and looks.  FREEBSD and LINUX are
 * static programs; NATIVE is one of the SDK, and its site is a stub call.  The number stands at 0x100
 * from %rbp.  Two sites are patched by hand as the planner would (site_c, site_b).
 */
#include "layout.h"

	.macro	number
	.byte	0x48, 0x8b, 0x85	/* mov 0x100(%rbp), %rax */
	.long	0x100
	.endm

	.text
#ifdef NATIVE
	.globl	main
	.type	main, @function
main:
#else
	.globl	_start
_start:
#endif
	lea	table(%rip), %rdi
	lea	memory(%rip), %rsi
	int3
	hlt

	.balign 64
plain:	number
#ifdef NATIVE
	call	__veneer_stubs + 16 * 1023
#else
	syscall
#endif
plain_ret:
	int3

	.balign 64
site_c:	.byte	0xe9
	.long	slot_c - . - 4
	nop
	nop
	syscall
site_c_ret:
	int3

	.balign 64
site_b:	number
	jmp	1f
site_b_ret:
	int3
	.balign	16, 0xcc
1:	.byte	0xe9
	.long	slot_b - . - 4

handler:
	int3
	ret
#ifndef FREEBSD
restorer:
	mov	$15, %eax
#ifdef NATIVE
	call	__veneer_stubs + 16 * 15
#else
	syscall
#endif
#else
restorer:
#endif
	hlt

	.macro	tail ret, from, n, strategy
9:	mov	%rcx, %gs:OFF_THREAD_BLOCK_SITE_RCX
	lea	\ret(%rip), %rcx
	jmp	*%gs:OFF_THREAD_BLOCK_GATE_SITE
	.org	9b - \n + SITE_SLOT_RET, 0xcc
	.long	\ret - (9b - \n)
	.byte	\n, \ret - \from, \strategy, SITE_SLOT_MAGIC
	.endm
	.balign	4096
slots:
slot_c:	number
	tail	site_c_ret, site_c, 7, 3
slot_b:	tail	site_b_ret, site_b_ret-2, 0, 2
slots_end:
	.balign	4096

	.section .rodata
	.balign 8
table:	.long	plain - table, plain_ret - table
	.long	site_c - table, site_c_ret - table
	.long	site_b - table, site_b_ret - table
	.long	handler - table, restorer - table
	.long	slots - table, slots_end - table

	.bss
	.balign	4096
memory:	.zero	65536
	.section .note.GNU-stack,"",@progbits
