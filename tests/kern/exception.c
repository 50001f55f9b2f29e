/* SPDX-License-Identifier: ISC */
/* Exception ports: held, asked for, inherited; and exceptions that handlers answer. */
#include "pair.h"
#include "routine.h"

enum { DEFAULT64 = (int)(MACH_EXCEPTION_CODES | EXCEPTION_DEFAULT),
	BAD_ACCESS = EXC_MASK_BAD_ACCESS };

static struct mach_call *
slot(struct rig_thread *t)
{
	return (struct mach_call *)(void *)t->slot;
}

static int
call(struct rig_thread *t, uint32_t routine, uint32_t target, uint32_t mask,
    uint32_t port, uint32_t behavior, uint32_t flavor)
{
	memset(t->slot, 0, sizeof(t->slot));
	slot(t)->routine = routine;
	slot(t)->arg[0] = target;
	slot(t)->arg[1] = mask;
	slot(t)->arg[2] = port;
	slot(t)->arg[3] = behavior;
	slot(t)->arg[4] = flavor;
	assert_true(rig_call(t, RPC_MACH_CALL, RIG_SLOT, 0));
	return (int)t->result;
}

static uint32_t
thread_name(struct rig_thread *t)
{
	assert_int_equal(call(t, MACH_ROUTINE_thread_self, 0, 0, 0, 0, 0), 0);
	return (uint32_t)slot(t)->arg[0];
}

/* ---- rights ---- */
static void
are_held_and_told(void **state)
{
	struct fixture *f = *state;
	struct rig_thread *t = f->tb;

	assert_int_equal(call(t, MACH_ROUTINE_task_set_exc, 0, BAD_ACCESS |
	    EXC_MASK_ARITHMETIC, f->send, (uint32_t)DEFAULT64, 0), 0);
	assert_int_equal(status(f, f->a, f->port, SRIGHTS), 1);
	assert_int_equal(call(t, MACH_ROUTINE_task_get_exc, 0, BAD_ACCESS |
	    EXC_MASK_BREAKPOINT, 0, 0, 0), 0);
	assert_int_equal(slot(t)->arg[0], 2);
	assert_int_equal(slot(t)->n, 8);
	assert_int_equal(slot(t)->word[0], f->send);
	assert_int_equal(slot(t)->word[1], MACH_PORT_NULL);
	assert_int_equal(slot(t)->word[2], BAD_ACCESS);
	assert_int_equal(slot(t)->word[3], EXC_MASK_BREAKPOINT);
	assert_int_equal((int)slot(t)->word[4], DEFAULT64);
	assert_int_equal(call(t, MACH_ROUTINE_task_swap_exc, 0, BAD_ACCESS |
	    EXC_MASK_ARITHMETIC, 0, 0, 0), 0);
	assert_int_equal(slot(t)->arg[0], 1);
	assert_int_equal(slot(t)->word[1], BAD_ACCESS | EXC_MASK_ARITHMETIC);
	assert_int_equal(call(t, MACH_ROUTINE_thread_get_exc, thread_name(t),
	    EXC_MASK_ALL, 0, 0, 0), 0);
	assert_int_equal(slot(t)->arg[0], 1);
	assert_int_equal(slot(t)->word[1], EXC_MASK_ALL);
}

static void
wrong_ones_are_refused(void **state)
{
	struct fixture *f = *state;
	struct rig_thread *t = f->tb;
	uint32_t set = MACH_ROUTINE_task_set_exc, self = thread_name(t);

	assert_int_equal(call(t, set, 0, 1, f->send, EXCEPTION_DEFAULT, 0),
	    KERN_INVALID_ARGUMENT);
	assert_int_equal(call(t, set, 0, 1u << 14, f->send, EXCEPTION_DEFAULT,
	    0), KERN_INVALID_ARGUMENT);
	assert_int_equal(call(t, set, 0, BAD_ACCESS, f->send, 0, 0),
	    KERN_INVALID_ARGUMENT);
	assert_int_equal(call(t, set, 0, BAD_ACCESS, f->send,
	    EXCEPTION_IDENTITY_PROTECTED, 0), KERN_INVALID_ARGUMENT);
	assert_int_equal(call(t, set, 0, BAD_ACCESS, f->send,
	    EXCEPTION_DEFAULT, 15), KERN_INVALID_ARGUMENT);
	assert_int_equal(call(t, set, 0, BAD_ACCESS, self, EXCEPTION_DEFAULT,
	    0), KERN_INVALID_RIGHT);
	assert_int_equal(call(t, set, self, BAD_ACCESS, f->send,
	    EXCEPTION_DEFAULT, 0), KERN_INVALID_ARGUMENT);
	assert_int_equal(call(t, MACH_ROUTINE_task_get_exc, 0, 1, 0, 0, 0),
	    KERN_INVALID_ARGUMENT);
	assert_int_equal(call(t, MACH_ROUTINE_host_set_exc, self, BAD_ACCESS,
	    f->send, EXCEPTION_DEFAULT, 0), KERN_INVALID_ARGUMENT);
	f->rig->fail_at = f->rig->allocs + 1;
	assert_int_equal(call(t, set, 0, BAD_ACCESS, f->send,
	    EXCEPTION_DEFAULT, 0), KERN_RESOURCE_SHORTAGE);
}

static void
children_inherit(void **state)
{
	struct fixture *f = *state;
	struct rig_thread *t = &f->rig->thread[6];

	assert_int_equal(call(f->tb, MACH_ROUTINE_task_set_exc, 0, BAD_ACCESS,
	    f->send, EXCEPTION_DEFAULT, 0), 0);
	task_inherit(f->k, &f->rig->task[3], &f->rig->task[1]);
	task_exec(f->k, &f->rig->task[3]);
	rig_thread_start(f->rig, 6, 3);
	assert_int_equal(call(t, MACH_ROUTINE_task_get_exc, 0, BAD_ACCESS, 0, 0,
	    0), 0);
	assert_true(MACH_PORT_NULL != slot(t)->word[0]);
	assert_int_equal(slot(t)->word[2], EXCEPTION_DEFAULT);
}

/* ---- exceptions ---- */
static bool
raise_one(struct rig_thread *t, uint32_t exception, uint64_t address)
{
	struct exception_call x = { .exception = exception,
		.code = { 1, address }, .flavor = x86_THREAD_STATE64,
		.nstate = x86_THREAD_STATE64_COUNT, .state = { 11, 22, 33 } };

	memcpy(t->slot, &x, sizeof(x));
	return rig_call(t, RPC_EXCEPTION, sizeof(x), 0);
}

static struct exception_call *
answer_of(struct rig_thread *t)
{
	return (struct exception_call *)(void *)t->slot;
}

static void
replace(struct fixture *f)
{
	rig_replace(f->rig);
	f->a = rig_space(f->rig, 0);
	f->b = rig_space(f->rig, 1);
}

/* The handler answers the message that it has just received. */
static void
reply(struct rig_thread *t, uint32_t id, const uint32_t *word, uint32_t n)
{
	uint32_t to = got(t)->remote;

	memcpy(rig_bytes(t) + SIZEOF_MSG_HEADER, word, 4 * (size_t)n);
	assert_true(rig_msg(t, &(struct rig_send){
		.options = MACH_SEND_MSG, .remote = to, .remote_disposition =
		MACH_MSG_TYPE_MOVE_SEND_ONCE, .id = id, .size =
		SIZEOF_MSG_HEADER + 4 * n,
	}));
	assert_int_equal(t->result, 0);
}

static void
handle(struct fixture *f, uint32_t exception, uint32_t behavior)
{
	assert_int_equal(call(f->tb, MACH_ROUTINE_task_set_exc, 0,
	    1u << exception, f->send, behavior, x86_THREAD_STATE64), 0);
}

static void
a_handler_answers(void **state)
{
	struct fixture *f = *state;
	uint32_t ok[3] = { 0, 1, KERN_SUCCESS }, *w;

	handle(f, EXC_BAD_ACCESS, (uint32_t)DEFAULT64);
	assert_false(raise_one(f->tb, EXC_BAD_ACCESS, 0x123456789a));
	replace(f);
	take(f, f->ta, f->port, 2405);
	w = (uint32_t *)(void *)(rig_bytes(f->ta) + SIZEOF_MSG_HEADER);
	assert_int_equal(w[0], 2);
	assert_int_equal(type_of(f, f->a, w[1]), MACH_PORT_TYPE_SEND);
	assert_int_equal(type_of(f, f->a, w[4]), MACH_PORT_TYPE_SEND);
	assert_int_equal(w[9], EXC_BAD_ACCESS);
	assert_int_equal(w[10], 2);
	assert_int_equal(w[13], 0x3456789a);
	assert_int_equal(w[14], 0x12);
	replace(f);
	assert_false(f->tb->answered);
	reply(f->ta, 2505, ok, 3);
	assert_true(f->tb->answered);
	assert_int_equal(answer_of(f->tb)->kr, KERN_SUCCESS);
	assert_int_equal(answer_of(f->tb)->state[2], 33);
}

static void
handlers_are_asked_in_order(void **state)
{
	struct fixture *f = *state;
	uint32_t no[3] = { 0, 1, KERN_FAILURE }, second = new_port(f, f->a), type,
	    send2;

	kern_port_extract_right(f->k, f->a, second, MAKE_SEND, f->b, &send2,
	    &type);
	handle(f, EXC_ARITHMETIC, EXCEPTION_DEFAULT);
	assert_int_equal(call(f->tb, MACH_ROUTINE_thread_set_exc,
	    thread_name(f->tb), EXC_MASK_ARITHMETIC, send2, EXCEPTION_DEFAULT,
	    0), 0);
	assert_false(raise_one(f->tb, EXC_ARITHMETIC, 7));
	nothing(f->ta, f->port);
	take(f, f->ta, second, 2401);
	assert_int_equal(got(f->ta)->size, SIZEOF_MSG_HEADER + 28 + 8 + 16);
	reply(f->ta, 2501, no, 3);
	assert_false(f->tb->answered);
	take(f, f->ta, f->port, 2401);
	reply(f->ta, 2501, no, 3);
	assert_true(f->tb->answered);
	assert_int_equal(answer_of(f->tb)->kr, KERN_FAILURE);
	/* Nobody to ask. */
	assert_true(raise_one(f->tb, EXC_BREAKPOINT, 7));
	assert_int_equal(answer_of(f->tb)->kr, KERN_FAILURE);
}

static void
a_state_comes_back(void **state)
{
	struct fixture *f = *state;
	uint32_t w[3 + 2 + x86_THREAD_STATE64_COUNT] = { 0, 1, KERN_SUCCESS,
		x86_THREAD_STATE64, x86_THREAD_STATE64_COUNT, 77, 88 };
	uint32_t *in;

	handle(f, EXC_BAD_INSTRUCTION, EXCEPTION_STATE | MACH_EXCEPTION_CODES);
	assert_false(raise_one(f->tb, EXC_BAD_INSTRUCTION, 7));
	take(f, f->ta, f->port, 2406);
	in = (uint32_t *)(void *)(rig_bytes(f->ta) + SIZEOF_MSG_HEADER);
	assert_int_equal(in[8], x86_THREAD_STATE64);
	assert_int_equal(in[9], x86_THREAD_STATE64_COUNT);
	assert_int_equal(in[11], 22);
	reply(f->ta, 2506, w, 5 + x86_THREAD_STATE64_COUNT);
	assert_int_equal(answer_of(f->tb)->kr, KERN_SUCCESS);
	assert_int_equal(answer_of(f->tb)->state[1], 88);
	/* One that is too short is no answer. */
	assert_false(raise_one(f->tb, EXC_BAD_INSTRUCTION, 7));
	take(f, f->ta, f->port, 2406);
	reply(f->ta, 2506, w, 5);
	assert_int_equal(answer_of(f->tb)->kr, KERN_FAILURE);
	assert_int_equal(answer_of(f->tb)->state[1], 22);
	/* State and identity: with 32-bit codes. */
	handle(f, EXC_BREAKPOINT, EXCEPTION_STATE_IDENTITY);
	assert_false(raise_one(f->tb, EXC_BREAKPOINT, 7));
	take(f, f->ta, f->port, 2403);
	reply(f->ta, 2503, w, 5 + x86_THREAD_STATE64_COUNT);
	assert_int_equal(answer_of(f->tb)->kr, KERN_SUCCESS);
}

static void
no_answer_is_one(void **state)
{
	struct fixture *f = *state;
	uint32_t ok[3] = { 0, 1, KERN_SUCCESS };

	handle(f, EXC_BAD_ACCESS, EXCEPTION_DEFAULT);
	assert_false(raise_one(f->tb, EXC_BAD_ACCESS, 7));
	take(f, f->ta, f->port, 2401);
	assert_int_equal(kern_port_deallocate(f->k, f->a, got(f->ta)->remote),
	    0);
	rig_settle(f->rig);
	assert_true(f->tb->answered);
	assert_int_equal(answer_of(f->tb)->kr, KERN_FAILURE);
	/* Another routine's reply is none. */
	assert_false(raise_one(f->tb, EXC_BAD_ACCESS, 7));
	take(f, f->ta, f->port, 2401);
	reply(f->ta, 2505, ok, 3);
	assert_int_equal(answer_of(f->tb)->kr, KERN_FAILURE);
	/* The message dies in the queue of a handler that ends. */
	assert_false(raise_one(f->tb, EXC_BAD_ACCESS, 7));
	kern_port_destroy(f->k, f->a, f->port);
	rig_settle(f->rig);
	assert_true(f->tb->answered);
	/* It is dead now. */
	assert_true(raise_one(f->tb, EXC_BAD_ACCESS, 7));
	assert_int_equal(answer_of(f->tb)->kr, KERN_FAILURE);
}

static void
waits_end(void **state)
{
	struct fixture *f = *state;
	uint32_t ok[3] = { 0, 1, KERN_SUCCESS }, once;

	handle(f, EXC_BAD_ACCESS, EXCEPTION_DEFAULT);
	assert_false(raise_one(f->tb, EXC_BAD_ACCESS, 7));
	take(f, f->ta, f->port, 2401);
	assert_true(rig_again(f->tb, RPC_COLLECT));
	assert_int_equal(f->tb->result, -RPC_ECANCELED);
	once = got(f->ta)->remote;
	assert_int_equal(type_of(f, f->a, once), MACH_PORT_TYPE_DEAD_NAME);
	/* Killed while it waits: the answer goes nowhere. */
	assert_false(raise_one(f->tb, EXC_BAD_ACCESS, 7));
	take(f, f->ta, f->port, 2401);
	rig_thread_stop(f->rig, 1);
	memcpy(rig_bytes(f->ta) + SIZEOF_MSG_HEADER, ok, sizeof(ok));
	rig_msg(f->ta, &(struct rig_send){ .options = MACH_SEND_MSG,
		.remote = got(f->ta)->remote, .size = 36, .remote_disposition =
		MACH_MSG_TYPE_MOVE_SEND_ONCE });
}

static void
nonsense_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_true(raise_one(f->tb, 0, 7));
	assert_int_equal(f->tb->result, -RPC_EINVAL);
	assert_true(raise_one(f->tb, EXC_TYPES_COUNT, 7));
	assert_int_equal(f->tb->result, -RPC_EINVAL);
	assert_true(rig_call(f->tb, RPC_EXCEPTION, 8, 0));
	assert_int_equal(f->tb->result, -RPC_EINVAL);
}

static void
want_of_memory(void **state)
{
	struct fixture *f = *state;
	unsigned i;

	handle(f, EXC_BAD_ACCESS, EXCEPTION_DEFAULT);
	for (i = 1; i < 20; i++) {
		f->rig->fail_at = f->rig->allocs + i;
		if (!raise_one(f->tb, EXC_BAD_ACCESS, 7))
			break;
		assert_int_equal(answer_of(f->tb)->kr, KERN_FAILURE);
	}
	assert_true(i > 3 && i < 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(are_held_and_told, "exception ports: set, asked for, swapped"),
		T(wrong_ones_are_refused, "exception ports: what xnu refuses"),
		T(children_inherit, "exception ports: a child and exec keep them"),
		T(a_handler_answers, "exception: a handler gets it and answers, over replacements"),
		T(handlers_are_asked_in_order, "exception: the thread's handler, then the task's"),
		T(a_state_comes_back, "exception: a handler changes the thread's state"),
		T(no_answer_is_one, "exception: a right given up, a wrong reply, a dead handler are a no"),
		T(waits_end, "exception: its wait can be given up and dies with its thread"),
		T(nonsense_is_refused, "exception: numbers that there are not"),
		T(want_of_memory, "exception: without memory there is no handler"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
