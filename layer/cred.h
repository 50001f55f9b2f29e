/* SPDX-License-Identifier: ISC */
/* Credentials that all threads of a process share, over a host that gives each its own. */
#ifndef VENEER_CRED_H
#define VENEER_CRED_H

#include "layer.h"

/* Make the host call nr (a set*id call, or setgroups) for the whole process. Raw result. */
long cred_change(struct thread_block *t, long nr, long a, long b, long c);
/* ATT_CRED is set, or a thread is new. */
void cred_follow(struct thread_block *t);
void cred_fork_child(struct thread_block *t);

#endif
