/* SPDX-License-Identifier: ISC */
/* Signal numbers, masks, siginfo and wait statuses between FreeBSD and the host. */
#include <asm/siginfo.h>
#include <asm/signal.h>

#include "freebsd.h"
#include "fbsd_state.h"
#include "signal.h"

/* Both have the exit code above and the signal below, 0x7f for stopped; continued differs. */
uint32_t
freebsd_wait_status(uint32_t host)
{
	if (host == 0xffff)
		return (uint32_t)FREEBSD_SIGCONT;
	if ((host & 0xff) == 0x7f)
		return (uint32_t)freebsd_sig_from_host((int)(host >> 8 & 0x7f)) << 8 | 0x7f;
	if ((host & 0x7f) != 0)
		return (host & 0x80) | (uint32_t)freebsd_sig_from_host((int)(host & 0x7f));
	return host;
}

uint64_t
freebsd_sigset_to_host(const struct freebsd_sigset *set)
{
	uint64_t mask = 0;

	for (int i = 0; i < FREEBSD_SIGSET_WORDS; i++) {
		for (uint32_t w = set->bits[i]; w != 0; w &= w - 1) {
			int sig = freebsd_sig_to_host(32 * i + 1 + __builtin_ctz(w));

			if (sig != 0)
				mask |= 1ul << (sig - 1);
		}
	}
	return mask;
}

void
freebsd_sigset_from_host(uint64_t mask, struct freebsd_sigset *set)
{
	*set = (struct freebsd_sigset){ { 0 } };
	for (; mask != 0; mask &= mask - 1) {
		int host = 1 + __builtin_ctzl(mask);
		int sig = freebsd_sig_from_host(host);

		if (freebsd_sig_to_host(sig) == host)
			set->bits[(sig - 1) / 32] |= 1u << ((sig - 1) % 32);
	}
}

/* Bits of signals that the host has not: kept for the guest to read back, and without effect. */
static const uint32_t unmapped[FREEBSD_SIGSET_WORDS] = {
	0, 0xfffffffe, 0x80000000, 0xffffffff,
};

void
freebsd_sigset_get(struct thread_block *t, uint64_t vmask, struct freebsd_sigset *set)
{
	uint64_t lo = t->priv[FREEBSD_THREAD_MASK_LO], hi = t->priv[FREEBSD_THREAD_MASK_HI];

	freebsd_sigset_from_host(vmask, set);
	set->bits[1] |= (uint32_t)(lo >> 32);
	set->bits[2] |= (uint32_t)hi;
	set->bits[3] |= (uint32_t)(hi >> 32);
}

void
freebsd_sigset_keep(struct thread_block *t, const struct freebsd_sigset *set)
{
	t->priv[FREEBSD_THREAD_MASK_LO] = (uint64_t)(set->bits[1] & unmapped[1]) << 32;
	t->priv[FREEBSD_THREAD_MASK_HI] = (set->bits[2] & unmapped[2]) |
	    (uint64_t)(set->bits[3] & unmapped[3]) << 32;
}

static int32_t
code_from_host(int32_t code)
{
	int known = freebsd_si_from_host(code);

	if (known != FLAG_NONE)
		return known;
	return code < 0 ? 0 : code;
}

void
freebsd_siginfo_from_host(const struct siginfo_host *h, struct freebsd_siginfo *f)
{
	uint32_t lo = (uint32_t)h->f[0], hi = (uint32_t)(h->f[0] >> 32);

	*f = (struct freebsd_siginfo){
		.signo = freebsd_sig_from_host(h->signo),
		.code = code_from_host(h->code),
	};
	if (h->code == SI_TIMER) {
		f->reason.timer.timerid = (int32_t)lo;
		f->reason.timer.overrun = (int32_t)hi;
		f->value = h->f[1];
		return;
	}
	if (h->signo == SIGIO && h->code > 0 && h->code != SI_KERNEL) {
		f->reason.band = (int64_t)h->f[0];
		return;
	}
	if (h->code > 0 && h->signo != SIGCHLD)
		return;
	f->pid = (int32_t)lo;
	f->uid = hi;
	if (h->signo != SIGCHLD || h->code <= 0) {
		f->value = h->f[1];
		return;
	}
	f->status = (int32_t)(uint32_t)h->f[1];
	if (h->code != CLD_EXITED)
		f->status = freebsd_sig_from_host(f->status);
}

uint32_t
freebsd_trapno(uint64_t vector)
{
	int known = vector < 256 ? freebsd_t_trap_from_host((int)vector) : FLAG_NONE;

	return known == FLAG_NONE ? 0 : (uint32_t)known;
}

static int32_t
trap_code(const struct delivery *d)
{
	int32_t code = d->info.code;

	switch (d->sig) {
	case SIGFPE:
		if (code == FPE_INTDIV)
			return FREEBSD_FPE_INTDIV;
		return code == FPE_INTOVF ? FREEBSD_FPE_INTOVF : code;
	case SIGILL:
		return FREEBSD_ILL_PRVOPC;
	case SIGTRAP:
		return d->trapno == 1 ? FREEBSD_TRAP_TRACE : FREEBSD_TRAP_BRKPT;
	case SIGBUS:
		return d->info.code == BUS_ADRALN ? FREEBSD_BUS_ADRALN :
		    FREEBSD_BUS_OBJERR;
	default:
		return code == SEGV_MAPERR ? FREEBSD_SEGV_MAPERR : FREEBSD_SEGV_ACCERR;
	}
}

void
freebsd_siginfo_trap(const struct delivery *d, struct freebsd_siginfo *f)
{
	*f = (struct freebsd_siginfo){
		.signo = freebsd_sig_from_host(d->sig),
		.code = trap_code(d),
		.addr = d->regs->rip,
	};
	f->reason.trapno = (int32_t)freebsd_trapno(d->trapno);
	if (d->trapno == 14)	/* a page fault */
		f->addr = d->cr2;
}
