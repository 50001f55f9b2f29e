/* SPDX-License-Identifier: ISC */
/*
 * Reference for a glue call: a bare notification round trip. One thread of another
 * process, not pinned by itself, blocked in NOTIF_RECV, with SYNC_WAKE_UP where the
 * kernel has it; the call is the same unused number that the layer traps with.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "serve.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP	1UL
#endif
#define TRAP_NR	215

union rights {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static _Noreturn void
die(const char *what)
{
	perror(what);
	_exit(1);
}

static int
install(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TRAP_NR, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { sizeof f / sizeof f[0], f };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		die("no_new_privs");
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER, &p);
}

static void
give(int s, int fd)
{
	union rights r = { .align = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
	    .cmsg_len = CMSG_LEN(sizeof fd) } };
	char c = 0;
	struct iovec v = { &c, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = r.bytes,
	    .msg_controllen = sizeof r.bytes };

	memcpy(CMSG_DATA(&r.align), &fd, sizeof fd);
	if (sendmsg(s, &m, 0) != 1)
		die("sendmsg");
}

static int
take(int s)
{
	union rights r;
	char c;
	struct iovec v = { &c, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = r.bytes,
	    .msg_controllen = sizeof r.bytes };
	int fd;

	if (recvmsg(s, &m, 0) != 1 || CMSG_FIRSTHDR(&m) == NULL)
		die("recvmsg");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
	return fd;
}

static _Noreturn void
serve(int s)
{
	struct seccomp_notif n;
	struct seccomp_notif_resp r;
	int fd = take(s);

	ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	for (;;) {
		memset(&n, 0, sizeof n);
		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &n) != 0) {
			if (errno == EINTR)
				continue;
			_exit(0);
		}
		memset(&r, 0, sizeof r);
		r.id = n.id;
		ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r);
	}
}

static void
setup(void)
{
	int s[2], fd;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) != 0)
		die("socketpair");
	switch (fork()) {
	case -1:
		die("fork");
	case 0:
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(0);
		close(1);
		close(s[0]);
		serve(s[1]);
	}
	close(s[1]);
	if ((fd = install()) < 0)
		die("seccomp");
	give(s[0], fd);
	close(fd);
	syscall(TRAP_NR, 0, 0, 0, 0, 0, 0);
}

static void
many(uint64_t n)
{
	while (n-- > 0)
		if (syscall(TRAP_NR, 0, 0, 0, 0, 0, 0) != 0)
			die("the trap");
}
