/* SPDX-License-Identifier: ISC */
/*
 * hostile SOCKET: connections that say nothing, nonsense, or hand over the wrong thing.
 * hostile SOCKET window: joins by the window transport and writes nonsense all over it,
 * by two threads, while requests are read.
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "shared.h"
#include "rpc.h"

enum { ROUNDS = 200, FDS = 200, BIG = 65536 };

static int
reach(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if (s < 0 || connect(s, (struct sockaddr *)&sa, sizeof(sa))) {
		perror(path);
		exit(1);
	}
	return s;
}

/* A message of n bytes with nfds copies of descriptor fd. */
static void
send_fds(int s, const void *data, size_t n, int fd, size_t nfds)
{
	static _Alignas(struct cmsghdr) char room[CMSG_SPACE(FDS * sizeof(int))];
	struct iovec iov = { (void *)(uintptr_t)data, n };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c = (struct cmsghdr *)room;
	size_t i;

	if (nfds > 0) {
		mh.msg_control = room;
		mh.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		for (i = 0; i < nfds; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &fd,
			    sizeof(fd));
	}
	sendmsg(s, &mh, MSG_NOSIGNAL);
}

/* ---- the window ---- */
enum { WINDOW = 4 << 20, WORDS = WINDOW / 8, SCRIBBLES = 300000, REQUESTS = 30000 };

/* The window of a join over the socket. */
static struct window *
join(const char *path)
{
	static _Alignas(struct cmsghdr) char room[CMSG_SPACE(2 * sizeof(int))];
	struct trap_message m;
	struct iovec iov = { &m, sizeof(m) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = room, .msg_controllen = sizeof(room) };
	int fd[2], s = reach(path);
	void *p;

	if (recv(s, &m, sizeof(m), 0) != (ssize_t)sizeof(m))
		exit(1);
	m.status = RPC_JOIN_WINDOW;
	send_fds(s, &m, sizeof(m), -1, 0);
	if (recvmsg(s, &mh, 0) != (ssize_t)sizeof(m) || m.status != 0)
		exit(1);
	memcpy(fd, CMSG_DATA((struct cmsghdr *)room), sizeof(fd));
	p = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED, fd[0], 0);
	if (p == MAP_FAILED)
		exit(1);
	close(s);
	return p;
}

static void *
scribble(void *arg)
{
	uint64_t *word = arg, r = 1;
	int i;

	for (i = 0; i < SCRIBBLES; i++) {
		r = r * 6364136223846793005u + 1442695040888963407u;
		__atomic_store_n(&word[(r >> 40) % (i % 2 ? WORDS : 2048)],
		    i % 3 ? r % 64 : r, __ATOMIC_RELAXED);
	}
	return NULL;
}

static int
window(const char *path)
{
	struct window *w = join(path);
	struct window_slot *s;
	pthread_t t;
	int i;

	if (pthread_create(&t, NULL, scribble, w))
		return 1;
	for (i = 0; i < REQUESTS; i++) {
		s = (struct window_slot *)((char *)w + 4096 * (1 + i % 8));
		s->tid = (uint32_t)(i % 2 ? gettid() : rand());
		s->op = (uint32_t)(i % 40);
		s->seq = (uint64_t)(i / 8 + rand() % 3);
		s->has_payload = (uint32_t)(i % 2);
		s->arg[0] = i % 5 ? 1 : (uint64_t)rand() << 32;
		s->arg[1] = (uint64_t)(i % 3);
		__atomic_store_n(&s->state, (uint32_t)i << 3 |
		    RPC_SLOT_POSTED, __ATOMIC_RELEASE);
		__atomic_or_fetch(&w->posted[i % 16], i % 16 ?
		    (uint64_t)rand() << 20 : 0xff, __ATOMIC_SEQ_CST);
		__atomic_add_fetch(&w->bell, 1, __ATOMIC_SEQ_CST);
		syscall(SYS_futex, &w->bell, FUTEX_WAKE, 1, NULL, NULL, 0);
	}
	pthread_join(t, NULL);
	return 0;
}

int
main(int argc, char **argv)
{
	static char big[BIG];
	struct trap_message m = {
		.magic = MAGIC_TRAP_MESSAGE, .version = VERSION_TRAP_MESSAGE,
		.size = SIZEOF_TRAP_MESSAGE, .abi = RPC_ABI,
	};
	int i, s, silent[20], pipes[2];

	if (argc == 3)
		return window(argv[1]);
	if (argc != 2 || pipe2(pipes, O_CLOEXEC))
		return 2;
	memset(big, 0xff, sizeof(big));
	for (i = 0; i < 20; i++)
		silent[i] = reach(argv[1]);
	for (i = 0; i < ROUNDS; i++) {
		s = reach(argv[1]);
		if (i % 5 == 0)
			send_fds(s, big, (size_t)(rand() % BIG), -1, 0);
		else if (i % 5 == 1)
			send_fds(s, &m, sizeof(m), pipes[i % 2], 1);
		else if (i % 5 == 2)
			send_fds(s, &m, sizeof(m), s, FDS);
		else if (i % 5 == 3)
			send_fds(s, &m, (size_t)(rand() % 32), pipes[0], 1);
		close(s);
	}
	for (i = 0; i < 20; i++)
		close(silent[i]);
	return 0;
}
