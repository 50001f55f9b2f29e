/* SPDX-License-Identifier: ISC */
/* Numbers that are no call, and numbers of which the kernel sees the lower half alone. */
#include "guest.h"

#define HIGH 0x100000000

int
test_main(int argc, char **argv)
{
	const long none[] = { -1, 0x7fffffff, 0x80000000, HIGH - 2, 65536 + N(getppid), 256 + 16384, 768, 2000,
		N(getppid) + 0x1000000 };
	const struct {
		uint64_t handler;
		uint32_t flags, mask[4];
	} ignore = { 1, 0, { 0 } };
	long parent;

	(void)argc;
	(void)argv;
	EQUAL(SYS(N(sigaction), FREEBSD_SIGSYS, &ignore, 0), 0);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		EQUAL(SYS(none[i]), -FREEBSD_ENOSYS);
	parent = SYS(N(getppid));
	CHECK(parent > 0);
	EQUAL(SYS(HIGH + N(getppid)), parent);
	EQUAL(SYS(-HIGH + N(getppid)), parent);
	EQUAL(SYS(HIGH * 5 + N(getpid)), SYS(N(getpid)));
	return 0;
}
