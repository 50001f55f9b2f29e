/* SPDX-License-Identifier: ISC */
/* What kern/ asks of Linux. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>

#include "host.h"

static uint64_t
hook_now(void *host)
{
	struct timespec ts;

	(void)host;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void
hook_timer(void *host, uint64_t deadline)
{
	struct server *s = host;
	struct itimerspec its = {
		.it_value.tv_sec = (time_t)(deadline / 1000000000u),
		.it_value.tv_nsec = (long)(deadline % 1000000000u),
	};

	timerfd_settime(s->timer, TFD_TIMER_ABSTIME, &its, NULL);
}

static void
hook_reply(void *host, struct thread *th, uint64_t id, int64_t result)
{
	(void)host;
	listener_reply(((struct guest_task *)th->task)->listener, id, result);
}

/* Byte `at` of the payload of a slot with room for n from there, or NULL. */
static unsigned char *
payload(void *host, struct task *task, uint64_t slot, size_t at, size_t n)
{
	struct guest_window *w = ((struct guest_task *)task)->window;
	size_t room = SIZEOF_WINDOW_SLOT - OFF_WINDOW_SLOT_PAYLOAD;
	unsigned char *p;

	if (w == NULL || at > room || n > room - at)
		return NULL;
	idle_touch(host, w);
	p = window_payload(w, slot);
	return p == NULL ? NULL : p + at;
}

static void *
hook_alloc(void *host, size_t n)
{
	(void)host;
	return calloc(1, n);
}

static void
hook_free(void *host, void *p, size_t n)
{
	(void)host;
	(void)n;
	free(p);
}

static int
hook_window_read(void *host, struct task *task, uint64_t slot, size_t at,
    void *dst, size_t n)
{
	unsigned char *p = payload(host, task, slot, at, n);

	if (p == NULL)
		return RPC_EFAULT;
	memcpy(dst, p, n);
	return 0;
}

static int
hook_window_write(void *host, struct task *task, uint64_t slot, size_t at,
    const void *src, size_t n)
{
	unsigned char *p = payload(host, task, slot, at, n);

	if (p == NULL)
		return RPC_EFAULT;
	memcpy(p, src, n);
	return 0;
}

static bool
hook_word_swap(void *host, struct task *task, unsigned i, uint64_t value,
    uint64_t *old)
{
	const struct guest_task *t = (const struct guest_task *)task;
	struct window *w;

	if (t->window == NULL || t->borrowed)
		return false;
	idle_touch(host, t->window);
	w = (struct window *)t->window->map;
	*old = __atomic_exchange_n(&w->semaphore[i], value, __ATOMIC_ACQ_REL);
	return true;
}

static void
hook_log(void *host, const char *line)
{
	struct server *s = host;

	if (s->foreground)
		fprintf(stderr, "veneerd: %s\n", line);
}

const struct kern_hooks host_hooks = {
	.alloc = hook_alloc,
	.free = hook_free,
	.now = hook_now,
	.timer = hook_timer,
	.reply = hook_reply,
	.window_read = hook_window_read,
	.window_write = hook_window_write,
	.word_swap = hook_word_swap,
	.memory_new = memory_new,
	.memory_bytes = memory_bytes,
	.memory_free = memory_free,
	.memory_gift = memory_gift,
	.task_facts = facts_task,
	.thread_facts = facts_thread,
	.host_facts = facts_host,
	.task_control = facts_control,
	.log = hook_log,
};
