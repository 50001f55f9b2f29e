/* SPDX-License-Identifier: ISC */
/*
 * What a successor is handed: the host's own tables as rows of numbers, then kern's state
 * (kern/state.h); descriptors travel beside it, in the order of the rows.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "../kern/state.h"

enum { IMAGE_MAGIC = 0x49484e56, IMAGE_VERSION = 2 };	/* VNHI */
enum head { H_MAGIC, H_VERSION, H_DOMAIN, H_STARTED, H_REPLACEMENTS, H_CALLS,
	H_NEXT, H_IDLE, H_FLAGS, H_LISTENERS, H_WINDOWS, H_TASKS, H_THREADS, H_MEMORIES,
	H_KERN, H_COUNT };
enum { FD_SOCKET, FD_LOCK, FD_RUNDIR, FD_COMMPAGE, FD_FIRST };
enum { FLAG_FOREGROUND = 1, FLAG_SYSTEMD = 2, FLAG_ACTIVATED = 4, FLAG_WINDOW = 8 };
enum { ROWS_MAX = 1 << 22 };

/* ---- writing ---- */
static void
put(struct image *im, const void *p, size_t n)
{
	size_t room = im->room == 0 ? 4096 : im->room;
	unsigned char *b;

	while (room - im->n < n)
		room *= 2;
	if (!im->failed && room != im->room) {
		b = realloc(im->bytes, room);
		im->failed = b == NULL;
		im->bytes = b == NULL ? im->bytes : b;
		im->room = b == NULL ? im->room : room;
	}
	if (im->failed)
		return;
	memcpy(im->bytes + im->n, p, n);
	im->n += n;
}

static void
put_word(struct image *im, uint64_t v)
{
	put(im, &v, sizeof(v));
}

static void
put_fd(struct image *im, int fd)
{
	size_t room = im->fdroom == 0 ? 64 : im->fdroom * 2;
	int *f;

	if (im->nfds == im->fdroom && !im->failed) {
		f = realloc(im->fd, room * sizeof(*f));
		im->failed = f == NULL;
		im->fd = f == NULL ? im->fd : f;
		im->fdroom = f == NULL ? im->fdroom : room;
	}
	if (!im->failed)
		im->fd[im->nfds++] = fd;
}

static uint64_t
memory_save(void *host, struct memory *m)
{
	(void)host;
	return m->number;
}

static void
put_windows(struct server *s, struct image *im, uint64_t *count)
{
	const struct listener *l;
	struct guest_task *t;

	for (l = s->listeners; l != NULL; l = l->next)
		for (t = l->tasks; t != NULL; t = t->next)
			if (t->window != NULL)
				t->window->number = 0;
	for (l = s->listeners; l != NULL; l = l->next)
		for (t = l->tasks; t != NULL; t = t->next) {
			if (t->window == NULL || t->window->number != 0)
				continue;
			t->window->number = ++*count;
			put_word(im, t->window->nslots);
			put_fd(im, t->window->fd);
		}
}

static void
put_tasks(struct server *s, struct image *im, uint64_t *tasks,
    uint64_t *threads)
{
	const struct listener *l;
	struct guest_task *t;
	struct thread *th;
	uint64_t n = 0;

	for (l = s->listeners; l != NULL; l = l->next, n++)
		for (t = l->tasks; t != NULL; t = t->next, ++*tasks) {
			put_word(im, t->task.node.id);
			put_word(im, t->start);
			put_word(im, t->sweep_at);
			put_word(im, n);
			put_word(im, t->window == NULL ? 0 :
			    t->window->number);
			put_word(im, t->borrowed);
			put_fd(im, t->pidfd);
		}
	for (l = s->listeners; l != NULL; l = l->next)
		for (t = l->tasks; t != NULL; t = t->next)
			for (th = t->task.threads; th != NULL; th = th->next) {
				put_word(im, th->node.id);
				put_word(im, ((struct guest_thread *)th)->start);
				++*threads;
			}
}

static void
put_memories(struct image *im, uint64_t *count)
{
	struct memory *m;
	uint64_t pad = 0;

	for (m = memory_first(); m != NULL; m = m->next) {
		m->number = (*count)++;
		put_word(im, m->n);
		put_word(im, m->given);
		put_word(im, m->fd >= 0);
		if (m->fd >= 0) {
			put_fd(im, m->fd);
			continue;
		}
		put(im, m->bytes, m->n);
		put(im, &pad, -m->n & 7);
	}
}

static int
put_kern(struct server *s, struct image *im, uint64_t *bytes)
{
	static const struct state_ops ops = { .memory_save = memory_save };
	struct state_image state = { 0 };
	int error = kern_save(&s->kern, &ops, &state);

	*bytes = state.n;
	if (error == 0)
		put(im, state.bytes, state.n);
	free(state.bytes);
	return error ? ENOMEM : 0;
}

int
image_write(struct server *s, struct image *im)
{
	uint64_t head[H_COUNT] = { 0 };
	const struct listener *l;
	int error;

	idle_recall();
	head[H_MAGIC] = IMAGE_MAGIC;
	head[H_VERSION] = IMAGE_VERSION;
	head[H_DOMAIN] = s->domain;
	head[H_STARTED] = s->started;
	head[H_REPLACEMENTS] = s->replacements + 1;
	head[H_CALLS] = s->calls;
	head[H_NEXT] = s->next_listener;
	head[H_IDLE] = (uint64_t)(s->idle_ms + 1);
	head[H_FLAGS] = (s->foreground ? FLAG_FOREGROUND : 0u) |
	    (s->systemd ? FLAG_SYSTEMD : 0u) |
	    (s->activated ? FLAG_ACTIVATED : 0u) |
	    (s->window ? FLAG_WINDOW : 0u);
	put(im, head, sizeof(head));
	put_fd(im, s->socket);
	put_fd(im, s->lockfile);
	put_fd(im, s->rundir);
	put_fd(im, s->commpage);
	for (l = s->listeners; l != NULL; l = l->next) {
		head[H_LISTENERS]++;
		put_word(im, l->id);
		put_word(im, (uint64_t)l->pid);
		if (l->fd >= 0)
			put_fd(im, l->fd);
		else
			doorbell_mute(l);
	}
	put_windows(s, im, &head[H_WINDOWS]);
	put_tasks(s, im, &head[H_TASKS], &head[H_THREADS]);
	put_memories(im, &head[H_MEMORIES]);
	error = put_kern(s, im, &head[H_KERN]);
	if (error || im->failed)
		return ENOMEM;
	memcpy(im->bytes, head, sizeof(head));
	return 0;
}

void
image_fini(struct image *im)
{
	free(im->bytes);
	free(im->fd);
}

/* ---- reading ---- */
struct source {
	struct server *s;
	const unsigned char *at, *end;
	const int *fd;
	size_t nfds;
	uint64_t head[H_COUNT];
	struct listener **listener;
	struct guest_window **window;
	struct memory **memory;
	struct table tasks, threads;	/* made, not yet kern's */
	bool failed;
};

static uint64_t
get(struct source *f)
{
	uint64_t v;

	if (f->end - f->at < (ptrdiff_t)sizeof(v)) {
		f->failed = true;
		return 0;
	}
	memcpy(&v, f->at, sizeof(v));
	f->at += sizeof(v);
	return v;
}

static int
get_fd(struct source *f)
{
	if (f->nfds == 0) {
		f->failed = true;
		return -1;
	}
	f->nfds--;
	return *f->fd++;
}

static void
get_listeners(struct source *f)
{
	uint64_t i;

	for (i = 0; i < f->head[H_LISTENERS] && !f->failed; i++) {
		uint64_t id = get(f), pid = get(f);
		int fd = pid == 0 ? get_fd(f) : -1;

		if (!f->failed)
			f->listener[i] = listener_adopt(f->s, fd, id,
			    (pid_t)pid);
		f->failed = f->failed || f->listener[i] == NULL;
	}
}

static void
get_windows(struct source *f)
{
	uint64_t i, nslots;
	int fd;

	for (i = 0; i < f->head[H_WINDOWS] && !f->failed; i++) {
		nslots = get(f);
		fd = get_fd(f);
		if (nslots == 0 || nslots > RPC_WINDOW_SLOTS)
			f->failed = true;
		if (!f->failed)
			f->window[i] = window_adopt(fd, (uint32_t)nslots);
		f->failed = f->failed || f->window[i] == NULL;
	}
}

static void
get_task(struct source *f)
{
	uint64_t pid = get(f), start = get(f), sweep = get(f), l = get(f),
	    w = get(f), borrowed = get(f);
	int pidfd = get_fd(f);
	struct guest_task *t;

	if (f->failed || l >= f->head[H_LISTENERS] ||
	    w > f->head[H_WINDOWS] || pid == 0 ||
	    table_lookup(&f->tasks, pid) != NULL) {
		f->failed = true;
		return;
	}
	t = guest_adopt(f->listener[l], w == 0 ? NULL : f->window[w - 1]);
	if (t == NULL) {
		f->failed = true;
		return;
	}
	if (t->listener->fd < 0 && (pid_t)pid == t->listener->pid &&
	    t->window != NULL) {
		window_ref(t->window);
		t->listener->window = t->window;
	}
	t->start = start;
	t->sweep_at = (size_t)sweep;
	t->borrowed = borrowed != 0;
	t->pidfd = pidfd;
	table_insert(&f->tasks, &t->task.node, pid);
	if (server_watch(f->s, pidfd, EPOLLIN, watch_tag(WATCH_TASK, pid)))
		f->failed = true;
}

static void
get_threads(struct source *f)
{
	struct guest_thread *th;
	uint64_t i, tid;

	for (i = 0; i < f->head[H_THREADS] && !f->failed; i++) {
		tid = get(f);
		th = calloc(1, sizeof(*th));
		if (th == NULL || table_lookup(&f->threads, tid) != NULL) {
			free(th);
			f->failed = true;
			return;
		}
		th->start = get(f);
		table_insert(&f->threads, &th->thread.node, tid);
	}
}

/* The n bytes here, and what fills them up to a word; NULL: it ends before. */
static const void *
get_bytes(struct source *f, uint64_t n)
{
	const void *p = f->at;
	size_t left = (size_t)(f->end - f->at);

	if (n > left || (n + 7) / 8 * 8 > left) {
		f->failed = true;
		return NULL;
	}
	f->at += (n + 7) / 8 * 8;
	return p;
}

static void
get_memories(struct source *f)
{
	const void *bytes;
	uint64_t i, n, given;
	int fd;

	for (i = 0; i < f->head[H_MEMORIES] && !f->failed; i++) {
		n = get(f);
		given = get(f);
		fd = get(f) != 0 ? get_fd(f) : -1;
		bytes = fd >= 0 || f->failed ? NULL : get_bytes(f, n);
		if (!f->failed)
			f->memory[i] = memory_adopt(fd, (size_t)n, given != 0,
			    bytes);
		f->failed = f->failed || f->memory[i] == NULL;
	}
}

/* kern asks for these while it reads; the ops have the server alone. */
static struct source *source;

static struct memory *
memory_load(void *host, uint64_t number, size_t *n)
{
	struct memory *m;

	(void)host;
	if (number >= source->head[H_MEMORIES])
		return NULL;
	m = source->memory[number];
	source->memory[number] = NULL;	/* once */
	if (m != NULL)
		*n = m->n;
	return m;
}

static size_t
memory_size(void *host, const struct memory *m)
{
	(void)host;
	return m->n;
}

static struct task *
load_task(void *host, uint64_t id)
{
	struct node *n = table_lookup(&source->tasks, id);

	(void)host;
	if (n == NULL)
		return NULL;
	table_remove(&source->tasks, n);
	return (struct task *)((char *)n - offsetof(struct task, node));
}

static struct thread *
load_thread(void *host, uint64_t id)
{
	struct node *n = table_lookup(&source->threads, id);

	(void)host;
	if (n == NULL)
		return NULL;
	table_remove(&source->threads, n);
	return (struct thread *)((char *)n - offsetof(struct thread, node));
}

static bool
get_kern(struct source *f, const char **why)
{
	static const struct state_ops ops = { .memory_load = memory_load,
		.memory_size = memory_size, .task = load_task,
		.thread = load_thread };
	struct server *s = f->s;

	if (f->failed || f->nfds != 0 || f->head[H_KERN] != (uint64_t)(f->end - f->at)) {
		*why = "its tables are damaged";
		return false;
	}
	source = f;
	if (kern_load(&s->kern, &ops, f->at, (size_t)f->head[H_KERN], why))
		return false;
	if (f->tasks.count == 0 && f->threads.count == 0)
		return true;
	*why = "tasks that its kernel does not know";
	return false;
}

static bool
get_head(struct source *f, const char **why)
{
	enum head h;

	for (h = 0; h < H_COUNT; h++)
		f->head[h] = get(f);
	*why = "its tables are damaged";
	if (f->failed || f->head[H_MAGIC] != IMAGE_MAGIC)
		return false;
	if (f->head[H_VERSION] != IMAGE_VERSION) {
		*why = "its tables have another version";
		return false;
	}
	for (h = H_LISTENERS; h <= H_MEMORIES; h++)
		if (f->head[h] > ROWS_MAX)
			return false;
	return f->nfds >= FD_FIRST + f->head[H_WINDOWS] + f->head[H_TASKS];
}

static bool
get_rows(struct source *f, const char **why)
{
	struct server *s = f->s;
	uint64_t i;

	s->domain = f->head[H_DOMAIN];
	s->started = f->head[H_STARTED];
	s->replacements = f->head[H_REPLACEMENTS];
	s->calls = f->head[H_CALLS];
	s->next_listener = f->head[H_NEXT];
	s->idle_ms = (int)f->head[H_IDLE] - 1;
	s->foreground = (f->head[H_FLAGS] & FLAG_FOREGROUND) != 0;
	s->systemd = (f->head[H_FLAGS] & FLAG_SYSTEMD) != 0;
	s->activated = (f->head[H_FLAGS] & FLAG_ACTIVATED) != 0;
	s->window = (f->head[H_FLAGS] & FLAG_WINDOW) != 0;
	s->socket = get_fd(f);
	s->lockfile = get_fd(f);
	s->rundir = get_fd(f);
	s->commpage = get_fd(f);
	get_listeners(f);
	get_windows(f);
	for (i = 0; i < f->head[H_TASKS] && !f->failed; i++)
		get_task(f);
	get_threads(f);
	get_memories(f);
	return get_kern(f, why);
}

int
image_read(struct server *s, const unsigned char *p, size_t n, const int *fd,
    size_t nfds, const char **why)
{
	struct source f = { .s = s, .at = p, .end = p + n, .fd = fd,
		.nfds = nfds };
	bool ok = false;
	uint64_t i;

	if (!get_head(&f, why))
		return EINVAL;
	f.listener = calloc((size_t)f.head[H_LISTENERS] + 1, sizeof(void *));
	f.window = calloc((size_t)f.head[H_WINDOWS] + 1, sizeof(void *));
	f.memory = calloc((size_t)f.head[H_MEMORIES] + 1, sizeof(void *));
	*why = "no memory";
	if (f.listener != NULL && f.window != NULL && f.memory != NULL &&
	    table_init(&f.tasks) == 0 && table_init(&f.threads) == 0)
		ok = get_rows(&f, why);
	/* Each task holds its own reference. */
	for (i = 0; ok && i < f.head[H_WINDOWS]; i++)
		window_rele(f.window[i]);
	table_fini(&f.tasks);
	table_fini(&f.threads);
	free(f.listener);
	free(f.window);
	free(f.memory);
	return ok ? 0 : EINVAL;
}
