/* SPDX-License-Identifier: ISC */
/*
 * Where signal handlers return to.  The call's return address overwrites the frame's own
 * (this function's), which nobody needs any more.  Unwinders know the function by the
 * register rules below: the frame's ucontext stands at %rsp, its registers at +40.
 */
#include "veneer/native_nr.h"
	.hidden	__veneer_stubs
	.macro	saved reg, off		/* DW_CFA_expression: breg7 (rsp) + off */
	.if	(\off) < 64
	.cfi_escape 0x10, \reg, 2, 0x77, \off
	.else
	.cfi_escape 0x10, \reg, 3, 0x77, ((\off) & 0x7f) | 0x80, (\off) >> 7
	.endif
	.endm
	.text
	.cfi_startproc
	.cfi_signal_frame
	/* DW_CFA_def_cfa_expression: breg7 + 160, deref */
	.cfi_escape 0x0f, 4, 0x77, 0xa0, 0x01, 0x06
	saved	8, 40
	saved	9, 48
	saved	10, 56
	saved	11, 64
	saved	12, 72
	saved	13, 80
	saved	14, 88
	saved	15, 96
	saved	5, 104
	saved	4, 112
	saved	6, 120
	saved	3, 128
	saved	1, 136
	saved	0, 144
	saved	2, 152
	saved	7, 160
	saved	16, 168
	nop				/* unwinders look up the address before a return address */
	.globl	__restore_rt
	.hidden	__restore_rt
	.type	__restore_rt, @function
__restore_rt:
	call	__veneer_stubs + 16 * NATIVE_SYS_rt_sigreturn
	.cfi_endproc
	.size	__restore_rt, . - __restore_rt
	.section .note.GNU-stack, "", @progbits
