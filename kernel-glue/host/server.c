/* SPDX-License-Identifier: ISC */
/* The main thread: it sleeps until something happens, and leaves when nothing will. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "host.h"

enum { EVENTS = 64, INSIST_MS = 20, QUIET_MS = 1, LOOK_MS = 1000 };

int
server_watch(struct server *s, int fd, uint32_t events, uint64_t tag)
{
	struct epoll_event e = { .events = events, .data.u64 = tag };

	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) ? errno : 0;
}

void
server_wake(struct server *s)
{
	uint64_t one = 1;
	ssize_t n = write(s->wake, &one, sizeof(one));

	(void)n;	/* a full counter wakes just as well */
}

static void
on_interrupt(int sig)
{
	(void)sig;	/* its EINTR is what matters */
}

static int
watch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_interrupt };
	sigset_t set;

	sigaction(SIGUSR1, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* A new domain. */
static int
found(struct server *s)
{
	do {
		if (getrandom(&s->domain, sizeof(s->domain), 0) < 0)
			return errno;
	} while (s->domain == 0);
	s->started = s->kern.hooks->now(s);
	s->commpage = commpage_new(s->domain);
	return s->commpage < 0 ? errno : 0;
}

int
server_init(struct server *s)
{
	int error;

	mutex_init(&s->lock, "kern");
	rw_init(&s->serving, "serving");
	if (kern_init(&s->kern, &host_hooks, s))
		return ENOMEM;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->timer = timerfd_create(CLOCK_MONOTONIC,
	    TFD_CLOEXEC | TFD_NONBLOCK);
	s->signals = watch_signals();
	s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->epoll < 0 || s->timer < 0 || s->signals < 0 || s->wake < 0)
		return errno;
	error = s->heir >= 0 ? takeover(s) : found(s);
	if (error)
		return error;
	if (server_watch(s, s->socket, EPOLLIN, watch_tag(WATCH_SOCKET, 0)) ||
	    server_watch(s, s->timer, EPOLLIN, watch_tag(WATCH_TIMER, 0)) ||
	    server_watch(s, s->signals, EPOLLIN,
	    watch_tag(WATCH_SIGNALS, 0)) ||
	    server_watch(s, s->wake, EPOLLIN, watch_tag(WATCH_WAKE, 0)))
		return errno;
	return 0;
}

static void
drain(int fd)
{
	uint64_t count;
	ssize_t n = read(fd, &count, sizeof(count));

	(void)n;
}

static void
accept_one(struct server *s)
{
	int fd = accept4(s->socket, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		connection_start(s, fd);
	else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
		poll(NULL, 0, INSIST_MS);	/* it stays readable */
}

/* A pidfd is readable.  The number may have come round meanwhile: ask the descriptor. */
static void
task_event(struct server *s, pid_t pid)
{
	struct guest_task *t = guest_task_lookup(s, pid);
	struct pollfd p = { .events = POLLIN };

	if (t == NULL)
		return;
	p.fd = t->pidfd;
	if (poll(&p, 1, 0) == 1)
		guest_gone(s, t);
}

/* False: it is time to leave. */
static bool
event(struct server *s, uint64_t tag)
{
	enum watch w = (enum watch)(tag >> 56);
	uint64_t id = tag & ~(UINT64_MAX << 56);
	struct listener *l;

	if (w == WATCH_SIGNALS)
		return false;
	if (w == WATCH_WAKE)
		drain(s->wake);
	if (w == WATCH_SOCKET)
		accept_one(s);
	mutex_lock(&s->lock);
	if (w == WATCH_TIMER) {
		drain(s->timer);
		kern_timer(&s->kern);
	} else if (w == WATCH_TASK) {
		task_event(s, (pid_t)id);
	} else if (w == WATCH_LISTENER) {
		l = listener_lookup(s, id);
		if (l != NULL)
			listener_end(l);
	}
	mutex_unlock(&s->lock);
	return true;
}

/* How long to sleep.  Before Linux 6.11 a thread in NOTIF_RECV does not notice that its
 * tree has ended, and a signal sent just before it blocks is lost: insist. */
static int
patience(struct server *s)
{
	struct listener *l;
	int ms;

	mutex_lock(&s->lock);
	ms = s->connections == 0 ? s->idle_ms : s->watched != NULL ? LOOK_MS :
	    -1;
	for (l = s->listeners; l != NULL; l = l->next)
		if (l->ended) {
			pthread_kill(l->thread, SIGUSR1);
			ms = INSIST_MS;
		}
	if (s->quieting) {
		if (rw_wanted(&s->serving))
			server_interrupt(s);
		ms = QUIET_MS;
	}
	mutex_unlock(&s->lock);
	return ms;
}

/* Once a second, while windows are used. */
static void
look(struct server *s)
{
	uint64_t now = s->kern.hooks->now(s);

	if (now - s->looked < LOOK_MS * 1000000ull)
		return;
	s->looked = now;
	mutex_lock(&s->lock);
	(void)idle_look(s);
	mutex_unlock(&s->lock);
}

static bool
unused(struct server *s)
{
	bool r;

	mutex_lock(&s->lock);
	r = s->connections == 0;
	mutex_unlock(&s->lock);
	return r;
}

int
server_run(struct server *s)
{
	struct epoll_event e[EVENTS];
	int i, n;

	for (;;) {
		n = epoll_wait(s->epoll, e, EVENTS, patience(s));
		if (n < 0 && errno != EINTR)
			return errno;
		if (s->stopping)
			return 0;
		if (n == 0 && unused(s))
			return 0;
		look(s);
		for (i = 0; i < n; i++)
			if (!event(s, e[i].data.u64))
				return 0;
	}
}
