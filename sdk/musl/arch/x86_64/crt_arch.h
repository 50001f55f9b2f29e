/* SPDX-License-Identifier: ISC */
/* First instructions of programs and of the dynamic linker: no stub table, no start. */
__asm__(
".text\n"
".globl " START "\n"
".hidden __veneer_stubs, __veneer_unlayered\n"
".weak _DYNAMIC\n"
".hidden _DYNAMIC\n"
START ":\n"
"	cmpl $0, __veneer_stubs(%rip)\n"
"	je __veneer_unlayered\n"
"	xor %ebp, %ebp\n"
"	mov %rsp, %rdi\n"
"	lea _DYNAMIC(%rip), %rsi\n"
"	and $-16, %rsp\n"
"	call " START "_c\n"
);
