/* SPDX-License-Identifier: ISC */
/*
 * outer MODE COMMAND...: runs it as a container with such a filter would.
 *
 *   docker      unknown numbers are EPERM, epoll_wait_old is allowed
 *   no-trap     call 215 is EPERM
 *   no-trap38   call 215 is ENOSYS
 *   no-seccomp  seccomp(2) is EPERM
 *   listener    a listener is held already
 *   adopt       no filter; orphans come to the command (a subreaper)
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LAST_KNOWN = 450, TRAP = 215 };
#define NR BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define RET(k) BPF_STMT(BPF_RET | BPF_K, k)
#define ERRNO(e) RET(SECCOMP_RET_ERRNO | (e))
#define IF(op, k) BPF_JUMP(BPF_JMP | (op) | BPF_K, k, 0, 1)

static int
install(struct sock_filter *f, unsigned short n, unsigned flags)
{
	struct sock_fprog p = { n, f };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p);
}

static int
filter(const char *mode)
{
	struct sock_filter docker[] = { NR, IF(BPF_JGT, LAST_KNOWN),
	    ERRNO(EPERM), RET(SECCOMP_RET_ALLOW) };
	struct sock_filter one[] = { NR, IF(BPF_JEQ, TRAP), ERRNO(EPERM),
	    RET(SECCOMP_RET_ALLOW) };

	if (strcmp(mode, "docker") == 0)
		return install(docker, 4, 0);
	if (strcmp(mode, "no-trap38") == 0)
		one[2].k = SECCOMP_RET_ERRNO | ENOSYS;
	else if (strcmp(mode, "no-seccomp") == 0)
		one[1].k = SYS_seccomp;
	else if (strcmp(mode, "listener") == 0) {
		one[1].k = LAST_KNOWN;
		one[2].k = SECCOMP_RET_USER_NOTIF;
		return install(one, 4, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	} else if (strcmp(mode, "no-trap") != 0)
		return -1;
	return install(one, 4, 0);
}

int
main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "adopt") == 0)
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	else if (filter(argv[1]) < 0) {
		perror(argv[1]);
		return 2;
	}
	if (strcmp(argv[1], "listener") == 0) {
		/* The listener has to live: its descriptor stays open in a parent. */
		if (fork() > 0) {
			int status = 0;

			wait4(-1, &status, 0, NULL);
			return status >> 8 & 0xff;
		}
	}
	execvp(argv[2], argv + 2);
	return 127;
}
