/* SPDX-License-Identifier: ISC */
/* What kern/ asks of Linux. */
#include <stdio.h>
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

/* The payload of a slot with room for n bytes, or NULL. */
static unsigned char *
payload(struct task *task, uint64_t slot, size_t n)
{
	const struct guest_window *w = ((struct guest_task *)task)->window;

	if (w == NULL || n > SIZEOF_WINDOW_SLOT - OFF_WINDOW_SLOT_PAYLOAD)
		return NULL;
	return window_payload(w, slot);
}

static int
hook_window_read(void *host, struct task *task, uint64_t slot, void *dst,
    size_t n)
{
	unsigned char *p = payload(task, slot, n);

	(void)host;
	if (p == NULL)
		return RPC_EFAULT;
	memcpy(dst, p, n);
	return 0;
}

static int
hook_window_write(void *host, struct task *task, uint64_t slot,
    const void *src, size_t n)
{
	unsigned char *p = payload(task, slot, n);

	(void)host;
	if (p == NULL)
		return RPC_EFAULT;
	memcpy(p, src, n);
	return 0;
}

static void
hook_log(void *host, const char *line)
{
	struct server *s = host;

	if (s->foreground)
		fprintf(stderr, "veneerd: %s\n", line);
}

const struct kern_hooks host_hooks = {
	.now = hook_now,
	.timer = hook_timer,
	.reply = hook_reply,
	.window_read = hook_window_read,
	.window_write = hook_window_write,
	.log = hook_log,
};
