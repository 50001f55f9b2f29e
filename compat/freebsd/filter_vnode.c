/* SPDX-License-Identifier: ISC */
/*
 * Files: EVFILT_VNODE, and EVFILT_READ of a regular file, which is readable while its offset is
 * not its end.  Changes come from one inotify descriptor per kqueue; a watch belongs to an inode, so
 * several knotes may share one.  Of an open directory that is removed only the one that it was in tells.
 */
#include <linux/eventpoll.h>
#include <linux/inotify.h>
#include <linux/stat.h>
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

/* The watch, or a negative error. */
static long
watch_add(struct thread_block *t, struct kqueue *q, const char *path, uint32_t mask)
{
	return host_call(t, HOST_NR_inotify_add_watch, q->inotify, (long)path, (long)(mask | IN_MASK_ADD), 0, 0, 0);
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
	wd = watch_add(t, q, path, mask);
	if (wd < 0)
		return wd;
	kn->fd = (int)wd;
	return 0;
}

static void
watch_remove(struct thread_block *t, struct kq_root *r, struct kqueue *q, int wd)
{
	if (wd < 0)
		return;
	for (kq_index i = q->list_head; i != 0; i = kq_object(r, i)->list_next) {
		const struct knote *o = kq_object(r, i);

		if ((o->fd == wd || o->parent == wd) && o->kev.filter != FREEBSD_EVFILT_PROC)
			return;
	}
	(void)host_call(t, HOST_NR_inotify_rm_watch, q->inotify, wd, 0, 0, 0, 0);
}

void
vnode_unwatch(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	int wd = kn->fd, parent = kn->parent;

	kn->fd = kn->parent = -1;
	watch_remove(t, r, q, wd);
	watch_remove(t, r, q, parent);
}

/* The directory that holds this one; where it may not be searched its removal is not seen. */
static void
parent_watch(struct thread_block *t, struct kq_root *r, struct kqueue *q, struct knote *kn)
{
	char path[40];
	size_t n = 0;
	int before = kn->parent;

	path_fd_link(path, (int)kn->kev.ident);
	while (path[n] != '\0')
		n++;
	memcpy(path + n, "/..", 4);
	kn->parent = (int)watch_add(t, q, path, IN_DELETE | IN_ONLYDIR);
	if (before != kn->parent)
		watch_remove(t, r, q, before);
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
	ret = vnode_watch(t, r, q, kn, watch_mask(kn->sfflags));
	if (ret == 0 && (st.st_mode & S_IFMT) == S_IFDIR && (kn->sfflags & FREEBSD_NOTE_DELETE))
		parent_watch(t, r, q, kn);
	return ret;
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

/* Truncating is a change of attributes; where something may have been written since it is both. */
static uint32_t
modify_notes(struct thread_block *t, struct knote *kn)
{
	struct stat st;
	uint64_t before = kn->period;

	if (host_call(t, HOST_NR_fstat, (long)kn->kev.ident, (long)&st, 0, 0, 0, 0) != 0)
		return FREEBSD_NOTE_WRITE;
	kn->period = (uint64_t)st.st_size;
	if (st.st_size == 0)
		return FREEBSD_NOTE_ATTRIB;
	if ((uint64_t)st.st_size < before)
		return FREEBSD_NOTE_ATTRIB | FREEBSD_NOTE_WRITE;
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

/* Something was removed from the directory that holds the knote's. */
static uint32_t
parent_notes(struct thread_block *t, struct knote *kn)
{
	struct stat st;

	if (kn->deadline == 0 ||
	    host_call(t, HOST_NR_fstat, (long)kn->kev.ident, (long)&st, 0, 0, 0, 0) != 0 || st.st_nlink != 0)
		return 0;
	kn->deadline = 0;
	return FREEBSD_NOTE_DELETE;
}

static void
vnode_event(struct thread_block *t, struct kq_root *r, struct kqueue *q,
    const struct inotify_event *e)
{
	for (kq_index i = q->list_head; i != 0; i = kq_object(r, i)->list_next) {
		struct knote *kn = kq_object(r, i);

		if (kn->kev.filter == FREEBSD_EVFILT_PROC || (kn->fd != e->wd && kn->parent != e->wd))
			continue;
		if (kn->kev.filter == FREEBSD_EVFILT_VNODE) {
			uint32_t notes = kn->fd == e->wd ? notes_of(t, kn, e) : 0;

			if (kn->parent == e->wd && (e->mask & IN_DELETE) && (e->mask & IN_ISDIR))
				notes |= parent_notes(t, kn);
			if (kn->parent >= 0 && kn->fd == e->wd && (e->mask & IN_MOVE_SELF))
				parent_watch(t, r, q, kn);
			kn->kev.fflags |= notes & kn->sfflags;
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
