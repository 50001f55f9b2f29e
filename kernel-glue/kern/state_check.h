/* SPDX-License-Identifier: ISC */
/* Between state_check.c and state_check_ipc.c. */
#ifndef VENEER_STATE_CHECK_H
#define VENEER_STATE_CHECK_H

#include "ipc.h"
#include "state.h"

static inline bool
load_need(struct state_load *ld, bool holds, const char *what)
{
	return holds || load_fail(ld, what);
}
void check_charge(struct state_load *ld, struct account *a, size_t n,
    uint64_t bulk);
void check_names(struct state_load *ld, struct space *s);
void check_space(struct state_load *ld, struct state_object *o);
void check_port(struct state_load *ld, struct state_object *o);
void check_pset(struct state_load *ld, struct state_object *o);
void check_member(struct state_load *ld, struct state_object *o);
void check_request(struct state_load *ld, struct state_object *o);
void count_msg(struct state_load *ld, const struct msg *m);
void check_msg(struct state_load *ld, struct state_object *o);

#endif
