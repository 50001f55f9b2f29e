/* SPDX-License-Identifier: ISC */
/* Resource limits and usage.  Limits that the host does not have are unlimited and stay so. */
#include <asm/resource.h>
#include <linux/resource.h>

#include "freebsd.h"
#include "hostdef.h"

#define INFINITY_ INT64_MAX
#define HOST_INFINITY UINT64_MAX

struct limit {
	int64_t cur, max;
};
struct host_limit {
	uint64_t cur, max;
};

static const struct flag_pair limits[] = {
	FREEBSD_RLIMIT_PAIRS
};
#define NLIMITS 15

static int64_t
limit_from_host(uint64_t v)
{
	return v > (uint64_t)INFINITY_ ? INFINITY_ : (int64_t)v;
}

static uint64_t
limit_to_host(int64_t v)
{
	return v == INFINITY_ ? HOST_INFINITY : (uint64_t)v;
}

CALL(getrlimit)
{
	uint32_t which = (uint32_t)c->arg[0];
	int host = value_to_host(limits, COUNT(limits), which);
	struct limit l = { INFINITY_, INFINITY_ };
	struct host_limit h;

	if (which >= NLIMITS)
		return -EINVAL;
	if (host >= 0) {
		long ret = HOST(c, prlimit64, 0, host, 0, &h);
		if (ret < 0)
			return ret;
		l = (struct limit){ limit_from_host(h.cur), limit_from_host(h.max) };
	}
	return copyout(arg_ptr(c, 1), &l, sizeof(l));
}

CALL(setrlimit)
{
	uint32_t which = (uint32_t)c->arg[0];
	int host = value_to_host(limits, COUNT(limits), which);
	struct limit l;

	if (which >= NLIMITS)
		return -EINVAL;
	if (copyin(&l, arg_ptr(c, 1), sizeof(l)) < 0)
		return -EFAULT;
	/* Negative values mean no limit. */
	if (l.cur < 0)
		l.cur = INFINITY_;
	if (l.max < 0)
		l.max = INFINITY_;
	if (l.cur > l.max)
		l.cur = l.max;
	if (host < 0)
		return l.cur == INFINITY_ && l.max == INFINITY_ ? 0 : -EINVAL;
	struct host_limit h = { limit_to_host(l.cur), limit_to_host(l.max) };
	return HOST(c, prlimit64, 0, host, &h, 0);
}

CALL(getdtablesize)
{
	struct host_limit h;
	long ret = HOST(c, prlimit64, 0, RLIMIT_NOFILE, 0, &h);

	if (ret < 0)
		return ret;
	return h.cur > INT32_MAX ? INT32_MAX : (long)h.cur;
}

CALL(getrusage)
{
	static const struct flag_pair who[] = {
		FREEBSD_RUSAGE_PAIRS
	};

	for (size_t i = 0; i < COUNT(who); i++)
		if (who[i].freebsd == (uint32_t)c->arg[0])
			return HOST(c, getrusage, (int)who[i].host, c->arg[1]);
	return -EINVAL;
}
