/* SPDX-License-Identifier: ISC */
/* Timers of a process.  The host's are their equal but for how they tell. */
#include <linux/time.h>

#include "freebsd.h"
#include "freebsd_time.h"
#include "hostdef.h"
#include "sigevent.h"
#include "sigset.h"

#define HOST_SIGALRM 14

long
sigevent_to_host(struct thread_block *t, const struct freebsd_sigevent *e, struct host_sigevent *h)
{
	*h = (struct host_sigevent){ .value = e->value, .tid = e->tid,
	    .notify = freebsd_sigev_to_host(e->notify),
	    .signo = freebsd_sig_to_host(e->signo) };
	if (h->notify == FLAG_NONE || (h->notify != HOST_SIGEV_NONE && h->signo == 0))
		return -EINVAL;
	if (h->notify == HOST_SIGEV_THREAD_ID)
		signal_directed(t, h->signo);
	return 0;
}

CALL(ktimer_create)
{
	struct freebsd_sigevent e;
	struct host_sigevent h = { .signo = HOST_SIGALRM };
	int clock = clock_to_host(arg_int(c, 0)), id;

	if (clock < 0)
		return -EINVAL;
	if (c->arg[1] != 0) {
		if (copyin(&e, arg_ptr(c, 1), sizeof(e)) < 0)
			return -EFAULT;
		if (sigevent_to_host(call_thread(c), &e, &h) != 0)
			return -EINVAL;
	}
	long ret = HOST(c, timer_create, clock, &h, &id);
	if (ret < 0)
		return ret;
	/* Without an event the value of the signal is the timer. */
	if (copyout(arg_ptr(c, 2), &id, sizeof(id)) < 0) {
		HOST(c, timer_delete, id);
		return -EFAULT;
	}
	return 0;
}

PASS(ktimer_delete, timer_delete)
PASS(ktimer_gettime, timer_gettime)
PASS(ktimer_getoverrun, timer_getoverrun)

CALL(ktimer_settime)
{
	uint32_t flags = (uint32_t)c->arg[1];

	if (flags & ~(uint32_t)FREEBSD_TIMER_ABSTIME)
		return -EINVAL;
	return HOST(c, timer_settime, c->arg[0], flags ? TIMER_ABSTIME : 0,
	    c->arg[2], c->arg[3]);
}
