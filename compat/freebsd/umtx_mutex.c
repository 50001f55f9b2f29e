/* SPDX-License-Identifier: ISC */
/*
 * Mutexes of _umtx_op.  The owner's thread id stands in the word, with a bit that somebody waits.
 * A contested word without an owner means free, but whoever takes it keeps the bit.  Nobody
 * ever sleeps while the word shows no owner.
 *
 * Priority inheritance and protection: the locks work, no priority changes hands.
 */
#include "freebsd.h"
#include "fbsd_state.h"
#include "umtx.h"

#define CONTESTED FREEBSD_UMUTEX_CONTESTED
#define OWNERDEAD FREEBSD_UMUTEX_RB_OWNERDEAD
#define NOTRECOV FREEBSD_UMUTEX_RB_NOTRECOV
#define AT(addr, field) ((addr) + offsetof(struct freebsd_umutex, field))
#define ROBUST_MAX 1000

enum lock_mode { LOCK_TRY, LOCK_SLEEP, LOCK_WAIT };

static bool
is_free(uint32_t owner)
{
	return (owner & ~(uint32_t)CONTESTED) == 0;
}

/* One try: 0, -EOWNERDEAD with the lock, -ENOTRECOVERABLE; 1 somebody has it (*owner). */
static long
mutex_take(uint64_t m, uint32_t id, uint32_t *owner)
{
	long ret = umtx_load(m, owner);

	while (ret == 0) {
		if (*owner == NOTRECOV)
			return -ENOTRECOVERABLE;
		if (*owner == OWNERDEAD) {
			ret = umtx_cas(m, owner, id | CONTESTED);
			if (ret == 0)
				return -EOWNERDEAD;
		} else if (is_free(*owner)) {
			ret = umtx_cas(m, owner, id | *owner);
			if (ret == 0)
				return 0;
		} else
			return 1;
		if (ret == 1)
			ret = 0;
	}
	return ret;
}

/* A waiter does not take the lock: it returns when there is something to take. */
static long
mutex_look(uint64_t m, uint32_t *owner)
{
	long ret = umtx_load(m, owner);

	if (ret != 0)
		return ret;
	return !(is_free(*owner) || *owner == OWNERDEAD || *owner == NOTRECOV);
}

static long
mutex_lock(struct call *c, enum lock_mode mode)
{
	uint64_t m = c->arg[0];
	uint32_t id = call_thread(c)->tid, owner;
	struct deadline d = { .set = false };
	long ret = mode == LOCK_TRY ? 0 : umtx_op_deadline(c, &d);

	while (ret == 0) {
		ret = mode == LOCK_WAIT ? mutex_look(m, &owner) :
		    mutex_take(m, id, &owner);
		if (ret != 1)
			break;
		if (mode == LOCK_TRY)
			return -EBUSY;
		if ((owner & CONTESTED) == 0) {
			ret = umtx_cas(m, &owner, owner | CONTESTED);
			if (ret == 1) {
				ret = 0;
				continue;
			}
			owner |= CONTESTED;
		}
		if (ret == 0 || ret == 1)
			ret = umtx_sleep(c, m, owner, UMTX_QUEUE_ANY, &d);
		if (ret == -EAGAIN)
			ret = 0;
	}
	return ret == -ERESTARTSYS && d.set ? -EINTR : ret;
}

long
umtx_mutex_trylock(struct call *c)
{
	return mutex_lock(c, LOCK_TRY);
}

long
umtx_mutex_lock(struct call *c)
{
	return mutex_lock(c, LOCK_SLEEP);
}

long
umtx_mutex_wait(struct call *c)
{
	return mutex_lock(c, LOCK_WAIT);
}

/* With sleepers the word is left contested, so that the next owner comes here too. */
long
umtx_mutex_release(struct call *c, uint64_t m)
{
	uint32_t id = call_thread(c)->tid, owner, flags, next;
	long ret = umtx_load(m, &owner), n;

	if (ret == 0)
		ret = umtx_load(AT(m, flags), &flags);
	if (ret != 0)
		return ret;
	if ((owner & ~(uint32_t)CONTESTED) != id)
		return -EPERM;
	n = umtx_count(c, m);
	if (n < 0)
		return n;
	next = n > 1 ? CONTESTED : 0;
	if (flags & FREEBSD_UMUTEX_NONCONSISTENT)
		next = NOTRECOV;
	ret = umtx_bits(m, next, ~0u, &owner);
	/* Who slept under the old word beyond those counted looks again. */
	if (ret == 0 && (owner & CONTESTED))
		ret = umtx_wake(c, m, n > 1 && next == CONTESTED ? 1 : INT32_MAX,
		    UMTX_QUEUE_ANY);
	return ret < 0 ? ret : 0;
}

long
umtx_mutex_unlock(struct call *c)
{
	return umtx_mutex_release(c, c->arg[0]);
}

/* The library has freed the word; its waiters are to be woken, one at a time. */
long
umtx_mutex_wake2(struct call *c)
{
	uint64_t m = c->arg[0];
	long n = umtx_count(c, m), ret;
	uint32_t owner;

	if (n <= 0)
		return n;
	ret = umtx_load(m, &owner);
	while (ret == 0 && (owner & CONTESTED) == 0 && (n > 1 || !is_free(owner))) {
		ret = umtx_cas(m, &owner, owner | CONTESTED);
		if (ret == 0)
			break;
		if (ret == 1)
			ret = 0;
	}
	if (ret < 0) {
		(void)umtx_wake(c, m, INT32_MAX, UMTX_QUEUE_ANY);
		return ret;
	}
	if (!is_free(owner) && owner != OWNERDEAD && owner != NOTRECOV)
		return 0;
	ret = umtx_wake(c, m, 1, UMTX_QUEUE_ANY);
	return ret < 0 ? ret : 0;
}

long
umtx_mutex_wake(struct call *c)
{
	uint32_t owner;
	long ret = umtx_load(c->arg[0], &owner);

	if (ret != 0 || !is_free(owner))
		return ret;
	return umtx_mutex_wake2(c);
}

long
umtx_set_ceiling(struct call *c)
{
	uint64_t at = AT(c->arg[0], ceilings);
	uint32_t flags, old, ceiling = (uint32_t)c->arg[2];
	long ret = umtx_load(AT(c->arg[0], flags), &flags);

	if (ret != 0)
		return ret;
	if ((flags & FREEBSD_UMUTEX_PRIO_PROTECT) == 0 || ceiling > 31)
		return -EINVAL;
	ret = umtx_load(at, &old);
	if (ret == 0)
		ret = copyout(guest(at), &ceiling, sizeof(ceiling));
	if (ret == 0 && c->arg[3] != 0)
		ret = copyout(arg_ptr(c, 3), &old, sizeof(old));
	return ret;
}

/* ---- robust mutexes ---- */

long
umtx_robust_lists(struct call *c)
{
	struct freebsd_robust_lists l = { 0 };
	struct thread_block *t = call_thread(c);
	long ret;

	if (c->arg[2] > sizeof(l))
		return -EINVAL;
	ret = copyin(&l, arg_ptr(c, 3), c->arg[2]);
	if (ret != 0)
		return ret;
	t->priv[FREEBSD_THREAD_ROBUST] = l.list;
	t->priv[FREEBSD_THREAD_ROBUST_PRIV] = l.priv_list;
	t->priv[FREEBSD_THREAD_ROBUST_INACT] = l.inact;
	return 0;
}

/* One mutex of the dead thread; the address of the next, or 0. */
static uint64_t
robust_one(struct call *c, uint64_t m, bool inact)
{
	struct freebsd_umutex mutex;
	uint32_t owner, old;

	if (copyin(&mutex, guest(m), sizeof(mutex)) != 0)
		return 0;
	owner = mutex.owner & ~(uint32_t)CONTESTED;
	if (owner != call_thread(c)->tid)
		return inact ? 0 : mutex.rb_link;
	if ((mutex.flags & FREEBSD_UMUTEX_ROBUST) == 0)
		return 0;
	if (umtx_bits(m, mutex.flags & FREEBSD_UMUTEX_NONCONSISTENT ? NOTRECOV : OWNERDEAD,
	    ~0u, &old) != 0)
		return 0;
	(void)umtx_wake(c, m, INT32_MAX, UMTX_QUEUE_ANY);
	return mutex.rb_link;
}

static void
robust_list(struct call *c, uint64_t head, bool inact)
{
	uint64_t m;

	if (head == 0 || copyin(&m, guest(head), sizeof(m)) != 0)
		return;
	for (int i = 0; m != 0 && i < ROBUST_MAX; i++) {
		m = robust_one(c, m, inact);
		if (inact)
			return;
	}
}

void
freebsd_umtx_thread_exit(struct call *c)
{
	uint64_t *p = call_thread(c)->priv;

	robust_list(c, p[FREEBSD_THREAD_ROBUST], false);
	robust_list(c, p[FREEBSD_THREAD_ROBUST_PRIV], false);
	robust_list(c, p[FREEBSD_THREAD_ROBUST_INACT], true);
	p[FREEBSD_THREAD_ROBUST] = p[FREEBSD_THREAD_ROBUST_PRIV] = 0;
	p[FREEBSD_THREAD_ROBUST_INACT] = 0;
}
