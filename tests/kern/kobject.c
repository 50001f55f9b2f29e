/* SPDX-License-Identifier: ISC */
/* Kernel objects answer messages on their ports, in MIG's layouts. */
#include "pair.h"
#include "routine.h"

enum { NDR = 8, REPLY = 36, NDR_AT = 24, BODY_AT = 32 };

static uint32_t *
words_at(struct rig_thread *t, size_t at)
{
	return (uint32_t *)(void *)(rig_bytes(t) + at);
}

/* Asks `port` and has the answer in the slot; words: what goes inline behind the NDR. */
static void
ask(struct fixture *f, struct rig_thread *t, uint32_t port, uint32_t id,
    uint32_t nwords, const uint32_t *words)
{
	uint32_t reply = new_port(f, t->th.task->space);

	memset(words_at(t, NDR_AT), 0, NDR);
	if (nwords != 0)
		memcpy(words_at(t, BODY_AT), words, 4 * (size_t)nwords);
	assert_true(rig_msg(t, &(struct rig_send){
		.options = MACH_SEND_MSG | MACH_RCV_MSG, .remote = port,
		.remote_disposition = COPY_SEND, .local = reply,
		.local_disposition = MAKE_SO, .id = id, .rcv_name = reply,
		.size = nwords == 0 ? NDR_AT : BODY_AT + 4 * nwords,
	}));
	assert_int_equal(t->result, MACH_MSG_SUCCESS);
	assert_int_equal(got(t)->id, id + 100);
	assert_int_equal(kern_port_mod_refs(f->k, t->th.task->space, reply,
	    MACH_PORT_RIGHT_RECEIVE, -1), 0);
}

/* The return code of a reply without descriptors. */
static int
code(struct rig_thread *t)
{
	assert_int_equal(got(t)->bits & MACH_MSGH_BITS_COMPLEX, 0);
	return (int)*words_at(t, BODY_AT);
}

static uint32_t
task_name(struct fixture *f, struct space *s)
{
	uint32_t name;

	assert_int_equal(kern_task_self(f->k, s, &name), 0);
	return name;
}

/* b holds a's port. */
static uint32_t
lend(struct fixture *f)
{
	uint32_t name, type;

	assert_int_equal(kern_port_extract_right(f->k, f->a,
	    task_name(f, f->a), COPY_SEND, f->b, &name, &type), 0);
	return name;
}

static void
allocates_and_tells(void **state)
{
	struct fixture *f = *state;
	uint32_t self = task_name(f, f->a), name, type;

	ask(f, f->ta, self, 3204, 1, &(uint32_t){ MACH_PORT_RIGHT_RECEIVE });
	assert_int_equal(code(f->ta), KERN_SUCCESS);
	assert_int_equal(got(f->ta)->size, REPLY + 4);
	name = *words_at(f->ta, REPLY);
	assert_int_equal(kern_port_type(f->k, f->a, name, &type), 0);
	assert_int_equal(type, MACH_PORT_TYPE_RECEIVE);
	ask(f, f->ta, self, 3201, 1, &name);
	assert_int_equal(*words_at(f->ta, REPLY), MACH_PORT_TYPE_RECEIVE);
	ask(f, f->ta, self, 3201, 1, &(uint32_t){ 0x77703 });
	assert_int_equal(code(f->ta), KERN_INVALID_NAME);
	assert_int_equal(got(f->ta)->size, REPLY);
}

static void
another_tasks_port_reaches_its_space(void **state)
{
	struct fixture *f = *state;
	uint32_t task = lend(f), name, type;

	ask(f, f->tb, task, 3204, 1, &(uint32_t){ MACH_PORT_RIGHT_PORT_SET });
	assert_int_equal(code(f->tb), KERN_SUCCESS);
	name = *words_at(f->tb, REPLY);
	assert_int_equal(kern_port_type(f->k, f->a, name, &type), 0);
	assert_int_equal(type, MACH_PORT_TYPE_PORT_SET);
	/* Its end is its port's: what was sent before is answered, what comes after not. */
	rig_thread_stop(f->rig, 0);
	rig_thread_stop(f->rig, 2);
	rig_task_end(f->rig, 0);
	rig_settle(f->rig);
	assert_int_equal(kern_port_type(f->k, f->b, task, &type), 0);
	assert_int_equal(type, MACH_PORT_TYPE_DEAD_NAME);
}

static void
nonsense_is_told(void **state)
{
	struct fixture *f = *state;
	uint32_t self = task_name(f, f->a), two[2] = { 1, 2 };

	ask(f, f->ta, self, 3299, 0, NULL);
	assert_int_equal(code(f->ta), MIG_BAD_ID);
	ask(f, f->ta, self, 3204, 2, two);
	assert_int_equal(code(f->ta), MIG_BAD_ARGUMENTS);
	ask(f, f->ta, self, 3204, 0, NULL);
	assert_int_equal(code(f->ta), MIG_BAD_ARGUMENTS);
	/* mach_port_insert_right wants a descriptor. */
	ask(f, f->ta, self, 3214, 1, two);
	assert_int_equal(code(f->ta), MIG_BAD_ARGUMENTS);
	/* A count beyond what follows. */
	ask(f, f->ta, self, 3218, 2, two);
	assert_int_equal(code(f->ta), MIG_BAD_ARGUMENTS);
	/* A task is no host. */
	ask(f, f->ta, self, 202, 0, NULL);
	assert_int_equal(code(f->ta), KERN_INVALID_ARGUMENT);
}

static void
rights_travel_in_descriptors(void **state)
{
	struct fixture *f = *state;
	uint32_t task = lend(f), mine = new_port(f, f->b), reply, type;
	struct port_descriptor *d;
	uint32_t *w;

	/* Insert a send right of b's into a under a name of b's choosing. */
	reply = new_port(f, f->b);
	w = words_at(f->tb, NDR_AT);
	d = (struct port_descriptor *)(void *)(w + 1);
	*d = (struct port_descriptor){ .name = mine, .disposition = MAKE_SEND };
	memset(w + 4, 0, NDR);
	w[6] = 0x88803;
	assert_true(rig_msg(f->tb, &(struct rig_send){
		.options = MACH_SEND_MSG | MACH_RCV_MSG, .remote = task,
		.remote_disposition = COPY_SEND, .local = reply,
		.local_disposition = MAKE_SO, .id = 3214, .rcv_name = reply,
		.ndescs = 1, .size = NDR_AT + 28,
	}));
	assert_int_equal(f->tb->result, 0);
	assert_int_equal(code(f->tb), KERN_SUCCESS);
	assert_int_equal(kern_port_type(f->k, f->a, 0x88803, &type), 0);
	assert_int_equal(type, MACH_PORT_TYPE_SEND);
	/* And take it out again: the reply bears the right, and no code. */
	ask(f, f->tb, task, 3215, 2, (uint32_t[]){ 0x88803,
	    MACH_MSG_TYPE_MOVE_SEND });
	assert_true(got(f->tb)->bits & MACH_MSGH_BITS_COMPLEX);
	assert_int_equal(got(f->tb)->size, NDR_AT + 16);
	d = (struct port_descriptor *)(void *)words_at(f->tb, NDR_AT + 4);
	assert_int_equal(d->name, mine);
	assert_int_equal(kern_port_type(f->k, f->a, 0x88803, &type),
	    KERN_INVALID_NAME);
}

/* The simulated guest's memory is the test's. */
static void
give_back(const struct ool_descriptor *d)
{
	uint64_t address = (uint64_t)d->address[1] << 32 | d->address[0];

	free((void *)(uintptr_t)address);
}

static void
arrays_come_out_of_line(void **state)
{
	struct fixture *f = *state;
	struct ool_descriptor *d;
	uint32_t n;

	ask(f, f->tb, lend(f), 3200, 0, NULL);
	assert_true(got(f->tb)->bits & MACH_MSGH_BITS_COMPLEX);
	d = (struct ool_descriptor *)(void *)words_at(f->tb, NDR_AT + 4);
	n = *words_at(f->tb, NDR_AT + 4 + 32 + NDR);
	assert_int_equal(n, f->a->count);
	assert_int_equal(d[0].size, 4 * n);
	assert_int_equal(d[1].size, 4 * n);
	give_back(&d[0]);
	give_back(&d[1]);
	ask(f, f->tb, lend(f), 3402, 0, NULL);
	d = (struct ool_descriptor *)(void *)words_at(f->tb, NDR_AT + 4);
	assert_int_equal(d->type, MACH_MSG_OOL_PORTS_DESCRIPTOR);
	assert_int_equal(d->size, 2);
	give_back(d);
}

static void
lesser_ports_do_less(void **state)
{
	struct fixture *f = *state;
	uint32_t names[3], i, type;
	static const uint32_t which[] = { TASK_NAME_PORT, TASK_INSPECT_PORT,
		TASK_READ_PORT };
	struct port_descriptor *d;

	for (i = 0; i < 3; i++) {
		ask(f, f->tb, lend(f), 3409, 1, &which[i]);
		d = (struct port_descriptor *)(void *)words_at(f->tb,
		    NDR_AT + 4);
		names[i] = d->name;
		ask(f, f->tb, names[i], 3204, 1, &(uint32_t){ 1 });
		assert_int_equal(code(f->tb), KERN_INVALID_TASK);
		/* The token may be seen with any, attributes with the read port. */
		ask(f, f->tb, names[i], 3405, 2, (uint32_t[]){
		    TASK_SECURITY_TOKEN, 2 });
		assert_int_equal(code(f->tb), KERN_SUCCESS);
		assert_int_equal(*words_at(f->tb, REPLY), 2);
		ask(f, f->tb, names[i], 3217, 3, (uint32_t[]){ f->port,
		    MACH_PORT_LIMITS_INFO, 1 });
		assert_int_equal(code(f->tb), i == 2 ? KERN_SUCCESS :
		    KERN_INVALID_TASK);
		ask(f, f->tb, names[i], 3409, 1, &(uint32_t){
		    TASK_KERNEL_PORT });
		assert_int_equal(code(f->tb), i == 0 ? KERN_INVALID_ARGUMENT :
		    KERN_INVALID_CAPABILITY);
	}
	kern_port_type(f->k, f->b, names[0], &type);
	assert_int_equal(type, MACH_PORT_TYPE_SEND);
}

static void
semaphores_and_clocks_answer(void **state)
{
	struct fixture *f = *state;
	struct port_descriptor *d;
	struct port *p;
	uint32_t sem, clock;

	ask(f, f->ta, task_name(f, f->a), 3418, 2, (uint32_t[]){ 0, 0 });
	d = (struct port_descriptor *)(void *)words_at(f->ta, NDR_AT + 4);
	sem = d->name;
	ask(f, f->ta, sem, 617200, 0, NULL);
	assert_int_equal(code(f->ta), KERN_SUCCESS);
	assert_int_equal(kern_clock_alarm(f->k, f->a, 9, 0, 0, f->port,
	    MAKE_SO), KERN_INVALID_ARGUMENT);
	assert_int_equal(clock_port(f->k, SYSTEM_CLOCK, &p), 0);
	assert_int_equal(kobject_name(f->k, f->a, p, &clock), 0);
	rig_advance(f->rig, 5 * MS);
	ask(f, f->ta, clock, 1000, 0, NULL);
	assert_int_equal(code(f->ta), KERN_SUCCESS);
	assert_int_equal(*words_at(f->ta, REPLY + 4), f->rig->now % 1000000000);
}

/* All ids, with whatever behind: something answers, and nothing is lost on the way. */
static void
anything_is_survived(void **state)
{
	static const uint32_t bases[] = { 200, 400, 1000, 3200, 3400, 3600,
		617200 };
	struct fixture *f = *state;
	uint32_t to[4], i, j, n, reply;
	struct rig_thread *t = f->tb;
	struct port *p;

	rig_staged(f->rig);	/* no address is real */
	to[0] = lend(f);
	to[1] = task_name(f, f->b);
	assert_int_equal(host_port(f->k, PORT_HOST_PRIV, &p), 0);
	assert_int_equal(kobject_name(f->k, f->b, p, &to[2]), 0);
	assert_int_equal(kern_thread_self(f->k, &t->th.call, &to[3]), 0);
	for (i = 0; i < 60000; i++) {
		reply = new_port(f, f->b);
		n = (uint32_t)rig_rnd(f->rig, 24);
		for (j = 0; j < n; j++)
			words_at(t, NDR_AT)[j] = (uint32_t)(rig_rnd(f->rig, 3) ?
			    rig_rnd(f->rig, 8) << (8 * rig_rnd(f->rig, 4)) :
			    rig_rnd(f->rig, UINT32_MAX));
		if (rig_rnd(f->rig, 4) == 0)
			f->rig->fail_at = f->rig->allocs + 1 +
			    rig_rnd(f->rig, 6);
		rig_msg(t, &(struct rig_send){
			.options = MACH_SEND_MSG | (rig_rnd(f->rig, 8) ?
			    MACH_RCV_MSG : 0), .local = reply,
			.remote = to[rig_rnd(f->rig, 4)],
			.remote_disposition = COPY_SEND,
			.local_disposition = rig_rnd(f->rig, 8) ? MAKE_SO :
			    MAKE_SEND, .id = bases[rig_rnd(f->rig, 7)] +
			    (uint32_t)rig_rnd(f->rig, 64), .rcv_name = reply,
			.size = NDR_AT + 4 * n,
			.ndescs = rig_rnd(f->rig, 3) ? 0 :
			    1 + (uint32_t)rig_rnd(f->rig, 2),
		});
		f->rig->fail_at = 0;
		if (t->parked)
			rig_again(t, RPC_COLLECT);
		kern_port_destroy(f->k, f->b, reply);
		rig_settle(f->rig);
		if (i % 64 == 0) {
			rig_replace(f->rig);
			f->a = rig_space(f->rig, 0);
			f->b = rig_space(f->rig, 1);
		}
		if (entry_lookup(f->b, to[0]) == NULL)
			to[0] = lend(f);
		if (entry_lookup(f->b, to[1]) == NULL)
			to[1] = task_name(f, f->b);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		T(allocates_and_tells,
		    "messages to a task port do what its traps do"),
		T(another_tasks_port_reaches_its_space,
		    "another task's port reaches that task, till it ends"),
		T(nonsense_is_told, "bad ids and layouts have MIG's errors"),
		T(rights_travel_in_descriptors,
		    "rights travel in descriptors, both ways"),
		T(arrays_come_out_of_line, "arrays come out of line"),
		T(lesser_ports_do_less,
		    "name, inspect and read ports do less than control"),
		T(semaphores_and_clocks_answer, "semaphores and clocks answer"),
		T(anything_is_survived,
		    "random messages to kernel ports lose nothing"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
