/* SPDX-License-Identifier: ISC */
/*
 * poll, select and their forms with a mask.
 *
 * The array goes to the host as it is unless it asks for something that has another bit there.
 * A temporary mask is swapped in for the call; a signal that it lets through always ends the call,
 * so it is never restarted.
 */
#include <asm/poll.h>
#include <linux/mman.h>

#include "freebsd.h"
#include "hostdef.h"
#include "sigset.h"

struct pollfd_ {
	int32_t fd;
	int16_t events, revents;
};

static const struct flag_pair poll_bits[] = {
	FREEBSD_POLL_PAIRS
};
#define SAME_BITS (FREEBSD_POLLIN | FREEBSD_POLLPRI | FREEBSD_POLLOUT | \
    FREEBSD_POLLRDNORM | FREEBSD_POLLRDBAND)
#define MAX_FDS (1u << 20)

/* 1: some entry needs converting; 0: none; -EFAULT. */
static long
scan(gaddr fds, uint64_t n)
{
	struct pollfd_ buf[64];

	for (uint64_t i = 0; i < n; i += COUNT(buf)) {
		size_t m = n - i < COUNT(buf) ? (size_t)(n - i) : COUNT(buf);
		if (copyin(buf, guest(fds.a + i * sizeof(buf[0])),
		    m * sizeof(buf[0])) < 0)
			return -EFAULT;
		for (size_t j = 0; j < m; j++)
			if ((uint16_t)buf[j].events & ~(unsigned)SAME_BITS)
				return 1;
	}
	return 0;
}

static long
poll_host(struct call *c, uint64_t fds, uint64_t n, struct host_timespec *ts)
{
	return INTR(c, ppoll, fds, n, ts, 0, 8);
}

static long
poll_copy(struct call *c, gaddr fds, uint32_t n, struct host_timespec *ts)
{
	size_t bytes = n * sizeof(struct pollfd_);
	struct pollfd_ *p;
	long ret = HOST(c, mmap, 0, bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (ret < 0 && ret >= -4095)	/* the arena's pages are for what stays */
		return -ENOMEM;
	p = (struct pollfd_ *)(uintptr_t)ret;
	ret = -EFAULT;
	if (copyin(p, fds, bytes) < 0)
		goto out;
	for (uint32_t i = 0; i < n; i++)
		p[i].events = (int16_t)flags_to_host(poll_bits,
		    COUNT(poll_bits), (uint16_t)p[i].events, NULL);
	ret = poll_host(c, (uint64_t)(uintptr_t)p, n, ts);
	for (uint32_t i = 0; ret >= 0 && i < n; i++) {
		int16_t got = (int16_t)flags_from_host(poll_bits,
		    COUNT(poll_bits), (uint16_t)p[i].revents);
		if (copyout(guest(fds.a + i * 8ul + 6), &got, 2) < 0)
			ret = -EFAULT;
	}
out:
	HOST(c, munmap, p, bytes);
	return ret;
}

static long
poll_any(struct call *c, struct host_timespec *ts)
{
	gaddr fds = arg_ptr(c, 0);
	uint32_t n = (uint32_t)c->arg[1];

	if (n > MAX_FDS)
		return -EINVAL;
	long odd = n ? scan(fds, n) : 0;
	if (odd < 0)
		return odd;
	return odd ? poll_copy(c, fds, n, ts) : poll_host(c, fds.a, n, ts);
}

CALL(poll)
{
	int ms = arg_int(c, 2);
	struct host_timespec ts = { ms / 1000, (ms % 1000) * 1000000l };

	return poll_any(c, ms < 0 ? NULL : &ts);
}

/* The mask of a call: 0, 1 when there is one, or -EFAULT. */
static long
mask_in(gaddr set, uint64_t *mask)
{
	struct freebsd_sigset s;

	if (set.a == 0)
		return 0;
	if (copyin(&s, set, sizeof(s)) < 0)
		return -EFAULT;
	*mask = freebsd_sigset_to_host(&s);
	return 1;
}

static long
masked_end(struct call *c, long ret)
{
	if (ret == -ERESTARTSYS || ret == -EINTR)
		return -EINTR;
	mask_unswap(call_thread(c));
	return ret;
}

CALL(ppoll)
{
	struct host_timespec ts;
	uint64_t mask = 0;
	long masked = mask_in(arg_ptr(c, 3), &mask);

	if (masked < 0 || (c->arg[2] && copyin(&ts, arg_ptr(c, 2), sizeof(ts)) < 0))
		return -EFAULT;
	if (masked)
		mask_swap(call_thread(c), mask);
	long ret = poll_any(c, c->arg[2] ? &ts : NULL);
	return masked ? masked_end(c, ret) : ret;
}

/* The host writes the time that is left; this system leaves it alone. */
CALL(select)
{
	struct host_timeval tv;

	if (c->arg[4] != 0) {
		if (copyin(&tv, arg_ptr(c, 4), sizeof(tv)) < 0)
			return -EFAULT;
		if (tv.sec < 0 || tv.usec < 0 || tv.usec >= 1000000)
			return -EINVAL;
	}
	return INTR(c, select, c->arg[0], c->arg[1], c->arg[2], c->arg[3],
	    c->arg[4] ? &tv : NULL);
}

CALL(pselect)
{
	struct host_timespec ts;
	uint64_t mask = 0;
	long masked = mask_in(arg_ptr(c, 5), &mask);

	if (masked < 0 || (c->arg[4] && copyin(&ts, arg_ptr(c, 4), sizeof(ts)) < 0))
		return -EFAULT;
	if (masked)
		mask_swap(call_thread(c), mask);
	long ret = INTR(c, pselect6, c->arg[0], c->arg[1], c->arg[2], c->arg[3],
	    c->arg[4] ? &ts : NULL, 0);
	return masked ? masked_end(c, ret) : ret;
}
