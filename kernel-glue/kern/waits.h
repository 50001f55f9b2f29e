/* SPDX-License-Identifier: ISC */
/* How the waits of call.c end: each kind's two functions. */
#ifndef VENEER_WAITS_H
#define VENEER_WAITS_H

#include "kern.h"

int64_t resume_park(struct kern *k, struct call *c);
int64_t cancel_park(struct kern *k, struct call *c);
int64_t resume_msg(struct kern *k, struct call *c);
int64_t cancel_msg(struct kern *k, struct call *c);
int64_t resume_semaphore(struct kern *k, struct call *c);
int64_t cancel_semaphore(struct kern *k, struct call *c);
int64_t resume_sleep(struct kern *k, struct call *c);
int64_t cancel_sleep(struct kern *k, struct call *c);
int64_t resume_exception(struct kern *k, struct call *c);
int64_t cancel_exception(struct kern *k, struct call *c);
/* mach_call.c: the result of a routine. */
int64_t mach_answer(struct kern *k, struct call *c, int kr);

#endif
