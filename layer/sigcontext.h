/* SPDX-License-Identifier: ISC */
/* The call record's registers and the host's signal context. */
#ifndef VENEER_SIGCONTEXT_H
#define VENEER_SIGCONTEXT_H

#include "host.h"

void regs_from_host(struct call *c, const struct sigcontext *sc);
void regs_to_host(const struct call *c, struct sigcontext *sc);
/* Install what the host is to do for a guest's action; dfl: also for an I9 signal (we are dying or in exec). */
long signal_host_action(struct thread_block *t, int sig, const struct sigact *act, bool dfl);
void log_line(struct thread_block *t, const char *what, int number, uint64_t where);

#endif
