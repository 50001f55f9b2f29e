/* SPDX-License-Identifier: ISC */
/*
 * Where start code goes when no loader has mapped a stub table: nothing of ours is there, no
 * %fs, no %gs.  The one place that speaks to the host itself.  int $0x80 takes 32-bit pointers,
 * so the text is copied below 4 GiB first.
 *
 * %rsp: the initial stack (argc, argv...).
 */
#include "i386_nr.h"

#define TEXT_PAGES	8192
#define NAME_MAX_LEN	1024
#define EXIT_UNLAYERED	125

	.text
	.globl	__veneer_unlayered
	.hidden	__veneer_unlayered
	.type	__veneer_unlayered, @function
__veneer_unlayered:
	mov	%rsp, %r15
	mov	$HOST32_NR_mmap2, %eax
	xor	%ebx, %ebx
	mov	$TEXT_PAGES, %ecx
	mov	$3, %edx		/* PROT_READ | PROT_WRITE */
	mov	$0x22, %esi		/* MAP_PRIVATE | MAP_ANONYMOUS */
	mov	$-1, %edi
	xor	%ebp, %ebp
	int	$0x80
	cmp	$-4096, %eax
	ja	1f
	mov	%eax, %r14d
	mov	%r14, %rdi
	cld
	call	name
	lea	text1(%rip), %rsi
	mov	$text1_end - text1, %ecx
	rep movsb
	call	name
	lea	text2(%rip), %rsi
	mov	$text2_end - text2, %ecx
	rep movsb
	mov	$HOST32_NR_write, %eax
	mov	$2, %ebx
	mov	%r14d, %ecx
	mov	%edi, %edx
	sub	%ecx, %edx
	int	$0x80
1:	mov	$HOST32_NR_exit, %eax
	mov	$EXIT_UNLAYERED, %ebx
	int	$0x80
	hlt

name:				/* argv[0] to (%rdi)+ */
	lea	unnamed(%rip), %rsi
	cmpq	$0, (%r15)
	je	1f
	mov	8(%r15), %rsi
1:	mov	$NAME_MAX_LEN, %ecx
2:	lodsb
	test	%al, %al
	jz	3f
	stosb
	loop	2b
3:	ret
	.size	__veneer_unlayered, . - __veneer_unlayered

	.section .rodata.veneer, "a", @progbits
unnamed:
	.asciz	"PROGRAM"
text1:	.ascii	": built for Veneer, cannot run without its loader; use: veneer run "
text1_end:
text2:	.ascii	"\n"
text2_end:
	.section .note.GNU-stack, "", @progbits
