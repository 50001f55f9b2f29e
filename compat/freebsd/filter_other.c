/* SPDX-License-Identifier: ISC */
/* USER, TIMER, SIGNAL and PROC. */
#include <linux/eventpoll.h>
#include <linux/signal.h>
#include <linux/time.h>
#include <linux/wait.h>

#include "kqueue.h"
#include "fbsd_state.h"
#include "signal.h"

#define NSEC 1000000000ul

/* ---- USER: true when triggered ---- */

long
user_touch(struct knote *kn, const struct freebsd_kevent *kev)
{
	uint32_t ff = kev->fflags & FREEBSD_NOTE_FFLAGSMASK;

	switch (kev->fflags & FREEBSD_NOTE_FFCTRLMASK) {
	case FREEBSD_NOTE_FFAND:
		kn->sfflags &= ff;
		break;
	case FREEBSD_NOTE_FFOR:
		kn->sfflags |= ff;
		break;
	case FREEBSD_NOTE_FFCOPY:
		kn->sfflags = ff;
		break;
	default:
		break;
	}
	kn->sdata = kev->data;
	kn->kev.fflags = kn->sfflags & FREEBSD_NOTE_FFLAGSMASK;
	kn->kev.data = kn->sdata;
	return (kev->fflags & FREEBSD_NOTE_TRIGGER) != 0;
}

/* ---- TIMER ---- */

static uint64_t
now_ns(struct thread_block *t, int clock)
{
	int64_t ts[2] = { 0 };

	(void)clock_read(t, clock, ts);
	return (uint64_t)ts[0] * NSEC + (uint64_t)ts[1];
}

static long
timer_ns(const struct freebsd_kevent *kev, uint64_t *ns)
{
	uint64_t unit = 1000000;

	switch (kev->fflags & (FREEBSD_NOTE_SECONDS | FREEBSD_NOTE_MSECONDS |
	    FREEBSD_NOTE_USECONDS | FREEBSD_NOTE_NSECONDS)) {
	case FREEBSD_NOTE_SECONDS:
		unit = NSEC;
		break;
	case 0:
	case FREEBSD_NOTE_MSECONDS:
		break;
	case FREEBSD_NOTE_USECONDS:
		unit = 1000;
		break;
	case FREEBSD_NOTE_NSECONDS:
		unit = 1;
		break;
	default:
		return -EINVAL;
	}
	if (kev->data < 0)
		return -EINVAL;
	if (__builtin_mul_overflow((uint64_t)kev->data, unit, ns) || *ns > INT64_MAX)
		*ns = INT64_MAX;
	return 0;
}

/* A new time forgets what had expired. */
long
timer_arm(struct thread_block *t, struct knote *kn, const struct freebsd_kevent *kev)
{
	uint64_t now = now_ns(t, CLOCK_MONOTONIC), ns, wall;
	long ret = timer_ns(kev, &ns);

	if (ret != 0)
		return ret;
	kn->sfflags = kev->fflags;
	kn->sdata = kev->data;
	kn->kev.data = 0;
	kn->status &= ~(uint32_t)KN_ACTIVE;
	if (kev->fflags & FREEBSD_NOTE_ABSTIME) {
		wall = now_ns(t, CLOCK_REALTIME);
		kn->kev.flags |= FREEBSD_EV_ONESHOT;
		kn->period = 0;
		kn->deadline = ns > wall ? now + (ns - wall) : now;
		return 0;
	}
	kn->period = ns == 0 ? 1 : ns;
	kn->deadline = now + kn->period;
	return 0;
}

static void
timer_expire(struct kq_root *r, struct kqueue *q, struct knote *kn, uint64_t now)
{
	uint64_t times = 1;

	if (kn->kev.flags & FREEBSD_EV_ONESHOT)
		kn->deadline = UINT64_MAX;
	else {
		times += (now - kn->deadline) / kn->period;
		kn->deadline += times * kn->period;
	}
	kn->kev.data += (int64_t)times;
	knote_activate(r, q, kn);
}

void
timers_expire(struct kq_root *r, struct kqueue *q, uint64_t now)
{
	uint32_t left = q->ntimers;

	for (kq_index i = q->list_head; i != 0 && left != 0;) {
		struct knote *kn = kq_object(r, i);

		i = kn->list_next;
		if (kn->kev.filter != FREEBSD_EVFILT_TIMER)
			continue;
		left--;
		if (kn->deadline <= now)
			timer_expire(r, q, kn, now);
	}
}

/* The next deadline of a timer that is to be told, UINT64_MAX without one. */
uint64_t
timers_next(struct kq_root *r, const struct kqueue *q)
{
	uint64_t next = UINT64_MAX;
	uint32_t left = q->ntimers;

	for (kq_index i = q->list_head; i != 0 && left != 0;) {
		const struct knote *kn = kq_object(r, i);

		i = kn->list_next;
		if (kn->kev.filter != FREEBSD_EVFILT_TIMER)
			continue;
		left--;
		if ((kn->status & KN_DISABLED) == 0 && kn->deadline < next)
			next = kn->deadline;
	}
	return next;
}

/* ---- SIGNAL: counted when it arrives; a blocked one arrives when it is unblocked ---- */

long
signal_attach(struct thread_block *t, struct kqueue *q, struct knote *kn)
{
	int hostsig = kn->kev.ident <= FREEBSD_SIG_MAXSIG ?
	    freebsd_sig_to_host((int)kn->kev.ident) : 0;

	(void)q;
	if (hostsig == 0)
		return -EINVAL;
	freebsd_signal_watch(t, hostsig, true);
	return 0;
}

void
signal_detach(struct thread_block *t, struct kq_root *r, struct knote *kn)
{
	if (kq_find(r, 0, FREEBSD_EVFILT_SIGNAL, kn->kev.ident) == NULL)
		freebsd_signal_watch(t, freebsd_sig_to_host((int)kn->kev.ident), false);
}

void
freebsd_kq_signal(struct thread_block *t, int hostsig)
{
	struct kq_root *r = kq_root(t);
	uint64_t sig = (uint64_t)freebsd_sig_from_host(hostsig);
	struct knote *kn;

	if (r == NULL || ((thread_mm(t)->priv[FREEBSD_MM_WATCHED] >> (hostsig - 1)) & 1) == 0)
		return;
	layer_lock(t, &r->lock);
	for (kn = kq_find(r, 0, FREEBSD_EVFILT_SIGNAL, sig); kn != NULL;
	    kn = kq_object(r, kn->hash_next)) {
		if (kn->kev.filter != FREEBSD_EVFILT_SIGNAL || kn->kev.ident != sig)
			continue;
		kn->kev.data++;
		knote_activate(r, kq_of(r, kn), kn);
		if (kn->status & KN_QUEUED)
			(void)kq_kick(t, r, kq_of(r, kn), true);
	}
	layer_unlock(t, &r->lock);
}

/* ---- PROC: the end of a process, by its pidfd; fork and exec are not seen ---- */

long
proc_attach(struct thread_block *t, struct kqueue *q, struct knote *kn)
{
	long fd, ret;

	if (kn->kev.ident == 0 || kn->kev.ident > INT32_MAX)
		return -ESRCH;
	fd = host_call(t, HOST_NR_pidfd_open, (long)kn->kev.ident, 0, 0, 0, 0, 0);
	if (fd < 0)
		return fd == -EINVAL ? -ESRCH : fd;
	kn->fd = kq_hide_fd(t, fd);
	ret = kq_epoll_ctl(t, q, EPOLL_CTL_ADD, kn->fd, EPOLLIN, KQ_TAG_PID, kn->self);
	if (ret != 0)
		proc_detach(t, q, kn);
	return ret;
}

void
proc_detach(struct thread_block *t, struct kqueue *q, struct knote *kn)
{
	if (kn->fd < 0)
		return;
	(void)kq_epoll_ctl(t, q, EPOLL_CTL_DEL, kn->fd, 0, KQ_TAG_PID, 0);
	(void)host_call(t, HOST_NR_close, kn->fd, 0, 0, 0, 0, 0);
	kn->fd = -1;
}

/* Known only of a child that nobody has waited for; it stays to be waited for. */
static int64_t
exit_status(struct thread_block *t, int pidfd)
{
	struct siginfo_host info = { 0 };
	uint32_t status;

	if (host_call(t, HOST_NR_waitid, P_PIDFD, pidfd, (long)&info,
	    WEXITED | WNOHANG | WNOWAIT, 0, 0) != 0 || info.signo == 0)
		return 0;
	status = (uint32_t)info.f[1];
	if (info.code == CLD_EXITED)
		return (int64_t)(status & 0xff) << 8;
	return freebsd_sig_from_host((int)status) | (info.code == CLD_DUMPED ? 0x80 : 0);
}

void
proc_event(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	if (kn->fd < 0)
		return;
	if ((kn->sfflags & FREEBSD_NOTE_EXIT) == 0) {
		knote_drop(t, r, q, kn);
		return;
	}
	kn->kev.data = exit_status(t, kn->fd);
	kn->kev.fflags |= FREEBSD_NOTE_EXIT;
	kn->kev.flags |= FREEBSD_EV_EOF | FREEBSD_EV_ONESHOT;
	proc_detach(t, q, kn);
	knote_activate(r, q, kn);
}
