/* SPDX-License-Identifier: ISC */
/* Guests as the supervisor knows them: entered by hello, gone by their pidfd. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <linux/kcmp.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

enum { SWEEP_FIRST = 64, GENERATIONS = 16 };
/* A thread id cannot be given out again so soon: ids go round through the whole range. */
static const uint64_t check_every = 100 * 1000 * 1000;

static uint64_t
coarse_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

struct guest_task *
guest_task_lookup(struct server *s, pid_t pid)
{
	return (struct guest_task *)task_lookup(&s->kern, (uint64_t)pid);
}

static void
drop_thread(struct server *s, struct thread *th)
{
	thread_fini(&s->kern, th);
	free(th);
}

static void
drop_threads(struct server *s, struct guest_task *t)
{
	while (t->task.threads != NULL)
		drop_thread(s, t->task.threads);
}

static void
delist(struct guest_task *t)
{
	struct listener *l = t->listener;

	*t->link = t->next;
	if (t->next != NULL)
		t->next->link = t->link;
	if (l->fd < 0 && l->tasks == NULL)
		listener_end(l);
}

void
guest_gone(struct server *s, struct guest_task *t)
{
	drop_threads(s, t);
	task_fini(&s->kern, &t->task);
	delist(t);
	close(t->pidfd);
	window_rele(t->window);
	free(t);
}

/* Threads that ended without a word: looked for when their number has doubled. */
static void
sweep(struct server *s, struct guest_task *t)
{
	struct thread *th, *next;

	if (t->task.nthreads < t->sweep_at)
		return;
	for (th = t->task.threads; th != NULL; th = next) {
		next = th->next;
		if (identity_start((pid_t)t->task.node.id,
		    (pid_t)th->node.id) != ((struct guest_thread *)th)->start)
			drop_thread(s, th);
	}
	t->sweep_at = t->task.nthreads * 2 > SWEEP_FIRST ?
	    t->task.nthreads * 2 : SWEEP_FIRST;
}

/* Into its listener's list. */
static void
enlist(struct guest_task *t, struct listener *l)
{
	t->listener = l;
	t->next = l->tasks;
	t->link = &l->tasks;
	if (t->next != NULL)
		t->next->link = &t->next;
	l->tasks = t;
}

struct guest_task *
guest_adopt(struct listener *l, struct guest_window *w)
{
	struct guest_task *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	enlist(t, l);
	t->window = w;
	if (w != NULL)
		window_ref(w);
	return t;
}

/* The nearest ancestor that is a task of the same tree: those between never call, so what
 * it passes on went through them.  Who joined by itself inherits nothing. */
static struct guest_task *
ancestor(struct listener *l, pid_t pid)
{
	struct guest_task *t;
	struct identity id;
	int i;

	for (i = 0; i < GENERATIONS && pid > 1; i++, pid = id.parent) {
		t = guest_task_lookup(l->server, pid);
		if (t != NULL)
			return t->listener == l ||
			    (t->listener->fd < 0 && l->heir) ? t : NULL;
		if (identity_read(pid, &id))
			break;
	}
	return NULL;
}

/* By windows each process is a tree of its own: one that had its parent's, or its former
 * program's, may have one now, and one that has is still its parent's child. */
static bool
move(struct guest_task *t, struct listener *l)
{
	if (t->listener->fd >= 0 || l->fd >= 0)
		return false;
	if ((pid_t)t->task.node.id == l->pid) {
		delist(t);
		enlist(t, l);
	}
	return true;
}

static struct guest_task *
task_enter(struct listener *l, const struct identity *id)
{
	struct server *s = l->server;
	struct guest_task *t = guest_task_lookup(s, id->pid), *parent;

	if (t != NULL && t->start == id->process_start &&
	    (t->listener == l || move(t, l)))
		return t;
	if (t != NULL)
		guest_gone(s, t);
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->pidfd = pidfd_open(id->pid, 0);
	/* The second look makes sure that the descriptor is the process just seen. */
	if (t->pidfd < 0 ||
	    identity_start(id->pid, id->pid) != id->process_start ||
	    server_watch(s, t->pidfd, EPOLLIN,
	    watch_tag(WATCH_TASK, (uint64_t)id->pid))) {
		if (t->pidfd >= 0)
			close(t->pidfd);
		free(t);
		return NULL;
	}
	task_init(&s->kern, &t->task, (uint64_t)id->pid);
	t->task.subject = (struct subject){
		.auid = id->ruid, .uid = id->uid, .gid = id->gid,
		.ruid = id->ruid, .rgid = id->rgid, .pid = (uint32_t)id->pid,
		.pidversion = (uint32_t)id->process_start,
	};
	parent = ancestor(l, id->parent);
	if (parent != NULL)
		task_inherit(&s->kern, &t->task, &parent->task);
	t->start = id->process_start;
	t->sweep_at = SWEEP_FIRST;
	enlist(t, l);
	return t;
}

static int
thread_enter(struct server *s, struct guest_task *t, const struct identity *id)
{
	struct thread *old = thread_lookup(&s->kern, (uint64_t)id->tid);
	struct guest_thread *th;

	if (old != NULL)
		drop_thread(s, old);
	sweep(s, t);
	th = calloc(1, sizeof(*th));
	if (th == NULL)
		return RPC_ENOMEM;
	if (thread_init(&s->kern, &t->task, &th->thread, (uint64_t)id->tid)) {
		free(th);
		return RPC_ENOMEM;
	}
	th->start = id->start;
	th->checked = coarse_now();
	return 0;
}

/* The caller says that its parent's window is mapped where its own would be: believed
 * when the kernel says that they share memory. */
static int
share_window(struct server *s, struct guest_task *t, const struct identity *id)
{
	struct guest_task *parent = guest_task_lookup(s, id->parent);

	if (t->window != NULL)
		return 0;
	if (parent == NULL || parent->window == NULL ||
	    syscall(SYS_kcmp, id->pid, id->parent, KCMP_VM, 0, 0) != 0)
		return RPC_EPERM;
	window_ref(parent->window);
	t->window = parent->window;
	t->borrowed = true;
	return 0;
}

int
guest_enter(struct listener *l, const struct identity *id, uint64_t flags)
{
	struct guest_task *t = task_enter(l, id);

	if (t == NULL)
		return RPC_ENOMEM;
	if (flags & RPC_HELLO_IMAGE) {
		drop_threads(l->server, t);
		task_exec(&l->server->kern, &t->task);
		window_rele(t->window);
		t->window = NULL;
		t->borrowed = false;
	}
	if (t->window == NULL && l->window != NULL && id->pid == l->pid) {
		window_ref(l->window);
		t->window = l->window;
	}
	if (flags & RPC_HELLO_SHARED && l->window != NULL && t->window == NULL) {
		window_ref(l->window);
		t->window = l->window;
		t->borrowed = true;
	}
	if (flags & RPC_HELLO_SHARED && share_window(l->server, t, id))
		return RPC_EPERM;
	return thread_enter(l->server, t, id);
}

struct guest_task *
guest_join(struct listener *l, const struct identity *id)
{
	struct guest_task *t = task_enter(l, id);

	if (t == NULL)
		return NULL;
	drop_threads(l->server, t);
	window_rele(t->window);
	t->borrowed = false;
	t->window = l->window;
	window_ref(l->window);
	return t;
}

struct guest_thread *
guest_lookup(struct listener *l, pid_t tid)
{
	struct thread *th = thread_lookup(&l->server->kern, (uint64_t)tid);
	struct guest_thread *g = (struct guest_thread *)th;
	uint64_t now;

	if (th == NULL || ((struct guest_task *)th->task)->listener != l)
		return NULL;
	now = coarse_now();
	if (now - g->checked < check_every)
		return g;
	if (identity_start((pid_t)th->task->node.id, tid) != g->start) {
		drop_thread(l->server, th);
		return NULL;
	}
	g->checked = now;
	return g;
}

int
guest_forked(struct listener *l, const struct identity *parent,
    const struct identity *child)
{
	if (child->parent != parent->pid || child->pid != child->tid)
		return RPC_ESRCH;
	return task_enter(l, parent) != NULL && task_enter(l, child) != NULL ?
	    0 : RPC_ENOMEM;
}

void
guest_bye(struct listener *l, pid_t tid)
{
	struct guest_thread *th = guest_lookup(l, tid);

	if (th != NULL)
		drop_thread(l->server, &th->thread);
}
