/* SPDX-License-Identifier: ISC */
/* One object's stub section and its note; linked into what refers to __veneer_stubs. */
#include "note.h"

	.section .veneer.stubs, "aw", @nobits
	.balign	4096
	.globl	__veneer_stubs
	.hidden	__veneer_stubs
	.type	__veneer_stubs, @object
	.size	__veneer_stubs, VENEER_STUBS_SIZE
__veneer_stubs:
	.skip	VENEER_STUBS_SIZE

	.section .note.veneer, "a", @note
	.balign	4
	.long	2f - 1f, VENEER_NOTE_DESCSZ, VENEER_NOTE_TYPE
1:	.asciz	VENEER_NOTE_NAME
2:	.balign	4
3:	.long	VENEER_NOTE_VERSION, ABI_MIN, ABI_MAX, VENEER_TLS_ROOM
	.quad	__veneer_stubs - 3b
	.quad	VENEER_STUBS_SIZE
	.section .note.GNU-stack, "", @progbits
