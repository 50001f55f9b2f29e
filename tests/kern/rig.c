/* SPDX-License-Identifier: ISC */
#include "rig.h"
#include "rpc.h"

static bool
fails(struct rig *r)
{
	r->allocs++;
	if (r->fail_at != 0 && r->allocs == r->fail_at)
		return true;
	return r->fail_one_in != 0 && rig_rnd(r, r->fail_one_in) == 0;
}

static void *
rig_alloc(void *host, size_t n)
{
	struct rig *r = host;

	if (fails(r))
		return NULL;
	r->live++;
	return rig_block_new(r, n);
}

static void
rig_free(void *host, void *p, size_t n)
{
	memset(p, 0xa5, n);
	((struct rig *)host)->live--;
	rig_block_free(p);
}

static uint64_t
rig_now(void *host)
{
	return ((struct rig *)host)->now;
}

static void
rig_timer(void *host, uint64_t deadline)
{
	((struct rig *)host)->timer = deadline;
}

/* Where the operation has a result of its own, in the slot, that. */
static int64_t
result_of(struct rig_thread *t, int64_t result)
{
	uint32_t op = t->th.call.op;
	int32_t kr;

	if (result < 0 || (op != RPC_MACH_MSG && op != RPC_MACH_CALL))
		return result;
	if (op == RPC_MACH_MSG)
		return (uint32_t)rig_args(t)->mr;
	memcpy(&kr, t->slot + 4, sizeof(kr));
	return kr;
}

static void
rig_reply(void *host, struct thread *th, uint64_t id, int64_t result)
{
	struct rig_thread *t = (struct rig_thread *)th;

	(void)host;
	assert_true(t->alive && t->parked);
	assert_int_equal(t->reply, id);
	t->parked = false;
	t->answered = true;
	t->result = result_of(t, result);
}

/* Slots are named by number; a task reaches those of its own threads. */
static unsigned char *
slot_of(struct rig *r, struct task *task, uint64_t slot, size_t at, size_t n)
{
	struct rig_thread *t;

	if (slot == 0 || slot > RIG_THREADS || at > RIG_SLOT ||
	    n > RIG_SLOT - at)
		return NULL;
	t = &r->thread[slot - 1];
	return t->th.task == task ? t->slot + at : NULL;
}

static int
rig_window_read(void *host, struct task *task, uint64_t slot, size_t at,
    void *dst, size_t n)
{
	unsigned char *p = slot_of(host, task, slot, at, n);

	if (p == NULL)
		return RPC_EFAULT;
	memcpy(dst, p, n);
	return 0;
}

static int
rig_window_write(void *host, struct task *task, uint64_t slot, size_t at,
    const void *src, size_t n)
{
	unsigned char *p = slot_of(host, task, slot, at, n);

	if (p == NULL)
		return RPC_EFAULT;
	memcpy(p, src, n);
	return 0;
}

static struct memory *
rig_memory_new(void *host, size_t n)
{
	struct rig *r = host;
	struct memory *m;

	if (fails(r))
		return NULL;
	m = calloc(1, sizeof(*m));
	m->bytes = calloc(1, n + 1);
	m->n = n;
	r->memories++;
	return m;
}

static unsigned char *
rig_memory_bytes(void *host, struct memory *m)
{
	(void)host;
	return m->bytes;
}

static void
rig_memory_free(void *host, struct memory *m)
{
	((struct rig *)host)->memories--;
	free(m->bytes);
	free(m);
}

/* The simulated guests' addresses are the test's own; 1 is one that faults. */
static int
get(struct rig *r, uint64_t address, uint64_t n, struct memory **out)
{
	if (address == 1)
		return RPC_EFAULT;
	*out = rig_memory_new(r, n);
	if (*out == NULL)
		return RPC_ENOMEM;
	memcpy((*out)->bytes, (void *)(uintptr_t)address, n);
	return 0;
}

static int
rig_memory_get(void *host, struct thread *th, uint64_t id, uint64_t address,
    uint64_t n, bool move, struct memory **out)
{
	struct rig *r = host;

	(void)move;
	if (!r->slow_memory)
		return get(r, address, n, out);
	r->asked = (struct rig_thread *)th;
	r->asked_id = id;
	r->asked_address = address;
	r->asked_n = n;
	return RPC_EINPROGRESS;
}

void
rig_memory_end(struct rig *r, int error)
{
	struct memory *m = NULL;

	if (!error)
		error = get(r, r->asked_address, r->asked_n, &m);
	kern_memory(&r->k, &r->asked->th, r->asked_id, error, m);
}

/* It stays until the test frees it through the address. */
static int
rig_memory_put(void *host, struct thread *th, struct memory *m, uint64_t n,
    uint64_t *address)
{
	struct rig *r = host;

	(void)th;
	if (fails(r))
		return RPC_ENOMEM;
	assert_int_equal(n, m->n);
	*address = (uint64_t)(uintptr_t)m->bytes;
	r->memories--;
	free(m);
	return 0;
}

static bool
rig_word_swap(void *host, struct task *task, unsigned i, uint64_t value,
    uint64_t *old)
{
	struct rig *r = host;
	uint64_t *w = &r->words[task - r->task][i];

	if (r->no_words)
		return false;
	*old = *w;
	*w = value;
	return true;
}

static void
rig_log(void *host, const char *line)
{
	(void)host;
	(void)line;
}

/* Noted: the test does it by kern_gift(). */
static int
rig_memory_gift(void *host, struct thread *th, enum gift gift, uint64_t id,
    struct memory *m)
{
	struct rig *r = host;

	(void)th;
	(void)m;
	r->gift = gift;
	r->gift_id = id;
	return 0;
}

static bool
rig_task_facts(void *host, struct task *task, struct task_facts *f)
{
	(void)host;
	*f = (struct task_facts){ .uid = task->subject.uid,
		.ruid = task->subject.uid, .resident = 4096 };
	return true;
}

static bool
rig_thread_facts(void *host, struct thread *th, struct thread_facts *f)
{
	(void)host;
	(void)th;
	*f = (struct thread_facts){ .state = 'R' };
	return true;
}

static const struct kern_hooks rig_hooks = {
	.alloc = rig_alloc, .free = rig_free, .now = rig_now,
	.timer = rig_timer, .reply = rig_reply,
	.window_read = rig_window_read, .window_write = rig_window_write,
	.word_swap = rig_word_swap,
	.memory_get = rig_memory_get, .memory_new = rig_memory_new,
	.memory_bytes = rig_memory_bytes, .memory_put = rig_memory_put,
	.memory_free = rig_memory_free, .log = rig_log,
	.task_facts = rig_task_facts, .thread_facts = rig_thread_facts,
};

static const struct kern_hooks rig_staged_hooks = {
	.alloc = rig_alloc, .free = rig_free, .now = rig_now,
	.timer = rig_timer, .reply = rig_reply,
	.window_read = rig_window_read, .window_write = rig_window_write,
	.word_swap = rig_word_swap,
	.memory_new = rig_memory_new, .memory_bytes = rig_memory_bytes,
	.memory_free = rig_memory_free, .log = rig_log,
	.memory_gift = rig_memory_gift,
};

void
rig_staged(struct rig *r)
{
	r->k.hooks = &rig_staged_hooks;
}

uint64_t
rig_rnd(struct rig *r, uint64_t n)
{
	r->rng ^= r->rng << 13;
	r->rng ^= r->rng >> 7;
	r->rng ^= r->rng << 17;
	return r->rng % n;
}

struct rig *
rig_new(uint64_t seed)
{
	struct rig *r = calloc(1, sizeof(*r));
	int i;

	r->rng = seed * 0x9e3779b97f4a7c15u + 1;
	r->now = 1000000;
	assert_int_equal(kern_init(&r->k, &rig_hooks, r), 0);
	for (i = 0; i < RIG_TASKS; i++) {
		task_init(&r->k, &r->task[i], 100 + (uint64_t)i);
		r->task[i].subject = (struct subject){
			.uid = 1000 + (uint32_t)i, .pid = 100 + (uint32_t)i,
		};
	}
	return r;
}

void
rig_thread_start(struct rig *r, int thread, int task)
{
	struct rig_thread *t = &r->thread[thread];

	memset(t, 0, sizeof(*t));
	assert_int_equal(thread_init(&r->k, &r->task[task], &t->th,
	    1000 + (uint64_t)thread), 0);
	t->rig = r;
	t->alive = true;
}

void
rig_thread_stop(struct rig *r, int thread)
{
	struct rig_thread *t = &r->thread[thread];

	if (!t->alive)
		return;
	t->parked = false;
	thread_fini(&r->k, &t->th);
	t->alive = false;
	t->th.task = NULL;
}

void
rig_task_end(struct rig *r, int task)
{
	int i;

	for (i = 0; i < RIG_THREADS; i++)
		if (r->thread[i].alive &&
		    r->thread[i].th.task == &r->task[task])
			rig_thread_stop(r, i);
	task_fini(&r->k, &r->task[task]);
	task_init(&r->k, &r->task[task], 100 + (uint64_t)task);
	r->task[task].subject = (struct subject){
		.uid = 1000 + (uint32_t)task, .pid = 100 + (uint32_t)task,
	};
}

void
rig_end(struct rig *r)
{
	int i;

	r->fail_one_in = 0;
	r->fail_at = 0;
	for (i = 0; i < RIG_THREADS; i++)
		rig_thread_stop(r, i);
	for (i = 0; i < RIG_TASKS; i++)
		task_fini(&r->k, &r->task[i]);
	kern_fini(&r->k);
	assert_int_equal(r->live, 0);
	assert_int_equal(r->memories, 0);
	free(r);
}

void
rig_settle(struct rig *r)
{
	while (!kern_work(&r->k, 64))
		;
}

void
rig_advance(struct rig *r, uint64_t ns)
{
	uint64_t end = r->now + ns;

	while (r->timer != 0 && r->timer <= end) {
		if (r->timer > r->now)
			r->now = r->timer;
		r->timer = 0;
		kern_timer(&r->k);
	}
	r->now = end;
}

struct space *
rig_space(struct rig *r, int task)
{
	struct space *s = task_space(&r->k, &r->task[task]);

	assert_non_null(s);
	return s;
}

static bool
ask(struct rig_thread *t, uint64_t op, uint64_t a0, uint64_t a1)
{
	struct kern_request rq = {
		.reply = ++t->rig->next_reply, .op = op, .seq = t->seq,
		.slot = (uint64_t)(t - t->rig->thread) + 1,
		.arg = { a0, a1, 0 },
	};
	int64_t result;

	t->reply = rq.reply;
	t->parked = true;
	t->answered = false;
	result = kern_call(&t->rig->k, &t->th, &rq);
	if (result == KERN_PARKED)
		return t->answered;
	assert_false(t->answered);
	t->parked = false;
	t->answered = true;
	t->result = result_of(t, result);
	return true;
}

bool
rig_call(struct rig_thread *t, uint64_t op, uint64_t a0, uint64_t a1)
{
	t->seq++;
	return ask(t, op, a0, a1);
}

bool
rig_again(struct rig_thread *t, uint64_t op)
{
	return ask(t, op, 0, 0);
}

struct msg_args *
rig_args(struct rig_thread *t)
{
	return (struct msg_args *)(void *)t->slot;
}

unsigned char *
rig_bytes(struct rig_thread *t)
{
	return t->slot + sizeof(struct msg_args);
}

/* The body stays as the test has written it behind the header. */
bool
rig_msg(struct rig_thread *t, const struct rig_send *s)
{
	struct msg_header *h = (struct msg_header *)(void *)rig_bytes(t);

	*rig_args(t) = (struct msg_args){
		.options = s->options, .timeout = s->timeout,
		.send_size = s->size == 0 ? (uint32_t)sizeof(*h) : s->size,
		.rcv_name = s->rcv_name,
		.rcv_size = s->rcv_size == 0 ? RIG_SLOT : s->rcv_size,
	};
	if (s->options & MACH_SEND_MSG)
		*h = (struct msg_header){
			.bits = s->remote_disposition |
			    s->local_disposition << 8 | (s->ndescs != 0 ?
			    MACH_MSGH_BITS_COMPLEX : 0),
			.remote = s->remote, .local = s->local, .id = s->id,
		};
	if (s->ndescs != 0)
		memcpy(h + 1, &s->ndescs, sizeof(s->ndescs));
	return rig_call(t, RPC_MACH_MSG, RIG_SLOT, 0);
}
