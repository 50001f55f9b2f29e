/* SPDX-License-Identifier: ISC */
/* A FreeBSD program of a few calls, with their numbers as a real one has them in its text. */
	.text
	.globl	_start
_start:
	mov	$499, %eax		/* openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC) */
	mov	$-100, %edi
	lea	path(%rip), %rsi
	mov	$0x100000, %edx
	xor	%r10d, %r10d
	syscall
	mov	$97, %eax		/* socket(PF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0) */
	mov	$28, %edi
	mov	$0x20000001, %esi
	xor	%edx, %edx
	syscall
	mov	$6, %eax		/* close(77) */
	mov	$77, %edi
	syscall
	mov	$37, %eax		/* kill(-77, SIGUSR1), which is nobody */
	mov	$-77777777, %rdi
	mov	$30, %esi
	syscall
	mov	$1, %eax
	mov	$5, %edi
	syscall
	.section .rodata
path:	.asciz	"/dev/null"
	.section .note.GNU-stack,"",@progbits
