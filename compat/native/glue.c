/* SPDX-License-Identifier: ISC */
/* Calls that the supervisor answers. */
#include "native.h"
#include "trap.h"

long
native_veneer_null(struct call *c)
{
	return glue_null(c->thread);
}

long
native_veneer_park(struct call *c)
{
	return glue_park(c->thread, c->arg[0]);
}

long
native_veneer_effects(struct call *c)
{
	return glue_effects(c->thread, c->arg[0]);
}

long
native_veneer_echo(struct call *c)
{
	return glue_echo(c->thread, guest(c->arg[0]), guest(c->arg[1]),
	    c->arg[2]);
}
