/* SPDX-License-Identifier: ISC */
/* A native guest: the steps through its stubs. */
#include <errno.h>
#include <veneer.h>
#include <veneer/native_nr.h>

#include "steps.h"

static long
raw(long r)
{
	return r == -1 ? -*veneer_error_pointer() : r;
}

void
step_start(void)
{
}

void
step_thread(void)
{
}

void
step_forked(void)
{
}

void *
step_vforked(void)
{
	return NULL;
}

void
step_vfork_done(void *parent)
{
	(void)parent;
}

long
step_null(void)
{
	return raw(veneer_stub0(NATIVE_SYS_veneer_null));
}

long
step_park(uint64_t ms)
{
	return raw(veneer_stub1(NATIVE_SYS_veneer_park, ms));
}

long
step_effects(uint64_t which)
{
	return raw(veneer_stub1(NATIVE_SYS_veneer_effects, which));
}

long
step_echo(const char *in, char *out, size_t len)
{
	return raw(veneer_stub3(NATIVE_SYS_veneer_echo, in, out, len));
}

long
step_op(uint32_t op)
{
	(void)op;
	return -ENOSYS;
}

void
step_random(long n, uint64_t seed)
{
	(void)n;
	(void)seed;
}
