/* SPDX-License-Identifier: ISC */
/* Veneer's own calls: they measure and prove the trap, and count what they did. */
#include "waits.h"
#include "shared.h"
#include "rpc_kern.h"

enum {
	NS_PER_MS = 1000000,
	ECHO_MAX = sizeof(((struct window_slot *)0)->payload),
};

static uint64_t
count(struct call *c, int effect)
{
	return ++c->thread->task->effects[effect];
}

int64_t
sys_null(struct kern *k, struct call *c)
{
	(void)k;
	return (int64_t)count(c, RPC_EFFECT_NULL);
}

int64_t
resume_park(struct kern *k, struct call *c)
{
	(void)k;
	count(c, RPC_EFFECT_WOKEN);
	return 0;
}

int64_t
cancel_park(struct kern *k, struct call *c)
{
	(void)k;
	count(c, RPC_EFFECT_CANCELLED);
	return -RPC_ECANCELED;
}

int64_t
sys_park(struct kern *k, struct call *c)
{
	uint64_t now = k->hooks->now(k->host), ms = c->arg[0];

	if (ms > (INT64_MAX - now) / NS_PER_MS)
		return -RPC_EINVAL;
	count(c, RPC_EFFECT_PARK);
	return call_park(k, c, WAIT_PARK, now + ms * NS_PER_MS);
}

int64_t
sys_effects(struct kern *k, struct call *c)
{
	(void)k;
	if (c->arg[0] >= RPC_EFFECT_COUNT)
		return -RPC_EINVAL;
	return (int64_t)c->thread->task->effects[c->arg[0]];
}

int64_t
sys_echo(struct kern *k, struct call *c)
{
	unsigned char b[ECHO_MAX];
	struct task *task = c->thread->task;
	size_t i, n = (size_t)c->arg[0];
	int error;

	if (n > sizeof(b))
		return -RPC_EINVAL;
	error = k->hooks->window_read(k->host, task, c->slot, 0, b, n);
	if (error)
		return -error;
	for (i = 0; i < n; i++)
		b[i] = (unsigned char)~b[i];
	error = k->hooks->window_write(k->host, task, c->slot, 0, b, n);
	return error ? -error : (int64_t)n;
}
