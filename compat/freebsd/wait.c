/* SPDX-License-Identifier: ISC */
/* Waiting for children: status words, options and the child's siginfo. */
#include <asm/siginfo.h>
#include <linux/resource.h>
#include <linux/wait.h>

#include "freebsd.h"
#include "hostdef.h"
#include "rusage.h"

#define STATUS_CONTINUED 19	/* SIGCONT of this system */

static int
signal_from_host(int sig)
{
	return sig > 0 && sig <= 64 ? freebsd_signal_from_host[sig] : sig;
}

/* Exit codes stay; signal numbers change where they stand. */
static int32_t
status_from_host(int32_t s)
{
	if (s == 0xffff)
		return STATUS_CONTINUED;
	if ((s & 0x7f) == 0)
		return s;
	if ((s & 0xff) == 0x7f)
		return 0x7f | (signal_from_host((s >> 8) & 0xff) << 8);
	return signal_from_host(s & 0x7f) | (s & 0x80);
}

static const struct flag_pair wait_options[] = {
	FREEBSD_W_PAIRS
	{ FREEBSD_WTRAPPED, 0 },
	{ FREEBSD_WLINUXCLONE, __WCLONE },
};

CALL(wait4)
{
	int32_t status = 0;
	struct freebsd_rusage ru;
	uint32_t rest, options = flags_to_host(wait_options,
	    COUNT(wait_options), (uint32_t)c->arg[2], &rest);

	if (rest != 0)
		return -EINVAL;
	options &= ~(uint32_t)WEXITED;
	if (options & WNOWAIT)
		return -EINVAL;
	long pid = INTR(c, wait4, arg_int(c, 0), &status, options, &ru);
	if (pid <= 0)
		return pid;
	status = status_from_host(status);
	if (c->arg[1] && copyout(arg_ptr(c, 1), &status, sizeof(status)) < 0)
		return -EFAULT;
	if (c->arg[3] && copyout(arg_ptr(c, 3), &ru, sizeof(ru)) < 0)
		return -EFAULT;
	return pid;
}

struct wait_siginfo {	/* the host's, for SIGCHLD */
	int32_t signo, err, code, pad;
	int32_t pid, uid, status, pad2;
	uint64_t rest[12];
};
_Static_assert(sizeof(struct wait_siginfo) == 128, "siginfo");

struct freebsd_wait_siginfo {
	int32_t signo, err, code, pid;
	uint32_t uid;
	int32_t status;
	uint64_t addr, value, reason[5];
};
_Static_assert(sizeof(struct freebsd_wait_siginfo) == 80, "siginfo");

/* The status word that wait4 would have given. */
static int32_t
status_word(const struct wait_siginfo *w)
{
	int sig = signal_from_host(w->status);

	switch (w->code) {
	case CLD_EXITED:
		return (w->status & 0xff) << 8;
	case CLD_KILLED:
		return sig;
	case CLD_DUMPED:
		return sig | 0x80;
	case CLD_CONTINUED:
		return STATUS_CONTINUED;
	default:
		return 0x7f | (sig << 8);
	}
}

static long
wait6_out(struct call *c, const struct wait_siginfo *w, const struct freebsd_rusage *ru)
{
	int32_t status = status_word(w);
	struct freebsd_wait_siginfo si = {
		.signo = FREEBSD_SIGCHLD, .code = w->code, .pid = w->pid,
		.uid = (uint32_t)w->uid, .status = w->status,
	};
	/* The child alone, then its own children: the host tells only the sum. */
	struct freebsd_rusage both[2] = { *ru };

	if (w->code != CLD_EXITED)
		si.status = signal_from_host(w->status);
	if (c->arg[2] && copyout(arg_ptr(c, 2), &status, sizeof(status)) < 0)
		return -EFAULT;
	if (c->arg[4] && copyout(arg_ptr(c, 4), both, sizeof(both)) < 0)
		return -EFAULT;
	if (c->arg[5] && copyout(arg_ptr(c, 5), &si, sizeof(si)) < 0)
		return -EFAULT;
	return w->pid;
}

CALL(wait6)
{
	struct wait_siginfo w = { 0 };
	struct freebsd_rusage ru = { 0 };
	static const struct flag_pair kinds[] = {
		FREEBSD_P_PAIRS
	};
	int kind = value_to_host(kinds, COUNT(kinds), (uint32_t)c->arg[0]);
	uint32_t rest, options = flags_to_host(wait_options,
	    COUNT(wait_options), (uint32_t)c->arg[3], &rest);

	if (kind < 0 || rest != 0 || !(options & (WEXITED | WUNTRACED | WCONTINUED)))
		return -EINVAL;
	long ret = INTR(c, waitid, kind, c->arg[1], &w, options, &ru);
	if (ret < 0)
		return ret;
	if (w.pid == 0)
		return 0;
	return wait6_out(c, &w, &ru);
}
