/* SPDX-License-Identifier: ISC */
/* FreeBSD's user-space mutexes and their kin: structures, and what umtx.c and umtx_sync.c share. */
#ifndef VENEER_FREEBSD_UMTX_H
#define VENEER_FREEBSD_UMTX_H

#include "freebsd_layout.h"
#include "layer.h"

struct freebsd_umutex {
	uint32_t owner, flags, ceilings[2];
	uint64_t rb_link;
	uint32_t spare[2];
};
struct freebsd_ucond {
	uint32_t has_waiters, flags, clockid;
	uint32_t spare;		/* here: a sequence that every wake-up moves */
};
struct freebsd_urwlock {
	uint32_t state, flags, blocked_readers, blocked_writers, spare[4];
};
struct freebsd_usem {
	uint32_t has_waiters, count, flags;
};
struct freebsd_usem2 {
	uint32_t count, flags;
};
struct freebsd_umtx_time {
	int64_t sec, nsec;
	uint32_t flags, clockid;
};
struct freebsd_robust_lists {
	uint64_t list, priv_list, inact;
};
_Static_assert(sizeof(struct freebsd_umutex) == FREEBSD_SIZEOF_umutex &&
    offsetof(struct freebsd_umutex, rb_link) == FREEBSD_OFF_umutex_m_rb_lnk, "umutex");
_Static_assert(sizeof(struct freebsd_ucond) == FREEBSD_SIZEOF_ucond, "ucond");
_Static_assert(sizeof(struct freebsd_urwlock) == FREEBSD_SIZEOF_urwlock, "urwlock");
_Static_assert(sizeof(struct freebsd_umtx_time) == FREEBSD_SIZEOF_umtx_time &&
    offsetof(struct freebsd_umtx_time, clockid) == FREEBSD_OFF_umtx_time__clockid, "_umtx_time");

/* When a wait ends; absolute on one of the two clocks that a futex knows. */
struct deadline {
	bool set, realtime, relative;
	int64_t ts[2];
};
enum { UMTX_QUEUE_ANY = -1, UMTX_QUEUE_READERS = 1, UMTX_QUEUE_WRITERS = 2 };

/* The guest's words. 0 or -EFAULT. */
long umtx_load(uint64_t addr, uint32_t *v);
/* 0 when it was *expected, 1 when not (*expected is what it was), -EFAULT. */
long umtx_cas(uint64_t addr, uint32_t *expected, uint32_t new);
/* Set or clear bits, whatever the others are; *old is what it was. */
long umtx_bits(uint64_t addr, uint32_t set, uint32_t clear, uint32_t *old);
long umtx_add(uint64_t addr, uint32_t n, uint32_t *old);

/* 0 woken, or -EAGAIN when the word is not val, -ETIMEDOUT, -ERESTARTSYS, -EINTR, -EFAULT. */
long umtx_sleep(struct call *c, uint64_t addr, uint32_t val, int queue, const struct deadline *d);
long umtx_wake(struct call *c, uint64_t addr, uint32_t n, int queue);
long umtx_count(struct call *c, uint64_t addr);

long umtx_time_copyin(uint64_t addr, uint64_t size, struct freebsd_umtx_time *ut);
long umtx_deadline(struct call *c, const struct freebsd_umtx_time *ut, struct deadline *d);
/* The deadline of an operation's uaddr1 (size) and uaddr2 (structure). */
long umtx_op_deadline(struct call *c, struct deadline *d);

typedef long umtx_op_fn(struct call *c);
umtx_op_fn umtx_mutex_trylock, umtx_mutex_lock, umtx_mutex_unlock, umtx_mutex_wait,
    umtx_mutex_wake, umtx_mutex_wake2, umtx_set_ceiling;
umtx_op_fn umtx_cv_wait, umtx_cv_signal, umtx_cv_broadcast;
umtx_op_fn umtx_rw_rdlock, umtx_rw_wrlock, umtx_rw_unlock;
umtx_op_fn umtx_sem_wait, umtx_sem_wake, umtx_sem2_wait, umtx_sem2_wake;
umtx_op_fn umtx_robust_lists;
long umtx_mutex_release(struct call *c, uint64_t m);
/* A thread ends: robust mutexes that it holds become owner-dead. */
void freebsd_umtx_thread_exit(struct call *c);

#endif
