/* SPDX-License-Identifier: ISC */
/* kqueue and kevent: changes in, events out. */
#include <linux/eventpoll.h>
#include <linux/time.h>
#include <asm/stat.h>

#include "kqueue.h"
#include "fbsd_state.h"
#include "signal.h"

#define NSEC 1000000000ul
#define EVENTS_MAX 128		/* told by one call at most */
#define EMPTY_LOOK (20ul * 1000000)	/* ns between looks at EVFILT_EMPTY */
#define HOST_O_CLOEXEC 02000000
#define SEEK_CUR_HOST 1
#define IN_MODIFY_HOST 2u

/* One kevent call. */
struct scan {
	struct freebsd_kevent out[EVENTS_MAX];
	int n, max;
	bool timed;
	uint64_t end;	/* when it gives up, monotonic ns */
};

static long
kqueue_new(struct call *c, uint32_t flags)
{
	struct thread_block *t = call_thread(c);
	struct kq_root *r = kq_root_get(t);
	struct kqueue *q = NULL;
	long fd;

	if ((flags & ~(uint32_t)FREEBSD_KQUEUE_CLOEXEC) != 0)
		return -EINVAL;
	if (r == NULL)
		return -ENOMEM;
	fd = HOST(c, epoll_create1, HOST_O_CLOEXEC);
	if (fd < 0)
		return fd;
	layer_lock(t, &r->lock);
	q = (struct kqueue *)(void *)kq_alloc(t, r);
	if (q != NULL) {
		q->kev.ident = (uint64_t)fd;
		q->refs = 1;
		q->inotify = -1;
		kq_hash_insert(r, (struct knote *)(void *)q);
	}
	layer_unlock(t, &r->lock);
	if (q != NULL)
		return fd;
	(void)HOST(c, close, fd);
	return -ENOMEM;
}

CALL(kqueue)
{
	return kqueue_new(c, 0);
}

CALL(kqueuex)
{
	return kqueue_new(c, (uint32_t)c->arg[0]);
}

/* ---- events out ---- */

/* A regular file is readable while there is something behind its offset; then it waits for more. */
static bool
file_ready(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	struct stat st;
	long at;

	kn->kev.data = 0;
	if (kn->kev.filter == FREEBSD_EVFILT_WRITE || (kn->status & KN_SEEKABLE) == 0 ||
	    host_call(t, HOST_NR_fstat, (long)kn->kev.ident, (long)&st, 0, 0, 0, 0) != 0)
		return true;
	at = host_call(t, HOST_NR_lseek, (long)kn->kev.ident, 0, SEEK_CUR_HOST, 0, 0, 0);
	kn->kev.data = st.st_size - at;
	if (kn->kev.data != 0 || (kn->sfflags & FREEBSD_NOTE_FILE_POLL))
		return true;
	if (kn->fd < 0)
		(void)vnode_watch(t, r, q, kn, IN_MODIFY_HOST);
	return false;
}

static bool
knote_ready(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	if (kn->status & KN_FILE)
		return file_ready(t, r, q, kn);
	if (filter_is_fd(kn->kev.filter) || kn->kev.filter == FREEBSD_EVFILT_EMPTY)
		return fd_ready(t, r, q, kn);
	return true;
}

/* Told: what becomes of the knote. */
static void
knote_told(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	bool epolls = filter_is_fd(kn->kev.filter) && (kn->status & KN_FILE) == 0;

	if (kn->kev.flags & FREEBSD_EV_ONESHOT) {
		knote_drop(t, r, q, kn);
		return;
	}
	if (kn->kev.flags & (FREEBSD_EV_CLEAR | FREEBSD_EV_DISPATCH)) {
		kq_dequeue(r, q, kn);
		kn->status &= ~(uint32_t)KN_ACTIVE;
		if (kn->kev.flags & FREEBSD_EV_CLEAR) {
			kn->kev.data = 0;
			if (kn->kev.filter == FREEBSD_EVFILT_USER)
				kn->sfflags = 0;
			kn->kev.fflags = 0;
		}
		if (kn->kev.flags & FREEBSD_EV_DISPATCH) {
			kn->status |= KN_DISABLED;
			if (epolls)
				(void)fd_update(t, r, q, kn->kev.ident, false);
		}
	} else if (epolls && (kn->reg & EPOLLET) == 0) {
		kq_dequeue(r, q, kn);	/* epoll reports it again */
		kn->status &= ~(uint32_t)KN_ACTIVE;
	}
}

/* Each queued knote is looked at once; those that stay go behind the others. */
static void
scan_queue(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct scan *s)
{
	kq_index last = q->queue_tail, i = 0;

	while (q->queue_head != 0 && s->n < s->max && i != last) {
		struct knote *kn = kq_object(r, q->queue_head);

		i = kn->self;
		kq_dequeue(r, q, kn);
		if (!knote_ready(t, r, q, kn)) {
			kn->status &= ~(uint32_t)KN_ACTIVE;
			continue;
		}
		kq_enqueue(r, q, kn);
		s->out[s->n++] = kn->kev;
		knote_told(t, r, q, kn);
	}
	for (i = q->queue_head; i != 0; i = kq_object(r, i)->queue_next)
		kq_object(r, i)->status &= ~(uint32_t)KN_FRESH;
}

static void
host_events(struct thread_block *t, struct kq_root *r, struct kqueue *q,
    const struct epoll_event_host *ev, long n)
{
	for (long i = 0; i < n; i++) {
		uint32_t value = (uint32_t)ev[i].data;
		struct knote *kn;

		switch ((enum kq_tag)(ev[i].data >> 32)) {
		case KQ_TAG_FD:
			fd_event(t, r, q, value, ev[i].events);
			break;
		case KQ_TAG_PID:
			kn = kq_object(r, value);
			if (kn->self == value && kn->kq == q->self &&
			    kn->kev.filter == FREEBSD_EVFILT_PROC)
				proc_event(t, r, q, kn);
			break;
		case KQ_TAG_INOTIFY:
			vnode_events(t, r, q);
			break;
		case KQ_TAG_KICK:
			break;
		}
	}
}

static uint64_t
monotonic(struct thread_block *t)
{
	int64_t ts[2] = { 0 };

	(void)clock_read(t, CLOCK_MONOTONIC, ts);
	return (uint64_t)ts[0] * NSEC + (uint64_t)ts[1];
}

static void
empty_look(struct kq_root *r, struct kqueue *q)
{
	for (kq_index i = q->list_head; i != 0; i = kq_object(r, i)->list_next) {
		struct knote *kn = kq_object(r, i);

		if (kn->kev.filter == FREEBSD_EVFILT_EMPTY && (kn->status & KN_DISABLED) == 0)
			knote_activate(r, q, kn);
	}
}

/* How long to sleep: ts, or NULL for ever. */
static int64_t *
scan_timeout(struct thread_block *t, struct kq_root *r, struct kqueue *q, const struct scan *s,
    int64_t ts[2])
{
	uint64_t end = s->timed ? s->end : UINT64_MAX, now = 0, next;

	if (q->queue_head != 0 || s->end == 0) {
		ts[0] = ts[1] = 0;
		return ts;
	}
	if (q->ntimers != 0) {
		next = timers_next(r, q);
		end = next < end ? next : end;
	}
	if (end == UINT64_MAX && q->nempty == 0)
		return NULL;
	now = monotonic(t);
	if (q->nempty != 0 && now + EMPTY_LOOK < end)
		end = now + EMPTY_LOOK;
	end = end > now ? end - now : 0;
	ts[0] = (int64_t)(end / NSEC);
	ts[1] = (int64_t)(end % NSEC);
	return ts;
}

/*
 * The host ends a wait for more than FreeBSD does: stop and continue, a signal that another thread
 * took in the end.  An ignored signal that is only counted is counted here, and the wait goes on.
 */
static long
interrupted(struct thread_block *t, struct kq_root *r)
{
	const struct sighand_block *sh = t->sighand;
	int sig = (int)t->noted_sig;

	if ((t->attention & ~(uint32_t)ATT_CRED) == 0)
		return 0;
	if ((t->attention & ATT_SIGNAL) == 0 || sh->action[sig].restorer == ACT_PLAIN)
		return -EINTR;
	layer_unlock(t, &r->lock);
	freebsd_kq_signal(t, sig);
	t->noted_sig = 0;
	attention_clear(t, ATT_SIGNAL);
	mask_sync(t);
	layer_lock(t, &r->lock);
	return 0;
}

/* Sleep without the lock; 0, or how the wait ended. */
static long
scan_wait(struct call *c, struct kq_root *r, struct kqueue *q, const struct scan *s)
{
	struct thread_block *t = call_thread(c);
	struct epoll_event_host ev[EVENTS_MAX];
	int64_t ts[2], *timeout = scan_timeout(t, r, q, s, ts);
	int fd = (int)q->kev.ident, max = s->max < EVENTS_MAX ? s->max : EVENTS_MAX;
	bool poll = timeout != NULL && (ts[0] | ts[1]) == 0;
	long n;

	q->waiters++;
	layer_unlock(t, &r->lock);
	if (poll)
		n = HOST(c, epoll_pwait2, fd, ev, max, timeout, 0, 8);
	else
		n = INTR(c, epoll_pwait2, fd, ev, max, timeout, 0, 8);
	layer_lock(t, &r->lock);
	q->waiters--;
	if (q->gone)
		return -EBADF;
	if (n > 0)
		host_events(t, r, q, ev, n);
	if (q->ntimers != 0)
		timers_expire(r, q, monotonic(t));
	if (q->nempty != 0)
		empty_look(r, q);
	if (n == -EINTR || n == -ERESTARTSYS)
		return interrupted(t, r);
	return n < 0 ? n : 0;
}

static bool
scan_over(struct thread_block *t, const struct scan *s)
{
	return s->n != 0 || (s->timed && (s->end == 0 || monotonic(t) >= s->end));
}

static long
scan_run(struct call *c, struct kq_root *r, struct kqueue *q, struct scan *s)
{
	struct thread_block *t = call_thread(c);
	long ret;

	layer_lock(t, &r->lock);
	do {
		ret = q->gone ? -EBADF : scan_wait(c, r, q, s);
		if (ret == -EBADF)
			break;
		scan_queue(t, r, q, s);
		/* A timer of ours may have been what bounded another's sleep. */
		(void)kq_kick(t, r, q, q->queue_head != 0 || (s->n != 0 && q->ntimers != 0 &&
		    q->waiters != 0));
	} while (ret == 0 && !scan_over(t, s));
	layer_unlock(t, &r->lock);
	return s->n != 0 ? 0 : ret;
}

/* ---- changes in ---- */

struct form {	/* the two layouts of struct kevent */
	uint32_t size;
};

static long
change_copyin(struct freebsd_kevent *kev, uint64_t at, const struct form *f)
{
	*kev = (struct freebsd_kevent){ 0 };
	return copyin(kev, guest(at), f->size);
}

static long
event_copyout(uint64_t at, const struct freebsd_kevent *kev, const struct form *f)
{
	return copyout(guest(at), kev, f->size);
}

/* The number of receipts and errors that were written, or -errno. */
static long
changes_apply(struct call *c, struct kq_root *r, struct kqueue *q, const struct form *f)
{
	struct thread_block *t = call_thread(c);
	int n = arg_int(c, 2), room = arg_int(c, 4), told = 0;
	struct freebsd_kevent kev;
	long ret = 0;

	for (int i = 0; i < n; i++) {
		uint16_t flags;

		ret = change_copyin(&kev, c->arg[1] + (uint64_t)i * f->size, f);
		if (ret != 0)
			return ret;
		flags = kev.flags;
		layer_lock(t, &r->lock);
		ret = q->gone ? -EBADF : kq_register(c, r, q, &kev);
		/* Who sleeps is to see a new timer or a knote that is active at once. */
		if (ret == 0 && (q->queue_head != 0 || (q->waiters != 0 && (q->ntimers != 0 ||
		    q->nempty != 0))))
			(void)kq_kick(t, r, q, true);
		layer_unlock(t, &r->lock);
		if (ret == 0 && (flags & FREEBSD_EV_RECEIPT) == 0)
			continue;
		if (told >= room)
			return ret != 0 ? ret : told;
		kev.flags = FREEBSD_EV_ERROR;
		kev.data = ret != 0 ? freebsd_error(ret) : 0;
		ret = event_copyout(c->arg[3] + (uint64_t)told * f->size, &kev, f);
		if (ret != 0)
			return ret;
		told++;
	}
	return told;
}

static long
timeout_copyin(struct call *c, struct scan *s)
{
	int64_t ts[2];
	long ret;

	s->timed = c->arg[5] != 0;
	s->end = UINT64_MAX;
	if (!s->timed)
		return 0;
	ret = copyin(ts, arg_ptr(c, 5), sizeof(ts));
	if (ret != 0)
		return ret;
	if (ts[0] < 0 || ts[1] < 0 || ts[1] >= (int64_t)NSEC)
		return -EINVAL;
	if ((ts[0] | ts[1]) == 0)
		s->end = 0;
	else if (ts[0] < INT32_MAX)
		s->end = monotonic(call_thread(c)) + (uint64_t)ts[0] * NSEC + (uint64_t)ts[1];
	else
		s->timed = false;	/* longer than the machine will run */
	return 0;
}

static long
kevent_run(struct call *c, struct kq_root *r, struct kqueue *q, const struct form *f)
{
	struct scan s;
	long ret;

	if (arg_int(c, 2) < 0 || arg_int(c, 4) < 0)
		return -EINVAL;
	s.n = 0;
	s.max = arg_int(c, 4) < EVENTS_MAX ? arg_int(c, 4) : EVENTS_MAX;
	ret = timeout_copyin(c, &s);
	if (ret == 0)
		ret = changes_apply(c, r, q, f);
	if (ret != 0 || s.max == 0)
		return ret;
	ret = scan_run(c, r, q, &s);
	for (int i = 0; i < s.n && ret == 0; i++)
		ret = event_copyout(c->arg[3] + (uint64_t)i * f->size, &s.out[i], f);
	return ret != 0 ? ret : s.n;
}

static long
kevent_call(struct call *c, const struct form *f)
{
	struct thread_block *t = call_thread(c);
	struct kq_root *r = kq_root(t);
	struct kqueue *q = NULL;
	long ret;

	if (r != NULL) {
		layer_lock(t, &r->lock);
		q = kq_by_fd(r, arg_int(c, 0));
		if (q != NULL)
			q->users++;
		layer_unlock(t, &r->lock);
	}
	if (q == NULL)
		return -EBADF;
	ret = kevent_run(c, r, q, f);
	layer_lock(t, &r->lock);
	if (--q->users == 0 && q->gone)
		kq_free(r, (struct knote *)(void *)q);
	layer_unlock(t, &r->lock);
	return ret;
}

CALL(kevent)
{
	return kevent_call(c, &(struct form){ sizeof(struct freebsd_kevent) });
}

CALL(freebsd11_kevent)
{
	return kevent_call(c, &(struct form){ sizeof(struct freebsd11_kevent) });
}
