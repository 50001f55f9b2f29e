/* SPDX-License-Identifier: ISC */
/*
 * _umtx_op: waits and wake-ups on the guest's own words, by host futexes on those very words, so that
 * they work between processes too.  FreeBSD finds the queue of a private address from its
 * mapping unless an operation says private; the host's shared futex does the same, so every
 * operation uses that flavour, and a private wake-up reaches a shared wait as it does there.
 *
 * A wait on a long compares all of it but sleeps on its lower half: a change of the upper half
 * alone, between the comparison and the sleep, is not seen.
 */
#include <linux/futex.h>
#include <linux/time.h>

#include "freebsd.h"
#include "fbsd_state.h"
#include "umtx.h"

#define NSEC 1000000000l
#define UMTX_TIMESPEC_SIZE 16u
#define NWAKE_BATCH 128u
#define QUEUE_ALL 0xffffffffu

long
umtx_load(uint64_t addr, uint32_t *v)
{
	return load32_user(guest(addr), v);
}

long
umtx_cas(uint64_t addr, uint32_t *expected, uint32_t new)
{
	uint32_t want = *expected;
	long ret = cas32_user(guest(addr), want, new, expected);

	return ret != 0 ? ret : *expected != want;
}

long
umtx_bits(uint64_t addr, uint32_t set, uint32_t clear, uint32_t *old)
{
	long ret = umtx_load(addr, old);

	if (ret != 0)
		return ret;
	do
		ret = umtx_cas(addr, old, (*old & ~clear) | set);
	while (ret == 1);
	return ret;
}

long
umtx_add(uint64_t addr, uint32_t n, uint32_t *old)
{
	long ret = umtx_load(addr, old);

	if (ret != 0)
		return ret;
	do
		ret = umtx_cas(addr, old, *old + n);
	while (ret == 1);
	return ret;
}

long
umtx_sleep(struct call *c, uint64_t addr, uint32_t val, int queue, const struct deadline *d)
{
	int op = FUTEX_WAIT_BITSET;
	const int64_t *ts = d != NULL && d->set ? d->ts : NULL;

	if ((addr & 3) != 0)
		return -EINVAL;
	if (ts != NULL && d->realtime)
		op |= FUTEX_CLOCK_REALTIME;
	return INTR(c, futex, addr, op, val, ts, 0, (uint32_t)queue);
}

long
umtx_wake(struct call *c, uint64_t addr, uint32_t n, int queue)
{
	if ((addr & 3) != 0)
		return -EINVAL;
	if (n > INT32_MAX)
		n = INT32_MAX;
	if (n == 0)
		return 0;
	return HOST(c, futex, addr, FUTEX_WAKE_BITSET, n, 0, 0, (uint32_t)queue);
}

/* How many sleep there: they are moved from the queue to itself. */
long
umtx_count(struct call *c, uint64_t addr)
{
	return HOST(c, futex, addr, FUTEX_REQUEUE, 0, INT32_MAX, addr, 0);
}

long
umtx_time_copyin(uint64_t addr, uint64_t size, struct freebsd_umtx_time *ut)
{
	long ret;

	*ut = (struct freebsd_umtx_time){ .clockid = FREEBSD_CLOCK_REALTIME };
	ret = copyin(ut, guest(addr), size <= UMTX_TIMESPEC_SIZE ?
	    UMTX_TIMESPEC_SIZE : sizeof(*ut));
	if (ret != 0)
		return ret;
	if (ut->sec < 0 || ut->nsec < 0 || ut->nsec >= NSEC)
		return -EINVAL;
	return 0;
}

static bool
clock_is_realtime(uint32_t id)
{
	return id == FREEBSD_CLOCK_REALTIME || id == FREEBSD_CLOCK_SECOND ||
	    id == FREEBSD_CLOCK_REALTIME_PRECISE || id == FREEBSD_CLOCK_REALTIME_FAST;
}

static bool
clock_is_monotonic(uint32_t id)
{
	return id == FREEBSD_CLOCK_MONOTONIC || id == FREEBSD_CLOCK_UPTIME ||
	    (id >= FREEBSD_CLOCK_UPTIME_PRECISE && id <= FREEBSD_CLOCK_UPTIME_FAST) ||
	    id == FREEBSD_CLOCK_MONOTONIC_PRECISE ||
	    id == FREEBSD_CLOCK_MONOTONIC_FAST;
}

/* A relative wait ends when its time has passed, whatever happens to the time of day. */
long
umtx_deadline(struct call *c, const struct freebsd_umtx_time *ut, struct deadline *d)
{
	long ret;

	d->set = true;
	d->realtime = clock_is_realtime(ut->clockid);
	d->relative = (ut->flags & FREEBSD_UMTX_ABSTIME) == 0;
	d->ts[0] = ut->sec;
	d->ts[1] = ut->nsec;
	if (!d->realtime && !clock_is_monotonic(ut->clockid))
		return -EINVAL;
	if (!d->relative)
		return 0;
	d->realtime = false;
	ret = clock_read(call_thread(c), CLOCK_MONOTONIC, d->ts);
	if (ret != 0)
		return ret;
	if (__builtin_add_overflow(d->ts[0], ut->sec, &d->ts[0])) {
		d->ts[0] = INT64_MAX / NSEC;
		return 0;
	}
	d->ts[1] += ut->nsec;
	if (d->ts[1] >= NSEC) {
		d->ts[1] -= NSEC;
		d->ts[0]++;
	}
	if (d->ts[0] > INT64_MAX / NSEC)
		d->ts[0] = INT64_MAX / NSEC;
	return 0;
}

long
umtx_op_deadline(struct call *c, struct deadline *d)
{
	struct freebsd_umtx_time ut;
	long ret;

	*d = (struct deadline){ .set = false };
	if (c->arg[4] == 0)
		return 0;
	ret = umtx_time_copyin(c->arg[4], c->arg[3], &ut);
	return ret != 0 ? ret : umtx_deadline(c, &ut, d);
}

/* Returns at once when the word is not val; never restarted. */
static long
wait_word(struct call *c, uint32_t val)
{
	struct deadline d;
	long ret = umtx_op_deadline(c, &d);

	if (ret == 0)
		ret = umtx_sleep(c, c->arg[0], val, UMTX_QUEUE_ANY, &d);
	if (ret == -EAGAIN)
		return 0;
	return ret == -ERESTARTSYS ? -EINTR : ret;
}

static long
op_wait(struct call *c)
{
	uint64_t v;
	long ret = load64_user(guest(c->arg[0]), &v);

	if (ret != 0)
		return ret;
	if (v != c->arg[2]) {
		struct deadline d;

		return umtx_op_deadline(c, &d);
	}
	return wait_word(c, (uint32_t)c->arg[2]);
}

static long
op_wait_uint(struct call *c)
{
	return wait_word(c, (uint32_t)c->arg[2]);
}

static long
op_wake(struct call *c)
{
	long ret = umtx_wake(c, c->arg[0], (uint32_t)c->arg[2], UMTX_QUEUE_ANY);

	return ret > 0 ? 0 : ret;
}

static long
op_nwake(struct call *c)
{
	uint64_t addrs[NWAKE_BATCH], at = c->arg[0];
	uint32_t left = (uint32_t)c->arg[2];
	long ret = 0;

	while (left > 0 && ret >= 0) {
		uint32_t n = left < NWAKE_BATCH ? left : NWAKE_BATCH;

		ret = copyin(addrs, guest(at), n * sizeof(addrs[0]));
		for (uint32_t i = 0; i < n && ret >= 0; i++)
			ret = umtx_wake(c, addrs[i], INT32_MAX, UMTX_QUEUE_ANY);
		at += n * sizeof(addrs[0]);
		left -= n;
	}
	return ret > 0 ? 0 : ret;
}

/* Waits are never rounded up here, so the shortest one is 0 until the program says otherwise. */
static long
op_get_min_timeout(struct call *c)
{
	struct mm_block *mm = thread_mm(call_thread(c));

	return copyout(arg_ptr(c, 3), &mm->priv[FREEBSD_MM_UMTX_MIN], 8);
}

static long
op_set_min_timeout(struct call *c)
{
	if ((int64_t)c->arg[2] < 0)
		return -EINVAL;
	thread_mm(call_thread(c))->priv[FREEBSD_MM_UMTX_MIN] = c->arg[2];
	return 0;
}

static long
op_absent(struct call *c)
{
	(void)c;
	return -EOPNOTSUPP;
}

/* The operations by number, grouped so that no switch has more than ten cases. */
static long
op_mutex(struct call *c, uint32_t op)
{
	switch (op) {
	case FREEBSD_UMTX_OP_MUTEX_TRYLOCK: return umtx_mutex_trylock(c);
	case FREEBSD_UMTX_OP_MUTEX_LOCK: return umtx_mutex_lock(c);
	case FREEBSD_UMTX_OP_MUTEX_UNLOCK: return umtx_mutex_unlock(c);
	case FREEBSD_UMTX_OP_MUTEX_WAIT: return umtx_mutex_wait(c);
	case FREEBSD_UMTX_OP_MUTEX_WAKE: return umtx_mutex_wake(c);
	case FREEBSD_UMTX_OP_MUTEX_WAKE2: return umtx_mutex_wake2(c);
	case FREEBSD_UMTX_OP_SET_CEILING: return umtx_set_ceiling(c);
	case FREEBSD_UMTX_OP_ROBUST_LISTS: return umtx_robust_lists(c);
	default: return op_absent(c);
	}
}

static long
op_sync(struct call *c, uint32_t op)
{
	switch (op) {
	case FREEBSD_UMTX_OP_CV_WAIT: return umtx_cv_wait(c);
	case FREEBSD_UMTX_OP_CV_SIGNAL: return umtx_cv_signal(c);
	case FREEBSD_UMTX_OP_CV_BROADCAST: return umtx_cv_broadcast(c);
	case FREEBSD_UMTX_OP_RW_RDLOCK: return umtx_rw_rdlock(c);
	case FREEBSD_UMTX_OP_RW_WRLOCK: return umtx_rw_wrlock(c);
	case FREEBSD_UMTX_OP_RW_UNLOCK: return umtx_rw_unlock(c);
	case FREEBSD_UMTX_OP_SEM_WAIT: return umtx_sem_wait(c);
	case FREEBSD_UMTX_OP_SEM_WAKE: return umtx_sem_wake(c);
	case FREEBSD_UMTX_OP_SEM2_WAIT: return umtx_sem2_wait(c);
	case FREEBSD_UMTX_OP_SEM2_WAKE: return umtx_sem2_wake(c);
	default: return op_mutex(c, op);
	}
}

CALL(_umtx_op)
{
	uint32_t op = (uint32_t)c->arg[1];

	switch (op) {
	case FREEBSD_UMTX_OP_WAIT: return op_wait(c);
	case FREEBSD_UMTX_OP_WAIT_UINT:
	case FREEBSD_UMTX_OP_WAIT_UINT_PRIVATE: return op_wait_uint(c);
	case FREEBSD_UMTX_OP_WAKE:
	case FREEBSD_UMTX_OP_WAKE_PRIVATE: return op_wake(c);
	case FREEBSD_UMTX_OP_NWAKE_PRIVATE: return op_nwake(c);
	case FREEBSD_UMTX_OP_GET_MIN_TIMEOUT: return op_get_min_timeout(c);
	case FREEBSD_UMTX_OP_SET_MIN_TIMEOUT: return op_set_min_timeout(c);
	default: return op_sync(c, op);
	}
}
