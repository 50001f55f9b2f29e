/* SPDX-License-Identifier: ISC */
/*
 * A guest that connects: we greet, it sends its listener, we confirm.  The greeting
 * tells it that this veneerd will not go away for idleness before it has decided.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "host.h"

enum {
	CONNECTIONS_MAX = 4096,
	PATIENCE = 10,		/* seconds for a guest to send its listener */
	STACK = 256 * 1024,
};

struct connection {
	struct server *server;
	int fd;
};

static int
say(int fd, int status)
{
	struct trap_message m = {
		.magic = MAGIC_TRAP_MESSAGE, .version = VERSION_TRAP_MESSAGE,
		.size = SIZEOF_TRAP_MESSAGE, .abi = RPC_ABI, .status = status,
	};

	return send(fd, &m, sizeof(m), MSG_NOSIGNAL) == (ssize_t)sizeof(m) ?
	    0 : errno;
}

/* The one descriptor of a message, or -1: the kernel drops what has no room. */
static int
receive_fd(int sock, struct trap_message *m)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = m, .iov_len = sizeof(*m) };
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	int fd = -1;
	ssize_t n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC);

	if (n < 0)
		return -1;
	c = CMSG_FIRSTHDR(&mh);
	if (c != NULL && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	if (fd >= 0 && (n != (ssize_t)sizeof(*m) ||
	    m->magic != MAGIC_TRAP_MESSAGE || m->abi != RPC_ABI)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* By name alone: an ioctl on a file of the guest's choosing could block for good. */
static bool
is_listener(int fd)
{
	static const char want[] = "anon_inode:seccomp notify";
	char path[64], name[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, name, sizeof(name));
	return n == (ssize_t)sizeof(want) - 1 &&
	    memcmp(name, want, (size_t)n) == 0;
}

/* The guest's listener, confirmed; -1: there is none. */
static int
greet(int sock)
{
	struct trap_message m;
	int fd;

	if (say(sock, 0))
		return -1;
	fd = receive_fd(sock, &m);
	if (fd < 0)
		return -1;
	if (is_listener(fd) && say(sock, 0) == 0)
		return fd;
	say(sock, EBADF);
	close(fd);
	return -1;
}

static void *
connection_main(void *arg)
{
	struct connection c = *(struct connection *)arg;
	int listener;

	free(arg);
	listener = greet(c.fd);
	close(c.fd);
	if (listener >= 0)
		listener_serve(c.server, listener);
	pthread_mutex_lock(&c.server->lock);
	c.server->connections--;
	pthread_mutex_unlock(&c.server->lock);
	server_wake(c.server);
	return NULL;
}

static bool
same_user(int fd)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) == 0 &&
	    cred.uid == geteuid();
}

static int
spawn(struct connection *c)
{
	pthread_attr_t attr;
	pthread_t thread;
	int error = pthread_attr_init(&attr);

	if (error)
		return error;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK);
	error = pthread_create(&thread, &attr, connection_main, c);
	pthread_attr_destroy(&attr);
	return error;
}

void
connection_start(struct server *s, int fd)
{
	struct timeval patience = { .tv_sec = PATIENCE };
	struct connection *c = malloc(sizeof(*c));
	bool room;

	pthread_mutex_lock(&s->lock);
	room = s->connections < CONNECTIONS_MAX;
	if (room)
		s->connections++;
	pthread_mutex_unlock(&s->lock);
	if (c != NULL && room && same_user(fd)) {
		*c = (struct connection){ .server = s, .fd = fd };
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		    sizeof(patience));
		if (spawn(c) == 0)
			return;
	}
	say(fd, EAGAIN);
	free(c);
	close(fd);
	pthread_mutex_lock(&s->lock);
	if (room)
		s->connections--;
	pthread_mutex_unlock(&s->lock);
}
