/* SPDX-License-Identifier: ISC */
/* One call of the guest, from the record to the record: the frame around what a personality makes of it. */
#ifndef VENEER_DISPATCH_H
#define VENEER_DISPATCH_H

#include "internal.h"
#include "trace.h"

/*
 * The record is complete, the stack is the layer's, who returns returns into gate_exit.
 * run decodes the number, runs the handler, answers raw; put puts that into registers.
 */
static inline __attribute__((always_inline)) void
dispatch(struct thread_block *t, call_fn *run, void (*put)(struct call *, long), bool traced)
{
	struct call *c = &t->call;
	long ret;

	c->nr = (uint32_t)c->rax;
	c->flags = 0;
	if (traced) {
		c->ret2 = 0;
		trace_enter(c);
	}
	ret = run(c);
	if (t->saved_mask_valid && (t->attention & ATT_SIGNAL) == 0)
		mask_unswap(t);
	if (traced)
		trace_leave(c, ret);
	if (ret > -ERESTARTSYS || ret < -ETRAPPED)
		put(c, ret);
	else
		call_special(t, ret, put);
	if (pass_dropped(t))
		pass_find(t);
}

/* BODY_CALL and BODY_TRACED of a personality. */
#define DISPATCH(run, put)				\
void							\
call_dispatch(struct thread_block *t)			\
{							\
	dispatch(t, run, put, false);			\
}							\
void							\
call_dispatch_traced(struct thread_block *t)		\
{							\
	dispatch(t, run, put, true);			\
}

#endif
