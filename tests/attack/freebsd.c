/* SPDX-License-Identifier: ISC */
/*
 * A hostile FreeBSD guest without a C library.
 *
 *	bsdhostile random SEED ROUNDS	calls with random numbers and arguments, in children
 *	bsdhostile pointers		every call with every kind of bad pointer, in children
 *	bsdhostile arena		memory calls over the layer's memory are refused
 *	bsdhostile numbers		calls that are not there are SIGSYS
 */
#include <stddef.h>
#include <stdint.h>

#include "layout.h"
#include "freebsd_errno.h"
#include "freebsd_flags.h"
#include "freebsd_nr.h"

#define N(name) FREEBSD_SYS_##name
#define NCALLS 620
#define PAGE 4096
#define SIG_SYS 12
#define SIG_KILL 9
#define NSIG 129

static uint64_t seed;

static long
sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret = nr, rdx = c;

	__asm__ volatile("syscall\n\tjnc 1f\n\tneg %%rax\n1:"
	    : "+a"(ret), "+d"(rdx), "+r"(r10), "+r"(r8), "+r"(r9)
	    : "D"(a), "S"(b) : "rcx", "r11", "memory", "cc");
	return ret;
}
#define SYS_(nr, a, b, c, d, e, f, ...) sys6(nr, (long)(a), (long)(b), \
	(long)(c), (long)(d), (long)(e), (long)(f))
#define SYS(...) SYS_(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

static void
say(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0')
		n++;
	SYS(N(write), 1, s, n);
}

static void
say_number(unsigned long v)
{
	char buf[24], *p = buf + sizeof(buf) - 1;

	*p = '\0';
	do
		*--p = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	say(p);
}

static void
fail(const char *what, unsigned line)
{
	say("line ");
	say_number(line);
	say(": ");
	say(what);
	say("\nfell\n");
	SYS(N(exit), 1);
}
#define CHECK(x) do { if (!(x)) fail(#x, __LINE__); } while (0)

static int
same(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	return *a == *b;
}

static unsigned long
number(const char *s)
{
	unsigned long n = 0;

	while (*s >= '0' && *s <= '9')
		n = n * 10 + (unsigned long)(*s++ - '0');
	return n;
}

static uint64_t
next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint64_t
arena(void)
{
	uint64_t t;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(t));
	return (t & ~0x1fffful) - ARENA_SLOTS + ARENA_FIRST;
}

static char *
pages(long n)
{
	return (char *)SYS(N(mmap), 0, n * PAGE, 3,
	    FREEBSD_MAP_PRIVATE | FREEBSD_MAP_ANON, -1, 0);
}

/* What ends or stops the child, or reaches beyond it. */
static int
excluded(long nr)
{
	static const short no[] = { N(syscall), N(exit), N(fork), N(vfork),
	    N(rfork), N(kill), N(thr_kill), N(thr_kill2), N(thr_exit),
	    N(thr_suspend), N(sigsuspend), N(sigreturn), N(reboot), N(unlink),
	    N(unlinkat), N(rmdir), N(rename), N(renameat), N(chmod), N(fchmod),
	    N(fchmodat), N(lchmod), N(chown), N(fchown), N(fchownat), N(lchown),
	    N(chroot), N(unmount), N(settimeofday), N(clock_settime),
	    N(setpriority), N(acct), N(sigqueue), N(write), N(pwrite),
	    N(writev), N(pwritev), N(truncate), N(ftruncate), N(sendfile),
	    N(setrlimit), N(mkdir), N(mkdirat), N(mkfifo), N(mkfifoat),
	    N(link), N(linkat), N(symlink), N(symlinkat), N(open), N(openat),
	    N(setuid), N(setgid), N(setgroups), N(setitimer),
	    N(__syscall), N(thr_new), N(mknodat), N(posix_fallocate),
	    N(swapoff), N(adjtime), N(nmount), N(pdfork), N(pdkill),
	    N(procctl), N(setlogin), N(posix_openpt), N(munmap),
	    N(shmget), N(semget), N(msgget), N(shmctl), N(__semctl), N(msgctl),
	    N(semop), N(msgsnd), N(msgrcv) };
	size_t i;

	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (nr == no[i])
			return 1;
	return 0;
}

/* SIGALRM, default action, for a call that blocks. */
static void
alarm_ms(long ms)
{
	long it[4] = { 0, 0, ms / 1000, ms % 1000 * 1000 };

	SYS(N(setitimer), 0, it, 0);
}

static long
argument(char *p)
{
	switch (next() % 9) {
	case 0: return (long)(next() % 8);
	case 1: return -(long)(next() % 64);
	case 2: return (long)next();
	case 3: return (long)(p + next() % (2 * PAGE));
	case 4: return (long)(p + 2 * PAGE - next() % 40);
	case 5: return (long)(arena() + next() % 0x1100000);
	case 6: return (long)(next() % 70000);
	case 7: return (long)(1ul << next() % 64);
	default: return 0;
	}
}

static void
random_child(uint64_t s)
{
	char *p = pages(3);
	long nr;
	int i;

	SYS(N(munmap), p + 2 * PAGE, PAGE);
	seed = s * 0x9e3779b97f4a7c15ul + 1;
	for (i = 0; i < 2 * PAGE; i++)
		p[i] = (char)(next() % 3 == 0 ? next() : 0);
	alarm_ms(1000);
	for (i = 0; i < 80; i++) {
		nr = (long)(next() % NCALLS);
		if (!excluded(nr))
			SYS(nr, argument(p), argument(p), argument(p),
			    argument(p), argument(p), argument(p));
	}
	SYS(N(exit), 0);
}

static void
pointer_child(long nr)
{
	const long bad[] = { 8, 0xffe, 0x7fffffffeff9, 0x800000000000,
	    (long)0xffff800000000000, -1, -8, (long)arena() + 0xe01000,
	    (long)arena() + 0xe06ffd };
	long v, first;
	size_t i;

	alarm_ms(1000);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (first = 0; first < 4; first++) {
			v = bad[i];
			SYS(nr, first == 0 ? v : first, v, v, v, v, v);
			SYS(nr, first, first == 1 ? 1 : v, 1, v, v, v);
			SYS(nr, first, first, first == 2 ? 64 : v, v, 8, v);
			SYS(nr, v, 1, 2, 3, v, v);
		}
	SYS(N(exit), 0);
}

/* Every child's end is counted by signal; SIGSYS means that a call went astray. */
/* Ends a child that still waits after three seconds: it may have blocked SIGALRM. Whether it had to. */
static unsigned
reap(long pid, int *status)
{
	static const long ms[2] = { 0, 1000000 };
	int tries;

	for (tries = 0; tries < 3000; tries++) {
		if (SYS(N(wait4), pid, status, FREEBSD_WNOHANG, 0) == pid)
			return 0;
		SYS(N(nanosleep), ms, 0);
	}
	SYS(N(kill), pid, SIG_KILL);
	CHECK(SYS(N(wait4), pid, status, 0, 0) == pid);
	return 1;
}

static int
children(int pointers, uint64_t s, long rounds)
{
	static unsigned by[NSIG];
	unsigned hung = 0;
	uint64_t ignore[4] = { 1, 0, 0, 0 };
	int status = 0;
	long i, pid;

	/* Then calls that are not there answer ENOSYS and do not kill. */
	CHECK(SYS(N(sigaction), SIG_SYS, ignore, 0) == 0);

	for (i = 0; i < rounds; i++) {
		if (pointers && excluded(i))
			continue;
		pid = SYS(N(fork));
		CHECK(pid >= 0);
		if (pid == 0) {
			SYS(N(setpgid), 0, 0);
			if (pointers)
				pointer_child(i);
			random_child(s + (uint64_t)i);
		}
		hung += reap(pid, &status);
		SYS(N(kill), -pid, SIG_KILL);
		if ((status & 0x7f) != 0 && (status & 0x7f) != 0x7f) {
			by[status & 0x7f]++;
			if (pointers) {
				say_number((unsigned long)i);
				say(" ");
			}
		}
	}
	for (i = 1; i < NSIG; i++)
		if (by[i] != 0) {
			say_number(by[i]);
			say(" children ended by signal ");
			say_number((unsigned long)i);
			say("\n");
		}
	say_number(hung);
	say(" children had to be killed\n");
	CHECK(by[SIG_SYS] == 0);
	return 0;
}

static int
arena_refused(void)
{
	static const uint64_t places[] = { ARENA_BODY, ARENA_BODY + 0x1000, ARENA_GATE, ARENA_GATE + 0x2000,
	    ARENA_UNWIND, ARENA_MM, ARENA_POOL, ARENA_COMMPAGE, ARENA_SLOTS, ARENA_SLOTS + SLOT_SIZE,
	    ARENA_POOL_MORE, ARENA_WINDOW, ARENA_TEXT };
	uint64_t a = arena() - ARENA_FIRST;
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		CHECK(SYS(N(munmap), a + places[i], PAGE) < 0);
		CHECK(SYS(N(mprotect), a + places[i], PAGE, 7) < 0);
		CHECK(SYS(N(mmap), a + places[i], PAGE, 3, FREEBSD_MAP_PRIVATE |
		    FREEBSD_MAP_ANON | FREEBSD_MAP_FIXED, -1, 0) < 0);
		SYS(N(madvise), a + places[i], PAGE, 4);
		SYS(N(madvise), a + places[i], PAGE, 5);
		SYS(N(minherit), a + places[i], PAGE, 1);
	}
	CHECK(SYS(N(munmap), a + ARENA_FIRST - PAGE, ARENA_BYTES + 2 * PAGE) < 0);
	CHECK(SYS(N(munmap), PAGE, 0x7fffffff0000) < 0);
	CHECK(SYS(N(getpid)) > 0);
	return 0;
}

static int
numbers(void)
{
	static const long nr[] = { 700, 1000, 1024, 4096, 65535, 0x40000000,
	    0x7fffffff, 0x80000000, -1, -2, -4096 };
	size_t i;
	long pid;
	int status;

	for (i = 0; i < sizeof(nr) / sizeof(nr[0]); i++) {
		pid = SYS(N(fork));
		CHECK(pid >= 0);
		if (pid == 0) {
			SYS(nr[i], 1, 2, 3, 4, 5, 6);
			SYS(N(exit), 0);
		}
		CHECK(SYS(N(wait4), pid, &status, 0, 0) == pid);
		CHECK((status & 0x7f) == SIG_SYS);	/* as that kernel does */
	}
	return 0;
}

__asm__(".text\n.globl _start\n_start:\n\tmov (%rdi), %rax\n\t"
    "lea 8(%rdi), %rsi\n\tmov %eax, %edi\n\tand $-16, %rsp\n\tcall attack\n\t"
    "mov %eax, %edi\n\tmov $1, %eax\n\tsyscall\n\thlt\n");

int attack(int argc, char **argv);

int
attack(int argc, char **argv)
{
	int ret = 2;

	if (argc > 3 && same(argv[1], "random"))
		ret = children(0, number(argv[2]), (long)number(argv[3]));
	else if (argc > 1 && same(argv[1], "pointers"))
		ret = children(1, 0, NCALLS);
	else if (argc > 1 && same(argv[1], "arena"))
		ret = arena_refused();
	else if (argc > 1 && same(argv[1], "numbers"))
		ret = numbers();
	say(ret == 0 ? "withstood\n" : "fell\n");
	return ret;
}
