/* SPDX-License-Identifier: ISC */
#include "trace_ring.h"

void
trace_enter(struct call *c)
{
	(void)c;
}

void
trace_leave(struct call *c, long ret)
{
	(void)c;
	(void)ret;
}
