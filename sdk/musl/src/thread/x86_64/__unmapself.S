/* SPDX-License-Identifier: ISC */
/* Unmap this thread's stack and end: one call of its own, for there is no stack in between. */
#include "veneer/native_nr.h"
	.hidden	__veneer_stubs
	.text
	.globl	__unmapself
	.hidden	__unmapself
	.type	__unmapself, @function
__unmapself:
	.cfi_startproc
	.cfi_undefined rip
	call	__veneer_stubs + 16 * NATIVE_SYS_veneer_unmapself
	hlt
	.cfi_endproc
	.size	__unmapself, . - __unmapself
	.section .note.GNU-stack, "", @progbits
