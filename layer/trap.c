/* SPDX-License-Identifier: ISC */
/*
 * The trap: host call 215, which no kernel implements and a seccomp filter turns into a
 * notification for veneerd.
 *
 * Theory of operation.  A thread's first glue call says hello through the trap.  When
 * nobody answers, trap_join.c finds or starts veneerd and hands it a listener; forked
 * and exec'd processes inherit the filter and only say hello.  The answer to hello is a
 * number that no other filter gives.
 *
 * Every operation has a sequence number of its thread.  A signal that ends the host call
 * leaves open whether the operation happened, so the layer asks before it lets the
 * guest's handler run: `collect` gives the result, or gives the operation up.
 */
#include <asm/errno.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/time_types.h>

#include "arena.h"
#include "host_nr.h"
#include "trap.h"
#include "trap_join.h"

enum {
	PAGE = 4096,
	WINDOW_BYTES = ARENA_WINDOW_END - ARENA_WINDOW,
	LOCK_WAIT_NS = 100 * 1000 * 1000,	/* then its owner is looked after */
};
_Static_assert(WINDOW_BYTES / PAGE - 1 == RPC_WINDOW_SLOTS, "slots");

/* A trap that signals do not turn away: it may be repeated without harm. */
static long
protocol(struct thread_block *t, long op, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t arg[TRAP_ARGS] = { (uint64_t)op, t->glue_seq, 0, a, b, c };
	long r;

	if (thread_mm(t)->transport == RPC_TRANSPORT_WINDOW)
		return trap_window(t, arg, false);
	do
		r = host_call(t, HOST_NR_epoll_wait_old, op,
		    (long)t->glue_seq, 0, (long)a, (long)b, (long)c);
	while (r == -EINTR);
	return r;
}

static long
hello(struct thread_block *t, uint64_t flags)
{
	long r = protocol(t, RPC_HELLO, RPC_ABI, flags, 0);

	if (r == RPC_HELLO_OK)
		return 0;
	return r < 0 ? r : -EBUSY;	/* somebody else's answer */
}

/* Map what the supervisor gives, over what of the arena is there. */
static long
fetch(struct thread_block *t, uint64_t what, uint64_t at, uint64_t size,
    int prot)
{
	long r, fd = trap_free_fd(t);

	if (fd < 0)
		return fd;
	fd = protocol(t, RPC_FETCH, what, (uint64_t)fd, size / PAGE - 1);
	if (fd < 0)
		return fd;
	r = host_call(t, HOST_NR_mmap, (long)at, (long)size, prot,
	    MAP_SHARED | MAP_FIXED, fd, 0);
	host_call(t, HOST_NR_close, fd, 0, 0, 0, 0, 0);
	return r < 0 && r >= -4095 ? r : 0;
}

/* Calls without a payload work without a window, so its absence is no error yet. */
static void
map_shared(struct thread_block *t)
{
	struct mm_block *mm = t->mm;
	uint64_t at = mm->arena + ARENA_WINDOW;

	mm->window = 0;
	if (fetch(t, RPC_FETCH_WINDOW, at, WINDOW_BYTES,
	    PROT_READ | PROT_WRITE) == 0) {
		mm->window = at;
		mm->window_size = WINDOW_BYTES;
	}
	fetch(t, RPC_FETCH_COMMPAGE, (uint64_t)t->commpage, PAGE, PROT_READ);
}

static bool
alive(struct thread_block *t, uint32_t tid)
{
	return host_call(t, HOST_NR_tkill, (long)tid, 0, 0, 0, 0, 0) != -ESRCH;
}

/* The thread's slot, if the window has one for it. */
static void
take_slot(struct thread_block *t)
{
	const struct mm_block *mm = t->mm;

	if (mm->window != 0 && t->slot_index < mm->window_size / PAGE - 1)
		t->window_slot = (void *)(mm->window +
		    PAGE * ((uint64_t)t->slot_index + 1));
}

/* introduce() by the window transport.  -ENOSYS: this process has to connect. */
static long
introduce_window(struct thread_block *t)
{
	struct mm_block *mm = t->mm;
	long r;

	if (mm->window == 0)
		return -ENOSYS;
	take_slot(t);
	if (mm->supervisor_pid == 0) {
		r = hello(t, RPC_HELLO_IMAGE);
		if (r == 0) {
			mm->supervisor_pid = t->pid;
			mm->supervisor = SUPERVISOR_JOINED;
		}
		return r;
	}
	r = hello(t, mm->supervisor_pid == t->pid ? 0 : RPC_HELLO_SHARED);
	if (r < 0)
		t->window_slot = NULL;
	if (r < 0 && mm->supervisor_pid != t->pid) {
		/* Who shared its window has gone. */
		mm->window = 0;
		return -ENOSYS;
	}
	return r;
}

/* This process's hello, the first in its address space unless a CLONE_VM relative was
 * there before.  *slots: may it use the window? */
static long
introduce(struct thread_block *t, bool *slots)
{
	struct mm_block *mm = t->mm;
	bool own = mm->supervisor_pid == 0 || mm->supervisor_pid == t->pid;
	long r;

	*slots = true;
	if (mm->transport == RPC_TRANSPORT_WINDOW)
		return introduce_window(t);
	if (own && mm->supervisor == SUPERVISOR_JOINED)
		return hello(t, 0);
	if (!own && mm->window != 0) {
		r = hello(t, RPC_HELLO_SHARED);
		if (r != -RPC_EPERM)
			return r;
		if (alive(t, mm->supervisor_pid)) {
			*slots = false;
			return hello(t, 0);
		}
	}
	r = hello(t, RPC_HELLO_IMAGE);
	if (r == 0) {
		map_shared(t);
		mm->supervisor_pid = t->pid;
		mm->supervisor = SUPERVISOR_JOINED;
	}
	return r;
}

static long
dead(struct thread_block *t)
{
	struct mm_block *mm = t->mm;

	if (mm->supervisor_pid == 0 || mm->supervisor_pid == t->pid)
		mm->supervisor = SUPERVISOR_DEAD;
	log_missing(&t->call, "the supervisor has died: start the program anew");
	return -ENOTCONN;
}

/* Nobody answers hello: find or start a supervisor. */
static long
connect_first(struct thread_block *t, const char **why, bool *slots)
{
	const char *outer = *why;
	long r = trap_connect(t, why);

	if (r == 0)
		r = introduce(t, slots);
	if (r == -ENOSYS) {
		*why = outer;
		r = -EPERM;
	}
	return r;
}

/* No filter of ours can answer, whoever refuses it: the window transport does. */
static long
connect_window(struct thread_block *t, const char **why, bool *slots)
{
	const char *unused;
	long r;

	if (thread_mm(t)->transport != RPC_TRANSPORT_WINDOW && *why != NULL)
		log_missing(&t->call, *why);
	r = trap_connect_window(t, &unused);
	if (r == 0)
		r = introduce(t, slots);
	if (r < 0)
		*why = "the window transport cannot be used either";
	return r;
}

static bool
refusal(long r)
{
	return r == -EPERM || r == -EACCES || r == -EBUSY || r == -ESRCH ||
	    r == -EINVAL || r == -EOPNOTSUPP;
}

static long
join_new(struct thread_block *t, const char **why, bool *slots)
{
	struct mm_block *mm = t->mm;
	long r = introduce(t, slots);
	bool again = r < 0 && mm->transport == RPC_TRANSPORT_WINDOW &&
	    mm->window == 0;

	if (r == -ENOSYS && !again && (mm->supervisor_pid == 0 ||
	    mm->supervisor_pid == t->pid) && mm->supervisor != SUPERVISOR_NONE)
		return dead(t);
	if (r == -ENOSYS && !again)
		r = connect_first(t, why, slots);
	if (again || refusal(r))
		r = connect_window(t, why, slots);
	if (r == -ENOTCONN)
		return dead(t);
	if (refusal(r)) {
		mm->supervisor = SUPERVISOR_REFUSED;
		mm->supervisor_pid = t->pid;
	}
	if (r < 0)
		log_missing(&t->call, *why);
	return r;
}

static long
join_locked(struct thread_block *t)
{
	struct mm_block *mm = t->mm;
	bool own = mm->supervisor_pid == 0 || mm->supervisor_pid == t->pid;
	const char *why = "a seccomp filter outside Veneer refuses call 215: "
	    "allow epoll_wait_old there";
	bool slots = true;
	long r;

	if (own && mm->supervisor == SUPERVISOR_DEAD)
		return -ENOTCONN;
	if (own && mm->supervisor == SUPERVISOR_REFUSED)
		return -EPERM;
	r = join_new(t, &why, &slots);
	if (r < 0)
		return r;
	if (slots)
		take_slot(t);
	t->trap_state = TRAP_JOINED;
	return 0;
}

/* One thread of an address space joins at a time.  The lock holds its owner's number,
 * because the owner may be a process of its own that is killed. */
static long
join(struct thread_block *t)
{
	struct __kernel_timespec pause = { .tv_nsec = LOCK_WAIT_NS };
	uint32_t *lock = &thread_mm(t)->trap_lock, owner = 0;
	long r;

	while (!__atomic_compare_exchange_n(lock, &owner, t->tid, false,
	    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		host_call(t, HOST_NR_futex, (long)lock, FUTEX_WAIT_PRIVATE,
		    (long)owner, (long)&pause, 0, 0);
		if (alive(t, owner))
			owner = 0;
	}
	r = join_locked(t);
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
	host_call(t, HOST_NR_futex, (long)lock, FUTEX_WAKE_PRIVATE, 1, 0, 0,
	    0);
	return r;
}

/* After a host call that a signal ended: what became of the operation? */
static long
collect(struct thread_block *t, long interrupted)
{
	long r = protocol(t, RPC_COLLECT, 0, 0, 0);

	return r == -RPC_ECANCELED ? interrupted : r;
}

static struct window_slot *
fill_slot(struct thread_block *t, const struct glue *g, long *error)
{
	struct window_slot *s = t->window_slot;

	*error = 0;
	if (g->in_len == 0 && g->out_len == 0)
		return s;
	if (s == NULL)
		*error = -ENOMEM;
	else if (g->in_len > sizeof(s->payload) ||
	    g->out_len > sizeof(s->payload))
		*error = -EINVAL;
	else if (g->in_len != 0)
		*error = copyin(s->payload, g->in, g->in_len);
	return s;
}

static long
ask(struct thread_block *t, const struct glue *g, uint64_t slot)
{
	const uint64_t arg[TRAP_ARGS] = { g->op, t->glue_seq, slot, g->arg0,
		g->arg1, g->arg2 };

	if (thread_mm(t)->transport == RPC_TRANSPORT_WINDOW)
		return trap_window(t, arg, true);
	return host_call_intr(t, HOST_NR_epoll_wait_old, (long)arg[0],
	    (long)arg[1], (long)arg[2], (long)arg[3], (long)arg[4],
	    (long)arg[5]);
}

long
trap_call(struct thread_block *t, const struct glue *g)
{
	struct mm_block *mm = t->mm;
	struct window_slot *s;
	long r = 0;

	if (t->trap_state != TRAP_JOINED)
		r = join(t);
	if (r < 0)
		return r;
	s = fill_slot(t, g, &r);
	if (r < 0)
		return r;
	++t->glue_seq;
	r = ask(t, g, s == NULL ? 0 : (uint64_t)s - mm->window);
	if (r == -EINTR || r == -ERESTARTSYS)
		r = collect(t, r);
	if (r == -ENOSYS)
		return dead(t);
	if (r > 0 && g->out_len != 0 && copyout(g->out, s->payload,
	    (size_t)r < g->out_len ? (size_t)r : g->out_len))
		return -EFAULT;
	return r;
}

bool
trap_answers(struct thread_block *t)
{
	return thread_mm(t)->transport == RPC_TRANSPORT_NOTIFY &&
	    (t->trap_state == TRAP_JOINED || hello(t, 0) == 0);
}

void
trap_fork_child(struct thread_block *t)
{
	struct mm_block *mm = t->mm;

	if (mm->window != 0)
		host_call(t, HOST_NR_mmap, (long)mm->window,
		    (long)mm->window_size, PROT_NONE, MAP_PRIVATE | MAP_FIXED |
		    MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	/* What is so already is not written: the child would copy the page for it. */
	if (mm->window != 0 || mm->supervisor_pid != 0 || mm->trap_lock != 0) {
		mm->window = 0;
		mm->supervisor_pid = 0;
		mm->trap_lock = 0;
	}
	if (mm->supervisor == SUPERVISOR_JOINED)
		mm->supervisor = SUPERVISOR_INHERITED;
	t->window_slot = NULL;
	t->trap_state = TRAP_NEW;
}

/* A supervisor that is not there, or does not know such a child, changes nothing: the child
 * then inherits when it first calls. */
void
trap_fork_parent(struct thread_block *t, long child)
{
	const struct mm_block *mm = t->mm;

	if (mm->supervisor != SUPERVISOR_JOINED &&
	    mm->supervisor != SUPERVISOR_INHERITED)
		return;
	/* Without a filter nobody who has not joined is heard. */
	if (mm->transport == RPC_TRANSPORT_NOTIFY ||
	    t->trap_state == TRAP_JOINED || join(t) == 0)
		(void)protocol(t, RPC_FORKED, (uint64_t)child, 0, 0);
}

void
trap_thread_end(struct thread_block *t)
{
	if (t->trap_state == TRAP_JOINED)
		(void)protocol(t, RPC_BYE, 0, 0, 0);
}
