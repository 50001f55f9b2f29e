/* SPDX-License-Identifier: ISC */
/*
 * Memory on its way between guests.  What is small lies here; what is not lies in a memfd
 * of its own, whose descriptor a guest gets to fill it or to map it, so that no byte is
 * copied by the supervisor.  A memfd that a guest has filled is sealed against writing
 * before it travels: its receiver maps it privately and nobody changes it any more.
 *
 * Descriptors are given and seals set by the listener's thread without the lock: a guest
 * can make either take a while.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"

enum { MEMFD_MIN = 16 << 10 };

/* A guest cannot use up the descriptors that others need to join. */
static unsigned memfds;		/* under the lock */

static bool
too_many(void)
{
	static unsigned limit;
	struct rlimit rl;

	if (limit == 0)
		limit = getrlimit(RLIMIT_NOFILE, &rl) == 0 &&
		    rl.rlim_cur < UINT32_MAX ? (unsigned)rl.rlim_cur / 4 :
		    1 << 16;
	return memfds >= limit;
}

static int
new_memfd(size_t n)
{
	int fd;

	if (n < MEMFD_MIN || too_many())
		return -1;
	fd = memfd_create("veneer-memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)n) == 0 && fcntl(fd, F_ADD_SEALS,
	    F_SEAL_SHRINK | F_SEAL_GROW) == 0) {
		memfds++;
		return fd;
	}
	close(fd);
	return -1;
}

/* So that a successor can be handed it.  Under the lock. */
static struct memory *memories;

struct memory *
memory_first(void)
{
	return memories;
}

static struct memory *
make(int fd, size_t n)
{
	struct memory *m = calloc(1, sizeof(*m) + (fd < 0 ? n : 0));

	if (m == NULL)
		return NULL;
	m->n = n;
	m->fd = fd;
	if (fd < 0)
		m->bytes = m->room;
	m->next = memories;
	m->link = &memories;
	if (m->next != NULL)
		m->next->link = &m->next;
	memories = m;
	return m;
}

struct memory *
memory_new(void *host, size_t n)
{
	int fd = new_memfd(n);
	struct memory *m = make(fd, n);

	(void)host;
	if (m == NULL && fd >= 0) {
		close(fd);
		memfds--;
	}
	return m;
}

struct memory *
memory_adopt(int fd, size_t n, bool given, const void *bytes)
{
	struct memory *m;
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) || st.st_size < 0 ||
	    (size_t)st.st_size < n || !(fcntl(fd, F_GET_SEALS) &
	    F_SEAL_SHRINK)))
		return NULL;
	m = make(fd, n);
	if (m == NULL)
		return NULL;
	m->given = given;
	if (fd >= 0)
		memfds++;
	else
		memcpy(m->room, bytes, n);
	return m;
}

/* NULL does not happen for memory that nobody filled by descriptor: then it is mapped at
 * once, and memory_new's caller may rely on it. */
unsigned char *
memory_bytes(void *host, struct memory *m)
{
	static unsigned char none[1];
	void *p;

	(void)host;
	if (m->bytes != NULL)
		return m->bytes;
	p = mmap(NULL, m->n, PROT_READ | PROT_WRITE,
	    m->given ? MAP_PRIVATE : MAP_SHARED, m->fd, 0);
	if (p == MAP_FAILED)
		return none;
	m->bytes = p;
	return m->bytes;
}

void
memory_free(void *host, struct memory *m)
{
	(void)host;
	*m->link = m->next;
	if (m->next != NULL)
		m->next->link = m->link;
	if (m->fd >= 0) {
		if (m->bytes != NULL)
			munmap(m->bytes, m->n);
		close(m->fd);
		memfds--;
	}
	free(m);
}

int
memory_gift(void *host, struct thread *th, enum gift gift, uint64_t id,
    struct memory *m)
{
	struct listener *l = ((struct guest_task *)th->task)->listener;

	(void)host;
	if (l->fd < 0 || m->fd < 0 || l->gift.what != GIFT_NONE)
		return RPC_EOPNOTSUPP;
	if (gift == GIFT_OPEN)
		m->given = true;
	l->gift.fd = dup(m->fd);
	if (l->gift.fd < 0)
		return RPC_EOPNOTSUPP;
	l->gift.what = gift;
	l->gift.id = id;
	return 0;
}

/* A guest that pins the pages makes this take a while. */
struct sealing {
	int fd, error;
};

static void
seal(void *arg)
{
	struct sealing *x = arg;

	x->error = fcntl(x->fd, F_ADD_SEALS, F_SEAL_WRITE) ? errno : 0;
}

/* Who wants a quiet moment interrupts us. The descriptor there, or -1. */
static int
add(struct listener *l, uint64_t notification, int fd)
{
	struct seccomp_notif_addfd add = {
		.id = notification, .srcfd = (__u32)fd, .newfd_flags = O_CLOEXEC,
	};
	int r;

	do
		r = ioctl(l->fd, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
	while (r < 0 && errno == EINTR);
	return r;
}

void
memory_give(struct listener *l, struct pending_gift *g, uint64_t notification,
    pid_t tid)
{
	struct sealing x = { .fd = g->fd };
	struct guest_thread *th;
	int r = 0;

	if (g->what == GIFT_SEAL) {
		micro_await(seal, &x);
	} else {
		r = add(l, notification, g->fd);
		x.error = r < 0 ? errno : 0;
	}
	close(g->fd);
	mutex_lock(&l->server->lock);
	th = guest_lookup(l, tid);
	if (th != NULL)
		kern_gift(&l->server->kern, &th->thread, g->what, g->id,
		    x.error, (uint64_t)r);
	mutex_unlock(&l->server->lock);
}
