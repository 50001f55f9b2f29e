/* SPDX-License-Identifier: ISC */
/* Waiting for signals, and sending them to processes with a value. */
#include <linux/time.h>
#include <asm/siginfo.h>
#include <asm/signal.h>

#include "freebsd.h"
#include "signal.h"

#define NSEC 1000000000l

CALL(sigsuspend)
{
	struct thread_block *t = call_thread(c);
	struct freebsd_sigset set;
	long ret = copyin(&set, arg_ptr(c, 0), sizeof(set));

	if (ret != 0)
		return ret;
	mask_swap(t, freebsd_sigset_to_host(&set));
	do	/* only a handler ends it */
		ret = INTR(c, pause, 0);
	while (ret == -EINTR && (t->attention & (ATT_SIGNAL | ATT_HELD)) == 0);
	return -EINTR;
}

/* A signal that the layer itself holds back for the thread. */
static int
take_held(struct thread_block *t, uint64_t set)
{
	uint64_t held = t->held & set;

	if (held == 0)
		return 0;
	t->held &= ~(held & -held);
	return 1 + __builtin_ctzl(held);
}

/* The host number, or -errno. */
static long
wait_signal(struct call *c, uint64_t mask, const int64_t *ts, struct siginfo_host *info)
{
	struct thread_block *t = call_thread(c);
	int held = take_held(t, mask);

	if (held != 0) {
		*info = (struct siginfo_host){ .signo = held, .code = SI_USER };
		info->f[0] = t->pid | (uint64_t)t->uid << 32;
		return held;
	}
	for (;;) {
		long ret = INTR(c, rt_sigtimedwait, &mask, info, ts, sizeof(mask));

		/* Stop and continue end the host's wait, and nothing here. */
		if (ret != -EINTR || t->attention != 0 || ts != NULL)
			return ret;
	}
}

/* The FreeBSD number of what came, or -errno. */
static long
wait_set(struct call *c, const int64_t *ts, struct siginfo_host *info)
{
	struct freebsd_sigset set;
	long ret = copyin(&set, arg_ptr(c, 0), sizeof(set));

	if (ret == 0)
		ret = wait_signal(c, freebsd_sigset_to_host(&set), ts, info);
	return ret > 0 ? freebsd_sig_from_host((int)ret) : ret;
}

static long
info_out(gaddr to, const struct siginfo_host *info)
{
	struct freebsd_siginfo f;

	if (to.a == 0)
		return 0;
	freebsd_siginfo_from_host(info, &f);
	return copyout(to, &f, sizeof(f));
}

CALL(sigtimedwait)
{
	struct siginfo_host info;
	int64_t ts[2];
	long sig, ret = 0;

	if (c->arg[2] != 0) {
		ret = copyin(ts, arg_ptr(c, 2), sizeof(ts));
		if (ret == 0 && (ts[1] < 0 || ts[1] >= NSEC || ts[0] < 0))
			ret = -EINVAL;
	}
	if (ret != 0)
		return ret;
	sig = wait_set(c, c->arg[2] != 0 ? ts : NULL, &info);
	if (sig == -ERESTARTSYS)
		return -EINTR;
	if (sig > 0)
		ret = info_out(arg_ptr(c, 1), &info);
	return ret != 0 ? ret : sig;
}

CALL(sigwaitinfo)
{
	struct siginfo_host info;
	long sig = wait_set(c, NULL, &info), ret = 0;

	if (sig == -ERESTARTSYS)
		return -EINTR;
	if (sig > 0)
		ret = info_out(arg_ptr(c, 1), &info);
	return ret != 0 ? ret : sig;
}

/* Answers the error as its result. */
CALL(sigwait)
{
	struct siginfo_host info;
	long sig = wait_set(c, NULL, &info);
	int32_t n = (int32_t)sig;

	if (sig == -EINTR)
		return -ERESTARTSYS;
	if (sig > 0)
		sig = copyout(arg_ptr(c, 1), &n, sizeof(n));
	return freebsd_posix_error(sig);
}

CALL(sigqueue)
{
	struct thread_block *t = call_thread(c);
	int sig = arg_int(c, 1), hostsig = freebsd_sig_to_host(sig);
	struct siginfo_host info = { .signo = hostsig, .code = SI_QUEUE };

	if (sig == 0)
		return HOST(c, kill, arg_int(c, 0), 0);
	if (hostsig == 0)
		return -EINVAL;
	info.f[0] = t->pid | (uint64_t)(uint32_t)HOST(c, getuid, 0) << 32;
	info.f[1] = c->arg[2];
	return HOST(c, rt_sigqueueinfo, arg_int(c, 0), hostsig, &info);
}
