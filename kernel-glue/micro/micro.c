/* SPDX-License-Identifier: ISC */
/* Workers and their microthreads. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "micro.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

enum {
	GUARD = 4096,
	LOOK_MS = 1,	/* without a descriptor for a bell */
};

/*
 * state     who may be in it               goes to
 * SPARE     a worker's next, or the pool's RUNNING
 * RUNNING   on its worker                  WAITING, SPARE
 * WAITING   its frame stands on its stack  READY
 * READY     in worker.ready                RUNNING
 */
struct micro {			/* at the top of its stack */
	struct micro *next;	/* in the pool, or ready */
	struct worker *worker;	/* borrowed */
	unsigned char *stack;	/* owned: the mapping, guard page first */
	void *sp;
	void *fiber;		/* for the thread sanitizer */
	void *fake;		/* for the address sanitizer */
	bool ended;
	void (*fn)(void *);
	_Alignas(16) unsigned char arg[MICRO_ARG];
};

_Noreturn void micro_main(struct micro *m);

/* ---- stacks ---- */
static struct {
	pthread_mutex_t lock;
	struct micro *first;
	unsigned kept, made, most;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct micro *
stack_new(void)
{
	size_t size = GUARD + MICRO_STACK;
	unsigned char *p = mmap(NULL, size, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	struct micro *m;

	if (p == MAP_FAILED)
		return NULL;
	if (mprotect(p + GUARD, MICRO_STACK, PROT_READ | PROT_WRITE)) {
		munmap(p, size);
		return NULL;
	}
	m = (struct micro *)(p + size - (sizeof(*m) + 63) / 64 * 64);
	m->stack = p;
#if defined(__SANITIZE_THREAD__)
	m->fiber = __tsan_create_fiber(0);
#endif
	return m;
}

static void
stack_free(struct micro *m)
{
#if defined(__SANITIZE_THREAD__)
	__tsan_destroy_fiber(m->fiber);
#endif
	munmap(m->stack, GUARD + MICRO_STACK);
}

static struct micro *
pool_take(void)
{
	struct micro *m;
	bool room = false;

	pthread_mutex_lock(&pool.lock);
	m = pool.first;
	if (m != NULL) {
		pool.first = m->next;
		pool.kept--;
	} else {
		room = pool.made < MICRO_MAX;
		pool.made += room;
		if (pool.made > pool.most)
			pool.most = pool.made;
	}
	pthread_mutex_unlock(&pool.lock);
	if (m != NULL || !room)
		return m;
	m = stack_new();
	if (m == NULL) {
		pthread_mutex_lock(&pool.lock);
		pool.made--;
		pthread_mutex_unlock(&pool.lock);
	}
	return m;
}

static void
pool_give(struct micro *m)
{
	bool keep;

	pthread_mutex_lock(&pool.lock);
	keep = pool.kept < MICRO_KEEP;
	if (keep) {
		m->next = pool.first;
		pool.first = m;
		pool.kept++;
	} else {
		pool.made--;
	}
	pthread_mutex_unlock(&pool.lock);
	if (!keep)
		stack_free(m);
}

void
micro_count(unsigned *now, unsigned *most)
{
	pthread_mutex_lock(&pool.lock);
	*now = pool.made;
	*most = pool.most;
	pthread_mutex_unlock(&pool.lock);
}

/* ---- there and back; sanitizers are told ---- */
static void
resume(struct worker *w, struct micro *m)
{
	w->running = m;
#if defined(__SANITIZE_THREAD__)
	w->fiber = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(m->fiber, 0);
#endif
#if defined(__SANITIZE_ADDRESS__)
	void *fake;

	__sanitizer_start_switch_fiber(&fake, m->stack + GUARD, MICRO_STACK);
#endif
	micro_switch(&w->sp, m->sp);
#if defined(__SANITIZE_ADDRESS__)
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
	w->running = NULL;
}

/* To the worker, until it resumes us; or for good. */
static void
leave(struct micro *m)
{
#if defined(__SANITIZE_THREAD__)
	__tsan_switch_to_fiber(m->worker->fiber, 0);
#endif
#if defined(__SANITIZE_ADDRESS__)
	pthread_attr_t attr;
	void *bottom;
	size_t size;

	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getstack(&attr, &bottom, &size);
	pthread_attr_destroy(&attr);
	__sanitizer_start_switch_fiber(m->ended ? NULL : &m->fake, bottom, size);
#endif
	micro_switch(&m->sp, m->worker->sp);
#if defined(__SANITIZE_ADDRESS__)
	__sanitizer_finish_switch_fiber(m->fake, NULL, NULL);
#endif
}

_Noreturn void
micro_main(struct micro *m)
{
#if defined(__SANITIZE_ADDRESS__)
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
	m->fn(m->arg);
	m->ended = true;
	leave(m);
	abort();
}

/* The frame that micro_switch takes apart: control words, r15 to rbp, where to go. */
static void
prepare(struct micro *m)
{
	enum { R12 = 4, RETURN = 7, WORDS = 9 };
	uint64_t *frame = (uint64_t *)m - WORDS - 1;

#if defined(__SANITIZE_ADDRESS__)
	/* What ended here did not return. */
	ASAN_UNPOISON_MEMORY_REGION(m->stack + GUARD, MICRO_STACK);
#endif
	memset(frame, 0, (WORDS + 1) * sizeof(*frame));
	frame[0] = (uint64_t)0x37f << 32 | 0x1f80;
	frame[R12] = (uint64_t)(uintptr_t)m;
	frame[RETURN] = (uint64_t)(uintptr_t)micro_enter;
	m->sp = frame;
	m->ended = false;
}

/* ---- workers ---- */
/* The worker that the calling thread is, if any. */
static _Thread_local struct worker *current;

struct worker *
worker_current(struct micro **m)
{
	struct worker *w = current;

	*m = w == NULL ? NULL : w->running;
	return *m == NULL ? NULL : w;
}

void
worker_init(struct worker *w)
{
	memset(w, 0, sizeof(*w));
	pthread_mutex_init(&w->lock, NULL);
	w->ready_end = &w->ready;
	w->bell = -1;
}

void
worker_fini(struct worker *w)
{
	if (current == w)	/* the thread goes on without it */
		current = NULL;
	if (w->spare != NULL)
		pool_give(w->spare);
	if (w->bell >= 0)
		close(w->bell);
	pthread_mutex_destroy(&w->lock);
}

int
worker_bell(const struct worker *w)
{
	return w->waiting == 0 ? -1 : w->bell;
}

/* A microthread has run. */
static void
ran(struct worker *w, struct micro *m)
{
	if (!m->ended)
		return;
	w->waiting--;
	if (w->spare == NULL)
		w->spare = m;
	else
		pool_give(m);
}

void
micro_suspend(struct micro *m)
{
	struct worker *w = m->worker;

	if (w->bell < 0) {
		int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

		pthread_mutex_lock(&w->lock);
		w->bell = bell;
		pthread_mutex_unlock(&w->lock);
	}
	leave(m);
}

void
micro_ready(struct worker *w, struct micro *m)
{
	uint64_t one = 1;

	pthread_mutex_lock(&w->lock);
	m->next = NULL;
	*w->ready_end = m;
	w->ready_end = &m->next;
	if (w->bell >= 0 && write(w->bell, &one, sizeof(one)) < 0)
		abort();	/* it cannot be full */
	pthread_mutex_unlock(&w->lock);
}

static struct micro *
next_ready(struct worker *w)
{
	struct micro *m;

	pthread_mutex_lock(&w->lock);
	m = w->ready;
	if (m != NULL) {
		w->ready = m->next;
		if (w->ready == NULL)
			w->ready_end = &w->ready;
	} else if (w->waiting == 0 && w->bell >= 0) {
		close(w->bell);
		w->bell = -1;
	}
	pthread_mutex_unlock(&w->lock);
	return m;
}

unsigned
worker_poll(struct worker *w)
{
	struct micro *m;
	uint64_t count;

	if (w->waiting == 0 && w->bell < 0)
		return 0;
	if (w->bell >= 0 && read(w->bell, &count, sizeof(count)) < 0 &&
	    errno != EAGAIN)
		abort();
	while ((m = next_ready(w)) != NULL) {
		resume(w, m);
		ran(w, m);
	}
	return w->waiting;
}

void
worker_drain(struct worker *w)
{
	struct pollfd p = { .events = POLLIN };

	while (worker_poll(w) > 0) {
		p.fd = w->bell;
		poll(&p, 1, w->bell < 0 ? LOOK_MS : -1);
	}
}

/* A stack; when all are in use, that of a microthread of ours which ends.  NULL: none of
 * ours waits, so who holds what we shall wait for does not wait for us. */
static struct micro *
stack_get(struct worker *w)
{
	struct pollfd p = { .events = POLLIN };
	struct micro *m;

	for (;;) {
		m = w->spare != NULL ? w->spare : pool_take();
		w->spare = NULL;
		if (m != NULL || worker_poll(w) == 0)
			return m;
		if (w->spare != NULL)
			continue;
		p.fd = w->bell;
		poll(&p, 1, w->bell < 0 ? LOOK_MS : -1);
	}
}

void
micro_run(struct worker *w, void (*fn)(void *), const void *arg, size_t size)
{
	_Alignas(16) unsigned char copy[MICRO_ARG];
	struct micro *m;

	current = w;
	m = stack_get(w);
	if (m == NULL) {
		memcpy(copy, arg, size);
		fn(copy);
		return;
	}
	m->worker = w;
	m->fn = fn;
	memcpy(m->arg, arg, size);
	prepare(m);
	w->waiting++;
	resume(w, m);
	ran(w, m);
}
