/* SPDX-License-Identifier: ISC */
/* A seed for the fuzzer: small, with every kind of program header that the planner reads. */
	.section .note.veneer, "a", @note
	.balign 4
	.long 7, 32, 1
	.asciz "Veneer"
	.balign 4
1:	.long 1, 1, 2, 512
	.quad stub_section - 1b, 16384
	.long 8, 4, 1
	.asciz "FreeBSD"
	.long 1302001
	.section .tdata, "awT", @progbits
	.quad 1
	.section .tbss, "awT", @nobits
	.skip 64
	.text
	.globl _start
_start:	hlt
	.data
	.quad 1
	.bss
	.skip 12345
	.section .veneer.stubs, "aw", @nobits
	.balign 4096
stub_section:
	.skip 16384
	.section .note.GNU-stack, "", @progbits
