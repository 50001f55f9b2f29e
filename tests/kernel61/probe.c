/* SPDX-License-Identifier: ISC */
/* Says which of the primitives that Veneer can use this kernel has, one a line. */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <linux/seccomp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define NR_MSEAL	462
#define PROCMAP_QUERY_CMD _IOC(_IOC_READ | _IOC_WRITE, 'f', 17, 104)
#define SUD_SET		59
#define NOTIF_FLAGS	_IOW('!', 4, unsigned long long)

static void
say(const char *what, int has)
{
	printf("%s %s\n", what, has ? "yes" : "no");
}

int
main(void)
{
	static char sud_selector;
	char q[104] = { 104 };
	void *p;
	int fd;

	p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	say("mseal", syscall(NR_MSEAL, p, 4096, 0) == 0);
	fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	say("procmap_query", ioctl(fd, PROCMAP_QUERY_CMD, q) == 0 ||
	    errno != ENOTTY);
	say("sud", prctl(SUD_SET, 1, 0, ~0ul >> 1, &sud_selector) == 0);
	prctl(SUD_SET, 0, 0, 0, 0);
	say("user_notif", syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0,
	    (char[64]){ 0 }) == 0);
	return 0;
}
