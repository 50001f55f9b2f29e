/* SPDX-License-Identifier: ISC */
/*
 * The smallest layer that enter accepts: its start jumps to the program, whose system
 * calls go straight to the host.  Lets the loader be tested without any personality.
 */
#include "layout.h"
	.section .note.head, "a", @note
	.balign 4
	.long 7, 80, 2
	.asciz "Veneer"
	.balign 4
	.long 1, GATE_ABI, PERSONALITY, LAYER_VERSION
	/* body.ld puts the offsets of vector and stubs here: no relocations. */
	.section .note.tail, "a", @note
	.long LAYER_VERSION * 100000
	.fill 32, 1, 0
	.long 0

	.section .text, "ax"
	.globl start, refuse, stubs, stubs_end
	.hidden start, refuse, stubs, stubs_end
start:
	mov	OFF_START_SP(%rdi), %rsp
	mov	OFF_START_ENTRY(%rdi), %rax
	xor	%edx, %edx
	jmp	*%rax
refuse:
	hlt
	.section .text.stubs, "ax"
	.balign 4096
stubs:
	.fill 4096, 4, 0xf4f4f4f4
stubs_end:
	.section .note.GNU-stack, "", @progbits
