/* SPDX-License-Identifier: ISC */
/* Seccomp filters of the guest's own. */
#ifndef VENEER_LAYER_FILTER_H
#define VENEER_LAYER_FILTER_H

#include "layer.h"

struct filter;
struct sock_filter;
struct siginfo_host;
struct sigcontext;

/*
 * A filter for the kernel: the guest's program behind our prologue.  NULL: no room, or too long; *error says which.
 * The program has been copied from the guest; what it may not contain is filter_valid's to find.
 */
struct filter *filter_new(struct thread_block *t, const struct sock_filter *code, uint32_t len, long *error);
void filter_drop(struct thread_block *t, struct filter *f);
bool filter_valid(const struct sock_filter *code, uint32_t len);
/* struct sock_fprog for the kernel's call. */
void filter_program(struct filter *f, uint64_t fprog[2]);
/* The kernel has it: from now on the thread, or all of its process, runs under it. */
void filter_attach(struct thread_block *t, struct filter *f, bool all);
/* Strict mode, which is such a filter here: what it refuses ends the thread. */
struct filter *filter_strict(struct thread_block *t);

/* May the thread's guest make this call?  1, or what the call answers instead. */
long filter_judge(struct call *c);
/* May what starts another program be called?  Asked before the point of no return. */
bool filter_allows_start(struct thread_block *t);
/* The settings say that this program was started under a filter. */
void filter_start(struct thread_block *t);
/* SIGSYS by a filter, raised at a call that the gate made. false: it is the guest's own at PLACE. */
bool filter_trapped(struct thread_block *t, const struct siginfo_host *info, struct sigcontext *sc);
/* -ETRAPPED: the record shows the call undone, and SIGSYS follows. */
void filter_signal(struct thread_block *t);

#endif
