/* SPDX-License-Identifier: ISC */
/* How libmach asks the supervisor: one native call with a buffer, in and out. */
#ifndef LIBMACH_H
#define LIBMACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/const_libmach.h>
#include <mach/const_routine.h>
#include <mach/mach.h>

#include <mach/layout.h>

#define MACH_SLOT SIZEOF_MACH_CALL	/* what one call can carry */
#define MACH_CALL_HEAD OFF_MACH_CALL_WORD

/* -1: errno says why there is no answer. */
long __mach_trap(int msg, void *buf, size_t in, size_t out);
/* A routine that gives one right; MACH_PORT_NULL when it does not. */
mach_port_t __mach_one(int routine);
/* A routine without words behind it; its results replace arg. */
kern_return_t __mach_call(int routine, uint64_t arg[6]);
kern_return_t __mach_call_words(struct mach_call *m, size_t in, size_t out);
#define MACH_CALL(routine, ...) \
	__mach_call(MACH_ROUTINE_##routine, (uint64_t[6]){ __VA_ARGS__ })

/* Memory to the supervisor and back. */
kern_return_t __mach_stage_in(const void *p, size_t n, uint64_t *id);
kern_return_t __mach_stage_out(uint64_t id, size_t n, void **p);
/* All of what one vm_allocate gave, if it can go as it is: it is gone from here, and
 * staged. */
bool __mach_region_take(void *p, size_t n, uint64_t *id);

#endif
