/* SPDX-License-Identifier: ISC */
/* The generated maps of FreeBSD: 0 when they hold, or the line that does not. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <stdio.h>
#include <stdlib.h>

#include "freebsd_errno.h"
#include "freebsd_flags.h"

static void
check(int holds, const char *what, int line)
{
	if (!holds) {
		printf("maps.c:%d: %s\n", line, what);
		exit(1);
	}
}
#define CHECK(x) check((x) != 0, #x, __LINE__)

static void
errnos(void)
{
	int e;

	CHECK(freebsd_errno_from_host[EAGAIN] == FREEBSD_EAGAIN);
	CHECK(freebsd_errno_from_host[ENODATA] == FREEBSD_ENOATTR);
	CHECK(freebsd_errno_from_host[0] == 0);
	for (e = 1; e < FREEBSD_ERRNO_FROM_HOST_COUNT; e++)
		CHECK(freebsd_errno_from_host[e] != 0);
	for (e = 1; e < FREEBSD_ERRNO_TO_HOST_COUNT; e++)
		if (freebsd_errno_to_host[e] != EINVAL)
			CHECK(freebsd_errno_from_host[freebsd_errno_to_host[e]] == e);
}

static void
signals(void)
{
	int s, h;

	CHECK(freebsd_signal_to_host[FREEBSD_SIGCHLD] == SIGCHLD);
	CHECK(freebsd_signal_from_host[SIGUSR1] == FREEBSD_SIGUSR1);
	for (h = 1; h < 65; h++)
		CHECK(freebsd_signal_to_host[freebsd_signal_from_host[h]] == h);
	for (s = 1; s < 129; s++)
		if (freebsd_signal_to_host[s] != 0)
			CHECK(freebsd_signal_from_host[freebsd_signal_to_host[s]] == s);
}

static void
flags(void)
{
	uint32_t rest;

	CHECK(freebsd_o_to_host(FREEBSD_O_RDWR | FREEBSD_O_CREAT | FREEBSD_O_SYNC, &rest) ==
	    (O_RDWR | O_CREAT | O_SYNC) && rest == 0);
	CHECK(freebsd_o_from_host(O_WRONLY | O_SYNC) == (FREEBSD_O_WRONLY | FREEBSD_O_SYNC));
	freebsd_o_to_host(FREEBSD_O_EXLOCK, &rest);
	CHECK(rest == FREEBSD_O_EXLOCK);
	CHECK(freebsd_sock_to_host(FREEBSD_SOCK_SEQPACKET | FREEBSD_SOCK_CLOEXEC, &rest) ==
	    (SOCK_SEQPACKET | SOCK_CLOEXEC));
	CHECK(freebsd_map_to_host(FREEBSD_MAP_PRIVATE | FREEBSD_MAP_ANON, &rest) ==
	    (MAP_PRIVATE | MAP_ANONYMOUS));
	CHECK(freebsd_af_to_host(FREEBSD_AF_INET6) == AF_INET6);
	CHECK(freebsd_af_from_host(AF_INET6) == FREEBSD_AF_INET6);
	CHECK(freebsd_madv_to_host(FREEBSD_MADV_DONTNEED) != MADV_DONTNEED);
	CHECK(freebsd_clock_to_host(9999) == FLAG_NONE);
}

int
main(void)
{
	errnos();
	signals();
	flags();
	return 0;
}
