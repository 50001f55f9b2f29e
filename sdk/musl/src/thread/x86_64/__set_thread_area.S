/* SPDX-License-Identifier: ISC */
/* Moves the thread pointer: only where the loader's TLS block cannot be kept. */
#include "veneer/native_nr.h"
	.hidden	__veneer_stubs
	.text
	.globl	__set_thread_area
	.hidden	__set_thread_area
	.type	__set_thread_area, @function
__set_thread_area:
	.cfi_startproc
	mov	%rdi, %rsi
	mov	$0x1002, %edi		/* ARCH_SET_FS */
	call	__veneer_stubs + 16 * NATIVE_SYS_arch_prctl
	ret
	.cfi_endproc
	.size	__set_thread_area, . - __set_thread_area
	.section .note.GNU-stack, "", @progbits
