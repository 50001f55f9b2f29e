/* SPDX-License-Identifier: ISC */
/*
 * One source, built as a version-1 and as a version-2 program: a structure that grew, its
 * buffer ending at a guard page, and an effect that changed.  Prints what it found.
 */
#include <sys/mman.h>
#include <sys/utsname.h>

#include "t.h"

int
main(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct utsname *u;
	char name[32], host[65];
	ssize_t n;

	CHECK(page != MAP_FAILED && mprotect(page + 4096, 4096, PROT_NONE) == 0);
	memset(page, 'x', 4096);
	u = (struct utsname *)(page + 4096 - sizeof(*u));
	CHECK(uname(u) == 0);
	CHECK(strcmp(u->sysname, "Linux") == 0 &&
	    strcmp(u->machine, "x86_64") == 0);
	CHECK(((char *)u)[-1] == 'x');
#if __VENEER_ABI_MAX >= 2
	CHECK(sizeof(*u) == 455);
	printf("struct %.64s\n", u->layer[0] == 'x' ? "old" : u->layer);
#else
	CHECK(sizeof(*u) == 390);
	puts("struct old");
#endif
	CHECK(gethostname(host, sizeof(host)) == 0);
	CHECK(strcmp(host, u->nodename) == 0);
	snprintf(name, sizeof(name), "link.%d", getpid());
	CHECK(symlink("0123456789", name) == 0);
	CHECK(readlink(name, host, sizeof(host)) == 10);
	n = readlink(name, host, 4);
	if (n == -1 && errno == ERANGE)
		puts("readlink ERANGE");
	else
		printf("readlink %zd\n", n);
	unlink(name);
	return 0;
}
