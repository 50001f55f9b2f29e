/* SPDX-License-Identifier: ISC */
/* Clocks, sleeping, alarms and timers: late they may be, early or lost never. */
#include <mach/mach_time.h>
#include <signal.h>

#include "try.h"

enum { PERIODS = 1000 };
static const uint64_t period = 500000;	/* ns */

struct expired {
	mk_timer_expire_msg_t m;
	mach_msg_trailer_t trailer;
};

static void
expire(mach_port_t timer, mach_msg_timeout_t ms, kern_return_t want)
{
	struct expired e;

	WANT(want, mach_msg(&e.m.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
	    sizeof(e), timer, ms, MACH_PORT_NULL));
}

static void
clocks_agree(void)
{
	mach_timebase_info_data_t base;
	mach_timespec_t t, calendar;
	clock_serv_t service;
	uint64_t a, b, c;

	TRY(mach_timebase_info(&base));
	HOLDS(base.numer == 1 && base.denom == 1);
	a = mach_absolute_time();
	TRY(host_get_clock_service(mach_host_self(), SYSTEM_CLOCK, &service));
	TRY(clock_get_time(service, &t));
	b = t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
	c = mach_absolute_time();
	HOLDS(a <= b && b <= c);
	HOLDS(mach_approximate_time() <= mach_absolute_time());
	HOLDS(mach_continuous_time() >= c);
	TRY(clock_sleep(service, TIME_RELATIVE, (mach_timespec_t){ 0, 1000000 },
	    &t));
	HOLDS(mach_absolute_time() >= c + 1000000);
	TRY(host_get_clock_service(mach_host_self(), CALENDAR_CLOCK,
	    &service));
	TRY(clock_get_time(service, &calendar));
	HOLDS(calendar.tv_sec >= (unsigned)time(NULL) - 1 &&
	    calendar.tv_sec <= (unsigned)time(NULL));
	WANT(KERN_INVALID_VALUE, clock_sleep(MACH_PORT_NULL, TIME_RELATIVE,
	    (mach_timespec_t){ 0, 1000000000 }, &t));
	WANT(KERN_INVALID_ARGUMENT, clock_sleep(service, TIME_RELATIVE, t, &t));
}

/* Armed anew from the deadline before, not from when it was heard. */
static void
timers_do_not_drift(void)
{
	mach_port_t timer = mk_timer_create();
	uint64_t start = mach_absolute_time(), at = start, when;
	int i;

	HOLDS(timer != MACH_PORT_NULL);
	for (i = 1; i <= PERIODS; i++) {
		at += period;
		TRY(mk_timer_arm(timer, at));
		if (i % 100 == 0)
			usleep(3 * 500);	/* a late one is not lost */
		expire(timer, 120000, MACH_MSG_SUCCESS);
		HOLDS(mach_absolute_time() >= start + (uint64_t)i * period);
	}
	HOLDS(at == start + PERIODS * period);
	/* Moved forward and back; taken away, its time is told. */
	TRY(mk_timer_arm(timer, mach_absolute_time() + 3600 * NSEC_PER_SEC));
	at = mach_absolute_time() + 2000000;
	TRY(mk_timer_arm(timer, at));
	expire(timer, 120000, MACH_MSG_SUCCESS);
	HOLDS(mach_absolute_time() >= at);
	at = mach_absolute_time() + 3600 * NSEC_PER_SEC;
	TRY(mk_timer_arm(timer, at));
	TRY(mk_timer_cancel(timer, &when));
	HOLDS(when == at);
	expire(timer, 20, MACH_RCV_TIMED_OUT);
	TRY(mk_timer_cancel(timer, &when));
	HOLDS(when == 0);
	TRY(mk_timer_destroy(timer));
	WANT(KERN_INVALID_NAME, mk_timer_arm(timer, 1));
}

static void
alarms_ring(void)
{
	struct {
		mach_msg_header_t head;
		NDR_record_t ndr;
		kern_return_t code;
		alarm_type_t type;
		mach_timespec_t at;
		mach_msg_trailer_t trailer;
	} m;
	mach_port_t reply = new_port();
	clock_serv_t service;
	uint64_t want = mach_absolute_time() + 3000000;
	mach_timespec_t t = { (unsigned)(want / NSEC_PER_SEC),
		(int)(want % NSEC_PER_SEC) };

	TRY(host_get_clock_service(mach_host_self(), SYSTEM_CLOCK, &service));
	TRY(clock_alarm(service, TIME_ABSOLUTE, t, reply));
	TRY(mach_msg(&m.head, MACH_RCV_MSG, 0, sizeof(m), reply, 0,
	    MACH_PORT_NULL));
	HOLDS(mach_absolute_time() >= want);
	HOLDS(m.code == KERN_SUCCESS && m.type == TIME_ABSOLUTE);
	HOLDS(CMP_MACH_TIMESPEC(&m.at, &t) >= 0);
	WANT(KERN_INVALID_VALUE, clock_alarm(service, 7, t, reply));
}

static void
nothing(int sig)
{
	(void)sig;
}

int
main(void)
{
	uint64_t want;

	clocks_agree();
	timers_do_not_drift();
	alarms_ring();
	want = mach_absolute_time() + 2000000;
	TRY(mach_wait_until(want));
	HOLDS(mach_absolute_time() >= want);
	TRY(mach_wait_until(1));
	signal(SIGALRM, nothing);
	siginterrupt(SIGALRM, 1);
	ualarm(20000, 20000);	/* one that comes before the wait is not the last */
	WANT(KERN_ABORTED, mach_wait_until(mach_absolute_time() +
	    60 * NSEC_PER_SEC));
	ualarm(0, 0);
	printf("clocks: %d periods\n", PERIODS);
	return 0;
}
