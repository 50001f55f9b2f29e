/* SPDX-License-Identifier: ISC */
/*
 * deny CALL[:ARG0] ERRNO PROGRAM...: runs a program where one host call (with that first
 * argument) is refused, as containers and older kernels refuse it.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	char *end;
	unsigned nr, arg = 0, any;
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { sizeof(f) / sizeof(f[0]), f };

	if (argc < 4)
		return 2;
	nr = (unsigned)strtoul(argv[1], &end, 10);
	any = *end != ':';
	if (!any)
		arg = (unsigned)strtoul(end + 1, NULL, 10);
	f[1].k = nr;
	f[3].k = arg;
	if (any)
		f[3].jf = 0;
	f[4].k |= (unsigned)strtoul(argv[2], NULL, 10);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p) != 0) {
		perror("deny");
		return 2;
	}
	execv(argv[3], argv + 3);
	perror(argv[3]);
	return 2;
}
