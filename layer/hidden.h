/* SPDX-License-Identifier: ISC */
/* Included first in every file of a body: declarations too are hidden, so nothing goes through a GOT. */
#pragma GCC visibility push(hidden)
/*
 * The kernel leaves nothing useful in the processor's stack of return addresses: after a host call each `ret` of an
 * older `call` is mispredicted, which costs more than all else in a translated call.  An indirect jump is not.  For a
 * compiler that writes assembly and does not look into callees for registers to keep (configure knows).
 */
#ifdef RETURN_BY_JUMP
__asm__(".macro ret\n\tpop %rcx\n\tjmp *%rcx\n.endm\n.macro retq\n\tret\n.endm");
#endif
