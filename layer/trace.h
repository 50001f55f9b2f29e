/* SPDX-License-Identifier: ISC */
/* What the layer tells a tracer; abi/layer/trace_ring.h says how it gets there. */
#ifndef VENEER_TRACE_H
#define VENEER_TRACE_H

#include "layer.h"

/* Called around every call while the mm has a trace ring. */
void trace_enter(struct call *c);
void trace_leave(struct call *c, long ret);
/* A handler of the guest is about to run. */
void trace_signal(struct thread_block *t, const struct delivery *d);
/* A program starts in this process. */
void trace_start(struct thread_block *t);

#endif
