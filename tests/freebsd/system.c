/* SPDX-License-Identifier: ISC */
/* Memory, processes, limits, clocks, sysctl, and how a call comes in. */
#include "guest.h"
#include "pick.h"
#include "signal_defs.h"

#define ANON (FREEBSD_MAP_ANON | FREEBSD_MAP_PRIVATE)

static void
memory(void)
{
	long p = SYS(N(mmap), 0, 8192, 3, ANON, -1, 0);

	CHECK(p > 0);
	*(char *)p = 7;
	EQUAL(SYS(N(madvise), p, 4096, FREEBSD_MADV_DONTNEED), 0);
	EQUAL(*(char *)p, 7);		/* kept, unlike the host's */
	EQUAL(SYS(N(mmap), p, 4096, 3, ANON | FREEBSD_MAP_FIXED | FREEBSD_MAP_EXCL, -1, 0),
	    -FREEBSD_ENOMEM);
	EQUAL(*(char *)p, 7);
	long a = SYS(N(mmap), 0, 4096, 3, ANON | 20 << FREEBSD_MAP_ALIGNMENT_SHIFT, -1, 0);
	CHECK(a > 0 && (a & ((1 << 20) - 1)) == 0);
	*(char *)a = 1;
	EQUAL(SYS(N(mmap), 0, 0, 3, ANON, -1, 0), -FREEBSD_EINVAL);
	EQUAL(SYS(N(mmap), 0, 4096, 3, ANON, 0, 0), -FREEBSD_EINVAL);
	EQUAL(SYS(N(mmap), 0, 4096, 3, ANON | FREEBSD_MAP_SHARED, -1, 0), -FREEBSD_EINVAL);
	EQUAL(SYS(N(munmap), p + 5, 10), 0);	/* the whole page that it touches */
	EQUAL(SYS(N(write), 1, p, 1), -FREEBSD_EFAULT);
	EQUAL(SYS(N(munmap), p, 0), -FREEBSD_EINVAL);
}

/* A file is mapped from an offset inside a page: the address keeps it. */
static void
map_offset(void)
{
	int fd = (int)SYS(N(open), "f", FREEBSD_O_RDWR | FREEBSD_O_CREAT, 0600);

	EQUAL(SYS(N(write), fd, "0123456789", 10), 10);
	long p = SYS(N(mmap), 0, 5, 1, FREEBSD_MAP_PRIVATE, fd, 3);
	CHECK(p > 0);
	EQUAL(p & 4095, 3);
	EQUAL(*(char *)p, '3');
}

static long
wait_for(long child, int *status)
{
	return SYS(N(wait4), child, status, 0, 0);
}

static void
children(void)
{
	int status = 0;
	struct { int32_t signo, err, code, pid; uint32_t uid; int32_t status; char rest[56]; } si;
	long child = SYS(N(fork), 0);

	if (child == 0) {
		SYS(N(kill), SYS(N(getpid), 0), FREEBSD_SIGUSR1);
		SYS(N(exit), 0);
	}
	EQUAL(SYS(N(wait6), FREEBSD_P_PID, child, &status,
	    FREEBSD_WEXITED | FREEBSD_WNOWAIT, 0, &si), child);
	EQUAL(si.status, FREEBSD_SIGUSR1);
	EQUAL(si.signo, FREEBSD_SIGCHLD);
	EQUAL(wait_for(child, &status), child);
	EQUAL(status & 0x7f, FREEBSD_SIGUSR1);
	EQUAL(FREEBSD_SIGUSR1, 30);
	child = SYS(N(vfork), 0);
	if (child == 0)
		SYS(N(exit), 42);
	EQUAL(wait_for(child, &status), child);
	EQUAL(status, 42 << 8);
	EQUAL(SYS(N(wait4), -1, &status, 0, 0), -FREEBSD_ECHILD);
}

static volatile int caught;

static void
on_spawn_signal(int sig)
{
	(void)sig;
	caught++;
}

/* rfork(RFSPAWN): the child has its parent's memory, but not its handlers. */
static void
spawns(void)
{
	struct sigaction_f sa = { .handler = (uint64_t)on_spawn_signal }, old;
	int status = 0;

	EQUAL(SYS(N(sigaction), FREEBSD_SIGUSR1, &sa, 0), 0);
	long child = SYS(N(rfork), FREEBSD_RFSPAWN);
	if (child == 0) {
		SYS(N(kill), SYS(N(getpid), 0), FREEBSD_SIGUSR1);
		SYS(N(exit), 0);
	}
	CHECK(child > 0);
	EQUAL(wait_for(child, &status), child);
	EQUAL(status & 0x7f, FREEBSD_SIGUSR1);
	EQUAL(caught, 0);
	EQUAL(SYS(N(sigaction), FREEBSD_SIGUSR1, 0, &old), 0);
	EQUAL(old.handler, sa.handler);
	EQUAL(SYS(N(kill), SYS(N(getpid), 0), FREEBSD_SIGUSR1), 0);
	EQUAL(caught, 1);
}

/* In the child: what a number that is not there does. */
static int
death_by(long nr)
{
	int status = 0;
	long child = SYS(N(fork), 0);

	if (child == 0) {
		SYS(nr, 0);
		SYS(N(exit), 0);
	}
	EQUAL(wait_for(child, &status), child);
	return status & 0x7f;
}

static void
unknown(void)
{
	EQUAL(death_by(700), FREEBSD_SIGSYS);
	EQUAL(death_by(-1), FREEBSD_SIGSYS);
	EQUAL(death_by(100000), FREEBSD_SIGSYS);
	EQUAL(death_by(8), FREEBSD_SIGSYS);
	/* came with version 12 */
	EQUAL(death_by(551), version() >= 12 ? 0 : FREEBSD_SIGSYS);
	/* came with version 13 */
	EQUAL(death_by(N(copy_file_range)), version() >= 13 ? 0 : FREEBSD_SIGSYS);
	/* a kernel without capability mode has the call, but no more */
	EQUAL(SYS(N(cap_enter), 0), -FREEBSD_ENOSYS);
	/* what every kernel has says no instead of killing */
	EQUAL(SYS(N(__acl_get_file), "/", 0, 0), -FREEBSD_EOPNOTSUPP);
	EQUAL(SYS(N(extattr_list_fd), 99, 1, 0, 0), -FREEBSD_EBADF);
	EQUAL(SYS(N(modfind), "x"), -FREEBSD_ENOENT);
	EQUAL(SYS(N(kldload), "x"), -FREEBSD_EPERM);
}

static void
indirect(void)
{
	int status = 0;
	long child = sys6(N(syscall), N(fork), 0, 0, 0, 0, 0);

	if (child == 0)
		sys6(N(__syscall), N(exit), 5, 0, 0, 0, 0);
	EQUAL(sys6(N(syscall), N(wait4), child, (long)&status, 0, 0, 0), child);
	EQUAL(status, 5 << 8);
	EQUAL(sys6(N(syscall), N(close), 99, 0, 0, 0, 0), -FREEBSD_EBADF);
	/* the sixth argument lies behind the return address */
	int fd = (int)SYS(N(open), "f", FREEBSD_O_RDWR | FREEBSD_O_CREAT, 0600);
	EQUAL(SYS(N(ftruncate), fd, 8192), 0);
	EQUAL(SYS(N(pwrite), fd, "z", 1, 4096), 1);
	long ret = N(__syscall), carry;
	register long r10 __asm__("r10") = 1;
	register long r8 __asm__("r8") = FREEBSD_MAP_PRIVATE;
	register long r9 __asm__("r9") = fd;
	__asm__ volatile("push $4096\n\tpush $0\n\tsyscall\n\tsbb %1, %1\n\tlea 16(%%rsp), %%rsp"
	    : "+a"(ret), "=&r"(carry), "+r"(r10), "+r"(r8), "+r"(r9)
	    : "D"(N(mmap)), "S"(0), "d"(4096) : "rcx", "r11", "memory", "cc");
	EQUAL(carry, 0);
	EQUAL(*(char *)ret, 'z');
}

/* rdx is kept, the carry flag says how it went, the other registers stay. */
static void
registers(void)
{
	long rax = N(getpid), rdx = 0x1234, carry;

	__asm__ volatile("stc\n\tsyscall\n\tsbb %2, %2"
	    : "+a"(rax), "+d"(rdx), "=&r"(carry) : : "rcx", "r11", "memory", "cc");
	EQUAL(carry, 0);
	EQUAL(rdx, 0x1234);
	CHECK(rax > 0);
	rax = N(close);
	__asm__ volatile("clc\n\tsyscall\n\tsbb %2, %2"
	    : "+a"(rax), "+d"(rdx), "=&r"(carry) : "D"(99) : "rcx", "r11", "memory", "cc");
	EQUAL(carry, -1);
	EQUAL(rax, FREEBSD_EBADF);
}

static void
limits(void)
{
	int64_t l[2] = { 0, 0 };

	EQUAL(SYS(N(getrlimit), FREEBSD_RLIMIT_AS, l), 0);
	CHECK(l[0] > 0 && l[1] > 0);
	EQUAL(SYS(N(getrlimit), FREEBSD_RLIMIT_NOFILE, l), 0);
	CHECK(l[0] > 0 && l[0] < 1 << 30);
	l[0] = 64;
	EQUAL(SYS(N(setrlimit), FREEBSD_RLIMIT_NOFILE, l), 0);
	EQUAL(SYS(N(getdtablesize), 0), 64);
	EQUAL(SYS(N(getrlimit), FREEBSD_RLIMIT_SBSIZE, l), 0);
	EQUAL(l[0], INT64_MAX);
	EQUAL(SYS(N(getrlimit), 99, l), -FREEBSD_EINVAL);
}

static void
clocks(void)
{
	int64_t a[2], b[2], s[2], nap[2] = { 0, 2000000 };

	EQUAL(SYS(N(clock_gettime), FREEBSD_CLOCK_MONOTONIC, a), 0);
	EQUAL(SYS(N(nanosleep), nap, 0), 0);
	EQUAL(SYS(N(clock_gettime), FREEBSD_CLOCK_MONOTONIC_PRECISE, b), 0);
	CHECK((b[0] - a[0]) * 1000000000 + b[1] - a[1] >= 2000000);
	EQUAL(SYS(N(clock_gettime), FREEBSD_CLOCK_SECOND, s), 0);
	EQUAL(s[1], 0);
	CHECK(s[0] > 1600000000);
	EQUAL(SYS(N(clock_gettime), FREEBSD_CLOCK_PROF, s), 0);
	EQUAL(SYS(N(clock_gettime), 77, s), -FREEBSD_EINVAL);
	EQUAL(SYS(N(clock_nanosleep), 77, 0, s, 0), FREEBSD_EINVAL);
}

static long
by_name(const char *name, void *v, uint64_t *n)
{
	uint32_t ask[2] = { 0, 3 }, mib[24];
	uint64_t len = sizeof(mib);
	long ret = SYS(N(__sysctl), ask, 2, mib, &len, name, strlen(name));

	return ret < 0 ? ret : SYS(N(__sysctl), mib, len / 4, v, n, 0, 0);
}

static void
tree(void)
{
	char text[64];
	uint64_t n = sizeof(text);
	int32_t v = 0;

	EQUAL(by_name("kern.ostype", text, &n), 0);
	EQUAL(n, 8);
	EQUAL(strcmp(text, "FreeBSD"), 0);
	n = 3;
	memset(text, 'x', sizeof(text));
	EQUAL(by_name("kern.ostype", text, &n), -FREEBSD_ENOMEM);
	EQUAL(n, 3);
	EQUAL(text[2], 'e');
	EQUAL(text[3], 'x');
	EQUAL(by_name("kern.ostype", 0, &n), 0);
	EQUAL(n, 8);
	n = sizeof(text);
	EQUAL(by_name("kern.osrelease", text, &n), 0);
	EQUAL(text[0] == '1' && text[1] == '0' + version() - 10, 1);
	n = 4;
	EQUAL(by_name("kern.smp.maxcpus", &v, &n), 0);
	EQUAL(v, version() >= 14 ? 1024 : 256);
	EQUAL(by_name("no.such.name", &v, &n), -FREEBSD_ENOENT);
	EQUAL(by_name("kern.proc", &v, &n), -FREEBSD_EISDIR);
	uint32_t mib[2] = { 1, 1 };
	EQUAL(SYS(N(__sysctl), mib, 2, 0, 0, "x", 1), -FREEBSD_EPERM);
	if (version() >= 13) {
		n = 4;
		EQUAL(SYS(N(__sysctlbyname), "hw.pagesize", 11, &v, &n, 0, 0), 0);
		EQUAL(v, 4096);
	}
}

static void
pathname(void)
{
	char path[1024];
	uint32_t mib[4] = { 1, 14, 12, UINT32_MAX };
	uint64_t n = sizeof(path);

	EQUAL(SYS(N(__sysctl), mib, 4, path, &n, 0, 0), 0);
	EQUAL(path[0], '/');
	EQUAL(strlen(path) + 1, n);
	say(path);
	say("\n");
}

static int
number(const char *s)
{
	int n = 0;

	while (*s >= '0' && *s <= '9')
		n = n * 10 + (*s++ - '0');
	return n;
}

/* refuses ERRNO FILE: the guest's execve fails so, and the guest goes on. */
static int
refuses(char **argv)
{
	char *args[] = { argv[3], 0 }, *none[] = { 0 };

	EQUAL(SYS(N(execve), argv[3], args, none), -number(argv[2]));
	return 0;
}

/* struct kinfo_proc by amd64's offsets: size 0, pid 72, ppid 76, stat 388, comm 447, numthreads 596. */
static void
processes(void)
{
	static char buf[1 << 20];
	int mib[4] = { FREEBSD_CTL_KERN, FREEBSD_KERN_PROC, FREEBSD_KERN_PROC_PID, (int)SYS(N(getpid), 0) };
	long len = 4096, asked = 0, child;
	int seen = 0;

	EQUAL(SYS(N(__sysctl), mib, 4, buf, &len, 0, 0), 0);
	EQUAL(len, 1088);
	EQUAL(*(int *)buf, 1088);
	EQUAL(*(int *)(buf + 72), mib[3]);
	EQUAL(*(int *)(buf + 76), SYS(N(getppid), 0));
	EQUAL(*(int *)(buf + 80), SYS(N(getpgrp), 0));
	EQUAL(*(int *)(buf + 596), 1);
	EQUAL(buf[388], 2);
	EQUAL(strcmp(buf + 447, "system"), 0);
	len = 100;
	EQUAL(SYS(N(__sysctl), mib, 4, buf, &len, 0, 0), -FREEBSD_ENOMEM);
	EQUAL(SYS(N(__sysctl), mib, 3, buf, &len, 0, 0), -FREEBSD_EINVAL);
	mib[3] = 0x7ffffff0;
	EQUAL(SYS(N(__sysctl), mib, 4, buf, &len, 0, 0), -FREEBSD_ESRCH);
	child = SYS(N(fork), 0);
	if (child == 0)
		for (;;)
			pause_ms(1000);
	mib[2] = FREEBSD_KERN_PROC_PGRP;
	mib[3] = (int)SYS(N(getpgrp), 0);
	EQUAL(SYS(N(__sysctl), mib, 4, 0, &asked, 0, 0), 0);
	len = sizeof(buf);
	EQUAL(SYS(N(__sysctl), mib, 4, buf, &len, 0, 0), 0);
	CHECK(asked >= len && len % 1088 == 0);
	for (long at = 0; at < len; at += 1088) {
		EQUAL(*(int *)(buf + at + 80), mib[3]);
		seen += *(int *)(buf + at + 72) == child;
	}
	EQUAL(seen, 1);
	mib[2] = FREEBSD_KERN_PROC_ALL;
	len = sizeof(buf);
	EQUAL(SYS(N(__sysctl), mib, 4, buf, &len, 0, 0), -FREEBSD_ENOTDIR);
	EQUAL(SYS(N(__sysctl), mib, 3, buf, &len, 0, 0), 0);
	CHECK(len >= 2 * 1088 && len % 1088 == 0);
	EQUAL(SYS(N(kill), child, FREEBSD_SIGKILL), 0);
	EQUAL(wait_for(child, &seen), child);
}

int
test_main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "memory", memory }, { "map_offset", map_offset },
		{ "children", children }, { "processes", processes }, { "spawns", spawns },
		{ "unknown", unknown },
		{ "indirect", indirect }, { "registers", registers },
		{ "limits", limits }, { "clocks", clocks }, { "tree", tree },
		{ "pathname", pathname },
	};

	if (argc == 4 && strcmp(argv[1], "starts") == 0)
		return (int)SYS(N(execve), argv[2], argv + 2, argv + argc);
	if (argc == 4 && strcmp(argv[1], "refuses") == 0)
		return refuses(argv);
	return pick(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
