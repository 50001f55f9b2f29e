/* SPDX-License-Identifier: ISC */
/*
 * Semaphores whose count moves between a word of the owner's window and the kernel: random
 * programs of two tasks against a model of a count and a queue.  MACH_SIM_SEED replays.
 */
#include "kobject.h"
#include "pair.h"
#include "routine.h"

enum { SEMS = 3, THREADS = 8, OWNERS = 5, STEPS = 1500, SEEDS = 60 };

struct model {
	uint32_t count;
	int queue[THREADS], n;
	uint32_t name[2];	/* what owner and other call it, 0: no right */
	struct semaphore *real;
};
struct world {
	struct rig *rig;
	struct model sem[SEMS];
	int on[THREADS];	/* which semaphore the thread waits on, -1 none */
	int want[THREADS];	/* the result it must have had when it is answered */
	bool timed[THREADS];
};

static void
begin(struct rig_thread *t, uint32_t routine, uint64_t a1, uint64_t a2,
    uint64_t a3)
{
	uint64_t arg[6] = { 0, a1, a2, a3, 0, 0 };

	memset(t->slot, 0, 64);
	memcpy(t->slot, &routine, sizeof(routine));
	memcpy(t->slot + 8, arg, sizeof(arg));
}

/* As libmach does it (sdk/mach/semaphore.c). */
static bool
in_place(struct world *w, uint32_t name, bool signal)
{
	uint64_t *word = &w->rig->words[0][(name >> 8) % MACH_SEMAPHORE_WORDS];

	if (name == 0 || *word >> 32 != name || *word & MACH_SEMAPHORE_ASK ||
	    (signal ? *word + 1 : *word) << 33 == 0)
		return false;
	*word = signal ? *word + 1 : *word - 1;
	return true;
}

static int
task_of(int thread)
{
	return thread >= OWNERS;
}

/* ---- the model ---- */
static void
leave(struct world *w, int thread, int result)
{
	struct model *m = &w->sem[w->on[thread]];
	int i = 0;

	while (m->queue[i] != thread)
		i++;
	memmove(&m->queue[i], &m->queue[i + 1],
	    (size_t)(--m->n - i) * sizeof(int));
	w->on[thread] = -1;
	w->want[thread] = result;
}

static void
signal_model(struct world *w, struct model *m)
{
	if (m->n > 0)
		leave(w, m->queue[0], 0);
	else
		m->count++;
}

/* ---- agreement ---- */
static void
agree(struct world *w)
{
	struct link *l;
	uint32_t count;
	int i, n;

	for (i = 0; i < THREADS; i++) {
		struct rig_thread *t = &w->rig->thread[i];

		assert_int_equal(t->answered, w->on[i] < 0);
		if (t->answered)
			assert_int_equal(t->result, w->want[i]);
	}
	for (i = 0; i < SEMS; i++) {
		struct model *m = &w->sem[i];

		if (m->real == NULL)
			continue;
		count = m->real->count;
		if (m->real->in_word)
			count = (uint32_t)w->rig->words[0][(m->real->name >> 8) %
			    MACH_SEMAPHORE_WORDS];
		assert_int_equal(count, m->count);
		n = 0;
		for (l = m->real->waiters.next; l != &m->real->waiters;
		    l = l->next)
			assert_ptr_equal(LINK_OF(struct call, link, l),
			    &w->rig->thread[m->queue[n++]].th.call);
		assert_int_equal(n, m->n);
		assert_false(m->real->in_word && n != 0);
	}
}

/* ---- steps ---- */
static void
create(struct world *w, int s)
{
	struct rig_thread *t = &w->rig->thread[0];
	struct model *m = &w->sem[s];
	struct entry *e;

	if (w->on[0] >= 0)
		return;
	memset(m, 0, sizeof(*m));
	m->count = (uint32_t)rig_rnd(w->rig, 4);
	begin(t, MACH_ROUTINE_semaphore_create, 0, m->count, 0);
	assert_true(rig_call(t, RPC_MACH_CALL, RIG_SLOT, 0));
	w->want[0] = 0;
	memcpy(&m->name[0], t->slot + 8, sizeof(m->name[0]));
	assert_int_equal(right_lookup(rig_space(w->rig, 0), m->name[0], &e), 0);
	m->real = e->object.port->kobject;
}

static void
wait_step(struct world *w, int thread, struct model *m, struct model *other)
{
	struct rig_thread *t = &w->rig->thread[thread];
	uint32_t name = m->name[task_of(thread)];
	uint64_t ns = rig_rnd(w->rig, 3) * MS;
	bool timed = rig_rnd(w->rig, 2) == 0;

	if (other == NULL && task_of(thread) == 0 && in_place(w, name, false)) {
		assert_true(m->count-- > 0);
		return;
	}
	begin(t, timed ? MACH_ROUTINE_semaphore_timedwait :
	    MACH_ROUTINE_semaphore_wait, name, other == NULL ? 0 :
	    other->name[task_of(thread)], ns);
	rig_call(t, RPC_MACH_CALL, RIG_SLOT, 0);
	if (other != NULL)
		signal_model(w, other);
	w->want[thread] = 0;
	if (m->count > 0) {
		m->count--;
	} else if (timed && ns == 0) {
		w->want[thread] = KERN_OPERATION_TIMED_OUT;
	} else {
		m->queue[m->n++] = thread;
		w->on[thread] = (int)(m - w->sem);
		w->timed[thread] = timed;
	}
}

static void
signal_step(struct world *w, int thread, struct model *m)
{
	struct rig_thread *t = &w->rig->thread[thread];
	uint32_t name = m->name[task_of(thread)];
	bool all = rig_rnd(w->rig, 8) == 0;

	if (!all && task_of(thread) == 0 && in_place(w, name, true)) {
		assert_int_equal(m->n, 0);
		m->count++;
		return;
	}
	begin(t, all ? MACH_ROUTINE_semaphore_signal_all :
	    MACH_ROUTINE_semaphore_signal, name, 0, 0);
	assert_true(rig_call(t, RPC_MACH_CALL, RIG_SLOT, 0));
	w->want[thread] = 0;
	while (all && m->n > 0)
		leave(w, m->queue[0], 0);
	if (!all)
		signal_model(w, m);
}

static void
destroy(struct world *w, struct model *m)
{
	struct rig_thread *t = &w->rig->thread[0];

	if (w->on[0] >= 0 || m->name[0] == 0)
		return;
	begin(t, MACH_ROUTINE_semaphore_destroy, m->name[0], 0, 0);
	assert_true(rig_call(t, RPC_MACH_CALL, RIG_SLOT, 0));
	w->want[0] = 0;
	while (m->n > 0)
		leave(w, m->queue[0], KERN_TERMINATED);
	assert_false(in_place(w, m->name[0], true));
	memset(m, 0, sizeof(*m));
}

/* Rights come, go and are renamed. */
static void
right_step(struct world *w, struct model *m)
{
	struct space *a = rig_space(w->rig, 0), *b = rig_space(w->rig, 1);
	uint32_t type, old = m->name[0];

	switch (rig_rnd(w->rig, 4)) {
	case 0:
		if (m->name[0] != 0 && m->name[1] == 0)
			assert_int_equal(kern_port_extract_right(&w->rig->k, a,
			    m->name[0], COPY_SEND, b, &m->name[1], &type), 0);
		break;
	case 1:
		if (m->name[0] == 0)
			break;
		if (m->name[1] != 0)
			assert_int_equal(kern_port_deallocate(&w->rig->k, b,
			    m->name[1]), 0);
		m->name[1] = 0;
		break;
	case 2:
		if (m->name[0] == 0 || m->name[1] == 0)
			break;
		assert_int_equal(kern_port_deallocate(&w->rig->k, a, old), 0);
		m->name[0] = 0;
		assert_false(in_place(w, old, true));
		break;
	default:
		if (m->name[0] == 0)
			break;
		m->name[0] = (uint32_t)rig_rnd(w->rig, 1 << 10) * 0x100 + 0x101;
		if (kern_port_rename(&w->rig->k, a, old, m->name[0]) != 0)
			m->name[0] = old;
		else
			assert_false(in_place(w, old, true));
		break;
	}
}

static void
end_a_wait(struct world *w, int thread)
{
	if (rig_rnd(w->rig, 2) == 0) {
		if (!rig_again(&w->rig->thread[thread], RPC_COLLECT))
			fail();
		leave(w, thread, KERN_ABORTED);
		return;
	}
	rig_advance(w->rig, 3 * MS);
	for (int i = 0; i < THREADS; i++)
		if (w->on[i] >= 0 && w->timed[i])
			leave(w, i, KERN_OPERATION_TIMED_OUT);
}

static void
step(struct world *w)
{
	int thread = (int)rig_rnd(w->rig, THREADS);
	struct model *m = &w->sem[rig_rnd(w->rig, SEMS)];
	struct model *other = &w->sem[rig_rnd(w->rig, SEMS)];
	uint64_t what = rig_rnd(w->rig, 40);

	if (m->real == NULL) {
		create(w, (int)(m - w->sem));
	} else if (what == 0) {
		destroy(w, m);
	} else if (what < 4) {
		right_step(w, m);
	} else if (w->on[thread] >= 0) {
		if (what < 12)
			end_a_wait(w, thread);
	} else if (m->name[task_of(thread)] == 0) {
		return;
	} else if (what < 20) {
		wait_step(w, thread, m, NULL);
	} else if (what < 23 && other->real != NULL &&
	    other->name[task_of(thread)] != 0) {
		wait_step(w, thread, m, other);
	} else {
		signal_step(w, thread, m);
	}
	rig_settle(w->rig);
}

/* Another kernel takes over; what the words hold stays where it is. */
static void
replace(struct world *w)
{
	struct entry *e;
	int i, of;

	rig_replace(w->rig);
	for (i = 0; i < SEMS; i++) {
		of = w->sem[i].name[0] == 0;
		if (w->sem[i].real == NULL)
			continue;
		assert_int_equal(right_lookup(rig_space(w->rig, of),
		    w->sem[i].name[of], &e), 0);
		w->sem[i].real = e->object.port->kobject;
	}
}

static void
run(uint64_t seed)
{
	struct world w = { .rig = rig_new(seed) };
	int i;

	w.rig->no_words = seed % 10 == 9;
	rig_space(w.rig, 0);
	rig_space(w.rig, 1);
	for (i = 0; i < THREADS; i++) {
		rig_thread_start(w.rig, i, task_of(i));
		w.rig->thread[i].answered = true;
		w.on[i] = -1;
	}
	for (i = 0; i < STEPS; i++) {
		step(&w);
		agree(&w);
		if (i % 97 == 0)
			replace(&w);
	}
	rig_end(w.rig);
}

static void
counts_are_kept(void **state)
{
	const char *one = getenv("MACH_SIM_SEED");
	uint64_t seed = one == NULL ? 0 : strtoull(one, NULL, 10), i;

	(void)state;
	for (i = 0; i < SEEDS; i++)
		run(seed + i);
}

/* What a guest writes into the word is a count of its own or nothing. */
static void
nonsense_in_the_word(void **state)
{
	struct fixture *f = *state;
	uint64_t *word;
	uint32_t name = 0, there, type;
	int i;

	begin(f->ta, MACH_ROUTINE_semaphore_create, 0, 2, 0);
	assert_true(rig_call(f->ta, RPC_MACH_CALL, RIG_SLOT, 0));
	memcpy(&name, f->ta->slot + 8, sizeof(name));
	word = &f->rig->words[0][(name >> 8) % MACH_SEMAPHORE_WORDS];
	begin(f->ta, MACH_ROUTINE_semaphore_signal, name, 0, 0);
	assert_true(rig_call(f->ta, RPC_MACH_CALL, RIG_SLOT, 0));
	assert_int_equal(*word, (uint64_t)name << 32 | 3);
	for (i = 0; i < 2000; i++) {
		*word = rig_rnd(f->rig, UINT64_MAX);
		begin(f->ta, i % 2 ? MACH_ROUTINE_semaphore_timedwait :
		    MACH_ROUTINE_semaphore_signal, name, 0, 0);
		assert_true(rig_call(f->ta, RPC_MACH_CALL, RIG_SLOT, 0));
		assert_true(f->ta->result == 0 ||
		    f->ta->result == KERN_OPERATION_TIMED_OUT);
	}
	*word = (uint64_t)name << 32 | INT32_MAX;
	kern_port_extract_right(f->k, f->a, name, COPY_SEND, f->b, &there,
	    &type);
	begin(f->tb, MACH_ROUTINE_semaphore_signal, there, 0, 0);
	assert_true(rig_call(f->tb, RPC_MACH_CALL, RIG_SLOT, 0));
	assert_int_equal(f->tb->result, 0);
	assert_true(*word & MACH_SEMAPHORE_ASK);
	/* Its owner ends with a word in use. */
	rig_task_end(f->rig, 0);
	begin(f->tb, MACH_ROUTINE_semaphore_signal, there, 0, 0);
	assert_true(rig_call(f->tb, RPC_MACH_CALL, RIG_SLOT, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "semaphore: counts and queues agree with the model wherever "
		    "the count is", counts_are_kept, NULL, NULL, NULL },
		T(nonsense_in_the_word,
		    "semaphore: a word full of nonsense harms its owner alone"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
