/* SPDX-License-Identifier: ISC */
	.section .text.vdso, "ax", @progbits
	.globl	vdso_image, vdso_image_end
	.hidden	vdso_image, vdso_image_end
	.balign	4096
vdso_image:
	.incbin	VDSO
	.balign	4096
vdso_image_end:
	.section .note.GNU-stack, "", @progbits
