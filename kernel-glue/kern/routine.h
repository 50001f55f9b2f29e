/* SPDX-License-Identifier: ISC */
/*
 * Mach routines, each once: libmach asks them by trap (mach_call.c), programs by messages
 * to kernel ports (mig.c).  abi/mach/routines.tbl says how arguments travel, the handlers
 * (routine_*.c) see the same in both cases.
 */
#ifndef VENEER_ROUTINE_H
#define VENEER_ROUTINE_H

#include <string.h>

#include "kobject.h"
#include "mach_call.h"
#include "mach_port.h"

enum routine_type {
	ROUTINE_W, ROUTINE_Q, ROUTINE_S, ROUTINE_V, ROUTINE_C, ROUTINE_Z,
	ROUTINE_O, ROUTINE_A, ROUTINE_SEND, ROUTINE_SONCE, ROUTINE_ANY,
};
/* What a task's port may be used for falls from control to name. */
enum routine_target {
	TARGET_SELF, TARGET_SPACE, TARGET_SPACE_READ, TARGET_SPACE_INSPECT,
	TARGET_TASK, TARGET_TASK_READ, TARGET_TASK_INSPECT, TARGET_TASK_NAME,
	TARGET_THREAD, TARGET_HOST, TARGET_HOST_PRIV, TARGET_SEMAPHORE,
	TARGET_CLOCK,
};
struct routine_arg {
	uint8_t type;		/* enum routine_type */
	uint8_t out;
	uint16_t count;
	uint8_t word, disposition;	/* of struct mach_call's arg */
};

enum { ROUTINE_RIGHTS = 2, ROUTINE_MEMORIES = 2, ROUTINE_PARKED = -1 };

struct in {
	struct kern *k;
	struct call *c;
	struct space *s;		/* the caller's */
	struct space *target;		/* the task asked about */
	struct thread *thread;		/* the thread asked about */
	struct port *object;		/* what the routine was sent to, or NULL */
	bool by_message;
	struct mach_call *m;
	/* The handler takes what it keeps, and leaves NULL; the rest is dropped. */
	struct right right[ROUTINE_RIGHTS];
	/* An array of rights, in or out; allocated on the caller's account. */
	struct right *rights;
	uint32_t nrights;
	struct right out;
	struct memory *memory[ROUTINE_MEMORIES];	/* by message alone */
	uint32_t nmemory[ROUTINE_MEMORIES];
	uint64_t bulk[ROUTINE_MEMORIES];	/* of it, on the caller's account */
};
#define A(i) (in->m->arg[i])
#define N(i) ((uint32_t)in->m->arg[i])

struct routine {
	const char *name;
	int (*fn)(struct in *);
	uint32_t id;			/* of the message; 0: by trap alone */
	enum routine_target target;
	uint8_t word;			/* where a trap names the target */
	uint16_t first, nargs;
};

/* The routine's answer goes to word 0 of a trap's, or into the reply. */
static inline int
result(struct in *in, uint64_t value, int kr)
{
	A(0) = value;
	return kr;
}

/* routine.c */
const struct routine *routine_by_number(uint32_t nr);
const struct routine *routine_by_id(uint32_t id);
const struct routine_arg *routine_arg(const struct routine *r, uint16_t i);
/* What the port stands for, if it will do for the routine. KERN_x. */
int routine_target(struct in *in, const struct routine *r, struct port *p);
/* Drops what the handler did not take, and what nobody wants of its results. */
void routine_drop_in(struct in *in);
void routine_drop_out(struct in *in);
/* Room for rights in in->rights, empty. */
int routine_rights(struct in *in, uint32_t n);

#include "mach_routines.h"

/* mig.c: a message that was sent to a kernel port.  Consumes it. */
void mig_server(struct kern *k, struct call *c, struct msg *request);

#endif
