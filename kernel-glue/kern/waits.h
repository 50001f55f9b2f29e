/* SPDX-License-Identifier: ISC */
/* How the waits of call.c end: each kind's two functions. */
#ifndef VENEER_WAITS_H
#define VENEER_WAITS_H

#include "kern.h"

int64_t resume_park(struct kern *k, struct call *c);
int64_t cancel_park(struct kern *k, struct call *c);
int64_t resume_msg(struct kern *k, struct call *c);
int64_t cancel_msg(struct kern *k, struct call *c);

#endif
