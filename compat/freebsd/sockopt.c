/* SPDX-License-Identifier: ISC */
/*
 * Socket options: a table from (level, name) to the host's, with a kind where the value is not
 * the same.
 */
#include <asm/socket.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/icmpv6.h>
#include <linux/tcp.h>

#include "freebsd.h"
#include "hostdef.h"
#include "sockaddr.h"

enum kind {
	OPT_SAME,	/* the bytes mean the same */
	OPT_HALF,	/* the host answers twice what was set */
	OPT_ERROR,	/* an errno */
	OPT_FAMILY,
	OPT_PEERCRED,
	OPT_BYTE,	/* the host takes one byte or an int; so does this system */
	OPT_GROUP,	/* struct group_req with an address in it */
	OPT_GROUP_SOURCE,
	OPT_SOURCE,	/* struct ip_mreq_source: group, source, interface */
};

struct option {
	int32_t level, name;
	int16_t host_level, host_name;
	int32_t kind;
};

static const struct option options[] = {
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_DEBUG, HOST_SOL_SOCKET, SO_DEBUG, OPT_SAME },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_ACCEPTCONN, HOST_SOL_SOCKET, SO_ACCEPTCONN, OPT_SAME },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_REUSEADDR, HOST_SOL_SOCKET, SO_REUSEADDR, OPT_SAME },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_KEEPALIVE, HOST_SOL_SOCKET, SO_KEEPALIVE, OPT_SAME },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_DONTROUTE, HOST_SOL_SOCKET, SO_DONTROUTE, OPT_SAME },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_BROADCAST, HOST_SOL_SOCKET, SO_BROADCAST, OPT_SAME },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_LINGER, HOST_SOL_SOCKET, SO_LINGER, OPT_SAME },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_OOBINLINE, HOST_SOL_SOCKET, SO_OOBINLINE, OPT_SAME },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_REUSEPORT, HOST_SOL_SOCKET, SO_REUSEPORT, OPT_SAME },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_REUSEPORT_LB, HOST_SOL_SOCKET, SO_REUSEPORT, OPT_SAME },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_TIMESTAMP, HOST_SOL_SOCKET, SO_TIMESTAMP, OPT_SAME },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_SNDBUF, HOST_SOL_SOCKET, SO_SNDBUF, OPT_HALF },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_RCVBUF, HOST_SOL_SOCKET, SO_RCVBUF, OPT_HALF },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_SNDLOWAT, HOST_SOL_SOCKET, SO_SNDLOWAT, OPT_SAME },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_RCVLOWAT, HOST_SOL_SOCKET, SO_RCVLOWAT, OPT_SAME },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_SNDTIMEO, HOST_SOL_SOCKET, SO_SNDTIMEO, OPT_SAME },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_RCVTIMEO, HOST_SOL_SOCKET, SO_RCVTIMEO, OPT_SAME },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_ERROR, HOST_SOL_SOCKET, SO_ERROR, OPT_ERROR },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_TYPE, HOST_SOL_SOCKET, SO_TYPE, OPT_SAME },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_PROTOCOL, HOST_SOL_SOCKET, SO_PROTOCOL, OPT_SAME },
	{ FREEBSD_SOL_SOCKET, FREEBSD_SO_DOMAIN, HOST_SOL_SOCKET, SO_DOMAIN, OPT_FAMILY },
	{ FREEBSD_SOL_LOCAL, FREEBSD_LOCAL_PEERCRED, HOST_SOL_SOCKET, SO_PEERCRED, OPT_PEERCRED },
	{ FREEBSD_SOL_LOCAL, FREEBSD_LOCAL_CREDS, HOST_SOL_SOCKET, SO_PASSCRED, OPT_SAME },
	{ HOST_SOL_IP, FREEBSD_IP_OPTIONS, HOST_SOL_IP, IP_OPTIONS, OPT_SAME },
	{ HOST_SOL_IP, FREEBSD_IP_HDRINCL, HOST_SOL_IP, IP_HDRINCL, OPT_SAME },
	{ HOST_SOL_IP, FREEBSD_IP_TOS, HOST_SOL_IP, IP_TOS, OPT_SAME },
	{ HOST_SOL_IP, FREEBSD_IP_TTL, HOST_SOL_IP, IP_TTL, OPT_SAME },
	{ HOST_SOL_IP, FREEBSD_IP_RECVOPTS, HOST_SOL_IP, IP_RECVOPTS, OPT_SAME },
	{ HOST_SOL_IP, FREEBSD_IP_RECVRETOPTS, HOST_SOL_IP, IP_RETOPTS, OPT_SAME },
	{ HOST_SOL_IP, FREEBSD_IP_RECVDSTADDR, HOST_SOL_IP, IP_PKTINFO, OPT_SAME },
	{ HOST_SOL_IP, FREEBSD_IP_MULTICAST_IF, HOST_SOL_IP, IP_MULTICAST_IF, OPT_SAME },
	{ HOST_SOL_IP, FREEBSD_IP_MULTICAST_TTL, HOST_SOL_IP, IP_MULTICAST_TTL, OPT_BYTE },
	{ HOST_SOL_IP, FREEBSD_IP_MULTICAST_LOOP, HOST_SOL_IP, IP_MULTICAST_LOOP, OPT_BYTE },
	{ HOST_SOL_IP, FREEBSD_IP_ADD_MEMBERSHIP, HOST_SOL_IP, IP_ADD_MEMBERSHIP, OPT_SAME },
	{ HOST_SOL_IP, FREEBSD_IP_DROP_MEMBERSHIP, HOST_SOL_IP, IP_DROP_MEMBERSHIP, OPT_SAME },
	{ HOST_SOL_IP, FREEBSD_IP_BINDANY, HOST_SOL_IP, IP_TRANSPARENT, OPT_SAME },
	{ HOST_SOL_IP, FREEBSD_IP_RECVTTL, HOST_SOL_IP, IP_RECVTTL, OPT_SAME },
	{ HOST_SOL_IP, FREEBSD_IP_MINTTL, HOST_SOL_IP, IP_MINTTL, OPT_SAME },
	{ HOST_SOL_IP, FREEBSD_IP_RECVTOS, HOST_SOL_IP, IP_RECVTOS, OPT_SAME },
	{ HOST_SOL_IP, FREEBSD_IP_ADD_SOURCE_MEMBERSHIP, HOST_SOL_IP, IP_ADD_SOURCE_MEMBERSHIP, OPT_SOURCE },
	{ HOST_SOL_IP, FREEBSD_IP_DROP_SOURCE_MEMBERSHIP, HOST_SOL_IP, IP_DROP_SOURCE_MEMBERSHIP, OPT_SOURCE },
	{ HOST_SOL_IP, FREEBSD_IP_BLOCK_SOURCE, HOST_SOL_IP, IP_BLOCK_SOURCE, OPT_SOURCE },
	{ HOST_SOL_IP, FREEBSD_IP_UNBLOCK_SOURCE, HOST_SOL_IP, IP_UNBLOCK_SOURCE, OPT_SOURCE },
	{ HOST_SOL_IP, FREEBSD_MCAST_JOIN_GROUP, HOST_SOL_IP, MCAST_JOIN_GROUP, OPT_GROUP },
	{ HOST_SOL_IP, FREEBSD_MCAST_LEAVE_GROUP, HOST_SOL_IP, MCAST_LEAVE_GROUP, OPT_GROUP },
	{ HOST_SOL_IP, FREEBSD_MCAST_JOIN_SOURCE_GROUP, HOST_SOL_IP, MCAST_JOIN_SOURCE_GROUP, OPT_GROUP_SOURCE },
	{ HOST_SOL_IP, FREEBSD_MCAST_LEAVE_SOURCE_GROUP, HOST_SOL_IP, MCAST_LEAVE_SOURCE_GROUP, OPT_GROUP_SOURCE },
	{ HOST_SOL_IPV6, FREEBSD_MCAST_JOIN_GROUP, HOST_SOL_IPV6, MCAST_JOIN_GROUP, OPT_GROUP },
	{ HOST_SOL_IPV6, FREEBSD_MCAST_LEAVE_GROUP, HOST_SOL_IPV6, MCAST_LEAVE_GROUP, OPT_GROUP },
	{ HOST_SOL_IPV6, FREEBSD_MCAST_JOIN_SOURCE_GROUP, HOST_SOL_IPV6, MCAST_JOIN_SOURCE_GROUP, OPT_GROUP_SOURCE },
	{ HOST_SOL_IPV6, FREEBSD_MCAST_LEAVE_SOURCE_GROUP, HOST_SOL_IPV6, MCAST_LEAVE_SOURCE_GROUP, OPT_GROUP_SOURCE },
	{ HOST_SOL_IPV6, FREEBSD_IPV6_UNICAST_HOPS, HOST_SOL_IPV6, IPV6_UNICAST_HOPS, OPT_SAME },
	{ HOST_SOL_IPV6, FREEBSD_IPV6_MULTICAST_IF, HOST_SOL_IPV6, IPV6_MULTICAST_IF, OPT_SAME },
	{ HOST_SOL_IPV6, FREEBSD_IPV6_MULTICAST_HOPS, HOST_SOL_IPV6, IPV6_MULTICAST_HOPS, OPT_SAME },
	{ HOST_SOL_IPV6, FREEBSD_IPV6_MULTICAST_LOOP, HOST_SOL_IPV6, IPV6_MULTICAST_LOOP, OPT_SAME },
	{ HOST_SOL_IPV6, FREEBSD_IPV6_JOIN_GROUP, HOST_SOL_IPV6, IPV6_ADD_MEMBERSHIP, OPT_SAME },
	{ HOST_SOL_IPV6, FREEBSD_IPV6_LEAVE_GROUP, HOST_SOL_IPV6, IPV6_DROP_MEMBERSHIP, OPT_SAME },
	{ HOST_SOL_IPV6, FREEBSD_IPV6_CHECKSUM, HOST_SOL_IPV6, IPV6_CHECKSUM, OPT_SAME },
	{ HOST_SOL_IPV6, FREEBSD_IPV6_V6ONLY, HOST_SOL_IPV6, IPV6_V6ONLY, OPT_SAME },
	{ HOST_SOL_IPV6, FREEBSD_IPV6_RECVPKTINFO, HOST_SOL_IPV6, IPV6_RECVPKTINFO, OPT_SAME },
	{ HOST_SOL_IPV6, FREEBSD_IPV6_RECVHOPLIMIT, HOST_SOL_IPV6, IPV6_RECVHOPLIMIT, OPT_SAME },
	{ HOST_SOL_IPV6, FREEBSD_IPV6_RECVPATHMTU, HOST_SOL_IPV6, IPV6_RECVPATHMTU, OPT_SAME },
	{ HOST_SOL_IPV6, FREEBSD_IPV6_RECVTCLASS, HOST_SOL_IPV6, IPV6_RECVTCLASS, OPT_SAME },
	{ HOST_SOL_IPV6, FREEBSD_IPV6_TCLASS, HOST_SOL_IPV6, IPV6_TCLASS, OPT_SAME },
	{ HOST_SOL_IPV6, FREEBSD_IPV6_DONTFRAG, HOST_SOL_IPV6, IPV6_DONTFRAG, OPT_SAME },
	{ HOST_SOL_TCP, FREEBSD_TCP_NODELAY, HOST_SOL_TCP, TCP_NODELAY, OPT_SAME },
	{ HOST_SOL_TCP, FREEBSD_TCP_MAXSEG, HOST_SOL_TCP, TCP_MAXSEG, OPT_SAME },
	{ HOST_SOL_TCP, FREEBSD_TCP_NOPUSH, HOST_SOL_TCP, TCP_CORK, OPT_SAME },
	{ HOST_SOL_TCP, FREEBSD_TCP_CONGESTION, HOST_SOL_TCP, TCP_CONGESTION, OPT_SAME },
	{ HOST_SOL_TCP, FREEBSD_TCP_KEEPIDLE, HOST_SOL_TCP, TCP_KEEPIDLE, OPT_SAME },
	{ HOST_SOL_TCP, FREEBSD_TCP_KEEPINTVL, HOST_SOL_TCP, TCP_KEEPINTVL, OPT_SAME },
	{ HOST_SOL_TCP, FREEBSD_TCP_KEEPCNT, HOST_SOL_TCP, TCP_KEEPCNT, OPT_SAME },
	{ HOST_SOL_TCP, FREEBSD_TCP_FASTOPEN, HOST_SOL_TCP, TCP_FASTOPEN, OPT_SAME },
};

struct freebsd_xucred {
	uint32_t version, uid;
	int16_t ngroups, pad0;
	uint32_t groups[16];
	uint32_t pad1;
	uint64_t pid;
};
_Static_assert(sizeof(struct freebsd_xucred) == 88, "xucred");

static const struct option *
option_find(int32_t level, int32_t name)
{
	for (size_t i = 0; i < COUNT(options); i++)
		if (options[i].level == level && options[i].name == name)
			return &options[i];
	return NULL;
}

/* The address inside a group request, in place. */
static long
group_address(uint8_t *at)
{
	union {
		uint16_t host;
		struct { uint8_t len, family; } bsd;
	} *u = (void *)at;
	int family = family_to_host(u->bsd.family);

	if (family < 0)
		return -EAFNOSUPPORT;
	u->host = (uint16_t)family;
	return 0;
}

/* group_req is 8 + 128 bytes, group_source_req has a second address. */
static long
set_group(struct call *c, const struct option *o)
{
	uint8_t req[8 + 128 + 128] __attribute__((aligned(8)));
	uint32_t n = o->kind == OPT_GROUP ? 8 + 128 : 8 + 256;

	if (c->arg[4] < n)
		return -EINVAL;
	if (copyin(req, arg_ptr(c, 3), n) < 0)
		return -EFAULT;
	long ret = group_address(req + 8);
	if (ret == 0 && o->kind == OPT_GROUP_SOURCE)
		ret = group_address(req + 8 + 128);
	if (ret < 0)
		return ret;
	return HOST(c, setsockopt, c->arg[0], o->host_level, o->host_name, req, n);
}

/* This system has group, source, interface; the host group, interface, source. */
static long
set_source(struct call *c, const struct option *o)
{
	uint32_t in[3];

	if (c->arg[4] < sizeof(in))
		return -EINVAL;
	if (copyin(in, arg_ptr(c, 3), sizeof(in)) < 0)
		return -EFAULT;
	uint32_t out[3] = { in[0], in[2], in[1] };
	return HOST(c, setsockopt, c->arg[0], o->host_level, o->host_name, out,
	    sizeof(out));
}

CALL(setsockopt)
{
	const struct option *o = option_find(arg_int(c, 1), arg_int(c, 2));

	if (o == NULL) {
		long ret = HOST(c, getsockopt, c->arg[0], HOST_SOL_SOCKET,
		    SO_TYPE, 0, 0);
		return ret == -EBADF || ret == -ENOTSOCK ? ret : -ENOPROTOOPT;
	}
	if (o->kind == OPT_GROUP || o->kind == OPT_GROUP_SOURCE)
		return set_group(c, o);
	if (o->kind == OPT_SOURCE)
		return set_source(c, o);
	return HOST(c, setsockopt, c->arg[0], o->host_level, o->host_name,
	    c->arg[3], c->arg[4]);
}

static long
store(struct call *c, const void *v, uint32_t n)
{
	uint32_t room;

	if (copyin(&room, arg_ptr(c, 4), sizeof(room)) < 0)
		return -EFAULT;
	n = n < room ? n : room;
	if (copyout(arg_ptr(c, 3), v, n) < 0)
		return -EFAULT;
	return copyout(arg_ptr(c, 4), &n, sizeof(n));
}

static long
get_int(struct call *c, const struct option *o)
{
	int32_t v = 0;
	uint32_t n = sizeof(v);
	long ret = HOST(c, getsockopt, c->arg[0], o->host_level, o->host_name,
	    &v, &n);

	if (ret < 0)
		return ret;
	if (o->kind == OPT_HALF)
		v /= 2;
	else if (o->kind == OPT_ERROR)
		v = v == 0 ? 0 : (int32_t)freebsd_error(-v);
	else
		v = family_from_host(v);
	return store(c, &v, sizeof(v));
}

static long
get_peercred(struct call *c)
{
	struct { int32_t pid; uint32_t uid, gid; } u;
	uint32_t n = sizeof(u);
	long ret = HOST(c, getsockopt, c->arg[0], HOST_SOL_SOCKET, SO_PEERCRED,
	    &u, &n);

	if (ret < 0)
		return ret;
	if (u.pid == 0)
		return -ENOTCONN;
	struct freebsd_xucred x = { .uid = u.uid, .ngroups = 1,
	    .groups = { u.gid }, .pid = (uint64_t)(uint32_t)u.pid };
	return store(c, &x, sizeof(x));
}

CALL(getsockopt)
{
	const struct option *o = option_find(arg_int(c, 1), arg_int(c, 2));

	if (o == NULL) {
		long ret = HOST(c, getsockopt, c->arg[0], HOST_SOL_SOCKET,
		    SO_TYPE, 0, 0);
		return ret == -EBADF || ret == -ENOTSOCK ? ret : -ENOPROTOOPT;
	}
	if (o->kind == OPT_HALF || o->kind == OPT_ERROR || o->kind == OPT_FAMILY)
		return get_int(c, o);
	if (o->kind == OPT_PEERCRED)
		return get_peercred(c);
	return HOST(c, getsockopt, c->arg[0], o->host_level, o->host_name,
	    c->arg[3], c->arg[4]);
}
