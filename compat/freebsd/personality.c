/* SPDX-License-Identifier: ISC */
/*
 * The frame of the FreeBSD personality: how a call comes in, how its result goes out, and what a
 * number that is not there means.
 *
 * A call's number is in rax; syscall(0) and __syscall(198) take it as their first argument, which
 * moves the others down by one register.  Success clears the carry flag; failure sets it and puts
 * the error into rax.  rdx is kept unless the call has a second result.
 */
#include <asm/signal.h>

#include "cred.h"
#include "dispatch.h"
#include "freebsd.h"
#include "fbsd_state.h"

#define RFLAGS_CARRY 1ul

const bool personality_carry = true;

static inline long
run_row(struct call *c, uint32_t nr)
{
	const struct sysent *e = &sysent[nr];

	if (nr >= sysent_count) {
		c->ent = NULL;
		return freebsd_nosys(c);
	}
	c->nr = nr;
	c->ent = (void *)(uintptr_t)e;
	if (e->fds != 0 && freebsd_has_kq(call_thread(c)) && freebsd_kq_names_own(c, e->fds))
		return -EBADF;
	return sysent_run(e, c);
}

static inline long
run(struct call *c)
{
	if (call_thread(c)->attention & ATT_CRED)
		cred_follow(call_thread(c));
	c->scratch[FREEBSD_SCRATCH_INDIRECT] = 0;
	return run_row(c, c->nr);
}

/* The number is the first argument, the others move down, the sixth comes from the stack. */
static long
indirect(struct call *c)
{
	uint32_t nr = (uint32_t)c->arg[0];

	if (c->scratch[FREEBSD_SCRATCH_INDIRECT])
		return freebsd_nosys(c);
	c->scratch[FREEBSD_SCRATCH_INDIRECT] = 1;
	for (int i = 0; i < 5; i++)
		c->arg[i] = c->arg[i + 1];
	c->arg[5] = 0;
	/* A call of fewer arguments may stand at the end of its stack. */
	(void)copyin(&c->arg[5], guest(c->rsp + 8), 8);
	return run_row(c, nr);
}

CALL(syscall)
{
	return indirect(c);
}

CALL(__syscall)
{
	return indirect(c);
}

long
freebsd_stack_arg(struct call *c, unsigned i, uint64_t *v)
{
	unsigned skip = i - 6 + (c->scratch[FREEBSD_SCRATCH_INDIRECT] ? 1 : 0);

	return copyin(v, guest(c->rsp + 8 + 8ul * skip), 8);
}

long
freebsd_error(long ret)
{
	unsigned long e = (unsigned long)-ret;

	if (e > FREEBSD_ONLY_BASE)
		return (long)(e - FREEBSD_ONLY_BASE);
	if (e < sizeof(freebsd_errno_from_host) && freebsd_errno_from_host[e])
		return freebsd_errno_from_host[e];
	return FREEBSD_EINVAL;
}

long
freebsd_posix_error(long ret)
{
	if (ret >= 0 || ret == -ERESTARTSYS || ret == -EJUSTRETURN)
		return ret;
	return freebsd_error(ret);
}

void
freebsd_success(struct call *c, long ret, uint64_t ret2)
{
	c->rax = (uint64_t)ret;
	c->rdx = ret2;
	c->rflags &= ~RFLAGS_CARRY;
}

void
personality_return(struct call *c, long ret)
{
	if (ret < 0 && ret >= -4095) {
		c->rax = (uint64_t)freebsd_error(ret);
		c->rflags |= RFLAGS_CARRY;
		return;
	}
	c->rax = (uint64_t)ret;
	c->rflags &= ~RFLAGS_CARRY;
	if (c->flags & CALL_RET2)
		c->rdx = c->ret2;
}

DISPATCH(run, personality_return)

/* close(2) has closed, interrupted or not. */
long
personality_result(struct call *c, long raw)
{
	return raw == -EINTR && c->nr == FREEBSD_SYS_close ? 0 : raw;
}

/* An unknown number, or one that this version does not have: SIGSYS to the thread, ENOSYS when it
 * survives. */
long
freebsd_nosys(struct call *c)
{
	struct thread_block *t = call_thread(c);

	log_missing(c, "not in this layer");
	HOST(c, tgkill, t->pid, t->tid, SIGSYS);
	return -ENOSYS;
}

uint32_t
flags_to_host(const struct flag_pair *map, size_t n, uint32_t v, uint32_t *rest)
{
	uint32_t out = 0;

	for (size_t i = 0; i < n; i++) {
		if ((v & map[i].freebsd) == map[i].freebsd) {
			out |= map[i].host;
			v &= ~map[i].freebsd;
		}
	}
	if (rest != NULL)
		*rest = v;
	return out;
}

uint32_t
flags_from_host(const struct flag_pair *map, size_t n, uint32_t v)
{
	uint32_t out = 0;

	for (size_t i = 0; i < n; i++) {
		if (map[i].host != 0 && (v & map[i].host) == map[i].host) {
			out |= map[i].freebsd;
			v &= ~map[i].host;
		}
	}
	return out;
}

int
value_to_host(const struct flag_pair *map, size_t n, uint32_t v)
{
	for (size_t i = 0; i < n; i++)
		if (map[i].freebsd == v)
			return (int)map[i].host;
	return -1;
}

int
value_from_host(const struct flag_pair *map, size_t n, uint32_t v)
{
	for (size_t i = 0; i < n; i++)
		if (map[i].host == v)
			return (int)map[i].freebsd;
	return -1;
}
