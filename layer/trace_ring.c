/* SPDX-License-Identifier: ISC */
/* Records of calls, signals and programs for veneer trace; trace_ring.h tells how the ring works. */
#include <asm/errno.h>
#include <linux/futex.h>

#include "freestanding.h"
#include "host.h"
#include "internal.h"
#include "trace.h"
#include "trace_ring.h"

#define STRING_MOST 256u	/* bytes shown of one string or buffer */
#define VECTOR_MOST 8
#define PIECE_HEAD 4u
#define WAIT_NS 100000000

extern const struct trace_arg trace_args[] __attribute__((visibility("hidden")));
extern const struct sysent sysent[] __attribute__((visibility("hidden")));
extern const uint32_t sysent_count __attribute__((visibility("hidden")));

static struct trace_ring *
ring_of(struct thread_block *t)
{
	struct mm_block *mm = t->mm;
	struct trace_ring *r = (void *)mm->trace_ring;

	if (r == NULL || r->magic != MAGIC_TRACE_RING || r->closed != 0)
		return NULL;
	if (r->nslots == 0 || (r->nslots & (r->nslots - 1)) != 0 ||
	    SIZEOF_TRACE_RING + (uint64_t)r->nslots * SIZEOF_TRACE_RECORD > mm->trace_size)
		return NULL;
	if ((r->flags & TRACE_FOLLOW) == 0 && r->root_pid != t->pid)
		return NULL;
	return r;
}

/* The ring is full: sleep until the tracer has read, for as long as there is one. */
static bool
ring_wait(struct thread_block *t, struct trace_ring *r, uint32_t tail)
{
	const int64_t ts[2] = { 0, WAIT_NS };

	__atomic_store_n(&r->writers, 1, __ATOMIC_SEQ_CST);
	HOST4(t, HOST_NR_futex, &r->tail, FUTEX_WAIT, tail, ts);
	if (HOST2(t, HOST_NR_kill, r->tracer_pid, 0) == -ESRCH) {
		r->closed = 1;
		return false;
	}
	return r->closed == 0;
}

/* A claimed record and its ticket, or NULL when nobody reads any more. */
static struct trace_record *
ring_claim(struct thread_block *t, struct trace_ring *r, uint32_t *ticket)
{
	struct trace_record *slots = (void *)((char *)r + SIZEOF_TRACE_RING);
	uint32_t mask = r->nslots - 1;

	for (;;) {
		uint32_t tail = __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE);
		uint32_t n = __atomic_load_n(&r->head, __ATOMIC_ACQUIRE), seen = n;
		struct trace_record *s = &slots[n & mask];
		uint64_t word = __atomic_load_n(&s->word, __ATOMIC_ACQUIRE);

		if (word == trace_word(n, 0, TRACE_FREE)) {
			bool mine = __atomic_compare_exchange_n(&s->word, &word,
			    trace_word(n, t->tid, TRACE_CLAIMED), false,
			    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);

			__atomic_compare_exchange_n(&r->head, &seen, n + 1, false,
			    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
			if (mine) {
				*ticket = n;
				return s;
			}
		} else if ((uint32_t)(word >> 32) == n) {	/* claimed, head is behind: help */
			__atomic_compare_exchange_n(&r->head, &seen, n + 1, false,
			    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
		} else if (n - tail > mask && !ring_wait(t, r, tail)) {
			return NULL;
		}
	}
}

static void
ring_commit(struct thread_block *t, struct trace_ring *r, struct trace_record *s, uint32_t ticket)
{
	uint64_t mine = trace_word(ticket, t->tid, TRACE_CLAIMED);

	__atomic_compare_exchange_n(&s->word, &mine, trace_word(ticket, t->tid, TRACE_READY),
	    false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
	__atomic_fetch_add(&r->filled, 1, __ATOMIC_SEQ_CST);
	if (__atomic_exchange_n(&r->reader, 0, __ATOMIC_SEQ_CST) != 0)
		HOST3(t, HOST_NR_futex, &r->filled, FUTEX_WAKE, 1);
}

static void
record_fill(struct thread_block *t, struct trace_record *s, enum trace_kind kind)
{
	struct mm_block *mm = t->mm;
	int64_t ts[2] = { 0, 0 };

	s->kind = kind;
	s->pid = t->pid;
	s->tid = t->tid;
	s->personality = mm->personality;
	s->layer_version = mm->layer_version;
	s->data_len = 0;
	clock_read(t, 1, ts);
	s->time = (uint64_t)ts[0] * 1000000000u + (uint64_t)ts[1];
}

/* Append n bytes from the guest; what does not fit is cut. */
static void
piece_add(struct trace_record *s, unsigned arg, gaddr from, uint64_t n)
{
	uint32_t room = (uint32_t)sizeof(s->data) - s->data_len;
	uint8_t *p = s->data + s->data_len;
	uint8_t flags = 0;

	if (room <= PIECE_HEAD)
		return;
	room -= PIECE_HEAD;
	if (room > STRING_MOST)
		room = STRING_MOST;
	if (n > room) {
		n = room;
		flags |= PIECE_CUT;
	}
	if (copyin(p + PIECE_HEAD, from, n) != 0) {
		n = 0;
		flags |= PIECE_FAULT;
	}
	p[0] = (uint8_t)arg;
	p[1] = flags;
	p[2] = (uint8_t)n;
	p[3] = (uint8_t)(n >> 8);
	s->data_len += PIECE_HEAD + (uint32_t)n;
}

static void
piece_string(struct trace_record *s, unsigned arg, gaddr from)
{
	uint32_t room = (uint32_t)sizeof(s->data) - s->data_len;
	uint8_t *p = s->data + s->data_len;
	long n;

	if (room <= PIECE_HEAD)
		return;
	room -= PIECE_HEAD;
	if (room > STRING_MOST)
		room = STRING_MOST;
	n = copyinstr((char *)p + PIECE_HEAD, from, room);
	if (n < 0) {	/* too long, or its end is not mapped */
		piece_add(s, arg, from, n == -EFAULT ? 0 : room);
		p[1] |= n == -EFAULT ? PIECE_FAULT : PIECE_CUT;
		return;
	}
	p[0] = (uint8_t)arg;
	p[1] = 0;
	p[2] = (uint8_t)n;
	p[3] = (uint8_t)((unsigned long)n >> 8);
	s->data_len += PIECE_HEAD + (uint32_t)n;
}

static void
piece_strings(struct trace_record *s, unsigned arg, gaddr vector)
{
	for (uint64_t i = 0; i < VECTOR_MOST; i++) {
		uint64_t p;

		if (copyin(&p, guest(vector.a + 8 * i), 8) != 0 || p == 0)
			return;
		piece_string(s, arg, guest(p));
	}
}

/* What a vector of n pairs points to; a call that fills it has filled `limit` bytes. */
static void
piece_vector(struct trace_record *s, unsigned arg, gaddr vector, uint64_t n, uint64_t limit)
{
	for (uint64_t i = 0; i < n && i < VECTOR_MOST; i++) {
		uint64_t pair[2];

		if (copyin(pair, guest(vector.a + sizeof(pair) * i), sizeof(pair)) != 0)
			return;
		if (pair[1] > limit)
			pair[1] = limit;
		limit -= pair[1];
		piece_add(s, arg | TRACE_CONTENT, guest(pair[0]), pair[1]);
	}
}

static uint64_t
piece_count(const struct call *c, const struct trace_arg *a)
{
	uint64_t v = 0;
	unsigned at = (a->count & 0xfu) - 1;

	if (a->count == 0)
		return 1;
	if (at >= 6)
		return 0;
	if ((a->count & (TRACE_AT32 | TRACE_AT64)) == 0)
		return (uint32_t)c->arg[at];
	if (copyin(&v, guest(c->arg[at]), a->count & TRACE_AT64 ? 8 : 4) != 0)
		return 0;
	return v;
}

/* What the arguments point to, before the call (HOW_IN) or after it (HOW_OUT). */
static void
record_data(struct trace_record *s, const struct call *c, enum trace_how when, long ret)
{
	const struct trace_arg *a;

	if (c->nr >= sysent_count)
		return;
	a = &trace_args[6 * c->nr];
	for (unsigned i = 0; i < 6; i++, a++) {
		gaddr from = guest(c->arg[i]);
		uint64_t n;

		if ((a->how & when) == 0 || from.a == 0)
			continue;
		if (a->how & HOW_STRINGS) {
			piece_strings(s, i, from);
		} else if (a->how & HOW_STRING) {
			piece_string(s, i, from);
		} else {
			n = piece_count(c, a);
			if ((a->how & HOW_RESULT) && when == HOW_OUT &&
			    (uint64_t)ret < n)
				n = (uint64_t)ret;
			piece_add(s, i, from, n < STRING_MOST ? n * a->size : STRING_MOST + 1);
			if ((a->how & HOW_VECTOR) && (when == HOW_OUT || (a->how & HOW_OUT) == 0))
				piece_vector(s, i, from, n, when == HOW_OUT ? (uint64_t)ret : UINT64_MAX);
		}
	}
}

void
trace_enter(struct call *c)
{
	struct thread_block *t = call_thread(c);
	struct trace_ring *r = ring_of(t);
	struct trace_record *s;
	uint32_t ticket;

	if (r == NULL || (s = ring_claim(t, r, &ticket)) == NULL)
		return;
	record_fill(t, s, TRACE_ENTER);
	s->nr = c->nr;
	s->entry = c->entry;
	memcpy(s->arg, c->arg, sizeof(s->arg));
	if (r->flags & TRACE_DATA)
		record_data(s, c, HOW_IN, 0);
	ring_commit(t, r, s, ticket);
}

void
trace_leave(struct call *c, long ret)
{
	struct thread_block *t = call_thread(c);
	struct trace_ring *r = ring_of(t);
	struct trace_record *s;
	uint32_t ticket;

	if (r == NULL || (s = ring_claim(t, r, &ticket)) == NULL)
		return;
	record_fill(t, s, TRACE_LEAVE);
	s->nr = c->nr;
	s->entry = c->entry;
	s->route = c->nr < sysent_count ? sysent[c->nr].route : (uint32_t)ROUTE_NONE;
	s->ret = ret;
	s->aux = c->ret2;
	memcpy(s->arg, c->arg, sizeof(s->arg));
	if ((r->flags & TRACE_DATA) && (ret >= 0 || ret < -4095))
		record_data(s, c, HOW_OUT, ret);
	ring_commit(t, r, s, ticket);
}

void
trace_signal(struct thread_block *t, const struct delivery *d)
{
	struct trace_ring *r = ring_of(t);
	struct trace_record *s;
	uint32_t ticket;

	if (r == NULL || (s = ring_claim(t, r, &ticket)) == NULL)
		return;
	record_fill(t, s, TRACE_SIGNAL);
	s->signo = (uint32_t)d->sig;
	s->ret = d->info.code;
	s->addr = d->info.f[0];
	s->aux = d->act.handler;
	ring_commit(t, r, s, ticket);
}

void
trace_start(struct thread_block *t)
{
	struct trace_ring *r = ring_of(t);
	struct mm_block *mm = t->mm;
	struct trace_record *s;
	uint32_t ticket;

	if (r == NULL || (s = ring_claim(t, r, &ticket)) == NULL)
		return;
	record_fill(t, s, TRACE_START);
	if (mm->exe_path != 0)
		piece_string(s, 255, guest(mm->exe_path));
	ring_commit(t, r, s, ticket);
}
