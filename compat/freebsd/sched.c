/* SPDX-License-Identifier: ISC */
/* Scheduling and processors. */
#include "freebsd.h"
#include "hostdef.h"

PASS(sched_yield, sched_yield)
PASS(yield, sched_yield)
PASS(sched_setparam, sched_setparam)
PASS(sched_getparam, sched_getparam)
PASS(sched_rr_get_interval, sched_rr_get_interval)

static const struct flag_pair policies[] = {
	{ 1, 1 },	/* FIFO */
	{ 2, 0 },	/* OTHER */
	{ 3, 2 },	/* RR */
};

CALL(sched_setscheduler)
{
	int policy = value_to_host(policies, COUNT(policies), (uint32_t)c->arg[1]);

	if (policy < 0)
		return -EINVAL;
	return HOST(c, sched_setscheduler, c->arg[0], policy, c->arg[2]);
}

CALL(sched_getscheduler)
{
	long ret = HOST(c, sched_getscheduler, c->arg[0]);

	if (ret < 0)
		return ret;
	int policy = value_from_host(policies, COUNT(policies), (uint32_t)ret);
	return policy < 0 ? 2 : policy;
}

static long
priority_limit(struct call *c, long real_time)
{
	uint32_t policy = (uint32_t)c->arg[0];

	if (value_to_host(policies, COUNT(policies), policy) < 0)
		return -EINVAL;
	return policy == 2 ? 0 : real_time;
}

CALL(sched_get_priority_max)
{
	return priority_limit(c, 31);
}

CALL(sched_get_priority_min)
{
	return priority_limit(c, 0);
}

CALL(sched_getcpu)
{
	uint32_t cpu = 0;
	long ret = HOST(c, getcpu, &cpu, 0, 0);

	return ret < 0 ? ret : (long)cpu;
}

/* Bytes of the kernel's set: 256 processors, 1024 from version 14 on. */
static size_t
set_bytes(struct call *c)
{
	return layer_version(c) >= 14 ? 128 : 32;
}

/* The thread or process of a (level, which, id), or an error. */
static long
cpuset_target(uint32_t which, int64_t id)
{
	if (which != FREEBSD_CPU_WHICH_TID && which != FREEBSD_CPU_WHICH_PID &&
	    which != FREEBSD_CPU_WHICH_CPUSET)
		return -EINVAL;
	if (id == -1)
		return 0;
	return id < 0 || id > INT32_MAX ? -ESRCH : id;
}

static long
level_check(uint32_t level)
{
	return level == FREEBSD_CPU_LEVEL_ROOT ||
	    level == FREEBSD_CPU_LEVEL_CPUSET ||
	    level == FREEBSD_CPU_LEVEL_WHICH ? 0 : -EINVAL;
}

CALL(cpuset_getaffinity)
{
	uint8_t mask[128] = { 0 };
	uint64_t room = c->arg[3];
	long id = cpuset_target((uint32_t)c->arg[1], (int64_t)c->arg[2]);

	if (level_check((uint32_t)c->arg[0]) < 0)
		return -EINVAL;
	if (id < 0)
		return id;
	if (room < set_bytes(c) && layer_version(c) < 14)
		return -ERANGE;
	if (room > sizeof(mask) && layer_version(c) < 14)
		return -ERANGE;
	long n = HOST(c, sched_getaffinity, id, sizeof(mask), mask);
	if (n < 0)
		return n;
	size_t used = 0;
	for (size_t i = 0; i < (size_t)n; i++)
		if (mask[i] != 0)
			used = i + 1;
	if (room < used)
		return -ERANGE;
	if (copyout(arg_ptr(c, 4), mask, room < sizeof(mask) ? room : sizeof(mask)) < 0)
		return -EFAULT;
	static const uint8_t zero[64];
	for (uint64_t at = sizeof(mask); at < room; at += sizeof(zero)) {
		uint64_t left = room - at;
		if (copyout(guest(c->arg[4] + at), zero,
		    left < sizeof(zero) ? left : sizeof(zero)) < 0)
			return -EFAULT;
	}
	return 0;
}

CALL(cpuset_setaffinity)
{
	uint8_t mask[128] = { 0 };
	uint64_t n = c->arg[3];
	long id = cpuset_target((uint32_t)c->arg[1], (int64_t)c->arg[2]);

	if ((uint32_t)c->arg[0] != FREEBSD_CPU_LEVEL_WHICH)
		return level_check((uint32_t)c->arg[0]) < 0 ? -EINVAL : -EPERM;
	if (id < 0)
		return id;
	if (n == 0 || n > sizeof(mask) || (n < set_bytes(c) && layer_version(c) < 14))
		return -ERANGE;
	if (copyin(mask, arg_ptr(c, 4), n) < 0)
		return -EFAULT;
	long ret = HOST(c, sched_setaffinity, id, sizeof(mask), mask);
	return ret == -EINVAL ? -EDEADLK : ret;
}

/* Everybody is in the one set that always exists. */
CALL(cpuset_getid)
{
	int32_t set = 1;
	long id = cpuset_target((uint32_t)c->arg[1], (int64_t)c->arg[2]);

	if (id < 0)
		return id;
	return copyout(arg_ptr(c, 3), &set, sizeof(set));
}
