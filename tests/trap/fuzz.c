/* SPDX-License-Identifier: ISC */
/*
 * libFuzzer: what veneerd takes from guests.  The input is a row of events: requests of
 * any operation, sequence, slot and arguments by any of eight threads, threads that come
 * and go, time that passes.  Whatever is parked is answered at most once, under the
 * notification that asked last.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

enum { THREADS = 8 };

struct fuzz_thread {
	struct thread th;
	bool alive;
	uint64_t waits;		/* notification that must be answered, 0 none */
};

/* For idle.c. */
void
server_wake(struct server *s)
{
	(void)s;
}

static struct {
	struct kern kern;
	struct task task[2];
	struct fuzz_thread thread[THREADS];
	struct guest_window *window;
	uint64_t now, timer, replies;
} w;

struct input {
	const uint8_t *p;
	size_t n;
};

static uint64_t
take(struct input *in, size_t bytes)
{
	uint64_t v = 0;
	size_t n = bytes < in->n ? bytes : in->n;

	memcpy(&v, in->p, n);
	in->p += n;
	in->n -= n;
	return v;
}

/* Small numbers, and now and then any. */
static uint64_t
number(struct input *in)
{
	uint64_t v = take(in, 1);

	return v < 0xf0 ? v : take(in, 8);
}

static uint64_t
fuzz_now(void *host)
{
	(void)host;
	return w.now;
}

static void
fuzz_timer(void *host, uint64_t deadline)
{
	(void)host;
	w.timer = deadline;
}

static void
fuzz_reply(void *host, struct thread *th, uint64_t id, int64_t result)
{
	struct fuzz_thread *f = (struct fuzz_thread *)th;

	(void)host;
	assert(f->alive && f->waits == id);
	assert(result != KERN_PARKED);
	f->waits = 0;
}

static int
fuzz_read(void *host, struct task *t, uint64_t slot, void *dst, size_t n)
{
	const unsigned char *p = window_payload(w.window, slot);

	(void)host;
	(void)t;
	if (p == NULL || n > SIZEOF_WINDOW_SLOT - OFF_WINDOW_SLOT_PAYLOAD)
		return RPC_EFAULT;
	memcpy(dst, p, n);
	return 0;
}

static int
fuzz_write(void *host, struct task *t, uint64_t slot, const void *src, size_t n)
{
	unsigned char *p = window_payload(w.window, slot);

	(void)host;
	(void)t;
	if (p == NULL || n > SIZEOF_WINDOW_SLOT - OFF_WINDOW_SLOT_PAYLOAD)
		return RPC_EFAULT;
	memcpy(p, src, n);
	return 0;
}

static void
fuzz_log(void *host, const char *line)
{
	(void)host;
	(void)line;
}

static const struct kern_hooks hooks = {
	.now = fuzz_now, .timer = fuzz_timer, .reply = fuzz_reply,
	.window_read = fuzz_read, .window_write = fuzz_write, .log = fuzz_log,
};

static void
pass_time(uint64_t ns)
{
	if (ns > UINT64_MAX / 4 - w.now)
		ns = 0;
	w.now += ns;
	while (w.timer != 0 && w.timer <= w.now) {
		w.timer = 0;
		kern_timer(&w.kern);
	}
}

static void
come_or_go(struct fuzz_thread *f)
{
	size_t i = (size_t)(f - w.thread);

	f->waits = 0;
	f->alive = !f->alive;
	if (f->alive) {
		if (thread_init(&w.kern, &w.task[i % 2], &f->th, i))
			abort();
	} else {
		thread_fini(&w.kern, &f->th);
	}
}

static void
request(struct input *in, struct fuzz_thread *f)
{
	struct kern_request rq = { .reply = ++w.replies };
	int i;

	rq.op = number(in);
	rq.seq = number(in);
	rq.slot = number(in) * 256;
	for (i = 0; i < 3; i++)
		rq.arg[i] = number(in);
	f->waits = kern_call(&w.kern, &f->th, &rq) == KERN_PARKED ?
	    rq.reply : f->th.call.state == CALL_PARKED ? f->waits : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = { data, n };
	struct fuzz_thread *f;
	uint64_t what;
	int i;

	if (w.window == NULL && (w.window = window_new(3)) == NULL)
		abort();
	w.now = w.timer = 0;
	if (kern_init(&w.kern, &hooks, NULL))
		abort();
	for (i = 0; i < 2; i++)
		task_init(&w.kern, &w.task[i], (uint64_t)i);
	while (in.n > 0) {
		what = take(&in, 1);
		f = &w.thread[what % THREADS];
		if (what >> 5 == 0)
			pass_time(number(&in) * 100000);
		else if (what >> 5 == 1 || !f->alive)
			come_or_go(f);
		else
			request(&in, f);
	}
	for (i = 0; i < THREADS; i++)
		if (w.thread[i].alive)
			come_or_go(&w.thread[i]);
	for (i = 0; i < 2; i++)
		task_fini(&w.kern, &w.task[i]);
	kern_fini(&w.kern);
	return 0;
}
