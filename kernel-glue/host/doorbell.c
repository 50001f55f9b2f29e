/* SPDX-License-Identifier: ISC */
/*
 * The window transport: guests for whom no filter of ours answers post their requests in
 * their window and ring its bell (layer/trap_window.c).  Each process has a thread here,
 * asleep in futex(2) while the bell is silent.
 *
 * Who it is that speaks is the peer of the socket over which the window was handed; which
 * of its threads, or which process that shares its memory, it says itself, and /proc
 * confirms.  That this thread lives the kernel says: `alive` is a robust futex.
 */
#include <errno.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/kcmp.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "host_nr.h"

enum { LOOK_NS = 1000 * 1000 };	/* while microthreads wait */

static struct window *
head(const struct listener *l)
{
	return (struct window *)l->window->map;
}

void
doorbell_reply(struct listener *l, uint64_t id, int64_t result)
{
	uint32_t posted = (uint32_t)(id >> 32), done;
	struct window_slot *s;
	unsigned char *p;

	p = l->window == NULL ? NULL : window_payload(l->window, (uint32_t)id);
	if (p == NULL)
		return;
	s = (struct window_slot *)(p - OFF_WINDOW_SLOT_PAYLOAD);
	done = posted ^ RPC_SLOT_POSTED ^ RPC_SLOT_ANSWERED;
	spin_lock(&l->answers);
	if (__atomic_load_n(&s->state, __ATOMIC_ACQUIRE) == posted) {
		__atomic_store_n(&s->result, result, __ATOMIC_RELAXED);
		__atomic_compare_exchange_n(&s->state, &posted, done, false,
		    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	}
	spin_unlock(&l->answers);
	syscall(SYS_futex, &s->state, FUTEX_WAKE, 1, NULL, NULL, 0);
}

bool
doorbell_owner(const struct listener *l, const struct identity *id)
{
	return l->fd >= 0 || id->pid == l->pid ||
	    syscall(SYS_kcmp, id->pid, l->pid, KCMP_VM, 0, 0) == 0;
}

/* The request of a slot, unless its thread is just writing another. */
static void
serve(struct listener *l, unsigned i)
{
	struct window_slot *s = (struct window_slot *)(l->window->map +
	    SIZEOF_WINDOW + (size_t)i * SIZEOF_WINDOW_SLOT);
	uint64_t slot = SIZEOF_WINDOW + (uint64_t)i * SIZEOF_WINDOW_SLOT;
	uint32_t state = __atomic_load_n(&s->state, __ATOMIC_ACQUIRE);
	struct seccomp_notif n;
	int k;

	if ((state & RPC_SLOT_PHASE) != RPC_SLOT_POSTED)
		return;
	memset(&n, 0, sizeof(n));
	n.id = (uint64_t)state << 32 | slot;
	n.pid = __atomic_load_n(&s->tid, __ATOMIC_RELAXED);
	n.data.arch = AUDIT_ARCH_X86_64;
	n.data.nr = HOST_NR_epoll_wait_old;
	n.data.args[0] = __atomic_load_n(&s->op, __ATOMIC_RELAXED);
	n.data.args[1] = __atomic_load_n(&s->seq, __ATOMIC_RELAXED);
	n.data.args[2] = __atomic_load_n(&s->has_payload, __ATOMIC_RELAXED) ?
	    slot : 0;
	for (k = 0; k < 3; k++)
		n.data.args[3 + k] = __atomic_load_n(&s->arg[k],
		    __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (__atomic_load_n(&s->state, __ATOMIC_RELAXED) == state)
		listener_call(l, &n);
}

static bool
posted(struct listener *l)
{
	struct window *w = head(l);
	unsigned i;

	for (i = 0; i < sizeof(w->posted) / sizeof(w->posted[0]); i++)
		if (__atomic_load_n(&w->posted[i], __ATOMIC_SEQ_CST) != 0)
			return true;
	return false;
}

static void
serve_all(struct listener *l)
{
	struct window *w = head(l);
	uint64_t bits;
	unsigned i, slot;

	for (i = 0; i < sizeof(w->posted) / sizeof(w->posted[0]); i++) {
		if (__atomic_load_n(&w->posted[i], __ATOMIC_RELAXED) == 0)
			continue;
		bits = __atomic_exchange_n(&w->posted[i], 0, __ATOMIC_SEQ_CST);
		for (; bits != 0; bits &= bits - 1) {
			slot = i * 64 + (unsigned)__builtin_ctzll(bits);
			if (slot < l->window->nslots)
				serve(l, slot);
		}
	}
}

/* Until the bell rings, if nothing is posted. */
static void
listen_for(struct listener *l)
{
	struct timespec look = { .tv_nsec = LOOK_NS };
	struct window *w = head(l);
	uint32_t bell = __atomic_load_n(&w->bell, __ATOMIC_SEQ_CST);

	__atomic_store_n(&w->asleep, 1, __ATOMIC_SEQ_CST);
	if (!posted(l) && !l->ended)
		syscall(SYS_futex, &w->bell, FUTEX_WAIT, bell,
		    l->worker.waiting > 0 ? &look : NULL, NULL, 0);
	__atomic_store_n(&w->asleep, 0, __ATOMIC_SEQ_CST);
}

static void
set_alive(const struct listener *l, uint32_t alive)
{
	if (__atomic_load_n(&head(l)->alive, __ATOMIC_RELAXED) != alive)
		__atomic_store_n(&head(l)->alive, alive, __ATOMIC_SEQ_CST);
}

void
doorbell_mute(const struct listener *l)
{
	if (l->window != NULL)
		set_alive(l, FUTEX_WAITERS);
}

void
doorbell_run(struct listener *l)
{
	uint32_t alive = (uint32_t)gettid() | FUTEX_WAITERS;
	struct robust_list entry;
	struct robust_list_head robust = {
		.list = { .next = &entry },
	};

	if (l->window == NULL)
		return;
	entry.next = &robust.list;
	robust.futex_offset = (char *)&head(l)->alive - (char *)&entry;
	syscall(SYS_set_robust_list, &robust, sizeof(robust));
	while (!l->ended) {
		set_alive(l, alive);
		serve_all(l);
		worker_poll(&l->worker);
		listen_for(l);
		server_rest(l->server, &l->worker);
	}
	worker_drain(&l->worker);
	/* Who shares the memory of those that are gone finds its own way. */
	set_alive(l, FUTEX_OWNER_DIED);
	syscall(SYS_futex, &head(l)->alive, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	syscall(SYS_set_robust_list, NULL, sizeof(robust));
}

/* Window and commpage; the guest maps them and needs neither descriptor again. */
static int
hand_over(const struct listener *l, int sock)
{
	struct trap_message m = {
		.magic = MAGIC_TRAP_MESSAGE, .version = VERSION_TRAP_MESSAGE,
		.size = SIZEOF_TRAP_MESSAGE, .abi = RPC_ABI,
	};
	int fd[2] = { l->window->fd, l->server->commpage };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(fd))];
	} control;
	struct iovec iov = { .iov_base = &m, .iov_len = sizeof(m) };
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};

	memset(&control, 0, sizeof(control));
	control.head.cmsg_len = CMSG_LEN(sizeof(fd));
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&control.head), fd, sizeof(fd));
	return sendmsg(sock, &mh, MSG_NOSIGNAL) == (ssize_t)sizeof(m) ? 0 :
	    errno;
}

/* The process at the other end: it lives, or its end of the socket would be closed. */
static bool
peer(int sock, struct identity *id)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	return getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &n) == 0 &&
	    cred.pid > 0 && identity_read(cred.pid, id) == 0 &&
	    id->pid == cred.pid;
}

void
doorbell_serve(struct server *s, int sock, bool heir)
{
	struct listener *l = listener_new(s, -1);
	struct identity id;
	bool ok = false;

	if (l == NULL || !peer(sock, &id)) {
		close(sock);
		if (l != NULL) {
			worker_fini(&l->worker);
			free(l);
		}
		return;
	}
	mutex_lock(&s->lock);
	l->thread = pthread_self();
	l->id = ++s->next_listener;
	l->pid = id.pid;
	l->heir = heir;
	l->window = window_new(RPC_WINDOW_SLOTS);
	(void)listener_insert(l);
	ok = l->window != NULL && guest_join(l, &id) != NULL;
	mutex_unlock(&s->lock);
	if (ok) {
		set_alive(l, (uint32_t)gettid() | FUTEX_WAITERS);
		ok = hand_over(l, sock) == 0;
	}
	close(sock);
	if (ok)
		doorbell_run(l);
	listener_remove(l);
}
