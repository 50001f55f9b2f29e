/* SPDX-License-Identifier: ISC */
/*
 * The kernel that guests see: tasks, threads, calls, callouts.  Pure C: whatever it
 * wants from the world it asks of `struct kern_hooks`, so the same code runs in veneerd
 * and under a simulated host.
 *
 * Theory of operation.  The host tells of tasks and threads as it learns of them, gives
 * every notification to kern_call(), and calls kern_timer() when the one timer rings.
 * A call is answered at once or parked.  A parked call is a continuation: a wait kind and
 * numbers, no stack; whoever ends the wait calls call_wake().  All of it is data in the
 * structures below, so that a successor process can be handed it.
 *
 * Nothing here locks: one caller at a time, kept by the host.  No function blocks, and a
 * hook never calls back.
 */
#ifndef VENEER_KERN_H
#define VENEER_KERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc.h"

#define KERN_PARKED INT64_MIN	/* no result yet */

struct call;
struct kern;
struct task;
struct thread;

struct account;
struct exceptions;
struct memory;		/* the host's: bytes on their way between guests */
struct msg;
struct port;
struct pset;
struct semaphore;
struct space;

enum gift {
	GIFT_NONE,
	GIFT_OPEN,	/* a descriptor for the caller, who fills it */
	GIFT_FETCH,	/* one for the caller, whose memory it becomes */
	GIFT_SEAL,	/* no way to write to it stays */
};

struct task_facts {
	uint64_t virtual_size, resident, resident_max;
	uint64_t user_ns, system_ns;		/* of all threads, ended ones too */
	uint64_t live_user_ns, live_system_ns;
	uint32_t faults, pageins, switches;
	uint32_t uid, gid, ruid, rgid;
};
struct thread_facts {
	uint64_t user_ns, system_ns;
	char state;		/* as Linux names it */
	char name[64];
};
struct host_facts {
	uint32_t ncpu, page_size;
	uint64_t memory, wall_ns;
	char version[128];
};
enum task_control { TASK_STOP, TASK_CONTINUE, TASK_END };

struct kern_hooks {
	/* Zeroed memory or NULL; every allocation that a guest can cause is one of these. */
	void *(*alloc)(void *host, size_t n);
	void (*free)(void *host, void *p, size_t n);
	/* Nanoseconds that never go back. */
	uint64_t (*now)(void *host);
	/* Call kern_timer() at `deadline`, instead of at any earlier one asked for; 0: never. */
	void (*timer)(void *host, uint64_t deadline);
	/* Answer notification `id` of a parked call.  It may be gone: then nothing happens. */
	void (*reply)(void *host, struct thread *th, uint64_t id,
	    int64_t result);
	/* Copy between kern and the payload of a slot of the task's window, from byte `at`
	 * on. 0, or a positive RPC_E: EFAULT when there is no such slot or it ends before. */
	int (*window_read)(void *host, struct task *task, uint64_t slot,
	    size_t at, void *dst, size_t n);
	int (*window_write)(void *host, struct task *task, uint64_t slot,
	    size_t at, const void *src, size_t n);
	/*
	 * A copy of guest memory (move: the pages themselves, which the guest loses). 0 and
	 * *out, RPC_EFAULT or RPC_ENOMEM; or RPC_EINPROGRESS: the call is parked until
	 * kern_memory() brings the end of it, with the same `id`.  NULL, and memory_put too:
	 * guests stage their memory (stage.h).
	 */
	int (*memory_get)(void *host, struct thread *th, uint64_t id,
	    uint64_t address, uint64_t n, bool move, struct memory **out);
	/* New memory that kern fills; NULL when there is none. */
	struct memory *(*memory_new)(void *host, size_t n);
	unsigned char *(*memory_bytes)(void *host, struct memory *m);
	/*
	 * Something about a memory object of stage `id`, done when the call has left kern/
	 * and before it is answered; kern_gift() hears of it.  RPC_EOPNOTSUPP: this object
	 * has no descriptor.  NULL: none has.
	 */
	int (*memory_gift)(void *host, struct thread *th, enum gift gift,
	    uint64_t id, struct memory *m);
	/* Into the task of th, anywhere: consumed. 0 or RPC_ENOMEM, which consumes nothing. */
	int (*memory_put)(void *host, struct thread *th, struct memory *m,
	    uint64_t n, uint64_t *address);
	void (*memory_free)(void *host, struct memory *m);
	/* What the world knows of a task, a thread, this host; all optional. False: gone. */
	bool (*task_facts)(void *host, struct task *task, struct task_facts *f);
	bool (*thread_facts)(void *host, struct thread *th,
	    struct thread_facts *f);
	void (*host_facts)(void *host, struct host_facts *f);
	/* Stop all threads of the task, let them run, end it. False: not possible. */
	bool (*task_control)(void *host, struct task *task,
	    enum task_control how);
	/* Exchange word i of the semaphores in the task's window; false: it has none of its
	 * own, which stays so for the life of its space. */
	bool (*word_swap)(void *host, struct task *task, unsigned i,
	    uint64_t value, uint64_t *old);
	/* One line, without guest data. */
	void (*log)(void *host, const char *line);
};

struct link {
	struct link *prev, *next;
};

/* ---- work.c: what is left to do, in steps ---- */
enum work_kind { WORK_CALL, WORK_SPACE, WORK_PORT, WORK_PSET, WORK_MSG };
struct work {
	struct link link;
	enum work_kind kind;
};

/* ---- table.c: things by number ---- */
struct node {
	struct node *next;
	uint64_t id;
};
struct table {
	struct node **bucket;	/* owned, nbuckets of them, a power of two */
	size_t nbuckets;
	size_t count;
};
int table_init(struct table *t);
void table_fini(struct table *t);
/* The id is not there yet.  Never fails: a table that cannot grow gets slower. */
void table_insert(struct table *t, struct node *n, uint64_t id);
void table_remove(struct table *t, struct node *n);
struct node *table_lookup(const struct table *t, uint64_t id);

/* ---- callout.c: one timer for all ---- */
enum callout_kind { CALLOUT_CALL, CALLOUT_TIMER };
struct callout {
	uint64_t deadline;
	enum callout_kind kind;	/* what it is part of */
	size_t place;		/* in the heap, counted from 1; 0: not set */
};
struct callouts {
	struct callout **heap;	/* borrowed; heap[0] is unused */
	size_t n;
	size_t room;
	size_t promised;	/* callouts that may be set at once */
	uint64_t armed;		/* what the host's timer was set to */
};
/* Promise room for one more callout, so that setting it cannot fail. 0 or RPC_ENOMEM. */
int callouts_reserve(struct callouts *c);
void callouts_release(struct callouts *c);
void callout_set(struct callouts *c, struct callout *co, uint64_t deadline);
void callout_clear(struct callouts *c, struct callout *co);
/* The first, or NULL. */
struct callout *callouts_first(const struct callouts *c);

/*
 * What a thread's latest glue call is doing.
 *
 * state     who may be in it              valid            goes to
 * IDLE      a thread that made no call    -                RUNNING
 * RUNNING   inside its sys_ routine       op, arg, slot    PARKED, DONE
 * PARKED    waiting, or its notification  wait, reply      DONE
 *           was lost to a signal
 * DONE      answered; the answer may      result           RUNNING (a greater seq)
 *           have been lost to a signal,
 *           so the result stays
 */
enum call_state { CALL_IDLE, CALL_RUNNING, CALL_PARKED, CALL_DONE };

enum wait_kind { WAIT_NONE, WAIT_PARK, WAIT_MSG, WAIT_SEMAPHORE, WAIT_SLEEP,
	WAIT_EXCEPTION, WAIT_KINDS };

/*
 * Where a mach_msg call is.
 *
 * FETCH     its memory is being copied; no right is touched
 * SENDING   the queue was full: `out` is in port.senders, and NULL once it has gone
 * RECEIVING nothing was there: in the receivers of port or pset, until `in` or too_large
 *           are given
 */
enum msg_stage { MSG_FETCH, MSG_SENDING, MSG_RECEIVING };

struct msg_wait {
	enum msg_stage stage;
	uint32_t options, timeout, rcv_limit, rcv_name;
	uint32_t fetching;	/* which descriptor's memory */
	struct msg *out;	/* owned */
	struct msg *in;		/* owned */
	struct port *port;	/* ref: sending or receiving there */
	struct pset *pset;	/* ref: receiving there */
	uint32_t seqno;
	uint32_t notify_name;	/* the destination's name, for MACH_SEND_NOTIFY */
	bool too_large;
	uint32_t large_size, large_name;
};

struct semaphore_wait {
	struct semaphore *on;	/* ref */
	int kr;			/* the result once it was taken off the queue */
	bool taken;
};

/* The thread met an exception, and waits for what a handler says. */
struct exception_wait {
	struct port *reply;	/* ref: the kernel's, which has the thread behind it */
	uint32_t level;		/* of whom the handler is: thread, task, host */
	uint32_t behavior;
	int kr;			/* the handler's answer, once there is one */
	bool answered;
};

/* Who a task is, as the host vouches. */
struct subject {
	uint32_t auid, uid, gid, ruid, rgid, pid, asid, pidversion;
};

struct call {
	struct thread *thread;	/* borrowed: the thread that it is part of */
	uint64_t seq;		/* of the thread, rising; with the thread, the call's name */
	uint32_t op;
	enum call_state state;
	enum wait_kind wait;
	uint64_t slot;		/* offset in the window, 0 none */
	uint64_t arg[3];
	uint64_t reply;		/* the notification that waits for it */
	int64_t result;
	bool timed_out;		/* its callout ended the wait */
	struct link link;	/* in a wait queue, or among the ready */
	struct callout callout;
	struct msg_wait m;
	struct semaphore_wait s;
	struct exception_wait x;
};

struct thread {
	struct node node;	/* in kern.threads, by the host's thread number */
	struct task *task;	/* borrowed */
	struct thread *next;	/* of the task */
	struct thread **link;
	struct port *port;	/* ref; NULL until somebody asks for it */
	struct exceptions *exceptions;	/* owned, or NULL */
	struct call call;	/* a thread makes one call at a time */
};

struct task {
	struct node node;	/* in kern.tasks, by the host's process number */
	struct thread *threads;
	size_t nthreads;
	struct space *space;	/* owned; NULL until a call names ports */
	struct subject subject;
	uint64_t effects[RPC_EFFECT_COUNT];
	uint32_t suspended;		/* task_suspend's count */
	uint32_t nsent, nreceived, ncalls;	/* messages, calls */
};

struct kern {
	const struct kern_hooks *hooks;	/* borrowed */
	void *host;			/* borrowed; the hooks' first argument */
	struct table tasks;
	struct table threads;
	struct callouts callouts;
	struct link ready;	/* of struct call: waits that have ended */
	struct link work;	/* of struct work */
	struct link late;	/* the same, when there is no other */
	struct link alarms;	/* of struct timer */
	struct link services;	/* of struct service, owned */
	uint32_t nservices;
	uint64_t last_id;	/* of ports and sets */
	size_t nports, nmsgs;	/* that exist, for tests and statistics */
	struct subject subject;	/* the kernel's own, all zero */
	struct account *account;	/* owned; of the ports below, NULL until there is one */
	struct port *host_port, *host_priv, *clock[2];	/* ref */
	struct exceptions *exceptions;	/* owned, or NULL: the host's */
};

/* What a guest may make the kernel keep. */
#define KERN_GUEST_MEMORY ((size_t)64 << 20)
#define KERN_GUEST_BULK ((uint64_t)256 << 20)	/* out of line, staged or in messages */

/* 0 or RPC_ENOMEM. */
int kern_init(struct kern *k, const struct kern_hooks *hooks, void *host);
void kern_fini(struct kern *k);

/* ---- task.c: tasks and threads live in the host's memory, between init and fini ---- */
void task_init(struct kern *k, struct task *t, uint64_t id);
void task_fini(struct kern *k, struct task *t);	/* it has no thread left */
/* A child starts with the ports that its parent passes on. */
void task_inherit(struct kern *k, struct task *t, struct task *parent);
/* Its program is replaced: names are gone, what it inherited stays. */
void task_exec(struct kern *k, struct task *t);
/* The task's space, made at first; NULL: no memory. */
struct space *task_space(struct kern *k, struct task *t);
struct task *task_lookup(const struct kern *k, uint64_t id);
/* 0 or RPC_ENOMEM. */
int thread_init(struct kern *k, struct task *t, struct thread *th,
    uint64_t id);
/* Its operation is given up; nobody is answered. */
void thread_fini(struct kern *k, struct thread *th);
struct thread *thread_lookup(const struct kern *k, uint64_t id);

/* ---- call.c ---- */
struct kern_request {
	uint64_t reply;		/* the host's name for the notification, not 0 */
	uint64_t op;
	uint64_t seq;
	uint64_t slot;
	uint64_t arg[3];
};
/*
 * One notification.  The result, which the caller delivers; or KERN_PARKED, then
 * hooks->reply will.  The same request again, under another `reply`, gets the result of
 * the same operation.
 */
int64_t kern_call(struct kern *k, struct thread *th,
    const struct kern_request *rq);
void kern_timer(struct kern *k);
/* After a change from outside any call: do a slice of the work, arm the timer. */
void kern_kick(struct kern *k);
/* The end of memory_get: error 0 and memory, which is consumed, or RPC_EFAULT, RPC_ENOMEM.
 * `th` still lives; whether it still waits for `id` is seen here. */
void kern_memory(struct kern *k, struct thread *th, uint64_t id, int error,
    struct memory *m);

/* memory_gift's is done: `value` is the caller's descriptor; error 0 or the host's. */
void kern_gift(struct kern *k, struct thread *th, enum gift gift, uint64_t id,
    int error, uint64_t value);

/* For sys_ routines: `return call_park(...)`. */
int64_t call_park(struct kern *k, struct call *c, enum wait_kind wait,
    uint64_t deadline);
/* The wait is over: finish the call and answer it. */
void call_wake(struct kern *k, struct call *c);
/* Ends a wait as a signal would, but with an answer; no effect on who does not wait. */
void call_abort(struct kern *k, struct call *c);
/* The operation is given up: undo the wait; nobody is answered. */
void call_cancel(struct kern *k, struct call *c);

struct wait_ops {
	/* The result; or KERN_PARKED, when it parked anew. */
	int64_t (*resume)(struct kern *, struct call *);
	/* The result, mostly -RPC_ECANCELED; what has happened is not undone. */
	int64_t (*cancel)(struct kern *, struct call *);
};
extern const struct wait_ops wait_ops[WAIT_KINDS];

struct rpc_routine {
	const char *name;
	int64_t (*sys)(struct kern *, struct call *);
	bool payload;
};

#endif
