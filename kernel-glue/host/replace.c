/* SPDX-License-Identifier: ISC */
/*
 * Planned replacement, the old side.  The new program is started as our child, so that it
 * stays in our session (host.h), and says what it can take over.  Then all threads rest,
 * the image and all descriptors go to it, and it confirms.  Until we have said GO we are
 * who serves: whatever goes wrong before ends the child, and we go on.  When we die
 * before, the child has all it needs and serves.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "../kern/state.h"

enum { PATIENCE_START = 10000, PATIENCE_READ = 10000 };	/* ms */

extern char **environ;

int
handover_send(int sock, struct handover *h, const int *fd, size_t nfds)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(HANDOVER_BATCH * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = h, .iov_len = sizeof(*h) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	h->magic = MAGIC_HANDOVER;
	h->version = VERSION_HANDOVER;
	h->size = SIZEOF_HANDOVER;
	if (nfds > 0) {
		memset(&control, 0, sizeof(control));
		mh.msg_control = &control;
		mh.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		control.head.cmsg_len = CMSG_LEN(nfds * sizeof(int));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&control.head), fd, nfds * sizeof(int));
	}
	return sendmsg(sock, &mh, MSG_NOSIGNAL) == (ssize_t)sizeof(*h) ? 0 :
	    errno;
}

int
handover_receive(int sock, struct handover *h, int *fd, size_t *nfds,
    int patience_ms)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(HANDOVER_BATCH * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = h, .iov_len = sizeof(*h) };
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct pollfd p = { .fd = sock, .events = POLLIN };
	struct cmsghdr *c;
	size_t bytes = 0;
	ssize_t n;
	int r;

	do
		r = poll(&p, 1, patience_ms);
	while (r < 0 && errno == EINTR);
	if (r <= 0)
		return r == 0 ? ETIMEDOUT : errno;
	n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC);
	if (n <= 0)
		return n == 0 ? EPIPE : errno;
	c = CMSG_FIRSTHDR(&mh);
	if (c != NULL && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_RIGHTS && c->cmsg_len >= CMSG_LEN(0))
		bytes = c->cmsg_len - CMSG_LEN(0);
	if (fd != NULL && bytes <= *nfds * sizeof(int))
		memcpy(fd, CMSG_DATA(c), bytes);
	if (nfds != NULL)
		*nfds = bytes / sizeof(int);
	if (n != (ssize_t)sizeof(*h) || h->magic != MAGIC_HANDOVER ||
	    h->version != VERSION_HANDOVER)
		return EPROTO;
	h->text[sizeof(h->text) - 1] = '\0';
	return 0;
}

struct heir {
	pid_t pid;
	int sock;
	char *why;
	size_t size;
};

static int
say(struct heir *h, int error, const void *text)
{
	snprintf(h->why, h->size, "%s", (const char *)text);
	return error;
}

static int
start(struct heir *h, const char *program, int theirs)
{
	char *argv[] = { (char[]){ "veneerd" }, (char[]){ "--takeover" },
		(char[]){ "3" }, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int error;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	error = posix_spawn_file_actions_adddup2(&actions, theirs, 3);
	if (error == 0)
		error = posix_spawn(&h->pid, program, &actions, &attr, argv,
		    environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	if (error) {
		h->pid = 0;
		return say(h, error, "the new program cannot be started");
	}
	return 0;
}

/* It runs, and can read what we write. */
static int
suits(struct heir *h)
{
	struct handover m;
	int error = handover_receive(h->sock, &m, NULL, NULL, PATIENCE_START);

	if (error)
		return say(h, error, "the new program does not take over: "
		    "is it a veneerd of this version or later?");
	if (m.what == HANDOVER_REFUSE)
		return say(h, EINVAL, m.text);
	if (m.what != HANDOVER_READY)
		return say(h, EPROTO, "the new program does not take over");
	if (m.abi != RPC_ABI) {
		snprintf(h->why, h->size, "the new program speaks version %u "
		    "of the trap, guests speak %d", m.abi, RPC_ABI);
		return EPROTONOSUPPORT;
	}
	if (m.oldest > STATE_VERSION || m.newest < STATE_VERSION) {
		snprintf(h->why, h->size, "the new program takes over state of "
		    "version %u to %u, this one has %d", m.oldest, m.newest,
		    STATE_VERSION);
		return EPROTONOSUPPORT;
	}
	return 0;
}

static int
memory_file(const struct image *im)
{
	int fd = memfd_create("veneer-state", MFD_CLOEXEC);
	size_t at = 0;
	ssize_t n;

	while (fd >= 0 && at < im->n) {
		n = write(fd, im->bytes + at, im->n - at);
		if (n <= 0) {
			close(fd);
			return -1;
		}
		at += (size_t)n;
	}
	return fd;
}

/* The image with its descriptor, then all others, a batch at a time. */
static int
hand_over(struct heir *h, const struct image *im)
{
	struct handover m = { .what = HANDOVER_IMAGE, .abi = RPC_ABI,
		.fds = (uint32_t)im->nfds, .bytes = im->n };
	size_t at, n;
	int fd = memory_file(im), error;

	if (fd < 0)
		return say(h, ENOMEM, "no memory for the state");
	error = handover_send(h->sock, &m, &fd, 1);
	close(fd);
	for (at = 0; at < im->nfds && error == 0; at += n) {
		n = im->nfds - at < HANDOVER_BATCH ? im->nfds - at :
		    HANDOVER_BATCH;
		m.what = HANDOVER_FDS;
		error = handover_send(h->sock, &m, im->fd + at, n);
		if (error == 0)		/* so few are on the way at once */
			error = handover_receive(h->sock, &m, NULL, NULL,
			    PATIENCE_READ);
		if (error == 0 && m.what == HANDOVER_REFUSE)
			return say(h, EINVAL, m.text);
	}
	if (error == 0)
		error = handover_receive(h->sock, &m, NULL, NULL,
		    PATIENCE_READ);
	if (error)
		return say(h, error, "the new program failed while it read");
	if (m.what == HANDOVER_REFUSE)
		return say(h, EINVAL, m.text);
	return m.what == HANDOVER_CONFIRM ? 0 :
	    say(h, EPROTO, "the new program did not confirm");
}

static uint64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* In a quiet moment, which ends if this fails. */
static int
pass_on(struct server *s, struct heir *h)
{
	struct handover go = { .what = HANDOVER_GO };
	struct image im = { 0 };
	char line[64];
	int error = image_write(s, &im);

	error = error ? say(h, error, "no memory for the state") :
	    hand_over(h, &im);
	image_fini(&im);
	if (error)
		return error;
	snprintf(line, sizeof(line), "MAINPID=%d\nREADY=1", (int)h->pid);
	if (s->systemd)
		rundir_notify(line);
	/* From here on it serves; if it does not hear this, our end tells it. */
	(void)handover_send(h->sock, &go, NULL, 0);
	return 0;
}

int
replace(struct server *s, const char *program, pid_t *pid, uint64_t *pause,
    char *why, size_t size)
{
	struct heir h = { .why = why, .size = size };
	int pair[2], error;
	uint64_t began;

	if (atomic_exchange(&s->replacing, true))
		return say(&h, EALREADY, "a replacement is on its way already");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		s->replacing = false;
		return say(&h, errno, "no socket for the new program");
	}
	h.sock = pair[0];
	error = start(&h, program, pair[1]);
	close(pair[1]);
	if (error == 0)
		error = suits(&h);
	began = now();
	if (error == 0) {
		error = server_quiet(s);
		if (error)
			say(&h, error, "a guest's call does not end");
		else if ((error = pass_on(s, &h)) != 0) {
			/* Before anybody serves again: two would. */
			kill(h.pid, SIGKILL);
			waitpid(h.pid, NULL, 0);
			h.pid = 0;
			server_loud(s);
		}
	}
	*pause = now() - began;
	*pid = h.pid;
	if (error && h.pid != 0) {
		kill(h.pid, SIGKILL);
		waitpid(h.pid, NULL, 0);
	}
	close(h.sock);
	if (error)
		s->replacing = false;
	return error;
}
