/* SPDX-License-Identifier: ISC */
/*
 * Each routine, by message and by trap, and messages with descriptors, all with bytes that
 * are right, nearly right or anything.  Nothing breaks, nothing is lost.  MACH_FUZZ_EACH: how
 * often each; MACH_SIM_SEED: where to begin.
 */
#include "pair.h"
#include "routine.h"

enum { WORLD = 4000 };	/* executions between new kernels */

struct world {
	struct fixture *f;
	struct rig_thread *t;
	uint32_t reply, target[8];
	uint32_t names[4];
};

static uint64_t
from_env(const char *name, uint64_t otherwise)
{
	const char *v = getenv(name);

	return v == NULL ? otherwise : strtoull(v, NULL, 10);
}

static uint32_t
rnd(struct world *w, uint64_t n)
{
	return (uint32_t)rig_rnd(w->f->rig, n);
}

static uint32_t
name_of(struct world *w, int kr, struct port *p)
{
	uint32_t name = 0;

	assert_int_equal(kr, 0);
	assert_int_equal(kobject_name(w->f->k, w->f->b, p, &name), 0);
	return name;
}

static void
open_world(struct world *w, uint64_t seed, bool staged)
{
	struct fixture *f;
	struct semaphore *sem;
	void *state;
	struct port *p;
	int kr;

	setup(&state);
	f = w->f = state;
	f->rig->rng = seed * 0x9e3779b97f4a7c15u + 1;
	if (staged)
		rig_staged(f->rig);
	w->t = f->tb;
	kr = task_port(f->k, f->a, PORT_TASK, &p);
	w->target[0] = name_of(w, kr, p);
	kr = task_port(f->k, f->b, PORT_TASK, &p);
	w->target[1] = name_of(w, kr, p);
	kr = host_port(f->k, PORT_HOST_PRIV, &p);
	w->target[2] = name_of(w, kr, p);
	kr = thread_port(f->k, &f->ta->th, &p);
	w->target[3] = name_of(w, kr, p);
	kr = clock_port(f->k, SYSTEM_CLOCK, &p);
	w->target[4] = name_of(w, kr, p);
	kr = semaphore_new(f->k, f->b, 0, 1, &sem);
	w->target[5] = name_of(w, kr, sem->port);
	w->target[6] = f->send;
	w->target[7] = new_port(f, f->b);
}

static void
close_world(struct world *w)
{
	void *state = w->f;

	teardown(&state);
}

/* Numbers as programs have them, names, and anything. */
static uint32_t
any(struct world *w)
{
	struct entry *e;
	uint32_t at = rnd(w, w->f->b->high + 1);

	switch (rnd(w, 5)) {
	case 0:
		return rnd(w, 40);
	case 1:
		return w->target[rnd(w, 8)];
	case 2:
		e = entry_next(w->f->b, &at);
		return e == NULL ? 0x103 : e->name;
	case 3:
		return rnd(w, 2) ? UINT32_MAX : 0;
	default:
		return rnd(w, UINT32_MAX);
	}
}

/* The target that the routine wants, mostly. */
static uint32_t
target(struct world *w, const struct routine *r)
{
	if (rnd(w, 10) == 0)
		return w->target[rnd(w, 8)];
	switch ((int)r->target) {
	case TARGET_THREAD:
		return w->target[3];
	case TARGET_HOST:
	case TARGET_HOST_PRIV:
		return w->target[2];
	case TARGET_SEMAPHORE:
		return w->target[5];
	case TARGET_CLOCK:
		return w->target[4];
	default:
		return w->target[rnd(w, 2)];
	}
}

static void
put(struct world *w, unsigned char **p, uint32_t word)
{
	if (*p + sizeof(word) > w->t->slot + RIG_SLOT)
		return;
	memcpy(*p, &word, sizeof(word));
	*p += sizeof(word);
}

static void
put_descriptor(struct world *w, unsigned char **p, const struct routine_arg *a)
{
	static const uint8_t dispositions[] = { MACH_MSG_TYPE_COPY_SEND,
		MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_MAKE_SEND_ONCE };
	struct port_descriptor d = { .name = any(w),
		.disposition = dispositions[rnd(w, 3)] };
	struct ool_descriptor o = { .type = MACH_MSG_OOL_PORTS_DESCRIPTOR,
		.disposition = MACH_MSG_TYPE_COPY_SEND, .size = rnd(w, 5),
		.copy = MACH_MSG_VIRTUAL_COPY };
	uint64_t at = (uint64_t)(uintptr_t)w->names;
	int i;

	if (a->type == ROUTINE_A) {
		for (i = 0; i < 4; i++)
			w->names[i] = rnd(w, 2) ? w->target[6] : any(w);
		memcpy(o.address, &at, sizeof(at));
		memcpy(*p, &o, sizeof(o));
		*p += sizeof(o);
		return;
	}
	memcpy(*p, &d, sizeof(d));
	*p += sizeof(d);
}

/* A request of the routine's shape. */
static uint32_t
request(struct world *w, const struct routine *r, unsigned char *p)
{
	const unsigned char *first = p;
	unsigned char *count = p;
	const struct routine_arg *a;
	uint32_t n = 0, words;
	uint16_t i;

	p += SIZEOF_MSG_BODY;
	for (i = 0; i < r->nargs; i++) {
		a = routine_arg(r, i);
		if (!a->out && a->type >= ROUTINE_A) {
			put_descriptor(w, &p, a);
			n++;
		}
	}
	memcpy(count, &n, sizeof(n));
	if (n == 0)
		p = count;
	put(w, &p, 0);
	put(w, &p, 1);
	for (i = 0; i < r->nargs; i++) {
		a = routine_arg(r, i);
		if (a->out ? a->type != ROUTINE_C : a->type > ROUTINE_A)
			continue;
		words = a->type == ROUTINE_Q ? 2 : a->type == ROUTINE_S ?
		    a->count : a->type == ROUTINE_V ? 1 + rnd(w, a->count) : 1;
		while (words-- > 0)
			put(w, &p, any(w));
	}
	return n << 16 | (uint32_t)(p - first);
}

/* Some bytes become others. */
static void
spoil(struct world *w, unsigned char *p, uint32_t n)
{
	uint32_t i;

	if (n == 0 || rnd(w, 3) != 0)
		return;
	for (i = rnd(w, 4); i > 0; i--)
		p[rnd(w, n)] ^= (unsigned char)(1u << rnd(w, 8));
}

static void
want(struct world *w)
{
	w->f->rig->fail_at = rnd(w, 8) == 0 ? w->f->rig->allocs + 1 +
	    rnd(w, 6) : 0;
}

static void
done(struct world *w)
{
	w->f->rig->fail_at = 0;
	if (w->t->parked)
		rig_again(w->t, RPC_COLLECT);
	rig_settle(w->f->rig);
}

/* What came out of line is the test's. */
static void
free_received(struct world *w)
{
	const unsigned char *p = rig_bytes(w->t) + SIZEOF_MSG_HEADER;
	struct ool_descriptor d;
	uint32_t n = 0;
	uint64_t at;

	if (!(got(w->t)->bits & MACH_MSGH_BITS_COMPLEX))
		return;
	memcpy(&n, p, sizeof(n));
	for (p += SIZEOF_MSG_BODY; n > 0; n--) {
		memcpy(&d, p, sizeof(d));
		if (p[11] == MACH_MSG_PORT_DESCRIPTOR) {
			p += SIZEOF_PORT_DESCRIPTOR;
			continue;
		}
		memcpy(&at, d.address, sizeof(at));
		free((void *)(uintptr_t)at);
		p += sizeof(d);
	}
}

static void
by_message(struct world *w, uint32_t nr)
{
	const struct routine *r = routine_by_number(nr);
	unsigned char body[512];
	uint32_t shape, size, reply, options = MACH_SEND_MSG;

	if (r == NULL || r->id == 0)
		return;
	memset(body, 0, sizeof(body));
	shape = request(w, r, body);
	size = shape & 0xffff;
	/* Not the addresses of arrays: those are the test's own. */
	if (shape >> 16 == 0)
		spoil(w, body, size);
	reply = new_port(w->f, w->f->b);
	memcpy(rig_bytes(w->t) + SIZEOF_MSG_HEADER, body, size);
	if (rnd(w, 4))
		options |= MACH_RCV_MSG | MACH_RCV_TIMEOUT;
	want(w);
	rig_msg(w->t, &(struct rig_send){
		.options = options, .remote = target(w, r),
		.remote_disposition = COPY_SEND, .local = reply,
		.local_disposition = rnd(w, 8) ? MAKE_SO : MAKE_SEND,
		.id = r->id, .rcv_name = reply, .ndescs = shape >> 16,
		.size = SIZEOF_MSG_HEADER + (rnd(w, 8) ? size :
		    rnd(w, size + 1) & ~3u),
	});
	done(w);
	/* A queue that is full gives the message back. */
	if (w->t->result == MACH_SEND_INTERRUPTED || ((options & MACH_RCV_MSG) &&
	    (w->t->result == MACH_MSG_SUCCESS ||
	    (w->t->result & ~MACH_MSG_MASK) == MACH_RCV_BODY_ERROR)))
		free_received(w);
	kern_port_destroy(w->f->k, w->f->b, reply);
}

static void
by_trap(struct world *w, uint32_t nr)
{
	const struct routine *r = routine_by_number(nr);
	struct mach_call m = { .routine = nr, .n = rnd(w, 3) ? rnd(w, 6) :
		rnd(w, MACH_CALL_WORDS + 2) };
	int i;

	if (r == NULL)
		return;
	for (i = 0; i < 6; i++)
		m.arg[i] = rnd(w, 6) ? any(w) : (uint64_t)any(w) << 32 | any(w);
	m.arg[r->word] = rnd(w, 3) ? target(w, r) : m.arg[r->word];
	for (i = 0; i < 8; i++)
		m.word[i] = any(w);
	memcpy(w->t->slot, &m, sizeof(m));
	want(w);
	rig_call(w->t, RPC_MACH_CALL, RIG_SLOT, 0);
	done(w);
}

/* A message with descriptors of any kind, which is received again. */
static void
messages(struct world *w, uint32_t nr)
{
	unsigned char *p = rig_bytes(w->t) + SIZEOF_MSG_HEADER +
	    SIZEOF_MSG_BODY;
	uint32_t n = rnd(w, 4), i, j;
	uint32_t word[4];

	(void)nr;
	for (i = 0; i < n; i++) {
		for (j = 0; j < 4; j++)
			word[j] = any(w);
		word[2] = rnd(w, 8) << 24 | (14 + rnd(w, 10)) << 16 |
		    rnd(w, 4) << 8 | rnd(w, 2);
		if (rnd(w, 10) == 0)
			word[2] = any(w);
		memcpy(p, word, sizeof(word));
		p += word[2] >> 24 == MACH_MSG_PORT_DESCRIPTOR ? 12 : 16;
	}
	want(w);
	rig_msg(w->t, &(struct rig_send){
		.options = MACH_SEND_MSG | MACH_RCV_MSG | MACH_SEND_TIMEOUT |
		    MACH_RCV_TIMEOUT | (rnd(w, 4) ? 0 : any(w)),
		.remote = rnd(w, 4) ? w->target[7] : any(w),
		.remote_disposition = rnd(w, 8) ? MAKE_SEND : rnd(w, 32),
		.local = rnd(w, 2) ? any(w) : 0, .local_disposition =
		rnd(w, 2) ? 14 + rnd(w, 10) : 0, .ndescs = rnd(w, 16) ? n :
		any(w), .rcv_name = w->target[7], .rcv_size = rnd(w, 8) ? 0 :
		rnd(w, 200), .size = (uint32_t)(p - rig_bytes(w->t)) + 4 *
		rnd(w, 5),
	});
	done(w);
}

static void
run(void (*one)(struct world *, uint32_t), uint32_t first, uint32_t end,
    bool staged)
{
	uint64_t each = from_env("MACH_FUZZ_EACH", 300), n, at = 0;
	uint64_t seed = from_env("MACH_SIM_SEED", 1);
	struct world w = { .f = NULL };
	uint32_t nr;

	for (nr = first; nr < end; nr++)
		for (n = 0; n < each; n++, at++) {
			if (at % WORLD == 0) {
				if (w.f != NULL)
					close_world(&w);
				open_world(&w, seed + at, staged);
			}
			one(&w, nr);
		}
	close_world(&w);
}

static void
every_routine_by_message(void **state)
{
	(void)state;
	run(by_message, 1, MACH_ROUTINE_COUNT, false);
}

static void
every_routine_by_trap(void **state)
{
	(void)state;
	run(by_trap, 1, MACH_ROUTINE_COUNT, true);
}

static void
every_descriptor(void **state)
{
	(void)state;
	run(messages, 0, 8, true);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "fuzz: every routine's request, by message",
		    every_routine_by_message, NULL, NULL, NULL },
		{ "fuzz: every routine's words, by trap",
		    every_routine_by_trap, NULL, NULL, NULL },
		{ "fuzz: messages with descriptors of every kind",
		    every_descriptor, NULL, NULL, NULL },
	};

	if (getenv("MACH_SIM_ONLY") != NULL)
		cmocka_set_test_filter(getenv("MACH_SIM_ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
