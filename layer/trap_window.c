/* SPDX-License-Identifier: ISC */
/*
 * The second transport: requests in the window and futexes, where no filter of ours can
 * answer.  A thread fills its slot, sets its bit in `posted` and rings the bell if the
 * supervisor's thread sleeps; then it waits for the slot's state to say ANSWERED, or for
 * the kernel to say by `alive` that the supervisor's thread is dead.
 *
 * A state counts its requests, so an answer to one that was given up is no answer to the
 * next; sequence numbers and `collect` mean what they mean for the trap.
 */
#include <asm/errno.h>
#include <linux/futex.h>
#include <linux/time_types.h>

#include "host_nr.h"
#include "trap.h"
#include "trap_join.h"

enum { LOOK_NS = 50 * 1000 * 1000 };	/* without futex_waitv (Linux 5.16) */

static void
post(struct thread_block *t, struct window *w, uint32_t state)
{
	struct window_slot *s = t->window_slot;

	__atomic_store_n(&s->state, state, __ATOMIC_RELEASE);
	__atomic_or_fetch(&w->posted[t->slot_index / 64],
	    1ul << t->slot_index % 64, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&w->asleep, __ATOMIC_SEQ_CST) == 0)
		return;
	__atomic_add_fetch(&w->bell, 1, __ATOMIC_SEQ_CST);
	host_call(t, HOST_NR_futex, (long)&w->bell, FUTEX_WAKE, 1, 0, 0, 0);
}

/* Until the slot or the supervisor changes. 0 or -errno. */
static long
sleep(struct thread_block *t, struct window *w, uint32_t state, uint32_t alive,
    bool interruptible)
{
	struct __kernel_timespec look = { .tv_nsec = LOOK_NS };
	struct window_slot *s = t->window_slot;
	struct futex_waitv v[2] = {
		{ .val = state, .uaddr = (uint64_t)&s->state, .flags = FUTEX_32 },
		{ .val = alive, .uaddr = (uint64_t)&w->alive, .flags = FUTEX_32 },
	};
	long r;

	if (interruptible)
		r = host_call_intr(t, HOST_NR_futex_waitv, (long)v, 2, 0, 0, 0,
		    0);
	else
		r = host_call(t, HOST_NR_futex_waitv, (long)v, 2, 0, 0, 0, 0);
	if (r != -ENOSYS && r != -EPERM)
		return r;
	if (interruptible)
		return host_call_intr(t, HOST_NR_futex, (long)&s->state,
		    FUTEX_WAIT, (long)state, (long)&look, 0, 0);
	return host_call(t, HOST_NR_futex, (long)&s->state, FUTEX_WAIT,
	    (long)state, (long)&look, 0, 0);
}

/* One thread is woken by the kernel: it wakes the others. */
static long
died(struct thread_block *t, struct window *w)
{
	host_call(t, HOST_NR_futex, (long)&w->alive, FUTEX_WAKE, INT32_MAX, 0,
	    0, 0);
	return -ENOSYS;		/* as of a filter whose supervisor died */
}

long
trap_window(struct thread_block *t, const uint64_t arg[TRAP_ARGS],
    bool interruptible)
{
	struct window *w = (struct window *)thread_mm(t)->window;
	struct window_slot *s = t->window_slot;
	uint32_t state, now, alive;
	long r;
	int i;

	if (w == NULL || s == NULL)
		return w == NULL ? -ENOSYS : -ENOMEM;
	state = (s->state | RPC_SLOT_PHASE) + 1;
	__atomic_store_n(&s->state, state, __ATOMIC_SEQ_CST);
	s->tid = t->tid;
	s->op = (uint32_t)arg[0];
	s->seq = arg[1];
	s->has_payload = arg[2] != 0;
	for (i = 0; i < 3; i++)
		s->arg[i] = arg[3 + i];
	state |= RPC_SLOT_POSTED;
	post(t, w, state);
	for (;;) {
		now = __atomic_load_n(&s->state, __ATOMIC_ACQUIRE);
		if (now != state)
			return now == (state ^ RPC_SLOT_POSTED ^
			    RPC_SLOT_ANSWERED) ? s->result : -EPROTO;
		alive = __atomic_load_n(&w->alive, __ATOMIC_ACQUIRE);
		if (alive & FUTEX_OWNER_DIED)
			return died(t, w);
		r = sleep(t, w, state, alive, interruptible);
		if (interruptible && (r == -EINTR || r == -ERESTARTSYS))
			return r;
	}
}
