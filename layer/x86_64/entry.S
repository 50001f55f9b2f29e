/* SPDX-License-Identifier: ISC */
/* The body's ways in (the vector of layer.ld names them) and the few routines that C cannot write. */
#include "layout.h"

	.text
	.globl	body_call, body_result, body_attention, body_child, start_switch, exit_to_guest
	.hidden	body_call, body_result, body_attention, body_child, start_switch, exit_to_guest

	.balign 16
body_call:			/* from gate_site: %rdi block, %rsp layer stack top */
	call	call_dispatch
exit_to_guest:
	jmp	*%gs:OFF_THREAD_BLOCK_GATE_EXIT

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

	.balign 16
start_switch:			/* (block, struct start): go on in start_second on the layer stack */
	mov	OFF_THREAD_BLOCK_STACK_TOP(%rdi), %rsp
	mov	%rdi, %rbx
	call	start_second
	jmp	*OFF_THREAD_BLOCK_GATE_EXIT(%rbx)

	.section .note.GNU-stack,"",@progbits
