/* SPDX-License-Identifier: ISC */
/*
 * kqueue over epoll.
 *
 * A kqueue is an epoll descriptor, so it can itself be polled.  Everything else is in one root per
 * files block, under one lock: kqueues and knotes are objects of equal size in pages of the
 * arena, named by index, found through a hash of their ident.
 *
 * What makes a knote active: for descriptors epoll (READ and WRITE of one descriptor share a
 * registration; it is edge-triggered when either is EV_CLEAR), for the rest the layer itself.
 * An active knote is in its kqueue's queue until it is delivered.  One that stays active though it is not
 * epoll's to report again (a level-triggered one under an edge-triggered registration, a file
 * that is always ready) stays queued and is looked at anew by each scan, as FreeBSD does.
 *
 * While the queue is not empty the epoll descriptor must be readable, and a change must wake
 * who sleeps in it: one event descriptor of the process, which is always writable, is a member of every
 * kqueue that needs it, and asking for EPOLLOUT on it or not is the switch (the kick).
 *
 * Timers are deadlines that bound the wait of whoever is in kevent; a kqueue that nobody waits on, but
 * polls, does not become readable by a timer.
 */
#ifndef VENEER_FREEBSD_KQUEUE_H
#define VENEER_FREEBSD_KQUEUE_H

#include "freebsd.h"

struct freebsd11_kevent {
	uint64_t ident;
	int16_t filter;
	uint16_t flags;
	uint32_t fflags;
	int64_t data;
	uint64_t udata;
};
struct freebsd_kevent {
	uint64_t ident;
	int16_t filter;
	uint16_t flags;
	uint32_t fflags;
	int64_t data;
	uint64_t udata, ext[4];
};
_Static_assert(sizeof(struct freebsd11_kevent) == FREEBSD_SIZEOF_freebsd11_kevent, "kevent");
_Static_assert(sizeof(struct freebsd_kevent) == FREEBSD_SIZEOF_kevent, "kevent");

enum kn_status {
	KN_ACTIVE	= 1 << 0,	/* triggered */
	KN_QUEUED	= 1 << 1,	/* in its kqueue's queue: active and not disabled */
	KN_DISABLED	= 1 << 2,
	KN_FILE		= 1 << 3,	/* descriptor that epoll refuses: always ready, or by offset */
	KN_SOCKET	= 1 << 4,
	KN_EDGE		= 1 << 5,	/* must not be asked level-triggered */
	KN_FRESH	= 1 << 6,	/* revents are epoll's answer of this scan */
	KN_SEEKABLE	= 1 << 7,	/* a regular file: readable by offset */
};

/* Index of an object, counted from 1; 0 none. */
typedef uint32_t kq_index;

struct knote {
	struct freebsd_kevent kev;	/* ident, filter, flags, udata; fflags and data: what is to be told */
	int64_t sdata;			/* as registered */
	uint32_t sfflags;
	uint32_t status;
	kq_index self, kq, hash_next;
	kq_index queue_next, queue_prev;
	kq_index list_next, list_prev;	/* all of the kqueue's */
	uint32_t reg;			/* epoll events that are registered for the descriptor */
	uint32_t revents;
	int32_t fd;			/* PROC: pidfd; VNODE and files: inotify watch; else -1 */
	int32_t parent;			/* VNODE of a directory: inotify watch of the one that it is in; else -1 */
	uint64_t deadline, period;	/* TIMER: ns; VNODE: period is the last size, deadline the links */
};

/* filter 0: a kqueue, in the same pages. refs: descriptors that name it. */
struct kqueue {
	struct freebsd_kevent kev;	/* ident: the epoll descriptor */
	uint32_t kick, waiters;
	uint32_t ntimers, refs;
	kq_index self, queue_head, hash_next, queue_tail, list_head;
	int32_t inotify;
	uint32_t nempty;		/* EVFILT_EMPTY knotes: looked at from time to time */
	uint32_t gone;
	uint32_t users;			/* kevent calls in progress: the object waits for them */
};
/* filter KQ_ALIAS: another descriptor of a kqueue. */
#define KQ_ALIAS 1

#define KQ_OBJECT_SIZE 160u
_Static_assert(sizeof(struct knote) <= KQ_OBJECT_SIZE, "knote");
_Static_assert(sizeof(struct kqueue) <= KQ_OBJECT_SIZE, "kqueue");
_Static_assert(offsetof(struct kqueue, self) == offsetof(struct knote, self), "object");
_Static_assert(offsetof(struct kqueue, hash_next) == offsetof(struct knote, hash_next), "object");

#define KQ_PER_PAGE (4096u / KQ_OBJECT_SIZE)
#define KQ_PAGES 500u
#define KQ_HASH 1024u

struct kq_root {
	uint32_t lock, npages;
	kq_index free;
	int32_t kickfd, hidden_min;	/* no descriptor of ours is below */
	void *files;			/* the files block that it belongs to */
	uint64_t pages[KQ_PAGES];
	kq_index hash[KQ_HASH];
};
#define KQ_ROOT_PAGES 2
_Static_assert(sizeof(struct kq_root) <= KQ_ROOT_PAGES * 4096, "kq_root");

/* epoll_event.data: what an event is about. */
enum kq_tag { KQ_TAG_FD, KQ_TAG_KICK, KQ_TAG_PID, KQ_TAG_INOTIFY };

struct epoll_event_host {
	uint32_t events;
	uint64_t data;
} __attribute__((packed));

/* kq_root.c: everything under root->lock but kq_root_get */
struct kq_root *kq_root(struct thread_block *t);
struct kq_root *kq_root_get(struct thread_block *t);	/* makes one; NULL without memory */
void kq_root_reset(struct kq_root *r);
struct knote *kq_object(struct kq_root *r, kq_index i);
struct knote *kq_alloc(struct thread_block *t, struct kq_root *r);
void kq_free(struct kq_root *r, struct knote *o);
void kq_hash_insert(struct kq_root *r, struct knote *o);
void kq_hash_remove(struct kq_root *r, struct knote *o);
struct knote *kq_find(struct kq_root *r, kq_index kq, int16_t filter, uint64_t ident);
struct kqueue *kq_by_fd(struct kq_root *r, int fd);
void kq_enqueue(struct kq_root *r, struct kqueue *q, struct knote *kn);
void kq_dequeue(struct kq_root *r, struct kqueue *q, struct knote *kn);
void kq_list_insert(struct kq_root *r, struct kqueue *q, struct knote *kn);
void kq_list_remove(struct kq_root *r, struct kqueue *q, struct knote *kn);
struct kqueue *kq_of(struct kq_root *r, const struct knote *kn);

long kq_epoll_ctl(struct thread_block *t, const struct kqueue *q, int op, int fd,
    uint32_t events, enum kq_tag tag, uint32_t value);
/* Make the epoll descriptor readable (or not), and wake who waits in it. */
long kq_kick(struct thread_block *t, struct kq_root *r, struct kqueue *q, bool on);

/* kq_own.c */
/* A descriptor of ours goes where programs seldom look. */
int kq_hide_fd(struct thread_block *t, long fd);
/* The guest takes the number: what of ours is there goes elsewhere. */
void kq_own_move(struct thread_block *t, struct kq_root *r, int fd);
/* Close what a copied descriptor table holds of ours; the memory may be another process's. */
void kq_own_close(struct thread_block *t, struct kq_root *r);

/* knote.c */
void knote_activate(struct kq_root *r, struct kqueue *q, struct knote *kn);
void knote_drop(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn);
long kq_register(struct call *c, struct kq_root *r, struct kqueue *q, struct freebsd_kevent *kev);

/* filter_fd.c: READ, WRITE, EMPTY */
bool filter_is_fd(int16_t filter);
long fd_attach(struct call *c, struct kq_root *r, struct kqueue *q, struct knote *kn);
void fd_detach(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn);
/* Registration again after a change of state; rearm: report what is ready now. */
long fd_update(struct thread_block *t, struct kq_root *r, struct kqueue *q, uint64_t fd, bool rearm);
bool fd_ready(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn);
void fd_event(struct thread_block *t, struct kq_root *r, struct kqueue *q, uint32_t fd, uint32_t events);

/* filter_other.c: USER, TIMER, SIGNAL, PROC; filter_vnode.c: VNODE and regular files */
long user_touch(struct knote *kn, const struct freebsd_kevent *kev);
long timer_arm(struct thread_block *t, struct knote *kn, const struct freebsd_kevent *kev);
void timers_expire(struct kq_root *r, struct kqueue *q, uint64_t now);
uint64_t timers_next(struct kq_root *r, const struct kqueue *q);
long signal_attach(struct thread_block *t, struct kqueue *q, struct knote *kn);
void signal_detach(struct thread_block *t, struct kq_root *r, struct knote *kn);
long proc_attach(struct thread_block *t, struct kqueue *q, struct knote *kn);
void proc_detach(struct thread_block *t, struct kqueue *q, struct knote *kn);
void proc_event(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn);
long vnode_watch(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn,
    uint32_t mask);
void vnode_unwatch(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn);
long vnode_attach(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn);
void vnode_events(struct thread_block *t, struct kq_root *r, struct kqueue *q);

/* For the rest of the personality. Each is cheap when there is no kqueue. */
/* Before a descriptor is closed or replaced: its knotes go; a kqueue loses a name. */
void freebsd_kq_fd_closed(struct thread_block *t, int fd);
void freebsd_kq_fd_duped(struct thread_block *t, int from, int to);
/* The layer's own descriptor: the guest may neither see nor close it. */
bool freebsd_kq_fd_hidden(struct thread_block *t, int fd);
long freebsd_kq_close_range(struct thread_block *t, unsigned first, unsigned last, unsigned flags);
/* A signal goes to a handler, or would if it were not ignored. */
void freebsd_kq_signal(struct thread_block *t, int hostsig);
/* kqueues are not inherited: after fork in the child, and in a child with its own descriptors. */
void freebsd_kq_fork_child(struct thread_block *t);
void freebsd_kq_child_start(struct thread_block *t);

#endif
