/* SPDX-License-Identifier: ISC */
/* A FreeBSD program without a C library: inner <- middle <- start_c, waiting in a call. */
#include "freebsd_nr.h"

long call(long nr, long a, long b, long c);
void start_c(void);

/* As libc's stubs: the call's only frame is a return address. */
__asm__(".text\n.globl call\n.type call, @function\ncall:\n\t.cfi_startproc\n\t"
    "mov %rdi, %rax\n\tmov %rsi, %rdi\n\tmov %rdx, %rsi\n\tmov %rcx, %rdx\n\t"
    "syscall\n\tret\n\t.cfi_endproc\n.size call, . - call\n"
    ".globl _start\n_start:\n\tand $-16, %rsp\n\tcall start_c\n\thlt\n");

static __attribute__((noinline)) void
inner(void)
{
	const long day[2] = { 86400, 0 };

	call(FREEBSD_SYS_write, 1, (long)"ready\n", 6);
	call(FREEBSD_SYS_nanosleep, (long)day, 0, 0);
	__asm__ volatile("" : : "m"(day));
}

static __attribute__((noinline)) void
middle(void)
{
	char room[100];

	__asm__ volatile("" : : "r"(room) : "memory");
	inner();
	__asm__ volatile("" : : "r"(room) : "memory");
}

void
start_c(void)
{
	middle();
	call(FREEBSD_SYS_exit, 0, 0, 0);
	__builtin_unreachable();
}
