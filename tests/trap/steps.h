/* SPDX-License-Identifier: ISC */
/* What steps.c runs on.  Results are raw: -4095..-1 is an error. */
#ifndef VENEER_TESTS_STEPS_H
#define VENEER_TESTS_STEPS_H

#include <stddef.h>
#include <stdint.h>

void step_start(void);
void step_thread(void);		/* first in a new thread */
void step_forked(void);		/* first in the child of a fork */
void *step_vforked(void);	/* first in a child that shares memory */
void step_vfork_done(void *);	/* its last, with what step_vforked gave */

long step_null(void);
long step_park(uint64_t ms);
long step_effects(uint64_t which);
long step_echo(const char *in, char *out, size_t len);
long step_op(uint32_t op);	/* any operation by number */
void step_random(long n, uint64_t seed);	/* traps without sense */

#endif
