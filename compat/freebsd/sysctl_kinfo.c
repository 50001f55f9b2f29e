/* SPDX-License-Identifier: ISC */
/*
 * kern.proc: one struct kinfo_proc for each process that is asked for, made of what /proc of the host says. What the
 * host has no word for is 0: addresses in the kernel, wait channels, locks, login names, pri.
 */
#include <asm/fcntl.h>
#include <linux/fcntl.h>

#include "freebsd.h"
#include "path.h"
#include "rusage.h"
#include "sigset.h"
#include "sysctl.h"

#define TICK_USEC 10000		/* the host counts in hundredths */
#define NO_TTY UINT64_MAX

/* As of FreeBSD 12 and later, where 11 has fewer names in the same places; offsets are those of amd64. */
struct kinfo_proc {
	int32_t structsize, layout;
	uint64_t args, paddr, addr, tracep, textvp, fd, vmspace, wchan;
	int32_t pid, ppid, pgid, tpgid, sid, tsid;
	int16_t jobc, spare_short1;
	uint32_t tdev11;
	struct freebsd_sigset siglist, sigmask, sigignore, sigcatch;
	uint32_t uid, ruid, svuid, rgid, svgid;
	int16_t ngroups, spare_short2;
	uint32_t groups[16];
	uint64_t size;
	int64_t rssize, swrss, tsize, dsize, ssize;
	uint16_t xstat, acflag;
	uint32_t pctcpu, estcpu, slptime, swtime, cow;
	uint64_t runtime;
	int64_t start[2], childtime[2];
	int64_t flag, kiflag;
	int32_t traceflag;
	int8_t stat, nice, lock, rqindex;
	uint8_t oncpu_old, lastcpu_old;
	char tdname[17], wmesg[9], login[18], lockname[9], comm[20], emul[17], loginclass[18], moretdname[4];
	char sparestrings[46];
	int32_t spareints[2];
	uint64_t tdev;
	int32_t oncpu, lastcpu, tracer, flag2, fibnum;
	uint32_t cr_flags;
	int32_t jid, numthreads, tid;
	uint8_t pri[4];
	struct freebsd_rusage rusage, rusage_ch;
	uint64_t pcb, kstack, udata, tdaddr, pd, spareptrs[5], sparelongs[12];
	int64_t sflag, tdflags;
};
_Static_assert(sizeof(struct kinfo_proc) == 1088, "kinfo_proc");
_Static_assert(offsetof(struct kinfo_proc, comm) == 447, "kinfo_proc");
_Static_assert(offsetof(struct kinfo_proc, numthreads) == 596, "kinfo_proc");

/* Numbers of /proc/PID/stat, counted from the state, which is 0. */
enum {
	STAT_PPID = 1, STAT_PGRP, STAT_SESSION, STAT_TTY, STAT_TPGID, STAT_FLAGS, STAT_MINFLT, STAT_CMINFLT,
	STAT_MAJFLT, STAT_CMAJFLT, STAT_UTIME, STAT_STIME, STAT_CUTIME, STAT_CSTIME, STAT_PRIORITY, STAT_NICE,
	STAT_THREADS, STAT_ITREALVALUE, STAT_START, STAT_VSIZE, STAT_RSS, STAT_CPU = 36, STAT_COUNT
};

/* What stands in "/proc/PID/what", cut at n - 1 and ended by a NUL; a negative error. */
static long
proc_text(struct call *c, uint32_t pid, const char *what, char *buf, size_t n)
{
	static const char head[] = "/proc/";
	char path[32];
	size_t at = sizeof(head) - 1;

	memcpy(path, head, at);
	at += put_number(path + at, pid);
	path[at++] = '/';
	for (size_t i = 0; (path[at + i] = what[i]) != '\0'; i++)
		;
	long fd = HOST(c, openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fd;
	long got = HOST(c, read, fd, buf, n - 1);
	HOST(c, close, fd);
	buf[got > 0 ? got : 0] = '\0';
	return got;
}

static const char *
number(const char *s, uint64_t base, uint64_t *v)
{
	*v = 0;
	for (;; s++) {
		uint64_t digit = *s >= '0' && *s <= '9' ? (uint64_t)(*s - '0') :
		    *s >= 'a' && *s <= 'f' ? (uint64_t)(*s - 'a' + 10) : 99;

		if (digit >= base)
			return s;
		*v = *v * base + digit;
	}
}

/* Behind the last ")": a letter, then numbers, some of them negative. */
static void
stat_numbers(const char *s, int64_t v[STAT_COUNT])
{
	for (int i = 1; i < STAT_COUNT; i++) {
		uint64_t n;

		v[i] = 0;
		while (*s != '\0' && *s != ' ')
			s++;
		while (*s == ' ')
			s++;
		bool minus = *s == '-';
		s = number(s + minus, 10, &n);
		v[i] = minus ? -(int64_t)n : (int64_t)n;
	}
}

static int8_t
state(char letter)
{
	switch (letter) {
	case 'R':
		return 2;	/* SRUN */
	case 'T': case 't':
		return 4;	/* SSTOP */
	case 'Z': case 'X':
		return 5;	/* SZOMB */
	default:
		return 3;	/* SSLEEP */
	}
}

static void
from_ticks(int64_t tv[2], int64_t ticks)
{
	tv[0] = ticks / 100;
	tv[1] = ticks % 100 * TICK_USEC;
}

/* When the process began, by the wall clock. */
static void
began(struct call *c, int64_t tv[2], int64_t ticks)
{
	int64_t now[2], up[2];

	HOST(c, clock_gettime, 0 /* CLOCK_REALTIME */, now);
	HOST(c, clock_gettime, 7 /* CLOCK_BOOTTIME */, up);
	int64_t usec = (now[0] - up[0]) * 1000000 + (now[1] - up[1]) / 1000 + ticks * TICK_USEC;
	tv[0] = usec / 1000000;
	tv[1] = usec % 1000000;
}

/* The host's device number of a terminal as fstat gives it to a guest. */
static uint64_t
terminal(int64_t nr)
{
	return nr == 0 ? NO_TTY : (uint64_t)nr;
}

static long
kinfo_stat(struct call *c, uint32_t pid, struct kinfo_proc *k)
{
	char text[640];
	int64_t v[STAT_COUNT];
	long n = proc_text(c, pid, "stat", text, sizeof(text));

	if (n <= 0)
		return -ESRCH;
	const char *open = text, *end = text + n;
	while (*open != '\0' && *open != '(')
		open++;
	while (end > open && *end != ')')
		end--;
	if (end == open)
		return -ESRCH;
	for (size_t i = 0; open + 1 + i < end && i < sizeof(k->comm) - 1; i++)
		k->comm[i] = open[1 + i];
	memcpy(k->tdname, k->comm, sizeof(k->tdname) - 1);
	const char *s = *end == ')' && end[1] == ' ' ? end + 2 : "?";
	stat_numbers(s, v);
	k->stat = state(*s);
	k->ppid = (int32_t)v[STAT_PPID];
	k->pgid = (int32_t)v[STAT_PGRP];
	k->sid = (int32_t)v[STAT_SESSION];
	k->tdev = terminal(v[STAT_TTY]);
	k->tdev11 = (uint32_t)k->tdev;
	k->tpgid = (int32_t)v[STAT_TPGID];
	k->tsid = k->tdev == NO_TTY ? 0 : k->sid;
	k->nice = (int8_t)v[STAT_NICE];
	k->numthreads = (int32_t)v[STAT_THREADS];
	k->size = (uint64_t)v[STAT_VSIZE];
	k->rssize = v[STAT_RSS];
	k->lastcpu = (int32_t)v[STAT_CPU];
	k->lastcpu_old = (uint8_t)k->lastcpu;
	k->oncpu = k->stat == 2 ? k->lastcpu : -1;
	k->oncpu_old = (uint8_t)k->oncpu;
	k->runtime = (uint64_t)(v[STAT_UTIME] + v[STAT_STIME]) * TICK_USEC;
	from_ticks(k->rusage.utime, v[STAT_UTIME]);
	from_ticks(k->rusage.stime, v[STAT_STIME]);
	from_ticks(k->rusage_ch.utime, v[STAT_CUTIME]);
	from_ticks(k->rusage_ch.stime, v[STAT_CSTIME]);
	from_ticks(k->childtime, v[STAT_CUTIME] + v[STAT_CSTIME]);
	began(c, k->start, v[STAT_START]);
	return 0;
}

/* The line of /proc/PID/status that begins with key and a colon, behind its white space; NULL without. */
static const char *
line_of(const char *text, const char *key)
{
	while (*text != '\0') {
		size_t i = 0;

		while (key[i] != '\0' && text[i] == key[i])
			i++;
		if (key[i] == '\0' && text[i] == ':') {
			for (i++; text[i] == '\t' || text[i] == ' '; i++)
				;
			return text + i;
		}
		while (*text != '\0' && *text++ != '\n')
			;
	}
	return NULL;
}

/* Up to n numbers of the line: how many there were. */
static int
line_numbers(const char *text, const char *key, uint64_t base, uint64_t *v, int n)
{
	const char *s = line_of(text, key);
	int got = 0;

	while (s != NULL && got < n && *s != '\0' && *s != '\n') {
		const char *next = number(s, base, &v[got]);

		if (next == s)
			break;
		got++;
		for (s = next; *s == ' ' || *s == '\t'; s++)
			;
	}
	return got;
}

static void
signals(const char *text, const char *key, struct freebsd_sigset *set)
{
	uint64_t mask = 0;

	(void)line_numbers(text, key, 16, &mask, 1);
	freebsd_sigset_from_host(mask, set);
}

static long
kinfo_status(struct call *c, uint32_t pid, struct kinfo_proc *k)
{
	char text[2048];
	uint64_t v[16] = { 0 };

	if (proc_text(c, pid, "status", text, sizeof(text)) <= 0)
		return -ESRCH;
	(void)line_numbers(text, "Uid", 10, v, 3);
	k->ruid = (uint32_t)v[0];
	k->uid = (uint32_t)v[1];
	k->svuid = (uint32_t)v[2];
	(void)line_numbers(text, "Gid", 10, v, 3);
	k->rgid = (uint32_t)v[0];
	k->groups[0] = (uint32_t)v[1];
	k->svgid = (uint32_t)v[2];
	k->ngroups = (int16_t)(1 + line_numbers(text, "Groups", 10, v, 15));
	for (int i = 1; i < k->ngroups; i++)
		k->groups[i] = (uint32_t)v[i - 1];
	signals(text, "ShdPnd", &k->siglist);
	signals(text, "SigBlk", &k->sigmask);
	signals(text, "SigIgn", &k->sigignore);
	signals(text, "SigCgt", &k->sigcatch);
	return 0;
}

static long
kinfo(struct call *c, uint32_t pid, struct kinfo_proc *k)
{
	static const char emul[] = "FreeBSD ELF64", class[] = "default";

	memset(k, 0, sizeof(*k));
	k->structsize = (int32_t)sizeof(*k);
	k->pid = k->tid = (int32_t)pid;
	memcpy(k->emul, emul, sizeof(emul));
	memcpy(k->loginclass, class, sizeof(class));
	long ret = kinfo_stat(c, pid, k);
	return ret < 0 ? ret : kinfo_status(c, pid, k);
}

/* Is it among those that the name asks for? */
static bool
chosen(const struct kinfo_proc *k, uint32_t what, uint32_t arg)
{
	switch (what) {
	case FREEBSD_KERN_PROC_PID:
		return true;
	case FREEBSD_KERN_PROC_PGRP:
		return (uint32_t)k->pgid == arg;
	case FREEBSD_KERN_PROC_SESSION:
		return (uint32_t)k->sid == arg;
	case FREEBSD_KERN_PROC_TTY:
		return k->tdev11 == arg && k->tdev != NO_TTY;
	case FREEBSD_KERN_PROC_UID:
		return k->uid == arg;
	case FREEBSD_KERN_PROC_RUID:
		return k->ruid == arg;
	case FREEBSD_KERN_PROC_RGID:
		return k->rgid == arg;
	case FREEBSD_KERN_PROC_GID:
		for (int i = 0; i < k->ngroups; i++)
			if (k->groups[i] == arg)
				return true;
		return false;
	default:
		return true;
	}
}

struct host_dirent {
	uint64_t ino, off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

static long
every_process(struct sysctl_req *r, uint32_t what, uint32_t arg)
{
	static const char proc[] = "/proc";
	_Alignas(8) char buf[2048];
	struct kinfo_proc k;
	long ret = 0, n;
	long fd = HOST(r->c, openat, AT_FDCWD, proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fd;
	while (ret == 0 && (n = HOST(r->c, getdents64, fd, buf, sizeof(buf))) > 0)
		for (long at = 0; ret == 0 && at < n;) {
			const struct host_dirent *d = (const void *)(buf + at);
			uint64_t pid;

			at += d->reclen;
			if (*number(d->name, 10, &pid) == '\0' && kinfo(r->c, (uint32_t)pid, &k) == 0 &&
			    chosen(&k, what, arg))
				ret = sysctl_put(r, &k, sizeof(k));
		}
	HOST(r->c, close, fd);
	/* Who only asks for the size gets room for some more to come. */
	if (ret == 0 && r->old.a == 0)
		r->used += 5 * sizeof(k);
	return ret;
}

/* The row's value says which processes (KERN_PROC_*); the name's last number goes with it. */
long
sysctl_proc_info(struct sysctl_req *r, const struct sysctl_row *row)
{
	uint32_t what = (uint32_t)row->value;
	struct kinfo_proc k;

	if (what == FREEBSD_KERN_PROC_PROC ? r->nrest > 1 : r->nrest != (what != FREEBSD_KERN_PROC_ALL))
		return -EINVAL;
	if (what != FREEBSD_KERN_PROC_PID)
		return every_process(r, what, r->nrest > 0 ? r->rest[0] : 0);
	if (r->rest[0] == 0 || r->rest[0] > INT32_MAX)
		return -ESRCH;
	long ret = kinfo(r->c, r->rest[0], &k);
	return ret < 0 ? ret : sysctl_put(r, &k, sizeof(k));
}
