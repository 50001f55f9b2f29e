/* SPDX-License-Identifier: ISC */
/*
 * Semaphores.  Waiters leave in the order in which they came.  A signal without a waiter
 * is kept (it preposts); signal_all and signal_thread are not (xnu: sync_sema.c).
 */
#include <assert.h>
#include <string.h>

#include "kobject.h"
#include "mach_call.h"
#include "waits.h"

_Static_assert(MACH_SEMAPHORE_WORDS == 64 * sizeof(((struct space *)0)->words) /
    sizeof(uint64_t), "words");

static unsigned
word_of(const struct semaphore *sem)
{
	return (sem->name >> 8) % MACH_SEMAPHORE_WORDS;
}

static uint64_t
swap(struct kern *k, struct semaphore *sem, uint64_t value)
{
	uint64_t old = 0;

	(void)k->hooks->word_swap(k->host, sem->owner->task, word_of(sem),
	    value, &old);
	return old;
}

/* The count into the kernel. */
static void
pull(struct kern *k, struct semaphore *sem)
{
	if (!sem->in_word)
		return;
	sem->in_word = false;
	/* The window of a task that has ended is gone, or another's. */
	sem->count = !sem->owner->active ? 0 : (uint32_t)swap(k, sem,
	    (uint64_t)sem->name << 32 | MACH_SEMAPHORE_ASK) & INT32_MAX;
}

static bool
claim_word(struct kern *k, struct semaphore *sem)
{
	struct space *s = sem->owner;
	const struct entry *e = entry_of_port(s, sem->port);
	uint64_t bit, old;
	unsigned i;

	if (e == NULL || k->hooks->word_swap == NULL)
		return false;
	sem->name = e->name;
	i = word_of(sem);
	bit = UINT64_C(1) << i % 64;
	if ((s->words[i / 64] & bit) != 0 ||
	    !k->hooks->word_swap(k->host, s->task, i, 0, &old))
		return false;
	s->words[i / 64] |= bit;
	return sem->has_word = true;
}

/* And back, where it may. */
static void
push(struct kern *k, struct semaphore *sem)
{
	if (sem->in_word || sem->stateful || !link_alone(&sem->waiters) ||
	    !sem->owner->active || sem->port->srights != 1 ||
	    sem->count > INT32_MAX || !(sem->has_word || claim_word(k, sem)))
		return;
	sem->in_word = true;
	swap(k, sem, (uint64_t)sem->name << 32 | sem->count);
}

static void
give_word(struct kern *k, struct semaphore *sem)
{
	unsigned i = word_of(sem);

	if (!sem->has_word)
		return;
	pull(k, sem);
	swap(k, sem, 0);
	sem->owner->words[i / 64] &= ~(UINT64_C(1) << i % 64);
	sem->has_word = false;
}

void
semaphore_unname(struct kern *k, struct semaphore *sem, struct space *s)
{
	if (sem->owner == s && s->active)
		give_word(k, sem);
}

static void
rele(struct kern *k, struct semaphore *sem)
{
	if (--sem->refs == 0)
		kern_free(k, sem->account, sem, sizeof(*sem));
}

int
semaphore_new(struct kern *k, struct space *s, uint32_t policy, int32_t value,
    struct semaphore **out)
{
	struct semaphore *sem;
	int kr;

	if (value < 0 || policy & ~(uint32_t)(SYNC_POLICY_FIXED_PRIORITY |
	    SYNC_POLICY_PREPOST))
		return KERN_INVALID_ARGUMENT;
	sem = kern_alloc(k, s->account, sizeof(*sem));
	if (sem == NULL)
		return KERN_RESOURCE_SHORTAGE;
	kr = port_new_kernel(k, s->account, PORT_SEMAPHORE, sem, &sem->port);
	if (kr != KERN_SUCCESS) {
		kern_free(k, s->account, sem, sizeof(*sem));
		return kr;
	}
	sem->account = s->account;
	sem->owner = s;
	sem->refs = 1;
	sem->count = (uint32_t)value;
	link_init(&sem->waiters);
	link_append(&s->semaphores, &sem->owned);
	*out = sem;
	return KERN_SUCCESS;
}

int
kern_semaphore_create(struct kern *k, struct space *s, uint32_t policy,
    int32_t value, uint32_t *name)
{
	struct semaphore *sem;
	int kr = semaphore_new(k, s, policy, value, &sem);

	if (kr != KERN_SUCCESS)
		return kr;
	kr = kobject_name(k, s, sem->port, name);
	if (kr != KERN_SUCCESS)
		semaphore_end(k, sem);
	return kr;
}

void
semaphore_end(struct kern *k, struct semaphore *sem)
{
	struct port *p = sem->port;

	if (sem->owner->active)
		give_word(k, sem);
	sem->has_word = sem->in_word = false;
	link_remove(&sem->owned);
	sem->owner = NULL;
	sem->port = NULL;
	work_calls(k, &sem->waiters);
	p->kobject = NULL;
	port_destroy(k, p);
	rele(k, sem);
}

static int
lookup(struct kern *k, struct space *s, uint32_t name, struct semaphore **out)
{
	int kr;
	struct port *p = kobject_lookup(k, s, name, PORT_SEMAPHORE, &kr);

	*out = p == NULL ? NULL : p->kobject;
	if (p != NULL && (*out)->stateful)
		kr = KERN_INVALID_ARGUMENT;
	return kr;
}

int
kern_semaphore_destroy(struct kern *k, struct space *s, uint32_t name)
{
	struct semaphore *sem;
	int kr = lookup(k, s, name, &sem);

	if (kr != KERN_SUCCESS)
		return kr;
	if (sem->owner != s)
		return KERN_INVALID_ARGUMENT;
	semaphore_end(k, sem);
	return KERN_SUCCESS;
}

static void
take(struct kern *k, struct call *c)
{
	link_remove(&c->link);
	c->s.taken = true;
	link_append(&k->ready, &c->link);
}

void
semaphore_signal(struct kern *k, struct semaphore *sem)
{
	pull(k, sem);
	if (link_alone(&sem->waiters))
		sem->count++;
	else
		take(k, LINK_OF(struct call, link, sem->waiters.next));
	push(k, sem);
}

int
kern_semaphore_signal(struct kern *k, struct space *s, uint32_t name)
{
	struct semaphore *sem;
	int kr = lookup(k, s, name, &sem);

	if (kr == KERN_SUCCESS)
		semaphore_signal(k, sem);
	return kr;
}

/* As many as there are threads; each is woken by its own step of work. */
void
semaphore_signal_all(struct kern *k, struct semaphore *sem)
{
	struct link *l;

	for (l = sem->waiters.next; l != &sem->waiters; l = l->next)
		LINK_OF(struct call, link, l)->s.taken = true;
	work_calls(k, &sem->waiters);
	push(k, sem);
}

int
kern_semaphore_signal_all(struct kern *k, struct space *s, uint32_t name)
{
	struct semaphore *sem;
	int kr = lookup(k, s, name, &sem);

	if (kr == KERN_SUCCESS)
		semaphore_signal_all(k, sem);
	return kr;
}

int
semaphore_signal_thread(struct kern *k, struct semaphore *sem,
    struct thread *th)
{
	if (th->call.state != CALL_PARKED || th->call.wait != WAIT_SEMAPHORE ||
	    th->call.s.on != sem || th->call.s.taken)
		return KERN_NOT_WAITING;
	take(k, &th->call);
	push(k, sem);
	return KERN_SUCCESS;
}

int
kern_semaphore_signal_thread(struct kern *k, struct space *s, uint32_t name,
    uint32_t thread)
{
	struct semaphore *sem;
	int kr = lookup(k, s, name, &sem);
	struct port *p;

	if (kr != KERN_SUCCESS)
		return kr;
	if (thread == MACH_PORT_NULL)
		return kern_semaphore_signal(k, s, name);
	p = kobject_lookup(k, s, thread, PORT_THREAD, &kr);
	return p == NULL ? kr : semaphore_signal_thread(k, sem, p->kobject);
}

static int
wait_on(struct kern *k, struct call *c, struct semaphore *sem,
    uint64_t deadline)
{
	c->s = (struct semaphore_wait){ .on = sem };
	sem->refs++;
	link_append(&sem->waiters, &c->link);
	call_park(k, c, WAIT_SEMAPHORE, deadline);
	return -1;
}

int
kern_semaphore_wait(struct kern *k, struct call *c, uint32_t name,
    uint32_t signal_name, uint64_t deadline)
{
	struct space *s = c->thread->task->space;
	struct semaphore *sem, *other = NULL;
	int kr = lookup(k, s, name, &sem);

	if (kr == KERN_SUCCESS && signal_name != MACH_PORT_NULL)
		kr = lookup(k, s, signal_name, &other);
	if (kr != KERN_SUCCESS)
		return kr;
	if (other != NULL)
		semaphore_signal(k, other);
	pull(k, sem);
	if (sem->count > 0 || deadline == 1) {
		kr = sem->count > 0 ? KERN_SUCCESS : KERN_OPERATION_TIMED_OUT;
		sem->count -= sem->count > 0;
		push(k, sem);
		return kr;
	}
	return wait_on(k, c, sem, deadline);
}

static int
ended(struct kern *k, struct call *c, int otherwise)
{
	struct semaphore *sem = c->s.on;
	int kr = otherwise;

	if (c->s.taken)
		kr = KERN_SUCCESS;
	else if (sem->owner == NULL)
		kr = KERN_TERMINATED;
	c->s.on = NULL;
	if (sem->owner != NULL)
		push(k, sem);
	rele(k, sem);
	return kr;
}

/* ---- notification objects ---- */
int
notification_new(struct kern *k, struct space *s, struct semaphore **out)
{
	int kr = semaphore_new(k, s, SYNC_POLICY_FIFO, 0, out);

	if (kr == KERN_SUCCESS)
		(*out)->stateful = true;
	return kr;
}

static int
lookup_stateful(struct kern *k, struct space *s, uint32_t name,
    struct semaphore **out)
{
	int kr;
	struct port *p = kobject_lookup(k, s, name, PORT_SEMAPHORE, &kr);

	*out = p == NULL ? NULL : p->kobject;
	return p != NULL && !(*out)->stateful ? KERN_INVALID_ARGUMENT : kr;
}

int
kern_notification_post(struct kern *k, struct space *s, uint32_t name,
    const uint64_t *state)
{
	struct semaphore *sem;
	int kr = lookup_stateful(k, s, name, &sem);

	if (kr != KERN_SUCCESS)
		return kr;
	memcpy(sem->state, state, sizeof(sem->state));
	semaphore_signal(k, sem);
	if (sem->count > 1)
		sem->count = 1;
	return KERN_SUCCESS;
}

int
kern_notification_wait(struct kern *k, struct call *c, uint32_t name,
    uint64_t deadline, uint64_t *state)
{
	struct semaphore *sem;
	int kr = lookup_stateful(k, c->thread->task->space, name, &sem);

	if (kr == KERN_SUCCESS && sem->count == 0 && deadline == 1)
		kr = KERN_OPERATION_TIMED_OUT;
	if (kr != KERN_SUCCESS)
		return kr;
	if (sem->count == 0)
		return wait_on(k, c, sem, deadline);
	sem->count = 0;
	memcpy(state, sem->state, sizeof(sem->state));
	return KERN_SUCCESS;
}

/* Into the slot, where the layer finds it with the result. */
static void
give_state(struct kern *k, struct call *c)
{
	if (c->s.on->stateful && c->s.taken)
		(void)k->hooks->window_write(k->host, c->thread->task, c->slot,
		    offsetof(struct mach_call, arg[2]), c->s.on->state,
		    sizeof(c->s.on->state));
}

int64_t
resume_semaphore(struct kern *k, struct call *c)
{
	give_state(k, c);
	return mach_answer(k, c, ended(k, c, KERN_OPERATION_TIMED_OUT));
}

/* A signal that was given to this waiter stays given. */
int64_t
cancel_semaphore(struct kern *k, struct call *c)
{
	give_state(k, c);
	return mach_answer(k, c, ended(k, c, KERN_ABORTED));
}
