/* SPDX-License-Identifier: ISC */
/*
 * Read-write locks, condition variables and semaphores of _umtx_op.
 *
 * The program's library changes the words itself and comes here when it must wait or when a bit
 * says that somebody waits.  Whoever clears such a bit wakes everybody who may have gone to sleep
 * under it: they look again and set it themselves.  A structure is never written after the
 * wake-up that allows its owner to free it.
 */
#include "freebsd.h"
#include "fbsd_state.h"
#include "umtx.h"

#define AT(addr, type, field) ((addr) + offsetof(struct freebsd_##type, field))

/* What an interrupted wait answers: with a time limit it is not started again. */
static long
interrupted(long ret, const struct deadline *d)
{
	return ret == -ERESTARTSYS && d->set ? -EINTR : ret;
}

/* ---- condition variables ---- */

static long
cv_deadline(struct call *c, struct deadline *d)
{
	struct freebsd_umtx_time ut;
	uint32_t id = FREEBSD_CLOCK_REALTIME;
	long ret;

	*d = (struct deadline){ .set = false };
	if (c->arg[4] == 0)
		return 0;
	if (c->arg[2] & FREEBSD_CVWAIT_CLOCKID) {
		ret = umtx_load(AT(c->arg[0], ucond, clockid), &id);
		if (ret != 0)
			return ret;
	}
	ret = umtx_time_copyin(c->arg[4], 0, &ut);
	if (ret != 0)
		return ret;
	ut.clockid = id;
	ut.flags = c->arg[2] & FREEBSD_CVWAIT_ABSTIME ? FREEBSD_UMTX_ABSTIME : 0;
	return umtx_deadline(c, &ut, d);
}

/*
 * The sequence is read before has_waiters is set: a signaller that clears it afterwards moves the
 * sequence after that, and nobody falls asleep unseen.
 */
long
umtx_cv_wait(struct call *c)
{
	uint64_t cv = c->arg[0];
	uint32_t seq, old;
	struct deadline d;
	long ret = cv_deadline(c, &d);

	if (ret == 0)
		ret = umtx_load(AT(cv, ucond, spare), &seq);
	if (ret == 0)
		ret = umtx_bits(AT(cv, ucond, has_waiters), 1, 0, &old);
	if (ret == 0)
		ret = umtx_mutex_release(c, c->arg[3]);
	if (ret != 0)
		return ret;
	ret = umtx_sleep(c, AT(cv, ucond, spare), seq, UMTX_QUEUE_ANY, &d);
	if (ret == -EAGAIN)
		return 0;
	return ret == -ERESTARTSYS ? -EINTR : ret;
}

long
umtx_cv_signal(struct call *c)
{
	uint64_t cv = c->arg[0], word = AT(cv, ucond, spare);
	uint32_t old;
	long n = umtx_count(c, word), ret = 0;

	if (n < 0)
		return n;
	if (n <= 1)
		ret = umtx_bits(AT(cv, ucond, has_waiters), 0, ~0u, &old);
	if (ret == 0)
		ret = umtx_add(word, 1, &old);
	if (ret == 0)
		ret = umtx_wake(c, word, 1, UMTX_QUEUE_ANY);
	return ret > 0 ? 0 : ret;
}

long
umtx_cv_broadcast(struct call *c)
{
	uint64_t cv = c->arg[0], word = AT(cv, ucond, spare);
	uint32_t old;
	long ret = umtx_bits(AT(cv, ucond, has_waiters), 0, ~0u, &old);

	if (ret == 0)
		ret = umtx_add(word, 1, &old);
	if (ret == 0)
		ret = umtx_wake(c, word, INT32_MAX, UMTX_QUEUE_ANY);
	return ret > 0 ? 0 : ret;
}

/* ---- read-write locks: readers and writers are two sets of the futex on `state` ---- */

static uint32_t
rw_readers(uint32_t state)
{
	return state & FREEBSD_URWLOCK_MAX_READERS;
}

/* Bits that keep a reader out. */
static long
rw_blockers(struct call *c, uint32_t *blockers)
{
	uint32_t flags;
	long ret = umtx_load(AT(c->arg[0], urwlock, flags), &flags);

	*blockers = FREEBSD_URWLOCK_WRITE_OWNER;
	if (((flags | c->arg[2]) & FREEBSD_URWLOCK_PREFER_READER) == 0)
		*blockers |= FREEBSD_URWLOCK_WRITE_WAITERS;
	return ret;
}

/* 0 taken, 1 not (*state is what it was). */
static long
rw_try_read(uint64_t word, uint32_t blockers, uint32_t *state)
{
	long ret;

	while ((*state & blockers) == 0) {
		if (rw_readers(*state) == FREEBSD_URWLOCK_MAX_READERS)
			return -EAGAIN;
		ret = umtx_cas(word, state, *state + 1);
		if (ret != 1)
			return ret;
	}
	return 1;
}

static long
rw_try_write(uint64_t word, uint32_t *state)
{
	long ret;

	while ((*state & FREEBSD_URWLOCK_WRITE_OWNER) == 0 && rw_readers(*state) == 0) {
		ret = umtx_cas(word, state, *state | FREEBSD_URWLOCK_WRITE_OWNER);
		if (ret != 1)
			return ret;
	}
	return 1;
}

/* Sleep as one of `count`, under the waiter bit; the last to leave clears it. */
static long
rw_block(struct call *c, uint64_t count, uint32_t bit, int queue, uint32_t state,
    const struct deadline *d)
{
	uint64_t word = c->arg[0];
	uint32_t old;
	long ret = 0, err;

	if ((state & bit) == 0) {
		ret = umtx_cas(word, &state, state | bit);
		if (ret != 0)
			return ret == 1 ? 0 : ret;
		state |= bit;
	}
	ret = umtx_add(count, 1, &old);
	if (ret != 0)
		return ret;
	ret = umtx_sleep(c, word, state, queue, d);
	err = umtx_add(count, (uint32_t)-1, &old);
	if (err == 0 && old == 1) {
		err = umtx_bits(word, 0, bit, &old);
		if (err == 0)	/* who slept under the bit meanwhile sets it again */
			(void)umtx_wake(c, word, INT32_MAX, UMTX_QUEUE_ANY);
	}
	if (err != 0)
		return err;
	return ret == -EAGAIN ? 0 : ret;
}

long
umtx_rw_rdlock(struct call *c)
{
	uint64_t word = c->arg[0];
	uint32_t state, blockers;
	struct deadline d;
	long ret = umtx_op_deadline(c, &d);

	if (ret == 0)
		ret = rw_blockers(c, &blockers);
	while (ret == 0) {
		ret = umtx_load(word, &state);
		if (ret == 0)
			ret = rw_try_read(word, blockers, &state);
		if (ret != 1)
			break;
		ret = rw_block(c, AT(word, urwlock, blocked_readers),
		    FREEBSD_URWLOCK_READ_WAITERS, UMTX_QUEUE_READERS, state, &d);
	}
	return interrupted(ret, &d);
}

long
umtx_rw_wrlock(struct call *c)
{
	uint64_t word = c->arg[0];
	uint32_t state;
	struct deadline d;
	long ret = umtx_op_deadline(c, &d);

	while (ret == 0) {
		ret = umtx_load(word, &state);
		if (ret == 0)
			ret = rw_try_write(word, &state);
		if (ret != 1)
			break;
		ret = rw_block(c, AT(word, urwlock, blocked_writers),
		    FREEBSD_URWLOCK_WRITE_WAITERS, UMTX_QUEUE_WRITERS, state, &d);
	}
	return interrupted(ret, &d);
}

/* What is free now goes to a writer, unless readers are preferred. */
static long
rw_wake(struct call *c, uint64_t word, uint32_t state, bool prefer_reader)
{
	bool readers = (state & FREEBSD_URWLOCK_READ_WAITERS) != 0;
	bool writers = (state & FREEBSD_URWLOCK_WRITE_WAITERS) != 0;
	long n = 0;

	if (prefer_reader && readers)
		n = umtx_wake(c, word, INT32_MAX, UMTX_QUEUE_READERS);
	if (n == 0 && writers)
		n = umtx_wake(c, word, 1, UMTX_QUEUE_WRITERS);
	if (n == 0 && readers)
		n = umtx_wake(c, word, INT32_MAX, UMTX_QUEUE_READERS);
	return n < 0 ? n : 0;
}

long
umtx_rw_unlock(struct call *c)
{
	uint64_t word = c->arg[0];
	uint32_t state, flags, next;
	long ret = umtx_load(AT(word, urwlock, flags), &flags);

	if (ret == 0)
		ret = umtx_load(word, &state);
	if (ret != 0)
		return ret;
	do {
		if (state & FREEBSD_URWLOCK_WRITE_OWNER)
			next = state & ~(uint32_t)FREEBSD_URWLOCK_WRITE_OWNER;
		else if (rw_readers(state) != 0)
			next = state - 1;
		else
			return -EPERM;
		ret = umtx_cas(word, &state, next);
	} while (ret == 1);
	if (ret != 0 || rw_readers(next) != 0)
		return ret;
	return rw_wake(c, word, next, (flags & FREEBSD_URWLOCK_PREFER_READER) != 0);
}

/* ---- semaphores ---- */

long
umtx_sem_wait(struct call *c)
{
	uint64_t word = AT(c->arg[0], usem, count);
	uint32_t old, count;
	struct deadline d;
	long ret = umtx_op_deadline(c, &d);

	if (ret == 0)
		ret = umtx_bits(AT(c->arg[0], usem, has_waiters), 1, 0, &old);
	if (ret == 0)
		ret = umtx_load(word, &count);
	if (ret != 0 || count != 0)
		return ret;
	ret = umtx_sleep(c, word, 0, UMTX_QUEUE_ANY, &d);
	if (ret == -EAGAIN)
		return 0;
	return ret == -ERESTARTSYS ? -EINTR : ret;
}

/* has_waiters stays: the next post asks here once more, that is all. */
long
umtx_sem_wake(struct call *c)
{
	long n = umtx_wake(c, AT(c->arg[0], usem, count), 1, UMTX_QUEUE_ANY);

	return n < 0 ? n : 0;
}

/* The time that was left goes behind the structure when the caller has room for it. */
static long
sem2_interrupted(struct call *c, const struct deadline *d)
{
	int64_t now[2], left[2];
	long ret;

	if (!d->set || !d->relative ||
	    c->arg[3] < sizeof(struct freebsd_umtx_time) + sizeof(left))
		return -EINTR;
	ret = clock_read(call_thread(c), 1, now);	/* CLOCK_MONOTONIC */
	if (ret != 0)
		return ret;
	left[0] = d->ts[0] - now[0];
	left[1] = d->ts[1] - now[1];
	if (left[1] < 0) {
		left[0]--;
		left[1] += 1000000000l;
	}
	if (left[0] < 0)
		left[0] = left[1] = 0;
	ret = copyout(guest(c->arg[4] + sizeof(struct freebsd_umtx_time)), left,
	    sizeof(left));
	return ret != 0 ? ret : -EINTR;
}

long
umtx_sem2_wait(struct call *c)
{
	uint64_t word = AT(c->arg[0], usem2, count);
	uint32_t v;
	struct deadline d;
	long ret = umtx_op_deadline(c, &d);

	if (ret == 0)
		ret = umtx_load(word, &v);
	while (ret == 0) {
		if ((v & FREEBSD_USEM_MAX_COUNT) != 0) {
			ret = umtx_cas(word, &v, v - 1);
			if (ret != 1)
				return ret;
			ret = 0;
			continue;
		}
		if (v == 0) {
			ret = umtx_cas(word, &v, FREEBSD_USEM_HAS_WAITERS);
			if (ret == 1)
				ret = 0;
			else
				v = FREEBSD_USEM_HAS_WAITERS;
			continue;
		}
		ret = umtx_sleep(c, word, v, UMTX_QUEUE_ANY, &d);
		if (ret == 0 || ret == -EAGAIN)
			ret = umtx_load(word, &v);
	}
	return ret == -ERESTARTSYS || ret == -EINTR ? sem2_interrupted(c, &d) : ret;
}

/* With one sleeper the bit goes before the wake-up, after which the structure may be gone. */
long
umtx_sem2_wake(struct call *c)
{
	uint64_t word = AT(c->arg[0], usem2, count);
	long n = umtx_count(c, word), ret = 0;
	uint32_t old;

	if (n == 1)
		ret = umtx_bits(word, 0, FREEBSD_USEM_HAS_WAITERS, &old);
	if (n > 0 && ret == 0)
		ret = umtx_wake(c, word, n == 1 ? INT32_MAX : 1, UMTX_QUEUE_ANY);
	return n < 0 ? n : ret > 0 ? 0 : ret;
}
