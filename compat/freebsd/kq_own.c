/* SPDX-License-Identifier: ISC */
/*
 * The descriptors of a kqueue that are the layer's own: the kick, pidfds, inotify.  They lie high, are not there
 * for the guest, outlive its closing of everything, and make room when it wants their number.
 */
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/resource.h>

#include "kqueue.h"
#include "fbsd_state.h"
#include "path.h"

#define HOST_F_DUPFD_CLOEXEC 1030
#define HIDDEN_FROM 960		/* below the usual limit of 1024 */
#define OWN_ROOM 64		/* numbers above the soft limit */

/* Calls that pass through the gate name what they like: none that names a descriptor does any more. */
enum pass_level
personality_pass_level(struct thread_block *t)
{
	const struct kq_root *r = kq_root(t);

	if (r == NULL)
		return PASS_ALL;
	return __atomic_load_n(&r->hidden_min, __ATOMIC_SEQ_CST) == INT32_MAX ? PASS_KEEPS_FDS : PASS_NO_FDS;
}

static void
own_lower(struct thread_block *t, struct kq_root *r, int fd)
{
	bool first = r->hidden_min == INT32_MAX;

	if (fd >= r->hidden_min)
		return;
	__atomic_store_n(&r->hidden_min, fd, __ATOMIC_SEQ_CST);
	if (first)
		pass_drop_all(t);
}

int
kq_hide_fd(struct thread_block *t, long fd)
{
	uint64_t limit[2] = { 0 };
	long from = HIDDEN_FROM, high;

	if (fd < 0)
		return -1;
	if (host_call(t, HOST_NR_getrlimit, RLIMIT_NOFILE, (long)limit, 0, 0, 0, 0) == 0 &&
	    limit[0] < HIDDEN_FROM + 64)
		from = limit[0] > 8 ? (long)limit[0] - 4 : 0;
	high = host_call(t, HOST_NR_fcntl, fd, HOST_F_DUPFD_CLOEXEC, from, 0, 0, 0);
	if (high >= 0) {
		(void)host_call(t, HOST_NR_close, fd, 0, 0, 0, 0, 0);
		fd = high;
	}
	own_lower(t, kq_root(t), (int)fd);
	return (int)fd;
}

/* The guest takes the number of our event descriptor for itself: another one does its work. */
static void
kick_move(struct thread_block *t, struct kq_root *r)
{
	r->kickfd = -1;
	for (uint32_t i = 1; i <= r->npages * KQ_PER_PAGE; i++) {
		struct kqueue *q = (struct kqueue *)(void *)kq_object(r, i);

		if (q->self != i || q->kev.filter != 0)
			continue;
		q->kick = 0;
		(void)kq_kick(t, r, q, true);	/* the next scan lowers it */
	}
}

/* Another number for the same file, watched under its tag: dup, so that it stays registered throughout. */
static int
own_renumber(struct thread_block *t, struct kq_root *r, struct kqueue *q, int fd,
    enum kq_tag tag, uint32_t value)
{
	long new = host_call(t, HOST_NR_fcntl, fd, HOST_F_DUPFD_CLOEXEC,
	    fd < HIDDEN_FROM ? HIDDEN_FROM : fd, 0, 0, 0);

	if (new < 0)	/* all high numbers are taken */
		new = host_call(t, HOST_NR_fcntl, fd, HOST_F_DUPFD_CLOEXEC, 3, 0, 0, 0);
	if (new < 0)
		return fd;
	own_lower(t, r, (int)new);
	(void)kq_epoll_ctl(t, q, EPOLL_CTL_ADD, (int)new, EPOLLIN, tag, value);
	(void)kq_epoll_ctl(t, q, EPOLL_CTL_DEL, fd, 0, tag, 0);
	return (int)new;
}

static void
own_move(struct thread_block *t, struct kq_root *r, int fd)
{
	if (fd == r->kickfd) {
		kick_move(t, r);
		return;
	}
	for (uint32_t i = 1; i <= r->npages * KQ_PER_PAGE; i++) {
		struct knote *o = kq_object(r, i);
		struct kqueue *q = (struct kqueue *)(void *)o;

		if (o->self != i)
			continue;
		if (o->kev.filter == 0 && q->inotify == fd)
			q->inotify = own_renumber(t, r, q, fd, KQ_TAG_INOTIFY, 0);
		else if (o->kev.filter == FREEBSD_EVFILT_PROC && o->fd == fd)
			o->fd = own_renumber(t, r, kq_of(r, o), fd, KQ_TAG_PID, i);
	}
}

/* The guest may have every number below its soft limit: ours may lie above it, where the hard one lets us. */
void
kq_own_move(struct thread_block *t, struct kq_root *r, int fd)
{
	uint64_t limit[2], more[2];
	bool raised = false;

	if (fd < r->hidden_min)
		return;
	if (host_call(t, HOST_NR_prlimit64, 0, RLIMIT_NOFILE, 0, (long)limit, 0, 0) == 0 &&
	    limit[1] > limit[0] && limit[1] - limit[0] >= OWN_ROOM) {
		more[0] = limit[0] + OWN_ROOM;
		more[1] = limit[1];
		raised = host_call(t, HOST_NR_prlimit64, 0, RLIMIT_NOFILE,
		    (long)more, 0, 0, 0) == 0;
	}
	own_move(t, r, fd);
	if (raised)
		(void)host_call(t, HOST_NR_prlimit64, 0, RLIMIT_NOFILE,
		    (long)limit, 0, 0, 0);
}

/* Our lowest own descriptor from `from` on, INT32_MAX without one. */
static int
hidden_next(struct kq_root *r, int from)
{
	int next = r->kickfd >= from ? r->kickfd : INT32_MAX;

	for (uint32_t i = 1; i <= r->npages * KQ_PER_PAGE; i++) {
		const struct knote *o = kq_object(r, i);
		const struct kqueue *q = (const struct kqueue *)(const void *)o;
		int fd = -1;

		if (o->self != i)
			continue;
		if (o->kev.filter == 0)
			fd = q->inotify;
		else if (o->kev.filter == FREEBSD_EVFILT_PROC)
			fd = o->fd;
		if (fd >= from && fd < next)
			next = fd;
	}
	return next;
}

bool
freebsd_kq_fd_hidden(struct thread_block *t, int fd)
{
	struct kq_root *r = kq_root(t);
	bool hidden;

	if (r == NULL || fd < 0 || fd < r->hidden_min)
		return false;
	layer_lock(t, &r->lock);
	hidden = hidden_next(r, fd) == fd;
	layer_unlock(t, &r->lock);
	return hidden;
}

static bool
names_fd(const struct knote *o)
{
	return o->kev.filter == 0 || o->kev.filter == KQ_ALIAS || filter_is_fd(o->kev.filter) ||
	    o->kev.filter == FREEBSD_EVFILT_VNODE || o->kev.filter == FREEBSD_EVFILT_EMPTY;
}

/* close_range(2) that leaves what is ours; flags as the host's. */
long
freebsd_kq_close_range(struct thread_block *t, unsigned first, unsigned last, unsigned flags)
{
	struct kq_root *r = kq_root(t);
	long ret = 0;

	if (r == NULL)
		return host_call(t, HOST_NR_close_range, first, last, flags, 0, 0, 0);
	for (uint32_t i = 1; flags == 0 && i <= r->npages * KQ_PER_PAGE; i++) {
		const struct knote *o = kq_object(r, i);
		uint64_t fd = o->kev.ident;

		if (o->self == i && names_fd(o) && fd >= first && fd <= last)
			freebsd_kq_fd_closed(t, (int)fd);
	}
	while (first <= last && ret == 0) {
		unsigned own;

		layer_lock(t, &r->lock);
		own = first > INT32_MAX ? INT32_MAX : (unsigned)hidden_next(r, (int)first);
		layer_unlock(t, &r->lock);
		if (own >= INT32_MAX || own > last)
			return host_call(t, HOST_NR_close_range, first, last, flags, 0, 0, 0);
		if (own > first)
			ret = host_call(t, HOST_NR_close_range, first, own - 1, flags, 0, 0, 0);
		first = own + 1;
	}
	return ret;
}

void
kq_own_close(struct thread_block *t, struct kq_root *r)
{
	if (r->kickfd >= 0)
		(void)host_call(t, HOST_NR_close, r->kickfd, 0, 0, 0, 0, 0);
	for (uint32_t i = 1; i <= r->npages * KQ_PER_PAGE; i++) {
		struct knote *o = kq_object(r, i);
		const struct kqueue *q = (const struct kqueue *)(const void *)o;

		if (o->self != i)
			continue;
		if (o->kev.filter == 0 || o->kev.filter == KQ_ALIAS)
			(void)host_call(t, HOST_NR_close, (int)o->kev.ident, 0, 0, 0, 0, 0);
		if (o->kev.filter == 0 && q->inotify >= 0)
			(void)host_call(t, HOST_NR_close, q->inotify, 0, 0, 0, 0, 0);
		if (o->kev.filter == FREEBSD_EVFILT_PROC && o->fd >= 0)
			(void)host_call(t, HOST_NR_close, o->fd, 0, 0, 0, 0, 0);
	}
}

/* Does an argument of the call, by the row's mask, name a descriptor of ours? */
bool
freebsd_kq_names_own(struct call *c, uint32_t mask)
{
	struct thread_block *t = call_thread(c);
	const struct kq_root *r = kq_root(t);

	if (r == NULL || r->hidden_min == INT32_MAX)
		return false;
	for (int i = 0; mask != 0; i++, mask >>= 1)
		if ((mask & 1) && arg_int(c, i) >= r->hidden_min &&
		    freebsd_kq_fd_hidden(t, arg_int(c, i)))
			return true;
	return false;
}

static int
number_of(const char *name)
{
	int n = 0;

	if (*name == '\0')
		return -1;
	for (; *name >= '0' && *name <= '9' && n < 100000000; name++)
		n = n * 10 + (*name - '0');
	return *name == '\0' ? n : -1;
}

/* Is the directory the host's list of our descriptors? */
static bool
lists_descriptors(struct thread_block *t, int dirfd)
{
	static const char proc[] = "/proc/", tail[] = "/fd";
	char link[32], name[64];
	long n;

	path_fd_link(link, dirfd);
	n = host_call(t, HOST_NR_readlink, (long)link, (long)name, sizeof(name), 0, 0, 0);
	return n > 8 && n < (long)sizeof(name) && memcmp(name, proc, 6) == 0 &&
	    memcmp(name + n - 3, tail, 3) == 0;
}

bool
freebsd_kq_entry_hidden(struct thread_block *t, int dirfd, const char *name)
{
	const struct kq_root *r = kq_root(t);
	int fd;

	if (r == NULL || r->hidden_min == INT32_MAX)
		return false;
	fd = number_of(name);
	return fd >= r->hidden_min && freebsd_kq_fd_hidden(t, fd) &&
	    lists_descriptors(t, dirfd);
}
