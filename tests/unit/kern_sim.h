/* SPDX-License-Identifier: ISC */
/* A host for kern/: time stands still until told, answers are noted. */
#ifndef VENEER_TESTS_KERN_SIM_H
#define VENEER_TESTS_KERN_SIM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kern.h"

enum { SIM_REPLIES = 4096, SIM_PAYLOAD = 4032 };

struct sim_reply {
	struct thread *thread;
	uint64_t id;
	int64_t result;
};
struct sim {
	struct kern kern;
	uint64_t now, timer;
	unsigned timer_sets;
	struct sim_reply reply[SIM_REPLIES];
	size_t nreplies;
	unsigned char payload[SIM_PAYLOAD];
};

static uint64_t
sim_now(void *host)
{
	return ((struct sim *)host)->now;
}

static void
sim_timer(void *host, uint64_t deadline)
{
	struct sim *s = host;

	s->timer = deadline;
	s->timer_sets++;
}

static void
sim_reply(void *host, struct thread *th, uint64_t id, int64_t result)
{
	struct sim *s = host;

	s->reply[s->nreplies++ % SIM_REPLIES] =
	    (struct sim_reply){ th, id, result };
}

static void *
sim_alloc(void *host, size_t n)
{
	(void)host;
	return calloc(1, n);
}

static void
sim_free(void *host, void *p, size_t n)
{
	(void)host;
	(void)n;
	free(p);
}

static int
sim_window_read(void *host, struct task *t, uint64_t slot, size_t at,
    void *dst, size_t n)
{
	(void)t;
	if (slot != 4096 || n > SIM_PAYLOAD - at)
		return RPC_EFAULT;
	memcpy(dst, ((struct sim *)host)->payload + at, n);
	return 0;
}

static int
sim_window_write(void *host, struct task *t, uint64_t slot, size_t at,
    const void *src, size_t n)
{
	(void)t;
	if (slot != 4096 || n > SIM_PAYLOAD - at)
		return RPC_EFAULT;
	memcpy(((struct sim *)host)->payload + at, src, n);
	return 0;
}

static void
sim_log(void *host, const char *line)
{
	(void)host;
	(void)line;
}

static const struct kern_hooks sim_hooks = {
	.alloc = sim_alloc, .free = sim_free, .now = sim_now, .timer = sim_timer, .reply = sim_reply,
	.window_read = sim_window_read, .window_write = sim_window_write,
	.log = sim_log,
};

static inline void
sim_init(struct sim *s)
{
	memset(s, 0, sizeof(*s));
	s->now = 1000;
	assert_int_equal(kern_init(&s->kern, &sim_hooks, s), 0);
}

/* Let time pass, with the timer ringing when it was set to. */
static inline void
sim_advance(struct sim *s, uint64_t ns)
{
	uint64_t end = s->now + ns;

	while (s->timer != 0 && s->timer <= end) {
		if (s->timer > s->now)
			s->now = s->timer;
		s->timer = 0;
		kern_timer(&s->kern);
	}
	s->now = end;
}

static inline int64_t
sim_call(struct sim *s, struct thread *th, uint64_t reply, uint64_t op,
    uint64_t seq, uint64_t a0)
{
	struct kern_request rq = {
		.reply = reply, .op = op, .seq = seq, .slot = 4096,
		.arg = { a0, 0, 0 },
	};

	return kern_call(&s->kern, th, &rq);
}

#endif
