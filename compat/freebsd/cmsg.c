/* SPDX-License-Identifier: ISC */
/*
 * Control messages.  Both systems put the data 16 bytes after the start of the header and align
 * to 8, so most messages change only their header; a few change their data too.
 */
#include "freebsd.h"
#include "hostdef.h"
#include "cmsg.h"

struct freebsd_cmsghdr {
	uint32_t len;
	int32_t level, type;
};
struct host_cmsghdr {
	uint64_t len;
	int32_t level, type;
};
#define CMSG_HEADER	16u
#define CONTROL_MAX	2048u	/* FreeBSD: a cluster; no sum of lengths overflows below it */
#define CMSG_ALIGN(n)	(((n) + 7u) & ~7u)

struct freebsd_cmsgcred {
	int32_t pid;
	uint32_t uid, euid, gid;
	int16_t ngroups, pad0;
	uint32_t groups[16];
};
_Static_assert(sizeof(struct freebsd_cmsgcred) == 84, "cmsgcred");

struct host_ucred {
	int32_t pid;
	uint32_t uid, gid;
};
struct host_in_pktinfo {
	int32_t ifindex;
	uint32_t spec_dst, addr;
};

/* Messages whose data is the same. */
static const struct {
	int32_t level, type, host_level, host_type;
} same[] = {
	{ FREEBSD_SOL_SOCKET, FREEBSD_SCM_RIGHTS, HOST_SOL_SOCKET, HOST_SCM_RIGHTS },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SCM_TIMESTAMP, HOST_SOL_SOCKET, 29 },
	{ HOST_SOL_IP, FREEBSD_IP_TOS, HOST_SOL_IP, 1 },
	{ HOST_SOL_IP, FREEBSD_IP_RECVTOS, HOST_SOL_IP, 1 },
	{ HOST_SOL_IP, FREEBSD_IP_TTL, HOST_SOL_IP, 2 },
	{ HOST_SOL_IP, FREEBSD_IP_RECVTTL, HOST_SOL_IP, 2 },
	{ HOST_SOL_IPV6, FREEBSD_IPV6_PKTINFO, HOST_SOL_IPV6, 50 },
	{ HOST_SOL_IPV6, FREEBSD_IPV6_HOPLIMIT, HOST_SOL_IPV6, 52 },
	{ HOST_SOL_IPV6, FREEBSD_IPV6_TCLASS, HOST_SOL_IPV6, 67 },
};
#define HOST_IP_PKTINFO 8

/* One message into the host's buffer; answers its bytes, 0 when it is dropped, or an error. */
static long
one_in(struct call *c, struct cmsg_buf *b, const struct freebsd_cmsghdr *f,
    gaddr data, uint32_t n)
{
	struct host_cmsghdr h = { .len = CMSG_HEADER + n };
	uint8_t *dst = b->bytes + b->len;
	uint32_t room = (uint32_t)sizeof(b->bytes) - b->len;

	if (room < CMSG_HEADER + CMSG_ALIGN(n))
		return -EMSGSIZE;
	if (f->level == FREEBSD_SOL_SOCKET && f->type == FREEBSD_SCM_CREDS) {
		/* The kernel fills it in: who sends it is what counts. */
		struct host_ucred u = { (int32_t)call_thread(c)->pid,
		    (uint32_t)HOST(c, getuid, 0), (uint32_t)HOST(c, getgid, 0) };
		h = (struct host_cmsghdr){ CMSG_HEADER + sizeof(u),
		    HOST_SOL_SOCKET, HOST_SCM_CREDENTIALS };
		*(struct host_cmsghdr *)(void *)dst = h;
		*(struct host_ucred *)(void *)(dst + CMSG_HEADER) = u;
		return CMSG_HEADER + CMSG_ALIGN(sizeof(u));
	}
	if (f->level == HOST_SOL_IP && f->type == FREEBSD_IP_RECVDSTADDR) {
		struct host_in_pktinfo p = { 0 };
		if (n < 4 || copyin(&p.spec_dst, data, 4) < 0)
			return -EINVAL;
		h = (struct host_cmsghdr){ CMSG_HEADER + sizeof(p),
		    HOST_SOL_IP, HOST_IP_PKTINFO };
		*(struct host_cmsghdr *)(void *)dst = h;
		*(struct host_in_pktinfo *)(void *)(dst + CMSG_HEADER) = p;
		return CMSG_HEADER + CMSG_ALIGN(sizeof(p));
	}
	for (size_t i = 0; i < COUNT(same); i++) {
		if (same[i].level != f->level || same[i].type != f->type)
			continue;
		h.level = same[i].host_level;
		h.type = same[i].host_type;
		*(struct host_cmsghdr *)(void *)dst = h;
		if (copyin(dst + CMSG_HEADER, data, n) < 0)
			return -EFAULT;
		return CMSG_HEADER + CMSG_ALIGN(n);
	}
	return -EINVAL;
}

long
cmsg_in(struct call *c, struct cmsg_buf *b, gaddr src, uint32_t len)
{
	struct freebsd_cmsghdr f;

	b->len = 0;
	if (len > CONTROL_MAX)
		return -EINVAL;
	for (uint32_t pos = 0; len - pos >= sizeof(f);) {
		if (copyin(&f, guest(src.a + pos), sizeof(f)) < 0)
			return -EFAULT;
		if (f.len < CMSG_HEADER || f.len > len - pos)
			return -EINVAL;
		long n = one_in(c, b, &f, guest(src.a + pos + CMSG_HEADER),
		    f.len - CMSG_HEADER);
		if (n < 0)
			return n;
		b->len += (uint32_t)n;
		if (CMSG_ALIGN(f.len) >= len - pos)
			break;
		pos += CMSG_ALIGN(f.len);
	}
	return 0;
}

struct cmsg_dst {
	gaddr at;
	uint32_t room, used;
	bool cut;
};

static long
put(struct cmsg_dst *d, int32_t level, int32_t type, const void *data, uint32_t n)
{
	struct freebsd_cmsghdr f = { CMSG_HEADER + n, level, type };
	uint32_t left = d->room - d->used;
	gaddr at = guest(d->at.a + d->used);

	if (left < CMSG_HEADER + n) {
		d->cut = true;
		return 0;
	}
	if (copyout(at, &f, sizeof(f)) < 0 ||
	    copyout(guest(at.a + CMSG_HEADER), data, n) < 0)
		return -EFAULT;
	uint32_t step = CMSG_HEADER + CMSG_ALIGN(n);
	d->used += step < left ? step : left;
	return 0;
}

static long
one_out(struct cmsg_dst *d, const struct host_cmsghdr *h, const uint8_t *data, uint32_t n)
{
	if (h->level == HOST_SOL_SOCKET && h->type == HOST_SCM_CREDENTIALS &&
	    n >= sizeof(struct host_ucred)) {
		const struct host_ucred *u = (const void *)data;
		struct freebsd_cmsgcred cred = { .pid = u->pid, .uid = u->uid,
		    .euid = u->uid, .gid = u->gid, .ngroups = 1,
		    .groups = { u->gid } };
		return put(d, FREEBSD_SOL_SOCKET, FREEBSD_SCM_CREDS, &cred,
		    sizeof(cred));
	}
	if (h->level == HOST_SOL_IP && h->type == HOST_IP_PKTINFO &&
	    n >= sizeof(struct host_in_pktinfo)) {
		const struct host_in_pktinfo *p = (const void *)data;
		return put(d, HOST_SOL_IP, FREEBSD_IP_RECVDSTADDR, &p->addr, 4);
	}
	/* Of two names for one host message the one that receives comes last. */
	for (size_t i = COUNT(same); i-- > 0;)
		if (same[i].host_level == h->level && same[i].host_type == h->type)
			return put(d, same[i].level, same[i].type, data, n);
	return 0;
}

/* Descriptors of a message that did not fit, which the guest would never hear of. */
static void
rights_close(struct call *c, const struct host_cmsghdr *h, const uint8_t *data, uint32_t n)
{
	int32_t fd;

	if (h->level != HOST_SOL_SOCKET || h->type != HOST_SCM_RIGHTS)
		return;
	for (uint32_t i = 0; i + sizeof(fd) <= n; i += (uint32_t)sizeof(fd)) {
		memcpy(&fd, data + i, sizeof(fd));
		(void)HOST(c, close, fd);
	}
}

long
cmsg_out(struct call *c, struct cmsg_buf *b, gaddr dst, uint32_t *len, int32_t *flags)
{
	struct cmsg_dst d = { .at = dst, .room = *len };

	for (uint32_t pos = 0; pos + CMSG_HEADER <= b->len;) {
		const struct host_cmsghdr *h = (const void *)(b->bytes + pos);
		if (h->len < CMSG_HEADER || h->len > b->len - pos)
			break;
		uint32_t n = (uint32_t)h->len, before = d.used;
		long ret = one_out(&d, h, b->bytes + pos + CMSG_HEADER,
		    n - CMSG_HEADER);
		if (d.used == before)
			rights_close(c, h, b->bytes + pos + CMSG_HEADER,
			    n - CMSG_HEADER);
		if (ret < 0)
			return ret;
		pos += CMSG_ALIGN(n);
	}
	*len = d.used;
	if (d.cut)
		*flags |= FREEBSD_MSG_CTRUNC;
	return 0;
}
