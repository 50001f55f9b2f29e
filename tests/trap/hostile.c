/* SPDX-License-Identifier: ISC */
/* hostile SOCKET: connections that say nothing, nonsense, or hand over the wrong thing. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

int
main(int argc, char **argv)
{
	static char big[BIG];
	struct trap_message m = {
		.magic = MAGIC_TRAP_MESSAGE, .version = VERSION_TRAP_MESSAGE,
		.size = SIZEOF_TRAP_MESSAGE, .abi = RPC_ABI,
	};
	int i, s, silent[20], pipes[2];

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
