/* SPDX-License-Identifier: ISC */
/* Knotes: registering a change, activation, removal. The root's lock is held throughout. */
#include "aio.h"
#include "kqueue.h"
#include "fbsd_state.h"

void
knote_activate(struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	kn->status |= KN_ACTIVE;
	if ((kn->status & KN_DISABLED) == 0)
		kq_enqueue(r, q, kn);
}

static void
knote_detach(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	switch (kn->kev.filter) {
	case FREEBSD_EVFILT_READ:
	case FREEBSD_EVFILT_WRITE:
	case FREEBSD_EVFILT_EMPTY:
		fd_detach(t, r, q, kn);
		break;
	case FREEBSD_EVFILT_VNODE:
		vnode_unwatch(t, r, q, kn);
		break;
	case FREEBSD_EVFILT_TIMER:
		q->ntimers--;
		break;
	case FREEBSD_EVFILT_SIGNAL:
		signal_detach(t, r, kn);
		break;
	case FREEBSD_EVFILT_PROC:
		proc_detach(t, q, kn);
		break;
	default:
		break;
	}
}

static void
knote_unlink(struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	kq_dequeue(r, q, kn);
	kq_hash_remove(r, kn);
	kq_list_remove(r, q, kn);
}

void
knote_drop(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	knote_unlink(r, q, kn);
	knote_detach(t, r, q, kn);
	kq_free(r, kn);
}

static long
knote_attach(struct call *c, struct kq_root *r, struct kqueue *q, struct knote *kn,
    const struct freebsd_kevent *kev)
{
	struct thread_block *t = call_thread(c);

	switch (kn->kev.filter) {
	case FREEBSD_EVFILT_READ:
	case FREEBSD_EVFILT_WRITE:
	case FREEBSD_EVFILT_EMPTY:
		return fd_attach(c, r, q, kn);
	case FREEBSD_EVFILT_VNODE:
		return vnode_attach(t, r, q, kn);
	case FREEBSD_EVFILT_TIMER:
		q->ntimers++;
		kn->kev.flags |= FREEBSD_EV_CLEAR;
		return timer_arm(t, kn, kev);
	case FREEBSD_EVFILT_SIGNAL:
		kn->kev.flags |= FREEBSD_EV_CLEAR;
		return signal_attach(t, q, kn);
	case FREEBSD_EVFILT_PROC:
		kn->kev.flags |= FREEBSD_EV_CLEAR;
		return proc_attach(t, q, kn);
	default:
		return 0;
	}
}

static bool
filter_known(int16_t filter)
{
	switch (filter) {
	case FREEBSD_EVFILT_READ:
	case FREEBSD_EVFILT_WRITE:
	case FREEBSD_EVFILT_EMPTY:
	case FREEBSD_EVFILT_VNODE:
	case FREEBSD_EVFILT_TIMER:
	case FREEBSD_EVFILT_SIGNAL:
	case FREEBSD_EVFILT_PROC:
	case FREEBSD_EVFILT_USER:
		return true;
	default:
		return false;
	}
}

static long
knote_new(struct call *c, struct kq_root *r, struct kqueue *q, const struct freebsd_kevent *kev,
    struct knote **out)
{
	struct thread_block *t = call_thread(c);
	struct knote *kn = kq_alloc(t, r);
	long ret;

	if (kn == NULL)
		return -ENOMEM;
	kn->kev = *kev;
	kn->kev.flags &= (uint16_t)~(FREEBSD_EV_ADD | FREEBSD_EV_DELETE | FREEBSD_EV_ENABLE |
	    FREEBSD_EV_DISABLE | FREEBSD_EV_FORCEONESHOT | FREEBSD_EV_KEEPUDATA);
	kn->sfflags = kev->fflags;
	kn->sdata = kev->data;
	kn->kev.fflags = 0;
	kn->kev.data = 0;
	kn->kq = q->self;
	kn->fd = -1;
	kn->parent = -1;
	if (kev->flags & FREEBSD_EV_DISABLE)
		kn->status |= KN_DISABLED;
	kq_hash_insert(r, kn);
	kq_list_insert(r, q, kn);
	ret = knote_attach(c, r, q, kn, kev);
	if (ret != 0) {
		if (kn->kev.filter == FREEBSD_EVFILT_TIMER)
			q->ntimers--;
		knote_unlink(r, q, kn);
		kq_free(r, kn);
		return ret;
	}
	*out = kn;
	return 0;
}

/* A change of an existing knote; flags such as EV_CLEAR stay what they were at first. */
static long
knote_touch(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn,
    const struct freebsd_kevent *kev)
{
	if (kev->flags & FREEBSD_EV_FORCEONESHOT) {
		kn->kev.flags |= FREEBSD_EV_ONESHOT;
		knote_activate(r, q, kn);
	}
	if (kev->flags & FREEBSD_EV_ENABLE)
		kn->status &= ~(uint32_t)KN_DISABLED;
	else if (kev->flags & FREEBSD_EV_DISABLE)
		kn->status |= KN_DISABLED;
	if ((kev->flags & FREEBSD_EV_KEEPUDATA) == 0)
		kn->kev.udata = kev->udata;
	if (kn->kev.filter == FREEBSD_EVFILT_TIMER) {
		if ((kev->flags & FREEBSD_EV_ADD) == 0)
			return 0;
		kq_dequeue(r, q, kn);	/* what had expired is forgotten */
		return timer_arm(t, kn, kev);
	}
	if (kn->kev.filter == FREEBSD_EVFILT_USER)
		return 0;
	kn->sfflags = kev->fflags;
	kn->sdata = kev->data;
	/* More may be asked for than the host watches. */
	return kn->kev.filter == FREEBSD_EVFILT_VNODE ? vnode_attach(t, r, q, kn) : 0;
}

/* What a change leaves to do: queue or not, the host's registration, a trigger. */
static long
knote_settle(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn,
    const struct freebsd_kevent *kev)
{
	if (kn->kev.filter == FREEBSD_EVFILT_USER && user_touch(kn, kev))
		knote_activate(r, q, kn);
	if (kn->status & KN_DISABLED)
		kq_dequeue(r, q, kn);
	else if (kn->status & (KN_ACTIVE | KN_FILE))
		knote_activate(r, q, kn);
	if (filter_is_fd(kn->kev.filter) && (kn->status & KN_FILE) == 0)
		return fd_update(t, r, q, kn->kev.ident, true);
	if (kn->kev.filter == FREEBSD_EVFILT_EMPTY)
		knote_activate(r, q, kn);
	return 0;
}

long
kq_register(struct call *c, struct kq_root *r, struct kqueue *q, struct freebsd_kevent *kev)
{
	struct thread_block *t = call_thread(c);
	struct knote *kn;
	long ret;

	kev->flags &= (uint16_t)~FREEBSD_EV_SYSFLAGS;
	if (!filter_known(kev->filter))
		return -EINVAL;
	if (filter_is_fd(kev->filter) || kev->filter == FREEBSD_EVFILT_EMPTY ||
	    kev->filter == FREEBSD_EVFILT_VNODE) {
		if (kev->ident > INT32_MAX ||
		    HOST(c, fcntl, kev->ident, 1, 0) < 0)	/* F_GETFD */
			return -EBADF;
	}
	kn = kq_find(r, q->self, kev->filter, kev->ident);
	if (kn == NULL && (kev->flags & FREEBSD_EV_ADD) == 0)
		return -ENOENT;
	if (kn != NULL && (kev->flags & FREEBSD_EV_DELETE)) {
		knote_drop(t, r, q, kn);
		return 0;
	}
	if (kn == NULL)
		ret = knote_new(c, r, q, kev, &kn);
	else
		ret = knote_touch(t, r, q, kn, kev);
	if (ret == 0)
		ret = knote_settle(t, r, q, kn, kev);
	return ret;
}

/* ---- for the rest of the personality ---- */

static void
kqueue_destroy(struct thread_block *t, struct kq_root *r, struct kqueue *q)
{
	while (q->list_head != 0)
		knote_drop(t, r, q, kq_object(r, q->list_head));
	if (q->inotify >= 0)
		(void)host_call(t, HOST_NR_close, q->inotify, 0, 0, 0, 0, 0);
	kq_hash_remove(r, (struct knote *)(void *)q);
	q->gone = 1;
	/* Who sleeps in it finds out when the descriptor is closed; the object waits for them. */
	if (q->users == 0)
		kq_free(r, (struct knote *)(void *)q);
	else
		(void)kq_kick(t, r, q, true);
}

/* An alias takes the place of the first descriptor, or there is none. */
static void
kqueue_fd_closed(struct thread_block *t, struct kq_root *r, struct kqueue *q, int fd)
{
	struct knote *alias = kq_find(r, 0, KQ_ALIAS, (uint64_t)(int64_t)fd);

	if (alias != NULL) {
		kq_hash_remove(r, alias);
		kq_free(r, alias);
		q->refs--;
		return;
	}
	for (uint32_t i = 0; q->refs > 1 && i < KQ_HASH; i++) {
		for (kq_index at = r->hash[i]; at != 0; at = alias->hash_next) {
			alias = kq_object(r, at);
			if (alias->kev.filter != KQ_ALIAS || alias->kq != q->self)
				continue;
			kq_hash_remove(r, (struct knote *)(void *)q);
			kq_hash_remove(r, alias);
			q->kev.ident = alias->kev.ident;
			kq_hash_insert(r, (struct knote *)(void *)q);
			kq_free(r, alias);
			q->refs--;
			return;
		}
	}
	kqueue_destroy(t, r, q);
}

void
freebsd_kq_fd_closed(struct thread_block *t, int fd)
{
	static const int8_t filters[] = { FREEBSD_EVFILT_READ, FREEBSD_EVFILT_WRITE,
		FREEBSD_EVFILT_VNODE, FREEBSD_EVFILT_EMPTY };
	struct kq_root *r = kq_root(t);
	struct kqueue *q;
	struct knote *kn;

	if (r == NULL || fd < 0)
		return;
	layer_lock(t, &r->lock);
	kq_own_move(t, r, fd);
	for (size_t i = 0; i < COUNT(filters); i++)
		while ((kn = kq_find(r, 0, filters[i], (uint64_t)(int64_t)fd)) != NULL)
			knote_drop(t, r, kq_of(r, kn), kn);
	q = kq_by_fd(r, fd);
	if (q != NULL)
		kqueue_fd_closed(t, r, q, fd);
	layer_unlock(t, &r->lock);
}

void
freebsd_kq_fd_duped(struct thread_block *t, int from, int to)
{
	struct kq_root *r = kq_root(t);
	struct knote *alias;
	struct kqueue *q;

	if (r == NULL || from == to)
		return;
	layer_lock(t, &r->lock);
	q = kq_by_fd(r, from);
	alias = q != NULL ? kq_alloc(t, r) : NULL;
	if (alias != NULL) {
		alias->kev.ident = (uint64_t)(int64_t)to;
		alias->kev.filter = KQ_ALIAS;
		alias->kq = q->self;
		q->refs++;
		kq_hash_insert(r, alias);
	}
	layer_unlock(t, &r->lock);
}

/* The copy of the memory is the child's own. */
void
freebsd_kq_fork_child(struct thread_block *t)
{
	struct kq_root *r = kq_root(t);

	if (r == NULL)
		return;
	kq_own_close(t, r);
	kq_root_reset(r);
	pass_drop(t);	/* nothing is ours any more */
}

/* A new thread shares its kqueues; a vfork child has a copy of the block that names its parent's. */
void
freebsd_kq_child_start(struct thread_block *t)
{
	struct files_block *files = t->files;
	struct kq_root *r = kq_root(t);

	if (r == NULL || r->files == t->files)
		return;
	layer_lock(t, &r->lock);	/* the parent's other threads go on */
	kq_own_close(t, r);
	layer_unlock(t, &r->lock);
	files->priv[FREEBSD_FILES_KQ] = 0;
}

/* ---- asynchronous io: a knote that is active until the result has been taken ---- */

bool
freebsd_kq_is(struct thread_block *t, int fd)
{
	struct kq_root *r = kq_root(t);
	bool is;

	if (r == NULL)
		return false;
	layer_lock(t, &r->lock);
	is = kq_by_fd(r, fd) != NULL;
	layer_unlock(t, &r->lock);
	return is;
}

void
freebsd_kq_aio_finished(struct call *c, int kq, uint64_t cb, uint64_t udata, uint16_t flags,
    uint32_t error)
{
	struct thread_block *t = call_thread(c);
	struct kq_root *r = kq_root(t);
	const struct freebsd_kevent kev = { .ident = cb, .filter = FREEBSD_EVFILT_AIO,
	    .flags = (uint16_t)(flags | FREEBSD_EV_EOF), .udata = udata };
	struct kqueue *q;
	struct knote *kn;

	if (r == NULL)
		return;
	layer_lock(t, &r->lock);
	q = kq_by_fd(r, kq);
	if (q != NULL && knote_new(c, r, q, &kev, &kn) == 0) {
		kn->kev.data = error;
		knote_activate(r, q, kn);
		(void)kq_kick(t, r, q, true);
	}
	layer_unlock(t, &r->lock);
}

void
freebsd_kq_aio_returned(struct thread_block *t, uint64_t cb)
{
	struct kq_root *r = kq_root(t);
	struct knote *kn;

	if (r == NULL)
		return;
	layer_lock(t, &r->lock);
	while ((kn = kq_find(r, 0, FREEBSD_EVFILT_AIO, cb)) != NULL)
		knote_drop(t, r, kq_of(r, kn), kn);
	layer_unlock(t, &r->lock);
}
