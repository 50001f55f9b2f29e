/* SPDX-License-Identifier: ISC */
/*
 * Files: EVFILT_VNODE, and EVFILT_READ of a regular file, which is readable while its offset is
 * not its end.  Changes come from one inotify descriptor per kqueue; a watch belongs to an inode, so
 * several knotes may share one.
 */
#include <linux/eventpoll.h>
#include <linux/inotify.h>
#include <asm/stat.h>

#include "kqueue.h"
#include "path.h"

#define SEEK_CUR_HOST 1
#define SELF_EVENTS (IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF | IN_OPEN | IN_CLOSE | \
    IN_ACCESS)
#define ENTRY_EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

static bool
inotify_open(struct thread_block *t, struct kqueue *q)
{
	if (q->inotify >= 0)
		return true;
	q->inotify = kq_hide_fd(t, host_call(t, HOST_NR_inotify_init1, IN_NONBLOCK | IN_CLOEXEC,
	    0, 0, 0, 0, 0));
	if (q->inotify < 0)
		return false;
	return kq_epoll_ctl(t, q, EPOLL_CTL_ADD, q->inotify, EPOLLIN, KQ_TAG_INOTIFY, 0) == 0;
}

long
vnode_watch(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn,
    uint32_t mask)
{
	char path[32];
	long wd;

	(void)r;
	if (!inotify_open(t, q))
		return -ENOMEM;
	path_fd_link(path, (int)kn->kev.ident);
	wd = host_call(t, HOST_NR_inotify_add_watch, q->inotify, (long)path,
	    (long)(mask | IN_MASK_ADD), 0, 0, 0);
	if (wd < 0)
		return wd;
	kn->fd = (int)wd;
	return 0;
}

void
vnode_unwatch(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	int wd = kn->fd;

	kn->fd = -1;
	if (wd < 0)
		return;
	for (kq_index i = q->list_head; i != 0; i = kq_object(r, i)->list_next) {
		const struct knote *o = kq_object(r, i);

		if (o->fd == wd && o->kev.filter != FREEBSD_EVFILT_PROC)
			return;
	}
	(void)host_call(t, HOST_NR_inotify_rm_watch, q->inotify, wd, 0, 0, 0, 0);
}

static uint32_t
watch_mask(uint32_t ff)
{
	uint32_t mask = 0;

	if (ff & (FREEBSD_NOTE_WRITE | FREEBSD_NOTE_EXTEND | FREEBSD_NOTE_LINK))
		mask |= IN_MODIFY | ENTRY_EVENTS;
	if (ff & (FREEBSD_NOTE_ATTRIB | FREEBSD_NOTE_LINK | FREEBSD_NOTE_DELETE))
		mask |= IN_ATTRIB | IN_DELETE_SELF;
	if (ff & FREEBSD_NOTE_RENAME)
		mask |= IN_MOVE_SELF;
	if (ff & FREEBSD_NOTE_OPEN)
		mask |= IN_OPEN;
	if (ff & FREEBSD_NOTE_CLOSE)
		mask |= IN_CLOSE_NOWRITE;
	if (ff & FREEBSD_NOTE_CLOSE_WRITE)
		mask |= IN_CLOSE_WRITE;
	if (ff & FREEBSD_NOTE_READ)
		mask |= IN_ACCESS;
	return mask | IN_ATTRIB;
}

long
vnode_attach(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	struct stat st;
	long ret = host_call(t, HOST_NR_fstat, (long)kn->kev.ident, (long)&st, 0, 0, 0, 0);

	if (ret != 0)
		return ret;
	kn->period = (uint64_t)st.st_size;
	kn->deadline = st.st_nlink;
	return vnode_watch(t, r, q, kn, watch_mask(kn->sfflags));
}

/* IN_ATTRIB covers links too: the inode's own count tells. */
static uint32_t
attrib_notes(struct thread_block *t, struct knote *kn)
{
	struct stat st;
	uint64_t before = kn->deadline;

	if (host_call(t, HOST_NR_fstat, (long)kn->kev.ident, (long)&st, 0, 0, 0, 0) != 0)
		return FREEBSD_NOTE_ATTRIB;
	kn->deadline = st.st_nlink;
	if (st.st_nlink == before)
		return FREEBSD_NOTE_ATTRIB;
	return st.st_nlink == 0 ? FREEBSD_NOTE_DELETE | FREEBSD_NOTE_LINK : FREEBSD_NOTE_LINK;
}

static uint32_t
modify_notes(struct thread_block *t, struct knote *kn)
{
	struct stat st;
	uint64_t before = kn->period;

	if (host_call(t, HOST_NR_fstat, (long)kn->kev.ident, (long)&st, 0, 0, 0, 0) != 0)
		return FREEBSD_NOTE_WRITE;
	kn->period = (uint64_t)st.st_size;
	return (uint64_t)st.st_size > before ? FREEBSD_NOTE_WRITE | FREEBSD_NOTE_EXTEND :
	    FREEBSD_NOTE_WRITE;
}

static uint32_t
notes_of(struct thread_block *t, struct knote *kn, const struct inotify_event *e)
{
	uint32_t notes = 0;

	if (e->len != 0) {	/* about an entry of a directory */
		if (e->mask & ENTRY_EVENTS)
			notes = FREEBSD_NOTE_WRITE;
		if ((e->mask & ENTRY_EVENTS) && (e->mask & IN_ISDIR))
			notes |= FREEBSD_NOTE_LINK;
		return notes;
	}
	if (e->mask & IN_MODIFY)
		notes |= modify_notes(t, kn);
	if (e->mask & IN_ATTRIB)
		notes |= attrib_notes(t, kn);
	if (e->mask & IN_DELETE_SELF)
		notes |= FREEBSD_NOTE_DELETE;
	if (e->mask & IN_MOVE_SELF)
		notes |= FREEBSD_NOTE_RENAME;
	if (e->mask & IN_OPEN)
		notes |= FREEBSD_NOTE_OPEN;
	if (e->mask & IN_CLOSE_WRITE)
		notes |= FREEBSD_NOTE_CLOSE_WRITE;
	if (e->mask & IN_CLOSE_NOWRITE)
		notes |= FREEBSD_NOTE_CLOSE;
	if (e->mask & IN_ACCESS)
		notes |= FREEBSD_NOTE_READ;
	return notes;
}

static void
vnode_event(struct thread_block *t, struct kq_root *r, struct kqueue *q,
    const struct inotify_event *e)
{
	for (kq_index i = q->list_head; i != 0; i = kq_object(r, i)->list_next) {
		struct knote *kn = kq_object(r, i);

		if (kn->fd != e->wd || kn->kev.filter == FREEBSD_EVFILT_PROC)
			continue;
		if (kn->kev.filter == FREEBSD_EVFILT_VNODE) {
			kn->kev.fflags |= notes_of(t, kn, e) & kn->sfflags;
			if (kn->kev.fflags == 0)
				continue;
		}
		knote_activate(r, q, kn);
	}
}

void
vnode_events(struct thread_block *t, struct kq_root *r, struct kqueue *q)
{
	_Alignas(8) char buf[4096];
	long n = host_call(t, HOST_NR_read, q->inotify, (long)buf, sizeof(buf), 0, 0, 0);

	for (long at = 0; at < n;) {
		const struct inotify_event *e = (const void *)(buf + at);

		vnode_event(t, r, q, e);
		at += (long)(sizeof(*e) + e->len);
	}
}
