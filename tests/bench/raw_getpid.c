/* SPDX-License-Identifier: ISC */
/* Reference: the kernel's own getpid. */
#include <sys/syscall.h>

#include "serve.h"

static void
setup(void)
{
}

static void
many(uint64_t n)
{
	long r;

	while (n-- > 0)
		__asm__ __volatile__("syscall" : "=a"(r) : "a"((long)SYS_getpid)
		    : "rcx", "r11", "memory");
}
