/* SPDX-License-Identifier: ISC */
/* errors.tbl, a test per row. */
#include "kobject.h"
#include "pair.h"
#include "routine.h"

struct names {
	uint32_t p, sr, s, so, d, ps, g, x, null, dead;
	uint32_t s2;			/* another send right */
	uint32_t sem, other, tm;	/* a semaphore, one of another task, a timer */
	uint32_t th, tk, rd, in, nm, ho, hp, ck;	/* kernel objects; b's ports */
	uint32_t full, closed;		/* send rights: its queue is full; it is dead */
};

static uint32_t
object(struct fixture *f, int kr, struct port *p)
{
	uint32_t name = 0;

	assert_int_equal(kr, 0);
	assert_int_equal(kobject_name(f->k, f->a, p, &name), 0);
	return name;
}

static void
objects(struct fixture *f, struct names *n)
{
	struct semaphore *sem;
	struct port *p;
	uint32_t type;
	int kr;

	kr = task_port(f->k, f->b, PORT_TASK, &p);
	n->tk = object(f, kr, p);
	kr = task_port(f->k, f->b, PORT_TASK_READ, &p);
	n->rd = object(f, kr, p);
	kr = task_port(f->k, f->b, PORT_TASK_INSPECT, &p);
	n->in = object(f, kr, p);
	kr = task_port(f->k, f->b, PORT_TASK_NAME, &p);
	n->nm = object(f, kr, p);
	kr = host_port(f->k, PORT_HOST, &p);
	n->ho = object(f, kr, p);
	kr = host_port(f->k, PORT_HOST_PRIV, &p);
	n->hp = object(f, kr, p);
	kr = clock_port(f->k, SYSTEM_CLOCK, &p);
	n->ck = object(f, kr, p);
	kr = thread_port(f->k, &f->ta2->th, &p);
	n->th = object(f, kr, p);
	assert_int_equal(kern_semaphore_create(f->k, f->a, 0, 0, &n->sem), 0);
	kr = semaphore_new(f->k, f->b, 0, 0, &sem);
	n->other = object(f, kr, sem->port);
	assert_int_equal(kern_timer_create(f->k, f->a, &n->tm), 0);
	kern_port_extract_right(f->k, f->b, new_port(f, f->b), MAKE_SEND, f->a,
	    &n->s2, &type);
}

static void
prepare(struct fixture *f, struct names *n)
{
	struct port_options o = { .flags = MPO_CONTEXT_AS_GUARD | MPO_STRICT };
	uint32_t other = new_port(f, f->b), none = 0, type;

	n->null = MACH_PORT_NULL;
	n->dead = MACH_PORT_DEAD;
	n->x = 0x77703;
	n->p = new_port(f, f->a);
	n->sr = new_port(f, f->a);
	kern_port_insert_right(f->k, f->a, n->sr, f->a, n->sr, MAKE_SEND);
	kern_port_extract_right(f->k, f->b, other, MAKE_SEND, f->a, &n->s,
	    &type);
	kern_port_extract_right(f->k, f->b, other, MAKE_SO, f->a, &n->so,
	    &type);
	kern_port_allocate(f->k, f->a, MACH_PORT_RIGHT_DEAD_NAME, &n->d);
	kern_port_allocate(f->k, f->a, MACH_PORT_RIGHT_PORT_SET, &n->ps);
	kern_port_construct(f->k, f->a, &o, 77, &n->g);
	other = new_port(f, f->b);
	kern_port_set_attributes(f->k, f->b, other, MACH_PORT_LIMITS_INFO,
	    &none, 1);
	kern_port_extract_right(f->k, f->b, other, MAKE_SEND, f->a, &n->full,
	    &type);
	other = new_port(f, f->b);
	kern_port_extract_right(f->k, f->b, other, MAKE_SEND, f->a, &n->closed,
	    &type);
	kern_port_destroy(f->k, f->b, other);
	objects(f, n);
}

/* ---- as guests call: a routine, by trap and by message; a message ---- */
/* A long wait ends at once. */
static int
ended(struct fixture *f, bool answered)
{
	if (!answered)
		rig_again(f->ta, RPC_COLLECT);
	return (int)f->ta->result;
}

static int
R(struct fixture *f, uint32_t nr, uint64_t a0, uint64_t a1, uint64_t a2,
    uint64_t a3, uint64_t a4, uint64_t a5)
{
	struct mach_call m = { .routine = nr,
		.arg = { a0, a1, a2, a3, a4, a5 } };

	memcpy(f->ta->slot, &m, sizeof(m));
	return ended(f, rig_call(f->ta, RPC_MACH_CALL, RIG_SLOT, 0));
}

#define r(routine, ...) call(f, MACH_ROUTINE_##routine, (uint64_t[6]){ __VA_ARGS__ })
static int
call(struct fixture *f, uint32_t nr, const uint64_t *a)
{
	return R(f, nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* With words behind. */
static int
W(struct fixture *f, uint32_t nr, uint64_t a0, uint64_t a1, uint64_t a2,
    uint32_t n, uint32_t word)
{
	struct mach_call m = { .routine = nr, .arg = { a0, a1, a2 }, .n = n,
		.word = { word, word, word, word } };

	memcpy(f->ta->slot, &m, sizeof(m));
	return ended(f, rig_call(f->ta, RPC_MACH_CALL, RIG_SLOT, 0));
}

/* The routine's code, of a message with four bytes behind its header. */
static int
G(struct fixture *f, uint32_t port, uint32_t id)
{
	uint32_t reply = new_port(f, f->a), code;

	assert_true(rig_msg(f->ta, &(struct rig_send){
		.options = MACH_SEND_MSG, .remote = port, .remote_disposition =
		COPY_SEND, .local = reply, .local_disposition = MAKE_SO,
		.id = id, .size = SIZEOF_MSG_HEADER + 4,
	}));
	assert_int_equal(f->ta->result, 0);
	take(f, f->ta, reply, id + 100);
	memcpy(&code, rig_bytes(f->ta) + SIZEOF_MSG_HEADER + 8, sizeof(code));
	return (int)code;
}

static int
M(struct fixture *f, uint32_t options, uint32_t remote, uint32_t size,
    uint32_t rcv_name, uint32_t rcv_size)
{
	return ended(f, rig_msg(f->ta, &(struct rig_send){
		.options = options, .remote = remote, .remote_disposition =
		COPY_SEND, .size = size, .rcv_name = rcv_name,
		.rcv_size = rcv_size,
	}));
}

static int
H(struct fixture *f, uint32_t rd, uint32_t remote, uint32_t ld, uint32_t local)
{
	return ended(f, rig_msg(f->ta, &(struct rig_send){
		.options = MACH_SEND_MSG | MACH_SEND_TIMEOUT, .remote = remote,
		.remote_disposition = rd, .local = local,
		.local_disposition = ld,
	}));
}

static int
bits(struct fixture *f, uint32_t more)
{
	return H(f, COPY_SEND | more, f->port, 0, 0);
}

static int
body(struct fixture *f, const void *descriptor, size_t n)
{
	uint32_t s2 = 0, type;

	kern_port_extract_right(f->k, f->b, new_port(f, f->b), MAKE_SEND, f->a,
	    &s2, &type);
	memcpy(rig_bytes(f->ta) + SIZEOF_MSG_HEADER + SIZEOF_MSG_BODY,
	    descriptor, n);
	return ended(f, rig_msg(f->ta, &(struct rig_send){
		.options = MACH_SEND_MSG | MACH_SEND_TIMEOUT, .remote = s2,
		.remote_disposition = COPY_SEND, .ndescs = 1,
		.size = SIZEOF_MSG_HEADER + SIZEOF_MSG_BODY + (uint32_t)n,
	}));
}

static int
D(struct fixture *f, uint8_t disposition, uint32_t name)
{
	struct port_descriptor d = { .name = name, .disposition = disposition };

	return body(f, &d, sizeof(d));
}

/* An array of one. */
static int
O(struct fixture *f, uint8_t disposition, uint32_t name)
{
	static uint32_t names[1];
	struct ool_descriptor d = { .type = MACH_MSG_OOL_PORTS_DESCRIPTOR,
		.disposition = disposition, .copy = MACH_MSG_VIRTUAL_COPY,
		.size = 1,
		.address = { (uint32_t)(uintptr_t)names,
		    (uint32_t)((uint64_t)(uintptr_t)names >> 32) },
	};

	names[0] = name;
	return body(f, &d, sizeof(d));
}

static int
memory(struct fixture *f, uint8_t type, uint8_t copy, uint32_t n, void *at)
{
	struct ool_descriptor d = { .type = type, .copy = copy, .size = n,
		.disposition = COPY_SEND,
		.address = { (uint32_t)(uintptr_t)at,
		    (uint32_t)((uint64_t)(uintptr_t)at >> 32) },
	};

	return body(f, &d, sizeof(d));
}

static int
guarded(struct fixture *f, uint8_t disposition, uint16_t flags, uint32_t name,
    uint32_t context)
{
	struct guarded_descriptor d = { .type =
		MACH_MSG_GUARDED_PORT_DESCRIPTOR, .disposition = disposition,
		.flags = flags, .name = name, .context = { context, 0 },
	};

	return body(f, &d, sizeof(d));
}

/* The receive right goes while somebody waits there: it dies, or is sent away. */
static int
lost(struct fixture *f, uint32_t name, bool dies)
{
	struct port_descriptor d = { .name = name,
		.disposition = MACH_MSG_TYPE_MOVE_RECEIVE };
	struct rig_thread *t = f->ta;

	assert_false(rig_msg(t, &(struct rig_send){
		.options = MACH_RCV_MSG, .rcv_name = name,
	}));
	if (dies) {
		kern_port_destroy(f->k, f->a, name);
	} else {
		f->ta = f->ta2;
		assert_int_equal(body(f, &d, sizeof(d)), 0);
		f->ta = t;
	}
	rig_settle(f->rig);
	assert_true(t->answered);
	return (int)t->result;
}

/* A wait that a signal ends. */
static int
interrupted(struct fixture *f, uint32_t options, uint32_t remote, uint32_t name)
{
	assert_false(rig_msg(f->ta, &(struct rig_send){
		.options = options, .remote = remote, .rcv_name = name,
		.remote_disposition = COPY_SEND,
	}));
	rig_again(f->ta, RPC_COLLECT);
	return (int)f->ta->result;
}

/* n references more than a name can have. */
static int
overflow(struct fixture *f, uint32_t name, int32_t n)
{
	return kern_port_mod_refs(f->k, f->a, name, MACH_PORT_RIGHT_SEND, n);
}

/* What cannot be received for want of names or memory. */
static int
undeliverable(struct fixture *f, uint32_t name, uint32_t send)
{
	assert_int_equal(rig_msg(f->ta, &(struct rig_send){
		.options = MACH_SEND_MSG, .remote = name, .remote_disposition =
		MAKE_SEND, .local = send, .local_disposition =
		MACH_MSG_TYPE_MOVE_SEND }), true);
	f->a->high = SPACE_INDEX_MAX;
	f->a->nfree = 0;
	f->a->first_free = f->a->last_free = 0;
	return M(f, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, 0, name, 0);
}

/* A message of `size` waits at name; it is received into less, or with `options`. */
static int
waiting(struct fixture *f, uint32_t name, uint32_t options, uint32_t room)
{
	assert_int_equal(H(f, MACH_MSG_TYPE_MAKE_SEND, name, 0, 0), 0);
	return M(f, MACH_RCV_MSG | MACH_RCV_TIMEOUT | options, 0, 0, name,
	    room);
}

/* The next allocation fails. */
static void
starve(struct fixture *f)
{
	f->rig->fail_at = f->rig->allocs + 1;
}

/* The one after the next. */
static void
starve_later(struct fixture *f)
{
	f->rig->fail_at = f->rig->allocs + 2;
}

static int
construct(struct fixture *f, uint32_t flags, uint32_t qlimit)
{
	struct port_options o = { .flags = flags, .qlimit = qlimit };
	uint32_t n;

	return kern_port_construct(f->k, f->a, &o, 0, &n);
}

static int
attributes(struct fixture *f, uint32_t name, int flavor, uint32_t count)
{
	uint32_t info[20];

	return kern_port_get_attributes(f->k, f->a, name, flavor, info,
	    &count);
}

static int
limit(struct fixture *f, uint32_t name, uint32_t n)
{
	return kern_port_set_attributes(f->k, f->a, name,
	    MACH_PORT_LIMITS_INFO, &n, 1);
}

static int
peek(struct fixture *f, uint32_t name, uint32_t elements, uint32_t room)
{
	struct peek_info info = { 0 };

	return kern_port_peek(f->k, f->a, name, elements << 24, &room, &info);
}

static int
notify(struct fixture *f, uint32_t name, uint32_t id, uint32_t sync)
{
	uint32_t to = 0, previous;

	if (kern_port_allocate(f->k, f->a, MACH_PORT_RIGHT_RECEIVE, &to))
		return KERN_RESOURCE_SHORTAGE;
	return kern_port_request_notification(f->k, f->a, name, id, sync,
	    f->a, to, MAKE_SO, &previous);
}

#define CELL \
	struct fixture *f = *state; \
	struct kern *k = f->k; \
	struct space *a = f->a; \
	struct names all; \
	uint32_t p, sr, s, so, d, ps, g, x, n = 0, type = 0; \
	uint64_t wide = 0; \
	prepare(f, &all); \
	x = all.x, p = all.p, sr = all.sr, s = all.s, so = all.so, d = all.d; \
	ps = all.ps, g = all.g; \
	(void)k, (void)a, (void)p, (void)sr, (void)s, (void)so, (void)d; \
	(void)ps, (void)g, (void)x, (void)n, (void)type, (void)wide

#include "mach_errors.h"

int
main(void)
{
	_Static_assert(CELLS == sizeof(cells) / sizeof(cells[0]), "cells");

	return cmocka_run_group_tests(cells, NULL, NULL);
}
