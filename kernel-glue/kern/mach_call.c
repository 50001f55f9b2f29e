/* SPDX-License-Identifier: ISC */
/*
 * mach_call: every Mach routine but mach_msg.  The slot holds the routine's number, its
 * arguments, where its results come back, and words behind them; the answer is how many
 * bytes of it the layer copies out, the routine's own result stands inside.
 *
 * arg[0] is the task (its port, or null for the caller's own) wherever a routine is about
 * names; results come back in arg[] from 0 on.
 */
#include <string.h>

#include "kobject.h"
#include "mach_port.h"
#include "stage.h"
#include "waits.h"
#include "rpc_kern.h"
#include "shared.h"

enum {
	WORDS = (sizeof(((struct window_slot *)0)->payload) - 64) / 4,
	PARKED = -1,
};

struct mach_call {
	uint32_t routine;
	int32_t kr;
	uint64_t arg[6];
	uint32_t n, pad;	/* words behind, in and out */
	uint32_t word[WORDS];
};
_Static_assert(offsetof(struct mach_call, word) == 64, "mach_call");

struct in {
	struct kern *k;
	struct call *c;
	struct space *s, *target;
	struct mach_call *m;
};
#define A(i) (in->m->arg[i])
#define N(i) ((uint32_t)in->m->arg[i])

static int
result(struct in *in, uint64_t value, int kr)
{
	A(0) = value;
	return kr;
}

static int
r_allocate(struct in *in)
{
	uint32_t name = 0;
	int kr = kern_port_allocate(in->k, in->target, N(1), &name);

	return result(in, name, kr);
}

static int
r_allocate_name(struct in *in)
{
	return kern_port_allocate_name(in->k, in->target, N(1), N(2));
}

static int
r_construct(struct in *in)
{
	struct port_options o = { .flags = N(1), .qlimit = N(2) };
	uint32_t name = 0;
	int kr = kern_port_construct(in->k, in->target, &o, A(3), &name);

	return result(in, name, kr);
}

static int
r_destruct(struct in *in)
{
	return kern_port_destruct(in->k, in->target, N(1), (int32_t)A(2),
	    A(3));
}

static int
r_deallocate(struct in *in)
{
	return kern_port_deallocate(in->k, in->target, N(1));
}

static int
r_destroy(struct in *in)
{
	return kern_port_destroy(in->k, in->target, N(1));
}

static int
r_mod_refs(struct in *in)
{
	return kern_port_mod_refs(in->k, in->target, N(1), N(2),
	    (int32_t)A(3));
}

static int
r_rename(struct in *in)
{
	return kern_port_rename(in->k, in->target, N(1), N(2));
}

/* As many as fit, from the cursor in arg[1] on, which comes back: ask again. */
static int
r_names(struct in *in)
{
	uint32_t cursor = N(1), n = 0;
	int kr = KERN_SUCCESS;

	while (n + 2 <= WORDS) {
		kr = kern_port_names(in->k, in->target, &cursor,
		    &in->m->word[n], &in->m->word[n + 1]);
		if (kr != KERN_SUCCESS)
			break;
		n += 2;
	}
	in->m->n = n;
	A(0) = kr == KERN_FAILURE ? 0 : cursor;
	return kr == KERN_FAILURE ? KERN_SUCCESS : kr;
}

static int
r_type(struct in *in)
{
	uint32_t type = 0;
	int kr = kern_port_type(in->k, in->target, N(1), &type);

	return result(in, type, kr);
}

static int
r_get_refs(struct in *in)
{
	uint32_t refs = 0;
	int kr = kern_port_get_refs(in->k, in->target, N(1), N(2), &refs);

	return result(in, refs, kr);
}

static int
r_insert_right(struct in *in)
{
	return kern_port_insert_right(in->k, in->target, N(1), in->s, N(2),
	    N(3));
}

static int
r_extract_right(struct in *in)
{
	uint32_t poly = 0, type = 0;
	int kr = kern_port_extract_right(in->k, in->target, N(1), N(2), in->s,
	    &poly, &type);

	A(1) = type;
	return result(in, poly, kr);
}

static int
r_insert_member(struct in *in)
{
	return kern_port_insert_member(in->k, in->target, N(1), N(2));
}

static int
r_extract_member(struct in *in)
{
	return kern_port_extract_member(in->k, in->target, N(1), N(2));
}

static int
r_move_member(struct in *in)
{
	return kern_port_move_member(in->k, in->target, N(1), N(2));
}

static int
r_get_set_status(struct in *in)
{
	uint32_t n = 0;
	int kr = kern_port_get_set_status(in->k, in->target, N(1),
	    in->m->word, WORDS, &n);

	in->m->n = n < WORDS ? n : WORDS;
	return result(in, n, kr);
}

static int
r_get_attributes(struct in *in)
{
	uint32_t count = N(3) < WORDS ? N(3) : WORDS;
	int kr = kern_port_get_attributes(in->k, in->target, N(1),
	    (int)A(2), in->m->word, &count);

	in->m->n = kr == KERN_SUCCESS ? count : 0;
	return result(in, count, kr);
}

static int
r_set_attributes(struct in *in)
{
	return kern_port_set_attributes(in->k, in->target, N(1), (int)A(2),
	    in->m->word, in->m->n);
}

static int
r_set_mscount(struct in *in)
{
	return kern_port_set_mscount(in->k, in->target, N(1), N(2));
}

static int
r_set_seqno(struct in *in)
{
	return kern_port_set_seqno(in->k, in->target, N(1), N(2));
}

static int
r_get_context(struct in *in)
{
	uint64_t context = 0;
	int kr = kern_port_get_context(in->k, in->target, N(1), &context);

	return result(in, context, kr);
}

static int
r_set_context(struct in *in)
{
	return kern_port_set_context(in->k, in->target, N(1), A(2));
}

static int
r_guard(struct in *in)
{
	return kern_port_guard_with_flags(in->k, in->target, N(1), A(2), A(3));
}

static int
r_unguard(struct in *in)
{
	return kern_port_unguard(in->k, in->target, N(1), A(2));
}

static int
r_swap_guard(struct in *in)
{
	return kern_port_swap_guard(in->k, in->target, N(1), A(2), A(3));
}

static int
r_peek(struct in *in)
{
	struct peek_info p = { .seqno = N(3) };
	uint32_t room = N(4);
	int kr = kern_port_peek(in->k, in->target, N(1), N(2), &room, &p);

	A(1) = p.size;
	A(2) = p.id;
	A(3) = room;
	return result(in, p.seqno, kr);
}

static int
r_request_notification(struct in *in)
{
	uint32_t previous = 0;
	int kr = kern_port_request_notification(in->k, in->target, N(1), N(2),
	    N(3), in->s, N(4), N(5), &previous);

	return result(in, previous, kr);
}

static int
r_space_info(struct in *in)
{
	struct space_info info;
	int kr = kern_port_space_info(in->k, in->target, &info);

	if (kr == KERN_SUCCESS) {
		memcpy(in->m->word, &info, sizeof(info));
		in->m->n = sizeof(info) / 4;
	}
	return kr;
}

static int
r_kobject(struct in *in)
{
	uint32_t type = 0;
	uint64_t address = 0;
	int kr = kern_port_kobject(in->k, in->target, N(1), &type, &address);

	A(1) = address;
	return result(in, type, kr);
}

static int
r_task_self(struct in *in)
{
	uint32_t name = 0;
	int kr = kern_task_self(in->k, in->s, &name);

	return result(in, name, kr);
}

static int
r_thread_self(struct in *in)
{
	uint32_t name = 0;
	int kr = kern_thread_self(in->k, in->c, &name);

	return result(in, name, kr);
}

static int
r_task_get_special(struct in *in)
{
	uint32_t name = 0;
	int kr = kern_task_get_special(in->k, in->target, N(1), in->s, &name);

	return result(in, name, kr);
}

static int
r_task_set_special(struct in *in)
{
	return kern_task_set_special(in->k, in->target, N(1), in->s, N(2));
}

static int
r_semaphore_create(struct in *in)
{
	uint32_t name = 0;
	int kr = kern_semaphore_create(in->k, in->target, N(1), (int32_t)A(2),
	    &name);

	return result(in, name, kr);
}

static int
r_semaphore_destroy(struct in *in)
{
	return kern_semaphore_destroy(in->k, in->target, N(1));
}

static int
r_semaphore_wait(struct in *in)
{
	return kern_semaphore_wait(in->k, in->c, N(1), N(2), 0);
}

static int
r_semaphore_timedwait(struct in *in)
{
	uint64_t now = in->k->hooks->now(in->k->host), ns = A(3);

	if (ns > INT64_MAX - now)
		return KERN_INVALID_VALUE;
	return kern_semaphore_wait(in->k, in->c, N(1), N(2),
	    ns == 0 ? 1 : now + ns);
}

static int
r_semaphore_signal(struct in *in)
{
	return kern_semaphore_signal(in->k, in->s, N(1));
}

static int
r_semaphore_signal_all(struct in *in)
{
	return kern_semaphore_signal_all(in->k, in->s, N(1));
}

static int
r_semaphore_signal_thread(struct in *in)
{
	return kern_semaphore_signal_thread(in->k, in->s, N(1), N(2));
}

static int
r_clock_sleep(struct in *in)
{
	return kern_clock_sleep(in->k, in->c, N(1), N(2), A(3));
}

static int
r_clock_alarm(struct in *in)
{
	return kern_clock_alarm(in->k, in->s, N(1), N(2), A(3), N(4), N(5));
}

static int
r_clock_now(struct in *in)
{
	return result(in, in->k->hooks->now(in->k->host), KERN_SUCCESS);
}

static int
r_timer_create(struct in *in)
{
	uint32_t name = 0;
	int kr = kern_timer_create(in->k, in->s, &name);

	return result(in, name, kr);
}

static int
r_timer_destroy(struct in *in)
{
	return kern_timer_destroy(in->k, in->s, N(1));
}

static int
r_timer_arm(struct in *in)
{
	return kern_timer_arm(in->k, in->s, N(1), A(2));
}

static int
r_timer_cancel(struct in *in)
{
	uint64_t when = 0;
	int kr = kern_timer_cancel(in->k, in->s, N(1), &when);

	return result(in, when, kr);
}

static int
r_stage_new(struct in *in)
{
	uint64_t id = 0;
	int kr = stage_new(in->k, in->s, A(1), &id);

	return result(in, id, kr);
}

static int
r_stage_write(struct in *in)
{
	return stage_copy(in->k, in->s, A(1), A(2), A(3), WORDS * 4ull,
	    in->m->word, true);
}

static int
r_stage_read(struct in *in)
{
	int kr = stage_copy(in->k, in->s, A(1), A(2), A(3), WORDS * 4ull,
	    in->m->word, false);

	in->m->n = kr == KERN_SUCCESS ? (N(3) + 3) / 4 : 0;
	return kr;
}

static int
r_stage_drop(struct in *in)
{
	return stage_drop(in->k, in->s, A(1));
}

#define R(name) [MACH_ROUTINE_##name]
static int (*const routines[MACH_ROUTINE_COUNT])(struct in *) = {
	R(port_allocate) = r_allocate,
	R(port_allocate_name) = r_allocate_name,
	R(port_construct) = r_construct,
	R(port_destruct) = r_destruct,
	R(port_deallocate) = r_deallocate,
	R(port_destroy) = r_destroy,
	R(port_mod_refs) = r_mod_refs,
	R(port_rename) = r_rename,
	R(port_names) = r_names,
	R(port_type) = r_type,
	R(port_get_refs) = r_get_refs,
	R(port_insert_right) = r_insert_right,
	R(port_extract_right) = r_extract_right,
	R(port_insert_member) = r_insert_member,
	R(port_extract_member) = r_extract_member,
	R(port_move_member) = r_move_member,
	R(port_get_set_status) = r_get_set_status,
	R(port_get_attributes) = r_get_attributes,
	R(port_set_attributes) = r_set_attributes,
	R(port_set_mscount) = r_set_mscount,
	R(port_set_seqno) = r_set_seqno,
	R(port_get_context) = r_get_context,
	R(port_set_context) = r_set_context,
	R(port_guard) = r_guard,
	R(port_unguard) = r_unguard,
	R(port_swap_guard) = r_swap_guard,
	R(port_peek) = r_peek,
	R(port_request_notification) = r_request_notification,
	R(port_space_info) = r_space_info,
	R(port_kobject) = r_kobject,
	R(task_self) = r_task_self,
	R(thread_self) = r_thread_self,
	R(task_get_special) = r_task_get_special,
	R(task_set_special) = r_task_set_special,
	R(semaphore_create) = r_semaphore_create,
	R(semaphore_destroy) = r_semaphore_destroy,
	R(semaphore_wait) = r_semaphore_wait,
	R(semaphore_timedwait) = r_semaphore_timedwait,
	R(semaphore_signal) = r_semaphore_signal,
	R(semaphore_signal_all) = r_semaphore_signal_all,
	R(semaphore_signal_thread) = r_semaphore_signal_thread,
	R(clock_sleep) = r_clock_sleep,
	R(clock_alarm) = r_clock_alarm,
	R(clock_now) = r_clock_now,
	R(timer_create) = r_timer_create,
	R(timer_destroy) = r_timer_destroy,
	R(timer_arm) = r_timer_arm,
	R(timer_cancel) = r_timer_cancel,
	R(stage_new) = r_stage_new,
	R(stage_write) = r_stage_write,
	R(stage_read) = r_stage_read,
	R(stage_drop) = r_stage_drop,
};

int64_t
mach_answer(struct kern *k, struct call *c, int kr)
{
	int error = k->hooks->window_write(k->host, c->thread->task, c->slot,
	    offsetof(struct mach_call, kr), &kr, sizeof(kr));

	return error ? -error : (int64_t)offsetof(struct mach_call, word);
}

int64_t
sys_mach_call(struct kern *k, struct call *c)
{
	struct task *t = c->thread->task;
	struct mach_call m;
	struct in in = { .k = k, .c = c, .m = &m };
	size_t n = c->arg[0] < sizeof(m) ? (size_t)c->arg[0] : sizeof(m);
	int error;

	memset(&m, 0, sizeof(m));
	error = k->hooks->window_read(k->host, t, c->slot, 0, &m, n);
	if (error)
		return -error;
	in.s = task_space(k, t);
	if (in.s == NULL)
		return -RPC_ENOMEM;
	if (m.routine >= MACH_ROUTINE_COUNT || routines[m.routine] == NULL)
		return -RPC_EOPNOTSUPP;
	if (m.n > WORDS)
		return -RPC_EINVAL;
	m.kr = kern_task_space(k, in.s, (uint32_t)m.arg[0], &in.target);
	if (m.kr == KERN_SUCCESS) {
		m.n = m.routine == MACH_ROUTINE_port_set_attributes ? m.n : 0;
		m.kr = routines[m.routine](&in);
	}
	if (m.kr == PARKED)
		return KERN_PARKED;
	n = offsetof(struct mach_call, word) + 4 * m.n;
	error = k->hooks->window_write(k->host, t, c->slot, 0, &m, n);
	return error ? -error : (int64_t)n;
}
