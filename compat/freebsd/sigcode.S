/* SPDX-License-Identifier: ISC */
/* What a handler returns to; FreeBSD's kernel has it in its shared page. %rsp is the frame. */
#include "layout.h"
#include "freebsd_nr.h"

	.text
	.globl	freebsd_sigcode
	.hidden	freebsd_sigcode
	.balign	16
freebsd_sigcode:
	call	*(%rsp)			/* sf_ahu */
	lea	16(%rsp), %rdi		/* sf_uc */
	push	$0
	mov	$FREEBSD_SYS_sigreturn, %eax
	lea	1f(%rip), %rcx
	mov	$0x202, %r11d
	jmp	*%gs:OFF_THREAD_BLOCK_GATE_SITE
1:	hlt
	.globl	freebsd_sigcode_end
	.hidden	freebsd_sigcode_end
freebsd_sigcode_end:
	.section .note.GNU-stack,"",@progbits
