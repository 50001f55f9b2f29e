/* SPDX-License-Identifier: ISC */
#ifndef VENEER_TRACE_RING_H
#define VENEER_TRACE_RING_H

#include "layer.h"

/* Called around every call while the mm has a trace ring. */
void trace_enter(struct call *c);
void trace_leave(struct call *c, long ret);

#endif
