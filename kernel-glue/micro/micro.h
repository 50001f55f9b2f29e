/* SPDX-License-Identifier: ISC */
/*
 * Microthreads, and locks that suspend them.
 *
 * Theory of operation.  A worker is a host thread that serves something.  What it serves
 * it runs as a microthread, on a stack of the pool: micro_run() returns when the
 * microthread has ended or waits.  A microthread that waits for a lock or a helper leaves
 * its stack where it is, and the worker goes on; who ends the wait puts it among the
 * worker's ready ones and rings the worker's bell, an eventfd that exists while something
 * waits.  The worker runs the ready ones when it comes by (worker_poll).
 *
 * Outside a microthread all of this works too: the thread then waits in futex(2).
 */
#ifndef VENEER_MICRO_H
#define VENEER_MICRO_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MICRO_MAX = 256,		/* microthreads of a process; more is done in place */
	MICRO_STACK = 128 * 1024,
	MICRO_KEEP = 8,			/* stacks kept for later */
	MICRO_ARG = 192,		/* bytes that micro_run copies */
};

struct micro;

/* ---- micro.c ---- */
struct worker {
	struct micro *running;	/* NULL: the worker itself */
	struct micro *spare;	/* owned: the next one's stack */
	void *sp;		/* its own context, while a microthread runs */
	void *fiber;		/* for the thread sanitizer */
	unsigned waiting;	/* microthreads that began and did not end */
	pthread_mutex_t lock;	/* of what follows */
	struct micro *ready, **ready_end;
	int bell;		/* owned; -1: nothing waits */
};
void worker_init(struct worker *w);
/* Nothing of it waits. */
void worker_fini(struct worker *w);
/* fn(copy of arg) until it ends or waits.  When all stacks are in use, one that this worker
 * uses is waited for; if it uses none, fn runs in place and waits as a thread does. */
void micro_run(struct worker *w, void (*fn)(void *), const void *arg,
    size_t size);
/* Run those that are ready. How many still wait. */
unsigned worker_poll(struct worker *w);
/* Readable when worker_poll has something to do; -1 when nothing waits. */
int worker_bell(const struct worker *w);
/* Until nothing waits. */
void worker_drain(struct worker *w);
/* How many microthreads there are, on how many stacks at most so far. */
void micro_count(unsigned *now, unsigned *most);

/* For wait.c.  Who runs: NULL unless it is a microthread. */
struct worker *worker_current(struct micro **m);
/* By the microthread itself, which somebody will make ready. */
void micro_suspend(struct micro *m);
void micro_ready(struct worker *w, struct micro *m);

/* x86_64/switch.S: keep the caller's context at *save, go on with `load`. */
void micro_switch(void **save, void *load);
/* Where a new microthread begins. */
void micro_enter(void);

/* ---- wait.c ---- */
struct waiter {		/* on the stack of who waits */
	struct waiter *next;
	struct worker *worker;	/* borrowed; NULL: a thread */
	struct micro *micro;	/* borrowed */
	_Atomic uint32_t woken;
	int what;		/* the queue's owner's */
	unsigned tries;
};
struct wait_queue {	/* first come, first served; its owner locks it */
	struct waiter *first, **end;
};
void waiter_init(struct waiter *w, int what);
/* Until waiter_wake(). */
void waiter_wait(struct waiter *w);
/* By a thread: false when it was not woken for so long. */
bool waiter_wait_for(struct waiter *w, unsigned ms);
/* Once; *w may be gone when it returns. */
void waiter_wake(struct waiter *w);
void wait_queue_init(struct wait_queue *q);
void wait_queue_append(struct wait_queue *q, struct waiter *w);
void wait_queue_prepend(struct wait_queue *q, struct waiter *w);
struct waiter *wait_queue_take(struct wait_queue *q);	/* NULL: empty */

/* For a few instructions; nothing waits while it is held. */
struct spin {
	_Atomic uint32_t held;
};
void spin_lock(struct spin *s);
void spin_unlock(struct spin *s);

/* ---- stats.c ---- */
enum lock_kind { LOCK_KIND_MUTEX, LOCK_KIND_RW };
struct lock_stats {
	const char *name;
	enum lock_kind kind;
	struct lock_stats *next;	/* of all */
	_Atomic uint64_t taken;		/* how often; a read-write lock: to write */
	_Atomic uint64_t read;		/* to read */
	_Atomic uint64_t contended;	/* who had to wait */
	_Atomic uint64_t wait_ns, wait_max;
	_Atomic uint64_t held, held_ns, held_max;	/* of every HELD_SAMPLE-th time */
	_Atomic uint64_t upgraded, refused;
	uint64_t since;			/* of a sampled time, else 0 */
};
enum { HELD_SAMPLE = 64 };
void lock_stats_init(struct lock_stats *s, const char *name, enum lock_kind kind);
void lock_stats_fini(struct lock_stats *s);
/* The lines of all locks, a 0 behind them. Bytes without it. */
size_t lock_stats_print(char *buf, size_t size);
uint64_t lock_clock(void);
/* By who holds the lock alone. */
void lock_stats_taken(struct lock_stats *s);
void lock_stats_given(struct lock_stats *s);
void lock_stats_waited(struct lock_stats *s, uint64_t since);

/* ---- mutex.c ---- */
struct mutex {
	_Atomic uint32_t word;	/* 0 free, 1 held, 2 held and perhaps waited for */
	struct spin spin;	/* of the queue */
	struct wait_queue queue;
	struct lock_stats stats;
};
void mutex_init(struct mutex *m, const char *name);
void mutex_fini(struct mutex *m);
void mutex_lock(struct mutex *m);
bool mutex_try(struct mutex *m);
void mutex_unlock(struct mutex *m);

/* ---- rwlock.c ---- */
struct rwlock {
	struct spin spin;		/* of all that follows */
	unsigned readers;
	bool writing;
	_Atomic bool wanted;		/* a writer or an upgrade waits */
	struct waiter *upgrade;		/* a reader that waits to be the writer */
	struct wait_queue queue;	/* readers and writers */
	unsigned writers;		/* of those in the queue */
	struct lock_stats stats;
};
void rw_init(struct rwlock *l, const char *name);
void rw_fini(struct rwlock *l);
void rw_read(struct rwlock *l);
void rw_write(struct rwlock *l);
void rw_unlock(struct rwlock *l);	/* either way */
/*
 * A reader becomes the writer, before every writer that waits.  False: another reader
 * waits for that already, and the read lock is lost.
 */
bool rw_upgrade(struct rwlock *l);
/* For so long, and not by a microthread.  RW_LATE: the caller still reads. */
enum rw_result { RW_UPGRADED, RW_REFUSED, RW_LATE };
enum rw_result rw_upgrade_for(struct rwlock *l, unsigned ms);
void rw_downgrade(struct rwlock *l);
/* A reader lets those go first who wait to write, and reads again. */
void rw_yield(struct rwlock *l);
static inline bool
rw_wanted(struct rwlock *l)
{
	return atomic_load_explicit(&l->wanted, memory_order_relaxed);
}

/* ---- helper.c ---- */
/* fn(arg) by a helper thread, while the microthread waits; by the caller itself where it
 * is no microthread, or no helper is to be had. */
void micro_await(void (*fn)(void *), void *arg);

#endif
