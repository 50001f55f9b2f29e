/* SPDX-License-Identifier: ISC */
/*
 * sendfile(fd, s, offset, nbytes, hdtr, sbytes, flags): headers, file, trailers.  It answers 0
 * and tells through *sbytes how much went out, also when it fails half-way.
 */
#include <linux/stat.h>
#include <linux/fcntl.h>

#include "freebsd.h"
#include "hostdef.h"

struct freebsd_sf_hdtr {
	uint64_t headers;
	int32_t hdr_cnt, pad0;
	uint64_t trailers;
	int32_t trl_cnt, pad1;
};

static long
check(struct call *c)
{
	static const char empty[] = "";
	struct statx x;
	int32_t type = 0;
	uint32_t n = sizeof(type);
	long ret = HOST(c, statx, c->arg[0], empty, AT_EMPTY_PATH,
	    STATX_TYPE | STATX_SIZE, &x);

	if (ret < 0)
		return ret;
	if ((x.stx_mode & S_IFMT) != S_IFREG)
		return -EINVAL;
	if ((int64_t)c->arg[2] < 0)
		return -EINVAL;
	ret = HOST(c, getsockopt, c->arg[1], HOST_SOL_SOCKET, 3 /* SO_TYPE */,
	    &type, &n);
	if (ret < 0)
		return ret;
	return type == HOST_SOCK_STREAM || type == HOST_SOCK_SEQPACKET ? 0 : -EINVAL;
}

static long
total_of(gaddr iov, int32_t cnt, uint64_t *total)
{
	uint64_t v[2];

	*total = 0;
	for (int32_t i = 0; i < cnt; i++) {
		if (copyin(v, guest(iov.a + 16ul * (uint32_t)i), 16) < 0)
			return -EFAULT;
		*total += v[1];
	}
	return 0;
}

/* 1 when all went out, 0 when only a part did. */
static long
send_vector(struct call *c, uint64_t iov, int32_t cnt, uint64_t *sent)
{
	uint64_t want;

	if (iov == 0 || cnt <= 0)
		return 1;
	if (total_of(guest(iov), cnt, &want) < 0)
		return -EFAULT;
	long ret = INTR(c, writev, c->arg[1], iov, cnt);
	if (ret < 0)
		return ret;
	*sent += (uint64_t)ret;
	if ((uint64_t)ret == want)
		return 1;
	/* Cut short by a signal, or because there was no room. */
	return call_thread(c)->attention & ATT_SIGNAL ? -EINTR : -EAGAIN;
}

static long
send_file(struct call *c, uint64_t *sent)
{
	int64_t off = (int64_t)c->arg[2];
	uint64_t left = c->arg[3] == 0 ? UINT64_MAX : c->arg[3];

	while (left > 0) {
		uint64_t step = left < 0x7ffff000 ? left : 0x7ffff000;
		long ret = INTR(c, sendfile, c->arg[1], c->arg[0], &off, step);
		if (ret < 0)
			return ret;
		if (ret == 0)
			break;
		*sent += (uint64_t)ret;
		left -= (uint64_t)ret;
	}
	return 1;
}

CALL(sendfile)
{
	struct freebsd_sf_hdtr h = { 0 };
	uint64_t sent = 0;
	long ret = check(c);

	if (ret < 0)
		return ret;
	if (c->arg[4] != 0 && copyin(&h, arg_ptr(c, 4), sizeof(h)) < 0)
		return -EFAULT;
	ret = send_vector(c, h.headers, h.hdr_cnt, &sent);
	if (ret > 0)
		ret = send_file(c, &sent);
	if (ret > 0)
		ret = send_vector(c, h.trailers, h.trl_cnt, &sent);
	/* What has gone out must not go out again. */
	if (ret == -ERESTARTSYS && sent > 0)
		ret = -EINTR;
	if (ret == -ERESTARTSYS)
		return ret;
	if (c->arg[5] != 0 && copyout(arg_ptr(c, 5), &sent, sizeof(sent)) < 0)
		return -EFAULT;
	return ret < 0 ? ret : 0;
}
