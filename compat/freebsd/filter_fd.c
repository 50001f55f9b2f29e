/* SPDX-License-Identifier: ISC */
/* READ, WRITE and EMPTY on descriptors that epoll takes; regular files are filter_vnode.c's. */
#include <linux/eventpoll.h>
#include <linux/sockios.h>
#include <linux/stat.h>
#include <linux/tcp.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/socket.h>
#include <asm/stat.h>

#include "kqueue.h"

#define HOST_F_GETPIPE_SZ 1032
#define IPPROTO_TCP_HOST 6
#define READ_EVENTS (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)
#define WRITE_EVENTS (EPOLLOUT | EPOLLHUP | EPOLLERR)

struct pollfd_host {
	int32_t fd;
	int16_t events, revents;
};

bool
filter_is_fd(int16_t filter)
{
	return filter == FREEBSD_EVFILT_READ || filter == FREEBSD_EVFILT_WRITE;
}

static bool
is_armed(const struct knote *kn)
{
	return kn != NULL && (kn->status & (KN_DISABLED | KN_FILE)) == 0;
}

static bool
wants_edge(const struct knote *kn)
{
	return (kn->kev.flags & FREEBSD_EV_CLEAR) != 0 || (kn->status & KN_EDGE) != 0 ||
	    (kn->sfflags & FREEBSD_NOTE_LOWAT) != 0;
}

static uint32_t
wanted(const struct knote *rd, const struct knote *wr)
{
	uint32_t want = 0;

	if (is_armed(rd))
		want |= EPOLLIN | EPOLLRDHUP;
	if (is_armed(wr))
		want |= EPOLLOUT;
	if ((is_armed(rd) && wants_edge(rd)) || (is_armed(wr) && wants_edge(wr)))
		want |= EPOLLET;
	return want;
}

static long
registration(struct thread_block *t, const struct kqueue *q, int fd, uint32_t old, uint32_t want)
{
	long ret;

	if (want == 0)
		return old != 0 ? kq_epoll_ctl(t, q, EPOLL_CTL_DEL, fd, 0, KQ_TAG_FD, 0) : 0;
	ret = kq_epoll_ctl(t, q, old != 0 ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, want,
	    KQ_TAG_FD, (uint32_t)fd);
	if (ret == -ENOENT)
		return kq_epoll_ctl(t, q, EPOLL_CTL_ADD, fd, want, KQ_TAG_FD, (uint32_t)fd);
	if (ret == -EEXIST)
		return kq_epoll_ctl(t, q, EPOLL_CTL_MOD, fd, want, KQ_TAG_FD, (uint32_t)fd);
	return ret;
}

/* Less is asked for, edge-triggered: what is reported too much is thrown away, at no cost. */
static bool
may_stay(uint32_t old, uint32_t want)
{
	return want != 0 && (old & EPOLLET) != 0 && (want & EPOLLET) != 0 && (want & ~old) == 0;
}

long
fd_update(struct thread_block *t, struct kq_root *r, struct kqueue *q, uint64_t fd, bool rearm)
{
	struct knote *rd = kq_find(r, q->self, FREEBSD_EVFILT_READ, fd);
	struct knote *wr = kq_find(r, q->self, FREEBSD_EVFILT_WRITE, fd);
	uint32_t old = (rd != NULL ? rd->reg : 0) | (wr != NULL ? wr->reg : 0);
	uint32_t want = wanted(rd, wr);
	long ret = 0;

	if (rearm ? want != 0 || old != 0 : want != old && !may_stay(old, want))
		ret = registration(t, q, (int)fd, old, want);
	else
		want = old;
	if (ret != 0)
		return ret;
	if (rd != NULL)
		rd->reg = want;
	if (wr != NULL)
		wr->reg = want;
	return 0;
}

/* Only the type matters: what epoll refuses is always ready. */
static long
fd_type(struct call *c, struct knote *kn)
{
	struct stat st;
	long ret = HOST(c, fstat, kn->kev.ident, &st);

	if (ret != 0)
		return ret;
	if (S_ISSOCK(st.st_mode))
		kn->status |= KN_SOCKET;
	else if (S_ISREG(st.st_mode))
		kn->status |= KN_FILE | KN_SEEKABLE;
	else if (S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode))
		kn->status |= KN_FILE;
	return 0;
}

long
fd_attach(struct call *c, struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	struct thread_block *t = call_thread(c);
	const struct kqueue *of = kq_by_fd(r, (int)kn->kev.ident);
	const struct knote *other;
	long ret;

	if (of != NULL && (of == q || kn->kev.filter != FREEBSD_EVFILT_READ))
		return -EINVAL;
	ret = fd_type(c, kn);
	if (ret != 0)
		return ret;
	if (kn->kev.filter == FREEBSD_EVFILT_EMPTY) {
		if ((kn->status & KN_SOCKET) == 0)
			return -EINVAL;
		q->nempty++;
		return 0;
	}
	other = kq_find(r, q->self, kn->kev.filter == FREEBSD_EVFILT_READ ?
	    FREEBSD_EVFILT_WRITE : FREEBSD_EVFILT_READ, kn->kev.ident);
	if (other != NULL)
		kn->reg = other->reg;
	if (kn->status & KN_FILE)
		return 0;
	ret = fd_update(t, r, q, kn->kev.ident, true);
	if (ret != -EPERM)
		return ret;
	kn->status |= KN_FILE;
	return 0;
}

/* The knote is no longer found; its partner, if any, keeps the registration. */
void
fd_detach(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	struct knote *other;

	if (kn->kev.filter == FREEBSD_EVFILT_EMPTY) {
		q->nempty--;
		return;
	}
	if (kn->fd >= 0)
		vnode_unwatch(t, r, q, kn);
	other = kq_find(r, q->self, kn->kev.filter == FREEBSD_EVFILT_READ ?
	    FREEBSD_EVFILT_WRITE : FREEBSD_EVFILT_READ, kn->kev.ident);
	if (other == NULL) {
		if (kn->reg != 0)
			(void)registration(t, q, (int)kn->kev.ident, kn->reg, 0);
	} else
		(void)fd_update(t, r, q, kn->kev.ident, false);
}

/* Bytes to read; of a listening socket the connections that wait. */
static int64_t
read_data(struct thread_block *t, const struct knote *kn)
{
	int fd = (int)kn->kev.ident, n = 0;
	struct tcp_info info = { 0 };
	uint32_t len = sizeof(info);

	if (host_call(t, HOST_NR_ioctl, fd, FIONREAD, (long)&n, 0, 0, 0) == 0)
		return n;
	if ((kn->status & KN_SOCKET) != 0 &&
	    host_call(t, HOST_NR_getsockopt, fd, IPPROTO_TCP_HOST, TCP_INFO, (long)&info,
	    (long)&len, 0) == 0 && info.tcpi_unacked != 0)
		return info.tcpi_unacked;
	return 1;
}

/* Room to write. */
static int64_t
write_data(struct thread_block *t, const struct knote *kn)
{
	int fd = (int)kn->kev.ident, used = 0, size = 0;
	uint32_t len = sizeof(size);

	if (kn->status & KN_SOCKET) {
		(void)host_call(t, HOST_NR_getsockopt, fd, SOL_SOCKET, SO_SNDBUF, (long)&size,
		    (long)&len, 0);
		(void)host_call(t, HOST_NR_ioctl, fd, SIOCOUTQ, (long)&used, 0, 0, 0);
	} else {
		size = (int)host_call(t, HOST_NR_fcntl, fd, HOST_F_GETPIPE_SZ, 0, 0, 0, 0);
		(void)host_call(t, HOST_NR_ioctl, fd, FIONREAD, (long)&used, 0, 0, 0);
	}
	return size > used ? size - used : 0;
}

/* What the host says now, for a knote that is not fresh from epoll. */
static uint32_t
poll_now(struct thread_block *t, const struct knote *kn)
{
	struct pollfd_host p = {
		.fd = (int32_t)kn->kev.ident,
		.events = (int16_t)(POLLRDHUP |
		    (kn->kev.filter == FREEBSD_EVFILT_READ ? POLLIN : POLLOUT)),
	};

	if (host_call(t, HOST_NR_poll, (long)&p, 1, 0, 0, 0, 0) != 1)
		return 0;
	return (uint16_t)p.revents;
}

static bool
empty_ready(struct thread_block *t, struct knote *kn)
{
	int used = 0;

	(void)host_call(t, HOST_NR_ioctl, (int)kn->kev.ident, SIOCOUTQ, (long)&used, 0, 0, 0);
	return used == 0;
}

/*
 * Is it ready?  Fills in what is to be told.  A socket that was never connected reports HUP here
 * and nothing on FreeBSD: it is passed over, and asked for edges so that it is not reported
 * again at once.
 */
bool
fd_ready(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	bool rd = kn->kev.filter == FREEBSD_EVFILT_READ, eof;
	uint32_t ev;

	if (kn->kev.filter == FREEBSD_EVFILT_EMPTY)
		return empty_ready(t, kn);
	ev = kn->status & KN_FRESH ? kn->revents : poll_now(t, kn);
	kn->status &= ~(uint32_t)KN_FRESH;
	ev &= rd ? READ_EVENTS : WRITE_EVENTS | EPOLLRDHUP;
	if ((ev & (rd ? READ_EVENTS : WRITE_EVENTS)) == 0)
		return false;
	if ((kn->status & KN_SOCKET) && (ev & EPOLLHUP) && (ev & (EPOLLRDHUP | EPOLLERR)) == 0 &&
	    (poll_now(t, kn) & EPOLLRDHUP) == 0) {
		kn->status |= KN_EDGE;
		(void)fd_update(t, r, q, kn->kev.ident, false);
		return false;
	}
	eof = (ev & (EPOLLHUP | EPOLLERR)) != 0 || (rd && (ev & EPOLLRDHUP) != 0);
	kn->kev.data = rd ? read_data(t, kn) : write_data(t, kn);
	if (eof)
		kn->kev.flags |= FREEBSD_EV_EOF;
	if ((kn->sfflags & FREEBSD_NOTE_LOWAT) && !eof && kn->kev.data < kn->sdata)
		return false;
	return true;
}

void
fd_event(struct thread_block *t, struct kq_root *r, struct kqueue *q, uint32_t fd, uint32_t events)
{
	struct knote *rd = kq_find(r, q->self, FREEBSD_EVFILT_READ, fd);
	struct knote *wr = kq_find(r, q->self, FREEBSD_EVFILT_WRITE, fd);

	if (rd == NULL && wr == NULL) {
		(void)kq_epoll_ctl(t, q, EPOLL_CTL_DEL, (int)fd, 0, KQ_TAG_FD, 0);
		return;
	}
	if (is_armed(rd) && (events & READ_EVENTS)) {
		rd->revents = events;
		rd->status |= KN_FRESH;
		knote_activate(r, q, rd);
	}
	if (is_armed(wr) && (events & WRITE_EVENTS)) {
		wr->revents = events;
		wr->status |= KN_FRESH;
		knote_activate(r, q, wr);
	}
}
