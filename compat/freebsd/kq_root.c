/* SPDX-License-Identifier: ISC */
/* The root of a files block's kqueues: objects, hash, queues, and the kick. */
#include <linux/eventpoll.h>
#include <linux/fcntl.h>

#include "kqueue.h"
#include "fbsd_state.h"
#include "freestanding.h"

#define HOST_O_NONBLOCK 04000
#define HOST_O_CLOEXEC 02000000

static uint64_t *
root_slot(struct thread_block *t)
{
	struct files_block *files = t->files;

	return &files->priv[FREEBSD_FILES_KQ];
}

struct kq_root *
kq_root(struct thread_block *t)
{
	return (struct kq_root *)(uintptr_t)__atomic_load_n(root_slot(t), __ATOMIC_ACQUIRE);
}

struct kq_root *
kq_root_get(struct thread_block *t)
{
	struct kq_root *r = kq_root(t), *old;
	uint64_t none = 0;

	if (r != NULL)
		return r;
	r = arena_alloc(t, KQ_ROOT_PAGES);
	if (r == NULL)
		return NULL;
	r->kickfd = -1;
	r->hidden_min = INT32_MAX;
	r->files = t->files;
	if (__atomic_compare_exchange_n(root_slot(t), &none, (uint64_t)(uintptr_t)r, false,
	    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		pass_drop_all(t);
		return r;
	}
	old = (struct kq_root *)(uintptr_t)none;
	arena_free(t, r, KQ_ROOT_PAGES);
	return old;
}

struct knote *
kq_object(struct kq_root *r, kq_index i)
{
	if (i == 0)
		return NULL;
	i--;
	return (struct knote *)(uintptr_t)(r->pages[i / KQ_PER_PAGE] +
	    (uint64_t)(i % KQ_PER_PAGE) * KQ_OBJECT_SIZE);
}

static void
page_free_all(struct kq_root *r, uint32_t page)
{
	for (uint32_t i = KQ_PER_PAGE; i > 0; i--) {
		struct knote *o = kq_object(r, page * KQ_PER_PAGE + i);

		memset(o, 0, KQ_OBJECT_SIZE);
		o->hash_next = r->free;
		r->free = page * KQ_PER_PAGE + i;
	}
}

static bool
pages_grow(struct thread_block *t, struct kq_root *r)
{
	void *page;

	if (r->npages == KQ_PAGES)
		return false;
	page = arena_alloc(t, 1);
	if (page == NULL)
		return false;
	r->pages[r->npages] = (uint64_t)(uintptr_t)page;
	page_free_all(r, r->npages++);
	return true;
}

/* No kqueue is left; the pages serve the next ones. */
void
kq_root_reset(struct kq_root *r)
{
	r->lock = 0;
	r->free = 0;
	r->kickfd = -1;
	r->hidden_min = INT32_MAX;
	memset(r->hash, 0, sizeof(r->hash));
	for (uint32_t i = 0; i < r->npages; i++)
		page_free_all(r, i);
}

struct knote *
kq_alloc(struct thread_block *t, struct kq_root *r)
{
	struct knote *o;
	kq_index i;

	if (r->free == 0 && !pages_grow(t, r))
		return NULL;
	i = r->free;
	o = kq_object(r, i);
	r->free = o->hash_next;
	memset(o, 0, KQ_OBJECT_SIZE);
	o->self = i;
	return o;
}

void
kq_free(struct kq_root *r, struct knote *o)
{
	kq_index i = o->self;

	memset(o, 0, KQ_OBJECT_SIZE);
	o->hash_next = r->free;
	r->free = i;
}

static kq_index *
hash_slot(struct kq_root *r, uint64_t ident)
{
	return &r->hash[(ident ^ ident >> 12 ^ ident >> 32) % KQ_HASH];
}

void
kq_hash_insert(struct kq_root *r, struct knote *o)
{
	kq_index *slot = hash_slot(r, o->kev.ident);

	o->hash_next = *slot;
	*slot = o->self;
}

void
kq_hash_remove(struct kq_root *r, struct knote *o)
{
	kq_index *p = hash_slot(r, o->kev.ident);

	while (*p != o->self)
		p = &kq_object(r, *p)->hash_next;
	*p = o->hash_next;
}

/* kq 0: of any kqueue. */
struct knote *
kq_find(struct kq_root *r, kq_index kq, int16_t filter, uint64_t ident)
{
	struct knote *o = kq_object(r, *hash_slot(r, ident));

	while (o != NULL && (o->kev.ident != ident || o->kev.filter != filter ||
	    (kq != 0 && o->kq != kq)))
		o = kq_object(r, o->hash_next);
	return o;
}

struct kqueue *
kq_by_fd(struct kq_root *r, int fd)
{
	struct knote *o = kq_find(r, 0, 0, (uint64_t)(int64_t)fd);

	if (o == NULL) {
		o = kq_find(r, 0, KQ_ALIAS, (uint64_t)(int64_t)fd);
		if (o != NULL)
			o = kq_object(r, o->kq);
	}
	return (struct kqueue *)(void *)o;
}

struct kqueue *
kq_of(struct kq_root *r, const struct knote *kn)
{
	return (struct kqueue *)(void *)kq_object(r, kn->kq);
}

void
kq_enqueue(struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	if (kn->status & KN_QUEUED)
		return;
	kn->status |= KN_QUEUED;
	kn->queue_next = 0;
	kn->queue_prev = q->queue_tail;
	if (q->queue_tail != 0)
		kq_object(r, q->queue_tail)->queue_next = kn->self;
	else
		q->queue_head = kn->self;
	q->queue_tail = kn->self;
}

void
kq_dequeue(struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	if ((kn->status & KN_QUEUED) == 0)
		return;
	kn->status &= ~(uint32_t)KN_QUEUED;
	if (kn->queue_prev != 0)
		kq_object(r, kn->queue_prev)->queue_next = kn->queue_next;
	else
		q->queue_head = kn->queue_next;
	if (kn->queue_next != 0)
		kq_object(r, kn->queue_next)->queue_prev = kn->queue_prev;
	else
		q->queue_tail = kn->queue_prev;
}

void
kq_list_insert(struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	kn->list_prev = 0;
	kn->list_next = q->list_head;
	if (q->list_head != 0)
		kq_object(r, q->list_head)->list_prev = kn->self;
	q->list_head = kn->self;
}

void
kq_list_remove(struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	if (kn->list_prev != 0)
		kq_object(r, kn->list_prev)->list_next = kn->list_next;
	else
		q->list_head = kn->list_next;
	if (kn->list_next != 0)
		kq_object(r, kn->list_next)->list_prev = kn->list_prev;
}

long
kq_epoll_ctl(struct thread_block *t, const struct kqueue *q, int op, int fd, uint32_t events,
    enum kq_tag tag, uint32_t value)
{
	struct epoll_event_host ev = {
		.events = events,
		.data = (uint64_t)tag << 32 | value,
	};

	return host_call(t, HOST_NR_epoll_ctl, (int)q->kev.ident, op, fd, (long)&ev, 0, 0);
}

enum kick_state { KICK_NONE, KICK_OFF, KICK_ON };

long
kq_kick(struct thread_block *t, struct kq_root *r, struct kqueue *q, bool on)
{
	long ret;

	if (q->kick == (on ? KICK_ON : KICK_OFF) || (!on && q->kick == KICK_NONE))
		return 0;
	if (r->kickfd < 0)
		r->kickfd = kq_hide_fd(t, host_call(t, HOST_NR_eventfd2, 0,
		    HOST_O_NONBLOCK | HOST_O_CLOEXEC, 0, 0, 0, 0));
	if (r->kickfd < 0)
		return -ENOMEM;
	ret = kq_epoll_ctl(t, q, q->kick == KICK_NONE ? EPOLL_CTL_ADD : EPOLL_CTL_MOD,
	    r->kickfd, on ? EPOLLOUT : 0, KQ_TAG_KICK, 0);
	if (ret == 0)
		q->kick = on ? KICK_ON : KICK_OFF;
	return ret;
}
