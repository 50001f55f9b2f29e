/* SPDX-License-Identifier: ISC */
/* Native, under a layer: the getpid stub, or libc's function over it (-DLIBC). */
#include <veneer.h>
#include <veneer/native_nr.h>

#include "serve.h"

static void
setup(void)
{
}

static void
many(uint64_t n)
{
	while (n-- > 0) {
#ifdef LIBC
		(void)getpid();
		__asm__ __volatile__("" : : : "memory");
#else
		(void)veneer_stub0(NATIVE_SYS_getpid);
#endif
	}
}
