/* SPDX-License-Identifier: ISC */
/*
 * Reference for an RPC: what a server of datagrams does. Client and server send 32 bytes
 * over datagram sockets; the server, which could have many clients, waits in epoll.
 */
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "serve.h"

enum { BYTES = 32 };
static int client;

static _Noreturn void
serve(int fd)
{
	struct epoll_event e = { .events = EPOLLIN };
	struct sockaddr_un from;
	socklen_t len;
	char buf[BYTES];
	int ep = epoll_create1(0);

	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) != 0)
		_exit(1);
	for (;;) {
		if (epoll_wait(ep, &e, 1, -1) != 1)
			_exit(1);
		len = sizeof(from);
		if (recvfrom(fd, buf, BYTES, 0, (struct sockaddr *)&from, &len) != BYTES ||
		    sendto(fd, buf, BYTES, 0, (struct sockaddr *)&from, len) != BYTES)
			_exit(1);
	}
}

/* A datagram socket with an abstract name of the kernel's choosing. */
static int
named(struct sockaddr_un *at, socklen_t *len)
{
	struct sockaddr_un any = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	*len = sizeof(*at);
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any.sun_family)) != 0 ||
	    getsockname(fd, (struct sockaddr *)at, len) != 0)
		_exit(1);
	return fd;
}

static void
setup(void)
{
	struct sockaddr_un at;
	socklen_t len;
	int server;

	client = named(&at, &len);
	server = named(&at, &len);
	if (connect(client, (struct sockaddr *)&at, len) != 0)
		_exit(1);
	switch (fork()) {
	case -1:
		_exit(1);
	case 0:
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(0);
		close(1);
		close(client);
		serve(server);
	}
	close(server);
}

static void
many(uint64_t n)
{
	char buf[BYTES] = { 0 };

	while (n-- > 0)
		if (send(client, buf, BYTES, 0) != BYTES || recv(client, buf, BYTES, 0) != BYTES)
			_exit(1);
}
