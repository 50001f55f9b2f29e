/* SPDX-License-Identifier: ISC */
/*
 * Host constants that the kernel's ABI fixes, but that its exported headers leave to the C library
 * or give only beside clashing structures.
 */
#ifndef VENEER_FREEBSD_HOSTDEF_H
#define VENEER_FREEBSD_HOSTDEF_H

enum {
	HOST_LOCK_SH = 1, HOST_LOCK_EX = 2, HOST_LOCK_NB = 4, HOST_LOCK_UN = 8,
	HOST_CLOSE_RANGE_CLOEXEC = 4,
};

enum {
	HOST_AF_UNSPEC = 0, HOST_AF_UNIX = 1, HOST_AF_INET = 2, HOST_AF_INET6 = 10,
	HOST_AF_NETLINK = 16,
	HOST_SOCK_STREAM = 1, HOST_SOCK_DGRAM = 2, HOST_SOCK_RAW = 3,
	HOST_SOCK_RDM = 4, HOST_SOCK_SEQPACKET = 5,
	HOST_SOCK_NONBLOCK = 04000, HOST_SOCK_CLOEXEC = 02000000,
	HOST_SOL_IP = 0, HOST_SOL_SOCKET = 1, HOST_SOL_TCP = 6, HOST_SOL_UDP = 17,
	HOST_SOL_IPV6 = 41, HOST_SOL_ICMPV6 = 58,
	HOST_SCM_RIGHTS = 1, HOST_SCM_CREDENTIALS = 2,
};

enum {
	HOST_MSG_OOB = 1, HOST_MSG_PEEK = 2, HOST_MSG_DONTROUTE = 4,
	HOST_MSG_CTRUNC = 8, HOST_MSG_TRUNC = 0x20, HOST_MSG_DONTWAIT = 0x40,
	HOST_MSG_EOR = 0x80, HOST_MSG_WAITALL = 0x100, HOST_MSG_NOSIGNAL = 0x4000,
	HOST_MSG_WAITFORONE = 0x10000, HOST_MSG_CMSG_CLOEXEC = 0x40000000,
};

struct host_msghdr {
	uint64_t name;
	uint32_t namelen, pad0;
	uint64_t iov;
	uint64_t iovlen;
	uint64_t control;
	uint64_t controllen;
	uint32_t flags, pad1;
};

struct host_timespec {
	int64_t sec, nsec;
};

struct host_timeval {
	int64_t sec, usec;
};

#endif
