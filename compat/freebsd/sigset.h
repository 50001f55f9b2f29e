/* SPDX-License-Identifier: ISC */
/* Signal numbers and sets of the two systems. */
#ifndef VENEER_FREEBSD_SIGSET_H
#define VENEER_FREEBSD_SIGSET_H

#include "freebsd_flags.h"
#include "layer.h"

#define FREEBSD_SIGSET_WORDS 4

struct freebsd_sigset {
	uint32_t bits[FREEBSD_SIGSET_WORDS];
};

/* 0 when there is no such signal on the other side. */
static inline int
freebsd_sig_to_host(int sig)
{
	return sig > 0 && sig <= FREEBSD_SIG_MAXSIG ? freebsd_signal_to_host[sig] : 0;
}

static inline int
freebsd_sig_from_host(int sig)
{
	return sig > 0 && sig <= 64 ? freebsd_signal_from_host[sig] : 0;
}

static inline bool
freebsd_sig_valid(int sig)
{
	return sig > 0 && sig <= FREEBSD_SIG_MAXSIG;
}

uint64_t freebsd_sigset_to_host(const struct freebsd_sigset *set);
void freebsd_sigset_from_host(uint64_t mask, struct freebsd_sigset *set);
/* The thread's mask as the guest set it, bits without a host signal included. */
void freebsd_sigset_get(struct thread_block *t, uint64_t vmask, struct freebsd_sigset *set);
void freebsd_sigset_keep(struct thread_block *t, const struct freebsd_sigset *set);
/* A host wait status as FreeBSD's. */
uint32_t freebsd_wait_status(uint32_t host);

#endif
