/* SPDX-License-Identifier: ISC */
/* Kernel objects behind ports: tasks, semaphores, timers. */
#ifndef VENEER_KOBJECT_H
#define VENEER_KOBJECT_H

#include "ipc.h"

enum { TASK_PORTS_REGISTERED = 3 };

/* ---- exception.c: who handles what ---- */
/* By exception; those of a task are inherited.  A port may have died. */
struct exceptions {
	struct port *port[EXC_TYPES_COUNT];	/* send rights */
	uint32_t behavior[EXC_TYPES_COUNT], flavor[EXC_TYPES_COUNT];
	struct account *account;
};
/* What `from` has, on another account; NULL: nothing, or no memory. */
struct exceptions *exceptions_copy(struct kern *k, const struct exceptions *from,
    struct account *a);
void exceptions_end(struct kern *k, struct exceptions **e);

/* ---- exception_raise.c ---- */
/* A handler's answer; consumes nothing.  Its right was given up without one. */
void exception_reply(struct kern *k, const struct msg *m);
void exception_unanswered(struct kern *k, struct port *reply);

/* ---- semaphore.c ---- */
enum { NOTIFICATION_WORDS = 4 };

/*
 * Lives while its owner has not destroyed it and has not ended; the structure as long as
 * somebody waits on it.  Its port dies with it.
 *
 * Its count is in one of two places:
 * kernel  somebody waits, or another space has a right to it, or there is no word: `count`
 * word    nobody waits, its owner alone has a right: in a word of the owner's window, which
 *         libmach changes without us (sdk/mach/semaphore.c); `in_word`
 * Every routine takes the count into the kernel first (pull) and leaves it in the word again
 * where it can (push).  What stands in the word is the owner's to spoil, for its own harm:
 * it is read once, and any 31 bits are a count.
 */
struct semaphore {
	struct link owned;		/* in space.semaphores */
	struct space *owner;		/* borrowed; NULL: destroyed */
	struct port *port;		/* ref, while owned */
	struct link waiters;		/* of struct call, in the order of coming */
	unsigned refs;
	uint32_t count;
	uint32_t name;			/* the owner's, while it has a word */
	bool has_word, in_word;
	bool stateful;			/* a notification object: count is 0 or 1 */
	uint64_t state[NOTIFICATION_WORDS];
	struct account *account;
};
int semaphore_new(struct kern *k, struct space *s, uint32_t policy,
    int32_t value, struct semaphore **out);
void semaphore_signal(struct kern *k, struct semaphore *sem);
void semaphore_signal_all(struct kern *k, struct semaphore *sem);
int semaphore_signal_thread(struct kern *k, struct semaphore *sem,
    struct thread *th);
/* The same by name. */
int kern_semaphore_create(struct kern *k, struct space *s, uint32_t policy,
    int32_t value, uint32_t *name);
int kern_semaphore_destroy(struct kern *k, struct space *s, uint32_t name);
int kern_semaphore_signal(struct kern *k, struct space *s, uint32_t name);
int kern_semaphore_signal_all(struct kern *k, struct space *s, uint32_t name);
int kern_semaphore_signal_thread(struct kern *k, struct space *s,
    uint32_t name, uint32_t thread);
/* KERN_x, or -1: parked.  signal_name 0: none; deadline 0: none, 1: do not wait. */
int kern_semaphore_wait(struct kern *k, struct call *c, uint32_t name,
    uint32_t signal_name, uint64_t deadline);
void semaphore_end(struct kern *k, struct semaphore *sem);
/*
 * Notification objects: one state, which each post overwrites.  A post wakes who has
 * waited longest, else it stays for the next to wait; posts that nobody waits for are one.
 */
int notification_new(struct kern *k, struct space *s, struct semaphore **out);
int kern_notification_post(struct kern *k, struct space *s, uint32_t name,
    const uint64_t *state);
/* KERN_x and the state, or -1: parked. deadline 0: none, 1: do not wait. */
int kern_notification_wait(struct kern *k, struct call *c, uint32_t name,
    uint64_t deadline, uint64_t *state);
/* Its name in s is no more. */
void semaphore_unname(struct kern *k, struct semaphore *sem, struct space *s);

/* ---- clock.c ---- */
struct timer {
	struct callout callout;
	struct port *port;	/* borrowed: the port owns the timer */
	struct port *soright;	/* where the message goes, while armed */
	uint32_t id;		/* of the message; 0 mk_timer, else an alarm */
	uint32_t alarm_type;
	struct account *account;
	struct link alarms;	/* in kern.alarms, an alarm */
};
int kern_timer_create(struct kern *k, struct space *s, uint32_t *name);
int kern_timer_destroy(struct kern *k, struct space *s, uint32_t name);
int kern_timer_arm(struct kern *k, struct space *s, uint32_t name,
    uint64_t when);
int kern_timer_cancel(struct kern *k, struct space *s, uint32_t name,
    uint64_t *when);
/* Takes the right when it succeeds. */
int clock_alarm(struct kern *k, struct account *a, uint32_t clock,
    uint32_t type, uint64_t when, struct right *r);
/* What the clock says. */
int clock_time(struct kern *k, uint32_t clock, uint64_t *ns);
int kern_clock_alarm(struct kern *k, struct space *s, uint32_t clock,
    uint32_t type, uint64_t when, uint32_t reply, uint32_t disposition);
/* KERN_x, or -1: parked. */
int kern_clock_sleep(struct kern *k, struct call *c, uint32_t clock,
    uint32_t type, uint64_t when);
void timer_fire(struct kern *k, struct timer *t);
void timer_end(struct kern *k, struct timer *t);
void alarms_end(struct kern *k);

/* ---- bootstrap.c ---- */
enum { SERVICE_NAME = BOOTSTRAP_MAX_NAME_LEN };
struct service {
	struct link link;	/* in kern.services */
	struct port *port;	/* a send right */
	char name[SERVICE_NAME];
	struct account *account;
};
void services_end(struct kern *k);

/* ---- host.c ---- */
/* Ports of the domain itself, borrowed; made when first asked for. */
int host_port(struct kern *k, enum port_kind kind, struct port **out);
int clock_port(struct kern *k, uint32_t clock, struct port **out);
void host_end(struct kern *k);

/* ---- task_port.c ---- */
/* Borrowed; PORT_TASK, or one that lets do less. */
int task_port(struct kern *k, struct space *s, enum port_kind kind,
    struct port **out);
int thread_port(struct kern *k, struct thread *th, struct port **out);
int kern_ports_register(struct kern *k, struct space *s, struct right *r,
    uint32_t n);
/* TASK_PORTS_REGISTERED of them. */
void kern_ports_lookup(struct space *s, struct right *r);
/* A right to it for who asks, in `out`. */
void right_of(struct port *p, struct right *out);
int kern_task_self(struct kern *k, struct space *s, uint32_t *name);
int kern_thread_self(struct kern *k, struct call *c, uint32_t *name);
/* The space of a task port; s itself where name is null. */
int kern_task_space(struct kern *k, struct space *s, uint32_t name,
    struct space **out);
/* The right itself: given, taken. */
int kern_task_special(struct space *s, uint32_t which, struct right *out);
int kern_task_specialize(struct kern *k, struct space *s, uint32_t which,
    struct right *r);
int kern_task_get_special(struct kern *k, struct space *s, uint32_t which,
    struct space *to, uint32_t *name);
int kern_task_set_special(struct kern *k, struct space *s, uint32_t which,
    struct space *from, uint32_t name);
void task_ports_end(struct kern *k, struct space *s);
void thread_port_end(struct kern *k, struct thread *th);

/* A living port of that kind for which the name is a send right, or NULL. */
struct port *kobject_lookup(struct kern *k, struct space *s, uint32_t name,
    enum port_kind kind, int *kr);
/* A new kernel port, its send right under a name of the space. */
int kobject_name(struct kern *k, struct space *s, struct port *p,
    uint32_t *name);
/* The object behind a port that dies. */
void kobject_end(struct kern *k, struct port *p);

#endif
