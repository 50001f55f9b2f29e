/* SPDX-License-Identifier: ISC */
/* Pseudo-terminals: their names, sizes, settings, sessions, and what is no terminal. */
#include "guest.h"
#include "pick.h"

struct name_arg {
	int32_t len;
	char *buf;
};

struct termios {
	uint32_t iflag, oflag, cflag, lflag;
	uint8_t cc[20];
	uint32_t ispeed, ospeed;
};

static char slave_path[64] = "/dev/";

static long
name_of(int fd, char *buf, int32_t len)
{
	struct name_arg a = { len, buf };

	return SYS(N(ioctl), fd, FREEBSD_FIODGNAME, &a);
}

/* The master; the slave's name goes to slave_path. */
static int
pair(void)
{
	int master = (int)SYS(N(posix_openpt), FREEBSD_O_RDWR | FREEBSD_O_NOCTTY);

	CHECK(master >= 0);
	EQUAL(SYS(N(ioctl), master, FREEBSD_TIOCPTMASTER, 0), 0);
	EQUAL(name_of(master, slave_path + 5, 59), 0);
	CHECK(memcmp(slave_path, "/dev/pts/", 9) == 0);
	return master;
}

static int
slave(void)
{
	int fd = (int)SYS(N(open), slave_path, FREEBSD_O_RDWR | FREEBSD_O_NOCTTY, 0);

	CHECK(fd >= 0);
	return fd;
}

static void
names(void)
{
	char own[64];
	int master = pair(), fd = slave(), null = (int)SYS(N(open), "/dev/null", 0, 0);
	int file = (int)SYS(N(open), "f", FREEBSD_O_RDWR | FREEBSD_O_CREAT, 0600), type = 0;
	size_t n = strlen(slave_path + 5);

	EQUAL(name_of(fd, own, sizeof(own)), 0);
	EQUAL(strcmp(own, slave_path + 5), 0);
	EQUAL(name_of(fd, own, (int32_t)n), -FREEBSD_EINVAL);
	EQUAL(name_of(fd, own, (int32_t)n + 1), 0);
	EQUAL(name_of(fd, (char *)16, 64), -FREEBSD_EFAULT);
	EQUAL(name_of(null, own, sizeof(own)), 0);
	EQUAL(strcmp(own, "null"), 0);
	EQUAL(name_of(file, own, sizeof(own)), -FREEBSD_ENOTTY);
	EQUAL(name_of(99, own, sizeof(own)), -FREEBSD_EBADF);
	EQUAL(SYS(N(ioctl), fd, FREEBSD_FIODTYPE, &type), 0);
	EQUAL(type, 4);
	EQUAL(SYS(N(ioctl), null, FREEBSD_FIODTYPE, &type), 0);
	EQUAL(type, 8);
	EQUAL(SYS(N(ioctl), file, FREEBSD_FIODTYPE, &type), -FREEBSD_ENOTTY);
	EQUAL(SYS(N(ioctl), fd, FREEBSD_TIOCPTMASTER, 0), -FREEBSD_EINVAL);
	EQUAL(SYS(N(ioctl), file, FREEBSD_TIOCPTMASTER, 0), -FREEBSD_EINVAL);
	EQUAL(SYS(N(posix_openpt), FREEBSD_O_RDWR | FREEBSD_O_APPEND), -FREEBSD_EINVAL);
	(void)master;
}

/* What one side sets the other sees; a line goes through as the settings say. */
static void
settings(void)
{
	int master = pair(), fd = slave();
	uint16_t size[4] = { 33, 101, 0, 0 }, seen[4] = { 0 };
	struct termios t;
	char buf[32];

	EQUAL(SYS(N(ioctl), master, FREEBSD_TIOCSWINSZ, size), 0);
	EQUAL(SYS(N(ioctl), fd, FREEBSD_TIOCGWINSZ, seen), 0);
	EQUAL(memcmp(size, seen, sizeof(size)), 0);
	EQUAL(SYS(N(ioctl), fd, FREEBSD_TIOCGETA, &t), 0);
	t.lflag &= ~8u;		/* ECHO */
	t.oflag &= ~1u;		/* OPOST */
	EQUAL(SYS(N(ioctl), fd, FREEBSD_TIOCSETA, &t), 0);
	EQUAL(SYS(N(write), master, "line\n", 5), 5);
	EQUAL(SYS(N(read), fd, buf, sizeof(buf)), 5);
	EQUAL(SYS(N(write), fd, "back\n", 5), 5);
	EQUAL(SYS(N(read), master, buf, sizeof(buf)), 5);
	EQUAL(memcmp(buf, "back\n", 5), 0);
	int on = 1;
	EQUAL(SYS(N(ioctl), master, FREEBSD_TIOCPKT, &on), 0);
	EQUAL(SYS(N(write), fd, "x", 1), 1);
	EQUAL(SYS(N(read), master, buf, sizeof(buf)), 2);
	EQUAL(buf[0], 0);
	EQUAL(buf[1], 'x');
}

/* A child makes it the terminal of a session of its own and is told of the hang-up. */
static void
session(void)
{
	int master = pair(), status = 0;
	char buf[8];
	long child = SYS(N(fork), 0);

	if (child == 0) {
		int fd = slave(), group = 0;

		EQUAL(SYS(N(close), master), 0);
		CHECK(SYS(N(setsid), 0) > 0);
		EQUAL(SYS(N(ioctl), fd, FREEBSD_TIOCSCTTY, 0), 0);
		EQUAL(SYS(N(ioctl), fd, FREEBSD_TIOCGSID, &group), 0);
		EQUAL(group, SYS(N(getpid), 0));
		EQUAL(SYS(N(ioctl), fd, FREEBSD_TIOCGPGRP, &group), 0);
		EQUAL(group, SYS(N(getpid), 0));
		CHECK(SYS(N(open), "/dev/tty", FREEBSD_O_RDWR, 0) >= 0);
		EQUAL(SYS(N(write), fd, "up", 2), 2);
		for (;;)
			pause_ms(1000);
	}
	EQUAL(SYS(N(read), master, buf, sizeof(buf)), 2);
	EQUAL(SYS(N(close), master), 0);
	EQUAL(SYS(N(wait4), child, &status, 0, 0), child);
	EQUAL(status & 0x7f, FREEBSD_SIGHUP);
}

int
test_main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "names", names }, { "settings", settings }, { "session", session },
	};

	return pick(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
