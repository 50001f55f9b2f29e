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

/* What a peer says: a guest that it has a listener, `veneer supervisor` what it wants. */
union word {
	struct trap_message trap;
	struct control_request control;
};

static int
say(const struct server *s, int fd, int status)
{
	struct trap_message m = {
		.magic = MAGIC_TRAP_MESSAGE, .version = VERSION_TRAP_MESSAGE,
		.size = SIZEOF_TRAP_MESSAGE, .abi = RPC_ABI, .status = status,
		.transport = s->window ? RPC_TRANSPORT_WINDOW :
		    RPC_TRANSPORT_NOTIFY,
		.domain = s->domain,
	};

	return send(fd, &m, sizeof(m), MSG_NOSIGNAL) == (ssize_t)sizeof(m) ?
	    0 : errno;
}

/* The one descriptor of a message, or -1: the kernel drops what has no room.  *n: the
 * message's bytes. */
static int
receive_fd(int sock, union word *w, ssize_t *n)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = w, .iov_len = sizeof(*w) };
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	int fd = -1;

	memset(w, 0, sizeof(*w));
	*n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC);
	if (*n < 0)
		return -1;
	c = CMSG_FIRSTHDR(&mh);
	if (c != NULL && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	if (fd >= 0 && (*n != (ssize_t)sizeof(w->trap) ||
	    w->trap.magic != MAGIC_TRAP_MESSAGE || w->trap.abi != RPC_ABI)) {
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

static void
greeting_enter(struct server *s, struct greeting *g)
{
	mutex_lock(&s->lock);
	g->next = s->greetings;
	g->link = &s->greetings;
	if (g->next != NULL)
		g->next->link = &g->next;
	s->greetings = g;
	mutex_unlock(&s->lock);
}

static void
greeting_leave(struct server *s, struct greeting *g)
{
	mutex_lock(&s->lock);
	*g->link = g->next;
	if (g->next != NULL)
		g->next->link = g->link;
	mutex_unlock(&s->lock);
}

/* The guest's listener, confirmed; -1: there is none, *wanted is what else was asked. */
static int
greet(struct server *s, int sock, union word *w, bool *wanted)
{
	struct greeting g = { .fd = sock };
	ssize_t n = 0;
	int fd = -1;

	greeting_enter(s, &g);
	if (say(s, sock, 0) == 0)
		fd = receive_fd(sock, w, &n);
	greeting_leave(s, &g);
	*wanted = fd < 0 && n == (ssize_t)sizeof(w->control) &&
	    w->control.magic == MAGIC_CONTROL_REQUEST;
	if (fd < 0 && n == (ssize_t)sizeof(w->trap) &&
	    w->trap.magic == MAGIC_TRAP_MESSAGE &&
	    w->trap.status == RPC_REPORT)
		report(s, sock);
	if (fd < 0)
		return -1;
	if (is_listener(fd) && say(s, sock, 0) == 0)
		return fd;
	say(s, sock, EBADF);
	close(fd);
	return -1;
}

static void *
connection_main(void *arg)
{
	struct connection c = *(struct connection *)arg;
	union word w;
	bool wanted;
	int listener;

	free(arg);
	rw_read(&c.server->serving);
	listener = greet(c.server, c.fd, &w, &wanted);
	if (wanted)
		control_serve(c.server, c.fd, &w.control);
	if (listener < 0 && !wanted &&
	    w.trap.magic == MAGIC_TRAP_MESSAGE && w.trap.abi == RPC_ABI &&
	    w.trap.status == RPC_JOIN_WINDOW)
		doorbell_serve(c.server, c.fd,
		    w.trap.domain == c.server->domain);
	else
		close(c.fd);
	if (listener >= 0)
		listener_serve(c.server, listener);
	rw_unlock(&c.server->serving);
	mutex_lock(&c.server->lock);
	c.server->connections--;
	mutex_unlock(&c.server->lock);
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

int
connection_thread(void *(*run)(void *), void *arg, pthread_t *out)
{
	pthread_attr_t attr;
	int error = pthread_attr_init(&attr);

	if (error)
		return error;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK);
	error = pthread_create(out, &attr, run, arg);
	pthread_attr_destroy(&attr);
	return error;
}

void
connection_start(struct server *s, int fd)
{
	struct timeval patience = { .tv_sec = PATIENCE };
	struct connection *c = malloc(sizeof(*c));
	pthread_t thread;
	bool room;

	mutex_lock(&s->lock);
	room = s->connections < CONNECTIONS_MAX;
	if (room)
		s->connections++;
	mutex_unlock(&s->lock);
	if (c != NULL && room && same_user(fd)) {
		*c = (struct connection){ .server = s, .fd = fd };
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		    sizeof(patience));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
		    sizeof(patience));
		if (connection_thread(connection_main, c, &thread) == 0)
			return;
	}
	say(s, fd, EAGAIN);
	free(c);
	close(fd);
	mutex_lock(&s->lock);
	if (room)
		s->connections--;
	mutex_unlock(&s->lock);
}
