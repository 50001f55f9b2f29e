/* SPDX-License-Identifier: ISC */
/*
 * One thread per filter tree, blocked in NOTIF_RECV, free to run where its guests may.
 * A guest that calls wakes it on its own core (SYNC_WAKE_UP, Linux 6.6; silently absent
 * before), so a call costs two context switches and no inter-processor interrupt.
 *
 * A call is a microthread.  While none waits the thread sleeps in NOTIF_RECV; else in
 * poll(2), which rings for both.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host.h"
#include "host_nr.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1
#endif

/* The trap's registers, in the kernel's order of arguments. */
enum trap_arg { TRAP_OP, TRAP_SEQ, TRAP_SLOT, TRAP_ARG0, TRAP_ARG1, TRAP_ARG2 };

struct listener *
listener_lookup(struct server *s, uint64_t id)
{
	struct listener *l = s->listeners;

	while (l != NULL && l->id != id)
		l = l->next;
	return l;
}

void
listener_end(struct listener *l)
{
	l->ended = true;
	pthread_kill(l->thread, SIGUSR1);
}

bool
listener_alive(struct listener *l, uint64_t id)
{
	return l->fd < 0 || ioctl(l->fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

/* The notification may have died meanwhile; the kernel then says ENOENT, and the guest
 * comes back for the result. */
void
listener_reply(struct listener *l, uint64_t id, int64_t result)
{
	struct seccomp_notif_resp r = { .id = id, .val = result };

	if (l->fd < 0) {
		doorbell_reply(l, id, result);
		return;
	}
	(void)ioctl(l->fd, SECCOMP_IOCTL_NOTIF_SEND, &r);
}

/* Serve where the guest may run: one that is confined to some cores is not to take time
 * of others, and finds us beside it. */
static void
follow(pid_t tid)
{
	cpu_set_t cores;

	if (sched_getaffinity(tid, sizeof(cores), &cores) == 0)
		(void)sched_setaffinity(0, sizeof(cores), &cores);
}

static int64_t
hello(struct listener *l, const struct seccomp_notif *n)
{
	const __u64 *a = n->data.args;
	struct identity id;
	int error;

	if (a[TRAP_ARG0] != RPC_ABI)
		return -RPC_EPROTONOSUPPORT;
	if (n->pid == 0 || identity_read((pid_t)n->pid, &id) ||
	    !listener_alive(l, n->id) || !doorbell_owner(l, &id))
		return -RPC_ESRCH;
	follow((pid_t)n->pid);
	mutex_lock(&l->server->lock);
	error = guest_enter(l, &id, a[TRAP_ARG1]);
	mutex_unlock(&l->server->lock);
	return error ? -error : RPC_HELLO_OK;
}

static int64_t
forked(struct listener *l, const struct seccomp_notif *n)
{
	struct identity parent, child;
	int error;

	if (n->pid == 0 || n->data.args[TRAP_ARG0] > INT32_MAX ||
	    identity_read((pid_t)n->data.args[TRAP_ARG0], &child) ||
	    identity_read((pid_t)n->pid, &parent) || !listener_alive(l, n->id))
		return -RPC_ESRCH;
	mutex_lock(&l->server->lock);
	error = guest_forked(l, &parent, &child);
	mutex_unlock(&l->server->lock);
	return -error;
}

static int64_t
bye(struct listener *l, const struct seccomp_notif *n)
{
	mutex_lock(&l->server->lock);
	guest_bye(l, (pid_t)n->pid);
	mutex_unlock(&l->server->lock);
	return 0;
}

/* The descriptor that a fetch asks for, borrowed: the caller's thread serves this
 * listener, so nobody takes its task away meanwhile but the end of the process. */
static int
fetch_source(struct listener *l, const struct seccomp_notif *n)
{
	const __u64 *a = n->data.args;
	struct guest_thread *th = guest_lookup(l, (pid_t)n->pid);
	struct guest_task *t;

	if (th == NULL)
		return -RPC_ENOTCONN;
	if (l->fd < 0)
		return -RPC_EINVAL;
	t = (struct guest_task *)th->thread.task;
	if (a[TRAP_ARG0] == RPC_FETCH_COMMPAGE)
		return dup(l->server->commpage);
	if (a[TRAP_ARG0] != RPC_FETCH_WINDOW || a[TRAP_ARG2] == 0 ||
	    a[TRAP_ARG2] > RPC_WINDOW_SLOTS)
		return -RPC_EINVAL;
	if (t->window == NULL)
		t->window = window_new((uint32_t)a[TRAP_ARG2]);
	if (t->window == NULL)
		return -RPC_ENOMEM;
	if (t->window->fd < 0)
		idle_recall();
	idle_touch(l->server, t->window);
	return dup(t->window->fd);
}

/* Answers by itself, with the descriptor; an error is for the caller to answer. */
static int64_t
fetch(struct listener *l, const struct seccomp_notif *n)
{
	struct seccomp_notif_addfd add = {
		.id = n->id,
		.flags = SECCOMP_ADDFD_FLAG_SETFD | SECCOMP_ADDFD_FLAG_SEND,
		.newfd = (__u32)n->data.args[TRAP_ARG1],
		.newfd_flags = O_CLOEXEC,
	};
	int fd, error = 0;

	mutex_lock(&l->server->lock);
	fd = fetch_source(l, n);
	mutex_unlock(&l->server->lock);
	if (fd < 0)
		return fd == -1 ? -RPC_ENOMEM : fd;
	add.srcfd = (__u32)fd;
	if (ioctl(l->fd, SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0)
		error = errno;
	close(fd);
	return error ? -error : KERN_PARKED;
}

static int64_t
call(struct listener *l, const struct seccomp_notif *n)
{
	const __u64 *a = n->data.args;
	struct kern_request rq = {
		.reply = n->id,
		.op = a[TRAP_OP], .seq = a[TRAP_SEQ], .slot = a[TRAP_SLOT],
		.arg = { a[TRAP_ARG0], a[TRAP_ARG1], a[TRAP_ARG2] },
	};
	struct pending_gift gift = { .what = GIFT_NONE };
	struct guest_thread *th;
	int64_t r = -RPC_ENOTCONN;

	mutex_lock(&l->server->lock);
	l->server->calls++;
	th = guest_lookup(l, (pid_t)n->pid);
	if (th != NULL)
		r = kern_call(&l->server->kern, &th->thread, &rq);
	if (l->gift.what != GIFT_NONE) {
		gift = l->gift;
		l->gift.what = GIFT_NONE;
	}
	mutex_unlock(&l->server->lock);
	if (gift.what != GIFT_NONE)
		memory_give(l, &gift, n->id, (pid_t)n->pid);
	return r;
}

static int64_t
answer(struct listener *l, const struct seccomp_notif *n)
{
	if (n->data.arch != AUDIT_ARCH_X86_64 ||
	    n->data.nr != HOST_NR_epoll_wait_old)
		return -ENOSYS;
	switch (n->data.args[TRAP_OP]) {
	case RPC_HELLO:
		return hello(l, n);
	case RPC_FETCH:
		return fetch(l, n);
	case RPC_BYE:
		return bye(l, n);
	case RPC_FORKED:
		return forked(l, n);
	default:
		return call(l, n);
	}
}

struct notification {
	struct listener *listener;	/* borrowed */
	struct seccomp_notif n;
};

/* A microthread's whole life. */
static void
notification(void *arg)
{
	const struct notification *x = arg;
	const struct seccomp_notif *n = &x->n;
	struct listener *l = x->listener;
	int64_t r = answer(l, n);

	if (r != KERN_PARKED)
		listener_reply(l, n->id, r);
}

void
listener_call(struct listener *l, const struct seccomp_notif *n)
{
	struct notification x = { .listener = l, .n = *n };

	micro_run(&l->worker, notification, &x, sizeof(x));
}

/* While microthreads wait: until one may go on, which is false, or a guest calls. */
static bool
watch_both(struct listener *l)
{
	struct pollfd p[2] = {
		{ .fd = l->fd, .events = POLLIN },
		{ .fd = worker_bell(&l->worker), .events = POLLIN },
	};

	return poll(p, 2, p[1].fd < 0 ? 1 : -1) > 0 && p[1].revents == 0;
}

/* False: the tree's last guest has gone.  ENOENT alone means that a notification died
 * before it was read. */
static bool
receive(struct listener *l, struct seccomp_notif *n)
{
	struct pollfd p = { .fd = l->fd };

	for (;;) {
		memset(n, 0, sizeof(*n));
		server_rest(l->server, &l->worker);
		if (l->ended)
			return false;
		if (worker_poll(&l->worker) > 0 && !watch_both(l))
			continue;
		if (ioctl(l->fd, SECCOMP_IOCTL_NOTIF_RECV, n) == 0)
			return true;
		if (errno != EINTR && errno != ENOENT)
			return false;
		if (poll(&p, 1, 0) == 1 && p.revents & (POLLHUP | POLLERR))
			return false;
	}
}

/* Since Linux 6.11 NOTIF_RECV itself ends with the tree.  Before, the main thread watches
 * for that, which costs every call 4 %. */
static bool
recv_ends(void)
{
	struct utsname u;
	int major, minor;

	return uname(&u) == 0 &&
	    sscanf(u.release, "%d.%d", &major, &minor) == 2 &&
	    (major > 6 || (major == 6 && minor >= 11));
}

struct listener *
listener_new(struct server *s, int fd)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (l != NULL) {
		l->server = s;
		l->fd = fd;
		worker_init(&l->worker);
	}
	return l;
}

/* Under the lock. */
int
listener_insert(struct listener *l)
{
	struct server *s = l->server;

	l->next = s->listeners;
	s->listeners = l;
	return l->fd < 0 || recv_ends() ? 0 : server_watch(s, l->fd, EPOLLET,
	    watch_tag(WATCH_LISTENER, l->id));
}

void
listener_remove(struct listener *l)
{
	struct server *s = l->server;
	struct listener **p = &s->listeners;

	mutex_lock(&s->lock);
	while (l->tasks != NULL)
		guest_gone(s, l->tasks);
	while (*p != l)
		p = &(*p)->next;
	*p = l->next;
	window_rele(l->window);
	mutex_unlock(&s->lock);
	worker_fini(&l->worker);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
}

static void
listener_run(struct listener *l)
{
	struct seccomp_notif n;

	(void)ioctl(l->fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
	    (__u64)SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	while (receive(l, &n))
		listener_call(l, &n);
	worker_drain(&l->worker);
}

void
listener_serve(struct server *s, int fd)
{
	struct listener *l = listener_new(s, fd);
	int error;

	if (l == NULL) {
		close(fd);
		return;
	}
	mutex_lock(&s->lock);
	l->thread = pthread_self();
	l->id = ++s->next_listener;
	error = listener_insert(l);
	mutex_unlock(&s->lock);
	if (error == 0)
		listener_run(l);
	listener_remove(l);
}

/* ---- a predecessor's ---- */
struct listener *
listener_adopt(struct server *s, int fd, uint64_t id, pid_t pid)
{
	struct listener *l = listener_new(s, fd);

	if (l == NULL)
		return NULL;
	l->id = id;
	l->pid = pid;
	if (listener_insert(l)) {
		s->listeners = l->next;
		worker_fini(&l->worker);
		free(l);
		return NULL;
	}
	return l;
}

static void *
adopted_main(void *arg)
{
	struct listener *l = arg;
	struct server *s = l->server;

	/* Who made this thread still holds the lock, and writes l->thread. */
	mutex_lock(&s->lock);
	if (l->tasks != NULL)
		follow((pid_t)l->tasks->task.node.id);
	mutex_unlock(&s->lock);
	rw_read(&s->serving);
	if (l->fd < 0)
		doorbell_run(l);
	else
		listener_run(l);
	listener_remove(l);
	rw_unlock(&s->serving);
	mutex_lock(&s->lock);
	s->connections--;
	mutex_unlock(&s->lock);
	server_wake(s);
	return NULL;
}

int
listeners_start(struct server *s)
{
	struct listener *l;
	int error = 0;

	for (l = s->listeners; l != NULL && error == 0; l = l->next) {
		error = connection_thread(adopted_main, l, &l->thread);
		if (error == 0)
			s->connections++;
	}
	return error;
}
