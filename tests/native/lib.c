/* SPDX-License-Identifier: ISC */
/* A shared object that makes stub calls itself, before and after main begins. */
#include "veneer.h"
#include "veneer/native_nr.h"

extern char __veneer_stubs[] __attribute__((__visibility__("hidden")));
long LIB(at_start)(void);
long LIB(parent)(void);
void *LIB(stubs)(void);
int *LIB(tls)(void);

static long started;
static __thread int own = 31;

__attribute__((__constructor__)) static void
start(void)
{
	started = veneer_stub0(NATIVE_SYS_getppid);
}

long
LIB(at_start)(void)
{
	return started;
}

long
LIB(parent)(void)
{
	return veneer_stub0(NATIVE_SYS_getppid);
}

void *
LIB(stubs)(void)
{
	return __veneer_stubs;
}

int *
LIB(tls)(void)
{
	return &own;
}
