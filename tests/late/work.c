/* SPDX-License-Identifier: ISC */
/* Work of an ordinary kind: files, pipes, a child, time.  Enough calls to count. */
#include "guest.h"

static void
files(void)
{
	static char buf[512];
	long fd = SYS(N(openat), -100, "work.tmp", 0x202 /* O_CREAT, O_RDWR */,
	    0600);

	CHECK(fd >= 0);
	for (int i = 0; i < 300; i++) {
		EQUAL(SYS(N(pwrite), fd, buf, sizeof(buf), i * 512), 512);
		EQUAL(SYS(N(pread), fd, buf, sizeof(buf), i * 256), 512);
	}
	EQUAL(SYS(N(close), fd), 0);
	EQUAL(SYS(N(unlink), "work.tmp"), 0);
}

static void
echo(int from, int to)
{
	char c;

	while (SYS(N(read), from, &c, 1) == 1)
		EQUAL(SYS(N(write), to, &c, 1), 1);
}

static void
pipes(void)
{
	int a[2], b[2], status = -1;
	long pid;
	char c = 'x';

	EQUAL(SYS(N(pipe2), a, 0), 0);
	EQUAL(SYS(N(pipe2), b, 0), 0);
	pid = SYS(N(fork));
	if (pid == 0) {
		SYS(N(close), a[1]);
		echo(a[0], b[1]);
		SYS(N(exit), 0);
	}
	for (int i = 0; i < 300; i++) {
		EQUAL(SYS(N(write), a[1], &c, 1), 1);
		EQUAL(SYS(N(read), b[0], &c, 1), 1);
	}
	EQUAL(SYS(N(close), a[1]), 0);
	EQUAL(SYS(N(wait4), pid, &status, 0, 0), pid);
	EQUAL(status, 0);
}

int
test_main(int argc, char **argv)
{
	int64_t ts[2];

	(void)argc;
	(void)argv;
	files();
	pipes();
	for (int i = 0; i < 300; i++) {
		EQUAL(SYS(N(clock_gettime), 0, ts), 0);
		CHECK(SYS(N(getppid)) > 0);
	}
	return 0;
}
