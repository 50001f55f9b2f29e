/* SPDX-License-Identifier: ISC */
/* Sockets: making, naming, connecting, accepting. */
#include <asm/fcntl.h>

#include "freebsd.h"
#include "hostdef.h"
#include "sockaddr.h"

PASS(listen, listen)
PASS(shutdown, shutdown)

static const struct flag_pair type_flags[] = {
	FREEBSD_SOCK_PAIRS
};

/* Type and flags, or -1.  The numbers of the types are the same. */
static int
type_to_host(uint32_t type)
{
	uint32_t rest, flags = flags_to_host(type_flags, COUNT(type_flags),
	    type, &rest);

	if (rest < HOST_SOCK_STREAM || rest > HOST_SOCK_SEQPACKET)
		return -1;
	return (int)(rest | flags);
}

CALL(socket)
{
	int family = family_to_host(arg_int(c, 0));
	int type = type_to_host((uint32_t)c->arg[1]);

	if (family <= HOST_AF_UNSPEC)
		return -EAFNOSUPPORT;
	if (type < 0)
		return -EPROTOTYPE;
	return HOST(c, socket, family, type, c->arg[2]);
}

CALL(socketpair)
{
	int family = family_to_host(arg_int(c, 0));
	int type = type_to_host((uint32_t)c->arg[1]);

	if (family <= HOST_AF_UNSPEC)
		return -EAFNOSUPPORT;
	if (type < 0)
		return -EPROTOTYPE;
	return HOST(c, socketpair, family, type, c->arg[2], c->arg[3]);
}

CALL(bind)
{
	struct sockaddr_buf b;
	long ret = sockaddr_in(&b, arg_ptr(c, 1), (uint32_t)c->arg[2]);

	if (ret < 0)
		return ret;
	ret = HOST(c, bind, c->arg[0], &b.u, b.len);
	if (ret != -EADDRINUSE || b.u.host_family != HOST_AF_UNIX)
		return ret;
	/* A socket that has a name is that error before a name that is taken. */
	b.len = sizeof(b.u);
	return HOST(c, getsockname, c->arg[0], &b.u, &b.len) == 0 && b.len > 2 ?
	    -EINVAL : ret;
}

CALL(connect)
{
	struct sockaddr_buf b;
	long ret = sockaddr_in(&b, arg_ptr(c, 1), (uint32_t)c->arg[2]);

	if (ret < 0)
		return ret;
	ret = INTR(c, connect, c->arg[0], &b.u, b.len);
	/* A full local queue: the host says try again, this system refuses. */
	if (ret == -EAGAIN && b.u.host_family == HOST_AF_UNIX)
		return -ECONNREFUSED;
	return ret;
}

static long
accept_run(struct call *c, uint32_t flags)
{
	struct sockaddr_buf b = { .len = sizeof(b.u) };
	gaddr dst = arg_ptr(c, 1), lenp = arg_ptr(c, 2);

	long fd = INTR(c, accept4, c->arg[0], &b.u, &b.len, flags);
	if (fd < 0)
		return fd;
	long ret = sockaddr_out(dst, lenp, &b);
	if (ret < 0) {
		HOST(c, close, fd);
		return ret;
	}
	return fd;
}

/* The new socket inherits O_NONBLOCK, which the host does not do. */
CALL(accept)
{
	long fl = HOST(c, fcntl, c->arg[0], F_GETFL);

	if (fl < 0)
		return fl;
	return accept_run(c, (fl & O_NONBLOCK) ? HOST_SOCK_NONBLOCK : 0);
}

CALL(accept4)
{
	uint32_t rest, flags = flags_to_host(type_flags, COUNT(type_flags),
	    (uint32_t)c->arg[3], &rest);

	return rest ? -EINVAL : accept_run(c, flags);
}

CALL(getsockname)
{
	struct sockaddr_buf b = { .len = sizeof(b.u) };
	long ret = HOST(c, getsockname, c->arg[0], &b.u, &b.len);

	return ret < 0 ? ret : sockaddr_out(arg_ptr(c, 1), arg_ptr(c, 2), &b);
}

CALL(getpeername)
{
	struct sockaddr_buf b = { .len = sizeof(b.u) };
	long ret = HOST(c, getpeername, c->arg[0], &b.u, &b.len);

	return ret < 0 ? ret : sockaddr_out(arg_ptr(c, 1), arg_ptr(c, 2), &b);
}
