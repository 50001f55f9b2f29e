/* SPDX-License-Identifier: ISC */
/* Sending and receiving. The vector of buffers is the same; header, address and control differ. */
#include "freebsd.h"
#include "hostdef.h"
#include "cmsg.h"
#include "sockaddr.h"

static const struct flag_pair msg_flags[] = {
	FREEBSD_MSG_PAIRS
};

struct freebsd_msghdr {
	uint64_t name;
	uint32_t namelen, pad0;
	uint64_t iov;
	int32_t iovlen;
	uint32_t pad1;
	uint64_t control;
	uint32_t controllen;
	int32_t flags;
};
_Static_assert(sizeof(struct freebsd_msghdr) == 48, "msghdr");

static uint32_t
msg_flags_in(uint32_t flags)
{
	return flags_to_host(msg_flags, COUNT(msg_flags), flags, NULL);
}

CALL(sendto)
{
	struct sockaddr_buf b;
	uint32_t flags = msg_flags_in((uint32_t)c->arg[3]);

	if (c->arg[4] == 0)
		return INTR(c, sendto, c->arg[0], c->arg[1], c->arg[2], flags);
	long ret = sockaddr_in(&b, arg_ptr(c, 4), (uint32_t)c->arg[5]);
	if (ret < 0)
		return ret;
	return INTR(c, sendto, c->arg[0], c->arg[1], c->arg[2], flags, &b.u, b.len);
}

CALL(recvfrom)
{
	struct sockaddr_buf b = { .len = sizeof(b.u) };
	uint32_t flags = msg_flags_in((uint32_t)c->arg[3]);

	if (c->arg[4] == 0)
		return INTR(c, recvfrom, c->arg[0], c->arg[1], c->arg[2], flags);
	long n = INTR(c, recvfrom, c->arg[0], c->arg[1], c->arg[2], flags,
	    &b.u, &b.len);
	if (n < 0)
		return n;
	long ret = sockaddr_out(arg_ptr(c, 4), arg_ptr(c, 5), &b);
	return ret < 0 ? ret : n;
}

CALL(sendmsg)
{
	struct freebsd_msghdr m;
	struct sockaddr_buf b;
	struct cmsg_buf cb;
	struct host_msghdr h = { 0 };

	if (copyin(&m, arg_ptr(c, 1), sizeof(m)) < 0)
		return -EFAULT;
	if (m.name != 0 && m.namelen != 0) {
		long ret = sockaddr_in(&b, guest(m.name), m.namelen);
		if (ret < 0)
			return ret;
		h.name = (uint64_t)(uintptr_t)&b.u;
		h.namelen = b.len;
	}
	h.iov = m.iov;
	h.iovlen = (uint32_t)m.iovlen;
	if (m.control != 0 && m.controllen != 0) {
		long ret = cmsg_in(c, &cb, guest(m.control), m.controllen);
		if (ret < 0)
			return ret;
		h.control = (uint64_t)(uintptr_t)cb.bytes;
		h.controllen = cb.len;
	}
	return INTR(c, sendmsg, c->arg[0], &h, msg_flags_in((uint32_t)c->arg[2]));
}

static long
recv_out(struct call *c, struct freebsd_msghdr *m, struct host_msghdr *h,
    struct sockaddr_buf *b, struct cmsg_buf *cb)
{
	m->flags = (int32_t)flags_from_host(msg_flags, COUNT(msg_flags), h->flags);
	if (m->name != 0) {
		b->len = h->namelen < sizeof(b->u) ? h->namelen : sizeof(b->u);
		if (b->len > 0)
			sockaddr_from_host(b);
		uint32_t n = b->len < m->namelen ? b->len : m->namelen;
		if (copyout(guest(m->name), b->u.bytes, n) < 0)
			return -EFAULT;
		m->namelen = n;
	}
	if (m->control != 0) {
		cb->len = (uint32_t)h->controllen;
		long ret = cmsg_out(c, cb, guest(m->control), &m->controllen,
		    &m->flags);
		if (ret < 0)
			return ret;
	}
	return copyout(arg_ptr(c, 1), m, sizeof(*m));
}

CALL(recvmsg)
{
	struct freebsd_msghdr m;
	struct sockaddr_buf b;
	struct cmsg_buf cb;
	struct host_msghdr h = { 0 };

	if (copyin(&m, arg_ptr(c, 1), sizeof(m)) < 0)
		return -EFAULT;
	if (m.name != 0) {
		h.name = (uint64_t)(uintptr_t)&b.u;
		h.namelen = sizeof(b.u);
	}
	h.iov = m.iov;
	h.iovlen = (uint32_t)m.iovlen;
	if (m.control != 0) {
		h.control = (uint64_t)(uintptr_t)cb.bytes;
		h.controllen = m.controllen < sizeof(cb.bytes) ? m.controllen :
		    sizeof(cb.bytes);
	}
	long n = INTR(c, recvmsg, c->arg[0], &h, msg_flags_in((uint32_t)c->arg[2]));
	if (n < 0)
		return n;
	long ret = recv_out(c, &m, &h, &b, &cb);
	return ret < 0 ? ret : n;
}
