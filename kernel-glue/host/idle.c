/* SPDX-License-Identifier: ISC */
/*
 * What quiet guests cost.  The first call that touches a window wakes the main thread,
 * which looks once a second which windows were not used meanwhile: their pages leave our
 * memory (the guest has them still), and their descriptors go into a queue of a socket
 * pair, many in a message, where they have no number.  When nothing is left to look at,
 * nobody wakes up.
 *
 * A descriptor comes back when the guest asks for its window again, or for a successor:
 * then all do.  All under the lock.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"

enum { BATCH = 64, SLICE = 256 };

static struct {
	int pair[2];		/* owned: where they go in and come out */
	unsigned live, dead;	/* windows there; descriptors of none */
	struct guest_window *next[BATCH];	/* borrowed: to go there */
	unsigned n;
	uint64_t last;		/* number of a window */
	struct table windows;	/* those that have been there, by number */
} stash = { .pair = { -1, -1 } };

static bool
open_stash(void)
{
	int size = 4 << 20;

	if (stash.pair[0] >= 0)
		return true;
	if (table_init(&stash.windows))
		return false;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0, stash.pair)) {
		table_fini(&stash.windows);
		return false;
	}
	setsockopt(stash.pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return true;
}

/* Those in `next`, as one message; they keep their numbers if that fails. */
static void
send_batch(void)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(BATCH * sizeof(int))];
	} control;
	uint64_t number[BATCH];
	int fd[BATCH];
	struct iovec iov = { number, sizeof(*number) * stash.n };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(stash.n * sizeof(int)) };
	unsigned i;

	for (i = 0; i < stash.n; i++) {
		number[i] = stash.next[i]->stash.id;
		fd[i] = stash.next[i]->fd;
		stash.next[i]->leaving = false;
	}
	memset(&control, 0, sizeof(control));
	control.head.cmsg_len = CMSG_LEN(stash.n * sizeof(int));
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&control.head), fd, stash.n * sizeof(int));
	if (sendmsg(stash.pair[0], &mh, MSG_NOSIGNAL) > 0)
		for (i = 0; i < stash.n; i++, stash.live++) {
			close(stash.next[i]->fd);
			stash.next[i]->fd = -1;
		}
	stash.n = 0;
}

static void
leave(struct guest_window *w)
{
	if (w->fd < 0 || w->leaving || !open_stash())
		return;
	if (w->stash.id == 0)
		table_insert(&stash.windows, &w->stash, ++stash.last);
	w->leaving = true;
	stash.next[stash.n++] = w;
	if (stash.n == BATCH)
		send_batch();
}

/* One message's descriptors are their windows' again; false: there is none. */
static bool
receive_batch(void)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(BATCH * sizeof(int))];
	} control;
	uint64_t number[BATCH];
	int fd[BATCH];
	struct iovec iov = { number, sizeof(number) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(stash.pair[1], &mh, MSG_CMSG_CLOEXEC);
	struct guest_window *w;
	size_t i, count;

	if (n <= 0 || mh.msg_controllen < CMSG_LEN(sizeof(int)))
		return n > 0;
	count = (control.head.cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fd, CMSG_DATA(&control.head), count * sizeof(int));
	for (i = 0; i < count; i++) {
		w = (struct guest_window *)table_lookup(&stash.windows,
		    number[i]);
		if (w == NULL)
			close(fd[i]);
		else
			w->fd = fd[i];
	}
	return true;
}

void
idle_recall(void)
{
	unsigned i;

	for (i = 0; i < stash.n; i++)
		stash.next[i]->leaving = false;
	stash.n = 0;
	while (stash.pair[0] >= 0 && receive_batch())
		continue;
	stash.live = stash.dead = 0;
}

/* The windows that are left go there anew, without those that are no more. */
static void
compact(void)
{
	struct node *e;
	size_t i;

	idle_recall();
	for (i = 0; i < stash.windows.nbuckets; i++)
		for (e = stash.windows.bucket[i]; e != NULL; e = e->next)
			leave((struct guest_window *)e);
}

void
idle_forget(struct guest_window *w)
{
	unsigned i;

	for (i = 0; w->leaving && i < stash.n; i++)
		if (stash.next[i] == w) {
			stash.next[i] = stash.next[--stash.n];
			w->leaving = false;
		}
	if (w->stash.id == 0)
		return;
	table_remove(&stash.windows, &w->stash);
	if (w->fd >= 0)
		return;
	/* The queue keeps the file for now; not its memory. */
	(void)madvise(w->map, w->size, MADV_REMOVE);
	stash.live--;
	if (++stash.dead > stash.live + BATCH)
		compact();
}

void
idle_touch(struct server *s, struct guest_window *w)
{
	w->used = true;
	if (w->watched)
		return;
	w->watched = true;
	w->next_watched = s->watched;
	w->link_watched = &s->watched;
	if (w->next_watched != NULL)
		w->next_watched->link_watched = &w->next_watched;
	if (s->watched == NULL)
		server_wake(s);
	s->watched = w;
}

void
idle_unwatch(struct guest_window *w)
{
	if (!w->watched)
		return;
	w->watched = false;
	*w->link_watched = w->next_watched;
	if (w->next_watched != NULL)
		w->next_watched->link_watched = w->link_watched;
}

bool
idle_look(struct server *s)
{
	struct guest_window *w, *next;
	unsigned n = 0;

	for (w = s->watched; w != NULL && n < SLICE; w = next) {
		next = w->next_watched;
		if (w->used) {
			w->used = false;
			continue;
		}
		idle_unwatch(w);
		(void)madvise(w->map, w->size, MADV_DONTNEED);
		leave(w);
		n++;
	}
	return s->watched != NULL;
}
