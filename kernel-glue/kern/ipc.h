/* SPDX-License-Identifier: ISC */
/*
 * Ports, rights and spaces.
 *
 * Theory of operation.  A port is a queue of messages; who holds which right to it stands
 * in the entries of spaces, in messages in transit and in notification requests.  Each of
 * these holds a reference to the port; send and send-once rights are counted apart.  A
 * port that dies stays as long as somebody refers to it: an entry turns into a dead name
 * when it is next looked at.
 *
 * A send-once right ends in exactly one message, so a message is reserved in its port when
 * the right is made.  All notifications go through send-once rights, therefore none is
 * ever lost for want of memory.
 *
 * Whatever could take long (a queue of messages that dies with its port, a space with its
 * task) becomes work (work.c), done in small bounded steps; nothing recurses.
 *
 * Semantics are Mach's.  Where sources differ, xnu's osfmk/ipc decides: `xnu:` names the
 * function that settles a question.
 */
#ifndef VENEER_IPC_H
#define VENEER_IPC_H

#include "kern.h"
#include "mach_const.h"

enum {
	SPACE_CHUNK = 32,		/* entries allocated at once */
	SPACE_INDEX_MAX = 1 << 18,	/* names of one space */
	PORT_SETS_MAX = 256,		/* sets that hold one port */
	TRANSIT_MAX = 512,		/* receive rights nested in transit */
	SPACE_INHERITED = 4,
	TASK_REGISTERED_FIRST = 64,	/* our numbers of mach_ports_register's */
};

/* ---- link.h: a circular list, also of one ---- */
static inline void
link_init(struct link *l)
{
	l->prev = l->next = l;
}

static inline bool
link_alone(const struct link *l)
{
	return l->next == l;
}

static inline void
link_append(struct link *head, struct link *l)
{
	l->prev = head->prev;
	l->next = head;
	head->prev->next = l;
	head->prev = l;
}

static inline void
link_remove(struct link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	link_init(l);
}

/* All of `from` behind `to`. */
static inline void
link_splice(struct link *to, struct link *from)
{
	if (link_alone(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	link_init(from);
}

#define LINK_OF(type, field, l) \
	((type *)((uintptr_t)(l) - offsetof(type, field)))

/* ---- objects ---- */
enum port_kind { PORT_QUEUE, PORT_TASK, PORT_THREAD, PORT_HOST, PORT_SEMAPHORE,
	PORT_TIMER, PORT_CLOCK, PORT_HOST_PRIV,
	PORT_TASK_NAME, PORT_TASK_INSPECT, PORT_TASK_READ,	/* let do less */
	PORT_REPLY,		/* of a handler of exceptions */
	PORT_KINDS };

struct msg;
struct request;

/*
 * state     who may be in it                    valid
 * in space  receive right has a name            receiver, name
 * limbo     right is being moved                -
 * transit   right is in a queued message        destination (referenced)
 * kernel    the kernel receives (kobject)       kind, kobject
 * dead      active is false                     requests and messages until reaped
 */
struct port {
	uint64_t id;			/* never used again */
	unsigned refs;
	bool active, guarded, strict, immovable, reply_only;
	enum port_kind kind;
	void *kobject;			/* owned by its kind */
	struct space *receiver;		/* borrowed: it has an entry for us */
	uint32_t name;			/* the receiver's */
	struct port *destination;	/* ref */
	uint32_t srights, sorights;
	uint32_t mscount, seqno, qlimit, msgcount;
	uint64_t context;
	struct link messages;		/* of struct msg, owned */
	struct msg *reserve;		/* one for each send-once right, owned */
	struct port *nsrequest;		/* send-once right, or NULL */
	struct port *pdrequest;		/* send-once right, or NULL */
	struct link requests;		/* of struct request, owned */
	struct link armed;		/* of those, the ones that room is to fire */
	uint32_t nrequests;
	struct link receivers, senders;	/* of struct call */
	struct link sets;		/* of struct member */
	uint32_t nsets;
	struct account *account;
	struct work work;
};

struct pset {
	uint64_t id;
	unsigned refs;
	bool active;
	struct space *space;		/* borrowed while active */
	uint32_t name;
	struct link members;		/* of struct member */
	struct link ready;		/* of struct member: ports with messages */
	struct link receivers;		/* of struct call */
	struct account *account;
	struct work work;
};

struct member {
	struct port *port;		/* ref */
	struct pset *pset;		/* ref */
	struct link in_port, in_set, in_ready;
};

/* One name of a space. */
struct entry {
	struct node node;	/* in space.rights when it is a send right alone */
	union {
		struct port *port;	/* ref */
		struct pset *pset;	/* ref */
	} object;
	struct request *request;	/* borrowed: the port owns it */
	uint32_t name;
	uint32_t type;		/* MACH_PORT_TYPE_x of the rights; 0 free */
	uint32_t urefs;
	uint32_t prev_free, next_free;	/* indices; 0 none */
};

struct space {
	bool active;
	struct task *task;		/* borrowed while active */
	struct entry **chunk;
	uint32_t nchunks;		/* room in chunk */
	uint32_t high;			/* entries from here on were never given out in order */
	uint32_t first_free, last_free, nfree;
	uint32_t count;			/* names in use */
	struct table rights;
	struct port *self;		/* ref: the task's port; NULL until asked for */
	struct port *name_port, *inspect_port, *read_port;	/* ref: the same */
	struct port *inherited[SPACE_INHERITED];	/* send rights: bootstrap, registered */
	struct exceptions *exceptions;	/* owned, or NULL */
	struct link semaphores;		/* of struct semaphore, owned */
	uint64_t words[4];		/* which of the window's words they have */
	struct link stages;		/* of struct stage, owned */
	uint32_t nstages;
	struct account *account;
	uint32_t cursor;		/* of the reaper */
	int pass;
	struct work work;
};

/* A dead-name or send-possible request for one name. */
struct request {
	struct link link;		/* in port.requests or port.armed */
	struct entry *entry;		/* borrowed; NULL once it is a dead name */
	struct port *soright;		/* send-once right */
	uint32_t name;
	bool possible, armed;
	struct port *port;		/* borrowed: it owns the request */
	struct space *space;		/* borrowed while entry is there */
	struct account *account;
};

/* ---- mem.c ---- */
struct account {
	size_t used, limit;
	uint64_t bulk;			/* bytes in the host's memory objects */
	bool owned;
};
struct account *account_new(struct kern *k, size_t limit);
/* The owner leaves; the account ends with its last charge. */
void account_rele(struct kern *k, struct account *a);
/* Zeroed; NULL when the host has none or the account is full. */
void *kern_alloc(struct kern *k, struct account *a, size_t n);
void kern_free(struct kern *k, struct account *a, void *p, size_t n);

/* Bytes of memory objects; false: too many. */
bool account_bulk(struct account *a, uint64_t n);
void account_unbulk(struct kern *k, struct account *a, uint64_t n);

/* ---- work.c ---- */
void work_init(struct work *w, enum work_kind kind);
void work_add(struct kern *k, struct work *w);
void work_remove(struct work *w);
/* Calls of a wait queue that are to look again. */
void work_calls(struct kern *k, struct link *waiters);
/* At most `steps`; false when some is left. */
bool kern_work(struct kern *k, unsigned steps);

/* ---- space.c ---- */
int space_new(struct kern *k, struct task *task, struct space **out);
void space_kill(struct kern *k, struct space *s);
bool space_step(struct kern *k, struct space *s);	/* true: it is gone */
struct entry *entry_lookup(const struct space *s, uint32_t name);
/* KERN_NO_SPACE, KERN_RESOURCE_SHORTAGE.  The entry is in use once it has a type. */
int entry_alloc(struct kern *k, struct space *s, struct entry **out);
/* Also KERN_INVALID_VALUE, KERN_FAILURE; may find the name in use. */
int entry_alloc_name(struct kern *k, struct space *s, uint32_t name,
    struct entry **out);
void entry_free(struct space *s, struct entry *e);
/* The name under which s holds send or receive rights for the port, or NULL. */
struct entry *entry_of_port(const struct space *s, const struct port *p);
void entry_hash(struct space *s, struct entry *e);
void entry_unhash(struct kern *k, struct space *s, struct entry *e);
/* Names in use, in order of index, from *index on. */
struct entry *entry_next(const struct space *s, uint32_t *index);

/* ---- port.c ---- */
int port_new(struct kern *k, struct account *a, struct port **out);
/* A receive right in a space. */
int port_new_named(struct kern *k, struct space *s, uint32_t *name,
    struct port **out);
int port_new_kernel(struct kern *k, struct account *a, enum port_kind kind,
    void *kobject, struct port **out);
void port_ref(struct port *p);
void port_rele(struct kern *k, struct port *p);
static inline bool
port_in_kernel(const struct port *p)
{
	return p->kind != PORT_QUEUE && p->receiver == NULL;
}
static inline bool
port_full(const struct port *p)
{
	return p->msgcount >= p->qlimit;
}
/* Each of these makes or takes a right together with its reference. */
void port_make_send(struct port *p);
void port_copy_send(struct port *p);
int port_make_sonce(struct kern *k, struct port *p);	/* KERN_RESOURCE_SHORTAGE */
void port_drop_send(struct kern *k, struct port *p);
void port_drop_sonce(struct kern *k, struct port *p);	/* unused: tells the receiver */
void port_consume_sonce(struct kern *k, struct port *p);	/* silently */
void port_drop_receive(struct kern *k, struct port *p);
void right_drop(struct kern *k, struct port *p, uint32_t type);
/* The receive right leaves its space; waiting receivers go. */
void port_clear_receiver(struct kern *k, struct port *p);
/* Ends the port, or sends its receive right where that was asked for. Consumes a ref. */
void port_destroy(struct kern *k, struct port *p);
bool port_step(struct kern *k, struct port *p);
/* p, a receive right in limbo, goes into a message to dest, unless dest is itself on the
 * way to p, or further down than can be followed. */
enum transit { TRANSIT_ENTERED, TRANSIT_CIRCLE, TRANSIT_TOO_DEEP };
enum transit port_enter_transit(struct port *p, struct port *dest);
void port_leave_transit(struct kern *k, struct port *p);

/* ---- pset.c ---- */
int pset_new(struct kern *k, struct account *a, struct pset **out);
void pset_rele(struct kern *k, struct pset *ps);
void pset_destroy(struct kern *k, struct pset *ps);	/* consumes the entry's ref */
bool pset_step(struct kern *k, struct pset *ps);
int pset_insert(struct kern *k, struct pset *ps, struct port *p);
int pset_remove(struct kern *k, struct pset *ps, struct port *p);
void pset_remove_all(struct kern *k, struct port *p, const struct pset *but);
/* A living set holds the port. */
bool pset_has_any(const struct port *p);
void pset_port_ready(struct port *p);
void pset_port_empty(struct port *p);

/* ---- request.c: notifications ---- */
void notify_no_senders(struct kern *k, struct port *p);
void notify_send_once(struct kern *k, struct port *p);
void notify_name(struct kern *k, struct port *soright, uint32_t id,
    uint32_t name);
/* Any small message, of the kernel's own. */
void notify_bytes(struct kern *k, struct port *soright, uint32_t id,
    const void *bytes, uint32_t n);
void notify_port_destroyed(struct kern *k, struct port *soright,
    struct port *receive);
/* The send-once right that an entry's request held, or NULL. */
struct port *request_cancel(struct kern *k, struct entry *e);
/* Consumes `notify` only when it succeeds; the caller drops *previous. */
int request_alloc(struct kern *k, struct space *s, struct entry *e,
    bool possible, bool sync, struct port *notify, struct port **previous);
/* mach_port_request_notification, with the rights in hand.  Like request_alloc. */
int request_by_id(struct kern *k, struct space *s, uint32_t name, uint32_t id,
    uint32_t sync, struct port *notify, struct port **previous);
/* MACH_SEND_NOTIFY met a full queue: tell when there is room. */
void request_arm(struct request *r);
/* A message left the queue. */
void request_room(struct kern *k, struct port *p);
uint32_t request_type(const struct request *r);
/* One step of telling the requesters of a dead port; false: none is left. */
bool request_dead_step(struct kern *k, struct port *p);
bool request_possible_step(struct kern *k, struct port *p);

/* ---- right.c: what is done with the rights of a name ---- */
/* True: the port had died, the entry is a dead name now. */
bool right_check(struct kern *k, struct space *s, struct entry *e);
int right_lookup(const struct space *s, uint32_t name, struct entry **out);
int right_receive(const struct space *s, uint32_t name, struct port **out);
int right_pset(const struct space *s, uint32_t name, struct pset **out);
int right_destroy(struct kern *k, struct space *s, struct entry *e);
int right_dealloc(struct kern *k, struct space *s, struct entry *e);
int right_delta(struct kern *k, struct space *s, struct entry *e,
    uint32_t right, int32_t delta);
int right_destruct(struct kern *k, struct space *s, struct entry *e,
    int32_t srdelta, uint64_t guard);
void right_info(struct kern *k, struct space *s, struct entry *e,
    uint32_t *type, uint32_t *urefs);
void right_terminate(struct kern *k, struct space *s, struct entry *e);

/* ---- right_copy.c: rights that go into and come out of messages ---- */
struct right {
	struct port *port;	/* ref; NULL: `name` alone, null or dead */
	uint32_t type;		/* MACH_MSG_TYPE_PORT_x */
	uint32_t name;
};
struct copyin {
	uint32_t disposition;
	bool dead_ok;		/* a dead name gives MACH_PORT_DEAD */
	bool dead_sonce_ok;	/* a dead send-once right still goes */
	bool guarded;		/* the right must be guarded with `context`, or */
	bool unguarded_ok;	/* not at all */
	uint64_t context;
	unsigned moves;		/* send rights to take at once: 1 or 2 */
	bool extra_copy;	/* a second send right, copied */
};
uint32_t right_copyin_type(uint32_t disposition);
int right_copyin(struct kern *k, struct space *s, struct entry *e,
    const struct copyin *how, struct right *out);
int right_copyin_name(struct kern *k, struct space *s, uint32_t name,
    uint32_t disposition, struct right *out);
/* Consumes the right whatever happens. KERN_INVALID_CAPABILITY: the port is dead. */
int right_copyout(struct kern *k, struct space *s, const struct right *r,
    uint32_t *name);
/* Consumes the right only when it succeeds. */
int right_copyout_name(struct kern *k, struct space *s, const struct right *r,
    uint32_t name);

#endif
