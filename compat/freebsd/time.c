/* SPDX-License-Identifier: ISC */
/* Clocks, sleeping, interval timers. */
#include <linux/time.h>
#include <linux/timex.h>
#include <linux/resource.h>

#include "freebsd.h"
#include "freebsd_time.h"
#include "hostdef.h"

enum { CLOCK_OF_HOST, CLOCK_SECONDS, CLOCK_USAGE_USER, CLOCK_USAGE_BOTH };

static const struct {
	int32_t id, host;
	int32_t kind;
} clocks[] = {
	{ FREEBSD_CLOCK_MONOTONIC, CLOCK_MONOTONIC, CLOCK_OF_HOST },
	{ FREEBSD_CLOCK_REALTIME, CLOCK_REALTIME, CLOCK_OF_HOST },
	{ FREEBSD_CLOCK_UPTIME, CLOCK_MONOTONIC, CLOCK_OF_HOST },
	{ FREEBSD_CLOCK_UPTIME_PRECISE, CLOCK_MONOTONIC, CLOCK_OF_HOST },
	{ FREEBSD_CLOCK_UPTIME_FAST, CLOCK_MONOTONIC_COARSE, CLOCK_OF_HOST },
	{ FREEBSD_CLOCK_REALTIME_PRECISE, CLOCK_REALTIME, CLOCK_OF_HOST },
	{ FREEBSD_CLOCK_REALTIME_FAST, CLOCK_REALTIME_COARSE, CLOCK_OF_HOST },
	{ FREEBSD_CLOCK_MONOTONIC_PRECISE, CLOCK_MONOTONIC, CLOCK_OF_HOST },
	{ FREEBSD_CLOCK_MONOTONIC_FAST, CLOCK_MONOTONIC_COARSE, CLOCK_OF_HOST },
	{ FREEBSD_CLOCK_SECOND, CLOCK_REALTIME_COARSE, CLOCK_SECONDS },
	{ FREEBSD_CLOCK_THREAD_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, CLOCK_OF_HOST },
	{ FREEBSD_CLOCK_PROCESS_CPUTIME_ID, CLOCK_PROCESS_CPUTIME_ID, CLOCK_OF_HOST },
	{ FREEBSD_CLOCK_VIRTUAL, 0, CLOCK_USAGE_USER },
	{ FREEBSD_CLOCK_PROF, 0, CLOCK_USAGE_BOTH },
};

/* Index of the clock, or -1.  Clocks of other threads and processes are negative, as the host's. */
static int
clock_find(int32_t id)
{
	for (size_t i = 0; i < COUNT(clocks); i++)
		if (clocks[i].id == id)
			return (int)i;
	return -1;
}

static long
clock_usage(struct call *c, bool both, struct host_timespec *ts)
{
	struct { struct host_timeval user, sys; int64_t rest[14]; } ru;
	long ret = HOST(c, getrusage, RUSAGE_SELF, &ru);

	if (ret < 0)
		return ret;
	int64_t usec = ru.user.usec + (both ? ru.sys.usec : 0);
	ts->sec = ru.user.sec + (both ? ru.sys.sec : 0) + usec / 1000000;
	ts->nsec = usec % 1000000 * 1000;
	return 0;
}

static long
clock_get(struct call *c, int32_t id, struct host_timespec *ts)
{
	int i = clock_find(id);

	if (i < 0)
		return id < 0 ? HOST(c, clock_gettime, id, ts) : -EINVAL;
	if (clocks[i].kind >= CLOCK_USAGE_USER)
		return clock_usage(c, clocks[i].kind == CLOCK_USAGE_BOTH, ts);
	int64_t now[2] = { 0, 0 };
	long ret = clock_read(call_thread(c), clocks[i].host, now);
	*ts = (struct host_timespec){ now[0], now[1] };
	if (clocks[i].kind == CLOCK_SECONDS)
		ts->nsec = 0;
	return ret;
}

int
clock_to_host(int32_t id)
{
	int i = clock_find(id);

	return i < 0 || clocks[i].kind != CLOCK_OF_HOST ? -EINVAL : clocks[i].host;
}

CALL(clock_gettime)
{
	struct host_timespec ts;
	long ret = clock_get(c, arg_int(c, 0), &ts);

	return ret < 0 ? ret : copyout(arg_ptr(c, 1), &ts, sizeof(ts));
}

CALL(clock_settime)
{
	int host = clock_to_host(arg_int(c, 0));

	if (host != CLOCK_REALTIME)
		return -EINVAL;
	return HOST(c, clock_settime, host, c->arg[1]);
}

CALL(clock_getres)
{
	int i = clock_find(arg_int(c, 0));
	struct host_timespec ts = { 0, 1 };

	if (i < 0)
		return -EINVAL;
	if (clocks[i].kind == CLOCK_SECONDS)
		ts = (struct host_timespec){ 1, 0 };
	else if (clocks[i].kind >= CLOCK_USAGE_USER)
		ts.nsec = 1000;
	else
		HOST(c, clock_getres, clocks[i].host, &ts);
	return c->arg[1] == 0 ? 0 : copyout(arg_ptr(c, 1), &ts, sizeof(ts));
}

/* A process's clock: the host's own encoding of such clocks is negative as this system's is. */
CALL(clock_getcpuclockid2)
{
	int64_t id = (int64_t)c->arg[0];
	uint32_t which = (uint32_t)c->arg[1];
	int32_t clock;

	if (id < 0 || id > INT32_MAX || which > 1)
		return -EINVAL;
	uint32_t who = (uint32_t)id;
	/* which 0: a process (type 2 SCHED of the host), 1: a thread (bit 2 set). */
	clock = (int32_t)((~who << 3) | 2u | (which == 1 ? 4u : 0u));
	struct host_timespec ts;
	if (HOST(c, clock_gettime, clock, &ts) < 0)
		return -ESRCH;
	return copyout(arg_ptr(c, 2), &clock, sizeof(clock));
}

CALL(gettimeofday)
{
	struct host_timespec ts;
	int32_t zone[2] = { 0, 0 };
	long ret = clock_get(c, FREEBSD_CLOCK_REALTIME, &ts);

	if (ret < 0)
		return ret;
	struct host_timeval tv = { ts.sec, ts.nsec / 1000 };
	if (c->arg[0] && copyout(arg_ptr(c, 0), &tv, sizeof(tv)) < 0)
		return -EFAULT;
	if (c->arg[1] && copyout(arg_ptr(c, 1), zone, sizeof(zone)) < 0)
		return -EFAULT;
	return 0;
}

PASS(settimeofday, settimeofday)
PASS_INTR(nanosleep, nanosleep)
PASS(setitimer, setitimer)
PASS(getitimer, getitimer)

CALL(clock_nanosleep)
{
	int host = clock_to_host(arg_int(c, 0));
	uint32_t flags = (uint32_t)c->arg[1];

	if (host < 0 || (flags & ~(uint32_t)FREEBSD_TIMER_ABSTIME) != 0)
		return FREEBSD_EINVAL;
	/* The host cannot sleep on its coarse clocks. */
	if (host == CLOCK_MONOTONIC_COARSE)
		host = CLOCK_MONOTONIC;
	else if (host == CLOCK_REALTIME_COARSE)
		host = CLOCK_REALTIME;
	return freebsd_posix_error(INTR(c, clock_nanosleep, host,
	    flags ? TIMER_ABSTIME : 0, c->arg[2], c->arg[3]));
}

CALL(adjtime)
{
	struct host_timeval tv = { 0, 0 };
	struct timex tx = { 0 };

	if (c->arg[0]) {
		if (copyin(&tv, arg_ptr(c, 0), sizeof(tv)) < 0)
			return -EFAULT;
		tx.modes = ADJ_OFFSET_SINGLESHOT;
		tx.offset = tv.sec * 1000000 + tv.usec;
	} else
		tx.modes = ADJ_OFFSET_SS_READ;
	long ret = HOST(c, adjtimex, &tx);
	if (ret < 0)
		return ret;
	tv = (struct host_timeval){ tx.offset / 1000000, tx.offset % 1000000 };
	return c->arg[1] == 0 ? 0 : copyout(arg_ptr(c, 1), &tv, sizeof(tv));
}
