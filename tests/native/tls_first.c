/* SPDX-License-Identifier: ISC */
/* -nostartfiles: the first guest instruction finds its TLS made. No libc is used. */
#include <stdint.h>

#include "veneer.h"
#include "veneer/native_nr.h"

__thread volatile long image = 0x1122334455667788;
static __thread char zeros[300];
static __thread int aligned __attribute__((aligned(256))) = 5;

__asm__(".globl _start\n_start: mov %fs:0, %rdi\n mov %fs:image@tpoff, %rsi\n"
    " mov %gs:0, %rdx\n mov %gs:8, %rcx\n and $-16, %rsp\n call first\n");

__attribute__((__used__, __noreturn__)) static void
first(uint64_t tp, long value, uint64_t block, uint64_t errnop)
{
	const uint64_t *above = (const uint64_t *)tp;
	const char *text = "tls: finished\n";
	long bad = 0;

	bad |= (value != 0x1122334455667788 || image != value) << 0;
	bad |= (above[0] != tp) << 1;
	for (int i = 1; i < 512 / 8; i++)
		bad |= (above[i] != 0) << 2;
	for (int i = 0; i < 300; i++)
		bad |= (zeros[i] != 0) << 3;
	bad |= (aligned != 5 || ((uintptr_t)&aligned & 255) != 0) << 4;
	bad |= (block == 0 || *(uint64_t *)block != block) << 5;
	bad |= (errnop == 0) << 6;
	if (bad == 0)
		veneer_stub3(NATIVE_SYS_write, 1, text, 14);
	veneer_stub1(NATIVE_SYS_exit_group, bad);
	for (;;)
		;
}
