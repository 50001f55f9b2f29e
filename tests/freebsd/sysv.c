/* SPDX-License-Identifier: ISC */
/* System V shared memory, semaphores and message queues; POSIX message queues. */
#include "guest.h"
#include "pick.h"
#include "signal_defs.h"

#define CREATE (FREEBSD_IPC_CREAT | FREEBSD_IPC_EXCL | 0600)

/* As in FreeBSD's headers, written down again. */
struct perm_f { uint32_t cuid, cgid, uid, gid; uint16_t mode, seq; long key; };
struct shm_f {
	struct perm_f perm;
	uint64_t segsz;
	int lpid, cpid, nattch;
	int64_t atime, dtime, ctime;
};
struct sem_f {
	struct perm_f perm;
	void *base;
	uint16_t nsems;
	int64_t otime, ctime;
};
struct msg_f {
	struct perm_f perm;
	void *first, *last;
	uint64_t cbytes, qnum, qbytes;
	int lspid, lrpid;
	int64_t stime, rtime, ctime;
};
struct op { uint16_t num; int16_t op, flags; };

static long
child_ends(long pid)
{
	int status = 0;

	EQUAL(SYS(N(wait4), pid, &status, 0, 0), pid);
	return status;
}

static long
fresh_key(void)
{
	return 0x56000000 | SYS(N(getpid));
}

static void
shm(void)
{
	struct shm_f ds = { 0 };
	long key = fresh_key(), id = SYS(N(shmget), key, 100000, CREATE);

	CHECK(id >= 0);
	EQUAL(SYS(N(shmget), key, 100000, CREATE), -FREEBSD_EEXIST);
	EQUAL(SYS(N(shmget), key, 0, 0), id);
	EQUAL(SYS(N(shmget), key + 1, 0, 0), -FREEBSD_ENOENT);
	EQUAL(SYS(N(shmget), 1l << 40, 4096, CREATE), -FREEBSD_EINVAL);
	volatile char *p = (volatile char *)SYS(N(shmat), id, 0, 0);
	CHECK((long)p > 0);
	EQUAL(SYS(N(shmat), id, p, 0), -FREEBSD_ENOMEM);
	EQUAL(SYS(N(shmat), id, p + 1, 0), -FREEBSD_EINVAL);
	long child = SYS(N(fork));
	if (child == 0) {
		p[99999] = 77;
		SYS(N(exit), 0);
	}
	EQUAL(child_ends(child), 0);
	EQUAL(p[99999], 77);
	EQUAL(SYS(N(shmctl), id, FREEBSD_IPC_STAT, &ds), 0);
	EQUAL(ds.segsz, 100000);
	EQUAL(ds.nattch, 1);
	EQUAL(ds.cpid, SYS(N(getpid)));
	EQUAL(ds.lpid, child);
	EQUAL(ds.perm.key, key);
	EQUAL(ds.perm.mode, 0600);
	EQUAL(ds.perm.uid, SYS(N(getuid)));
	CHECK(ds.atime > 1600000000 && ds.ctime > 1600000000);
	ds.perm.mode = 0640;
	EQUAL(SYS(N(shmctl), id, FREEBSD_IPC_SET, &ds), 0);
	EQUAL(SYS(N(shmctl), id, FREEBSD_IPC_STAT, &ds), 0);
	EQUAL(ds.perm.mode, 0640);
	EQUAL(SYS(N(shmctl), id, FREEBSD_IPC_STAT, 8), -FREEBSD_EFAULT);
	EQUAL(SYS(N(shmctl), id, 99, &ds), -FREEBSD_EINVAL);
	EQUAL(SYS(N(shmctl), id, FREEBSD_IPC_RMID, 0), 0);
	EQUAL(p[99999], 77);
	EQUAL(SYS(N(shmdt), p), 0);
	EQUAL(SYS(N(shmdt), p), -FREEBSD_EINVAL);
	EQUAL(SYS(N(shmget), key, 0, 0), -FREEBSD_ENOENT);
}

static int
value(long id, int n)
{
	return (int)SYS(N(__semctl), id, n, FREEBSD_GETVAL, 0);
}

static void
sems(void)
{
	uint16_t all[3] = { 5, 6, 7 }, *array = all;
	long id = SYS(N(semget), fresh_key(), 3, CREATE), one = 1;
	struct op down = { 1, -2, 0 }, up = { 1, 2, 0 };
	struct op undo = { 2, -1, FREEBSD_SEM_UNDO }, now = { 0, -9, FREEBSD_IPC_NOWAIT };
	struct sem_f ds = { 0 }, *buf = &ds;

	CHECK(id >= 0);
	EQUAL(SYS(N(__semctl), id, 0, FREEBSD_SETALL, &array), 0);
	EQUAL(value(id, 0) + 10 * value(id, 1) + 100 * value(id, 2), 765);
	EQUAL(SYS(N(__semctl), id, 1, FREEBSD_SETVAL, &one), 0);
	EQUAL(SYS(N(semop), id, &now, 1), -FREEBSD_EAGAIN);
	long child = SYS(N(fork));
	if (child == 0) {
		EQUAL(SYS(N(semop), id, &undo, 1), 0);
		EQUAL(SYS(N(semop), id, &down, 1), 0);
		SYS(N(exit), value(id, 2));
	}
	while (SYS(N(__semctl), id, 1, FREEBSD_GETNCNT, 0) != 1)
		pause_ms(1);
	EQUAL(SYS(N(semop), id, &up, 1), 0);
	EQUAL(child_ends(child), 6 << 8);
	EQUAL(value(id, 1), 1);
	EQUAL(value(id, 2), 7);
	EQUAL(SYS(N(__semctl), id, 1, FREEBSD_GETPID, 0), child);
	all[0] = 0;
	EQUAL(SYS(N(__semctl), id, 0, FREEBSD_GETALL, &array), 0);
	EQUAL(all[0], 5);
	EQUAL(SYS(N(__semctl), id, 0, FREEBSD_IPC_STAT, &buf), 0);
	EQUAL(ds.nsems, 3);
	EQUAL(ds.perm.mode, 0600);
	CHECK(ds.otime > 1600000000);
	EQUAL(SYS(N(__semctl), id, 0, FREEBSD_GETALL, 8), -FREEBSD_EFAULT);
	EQUAL(SYS(N(__semctl), id, 3, FREEBSD_GETVAL, 0), -FREEBSD_EINVAL);
	child = SYS(N(fork));
	if (child == 0) {
		down.op = -100;
		SYS(N(exit), -SYS(N(semop), id, &down, 1) == FREEBSD_EIDRM);
	}
	while (SYS(N(__semctl), id, 1, FREEBSD_GETNCNT, 0) != 1)
		pause_ms(1);
	EQUAL(SYS(N(__semctl), id, 0, FREEBSD_IPC_RMID, 0), 0);
	EQUAL(child_ends(child), 1 << 8);
	EQUAL(value(id, 0), -FREEBSD_EINVAL);
}

static void
queues(void)
{
	struct { long type; char text[16]; } m = { 3, "three" }, r = { 0, "" };
	long id = SYS(N(msgget), fresh_key(), CREATE);
	struct msg_f ds = { 0 };

	CHECK(id >= 0);
	EQUAL(SYS(N(msgsnd), id, &m, 6, 0), 0);
	m.type = 4;
	m.text[0] = 'F';
	EQUAL(SYS(N(msgsnd), id, &m, 6, 0), 0);
	EQUAL(SYS(N(msgctl), id, FREEBSD_IPC_STAT, &ds), 0);
	EQUAL(ds.qnum, 2);
	EQUAL(ds.cbytes, 12);
	EQUAL(ds.lspid, SYS(N(getpid)));
	CHECK(ds.qbytes >= 12 && ds.stime > 1600000000);
	EQUAL(SYS(N(msgrcv), id, &r, 2, 4, 0), -FREEBSD_E2BIG);
	EQUAL(SYS(N(msgrcv), id, &r, 2, 4, FREEBSD_MSG_NOERROR), 2);
	CHECK(r.type == 4 && r.text[0] == 'F');
	EQUAL(SYS(N(msgrcv), id, &r, 16, 9, FREEBSD_IPC_NOWAIT), -FREEBSD_ENOMSG);
	long child = SYS(N(fork));
	if (child == 0)
		SYS(N(exit), SYS(N(msgrcv), id, &r, 16, 9, 0) == 6 && r.type == 9);
	pause_ms(20);
	m.type = 9;
	EQUAL(SYS(N(msgsnd), id, &m, 6, 0), 0);
	EQUAL(child_ends(child), 1 << 8);
	EQUAL(SYS(N(msgrcv), id, &r, 16, 0, 0), 6);
	EQUAL(r.type, 3);
	EQUAL(SYS(N(msgctl), id, FREEBSD_IPC_RMID, 0), 0);
	EQUAL(SYS(N(msgsnd), id, &m, 6, 0), -FREEBSD_EINVAL);
}

/* ---- POSIX message queues ---- */

static volatile int told;

static void
on_message(int sig, struct siginfo_f *si)
{
	(void)sig;
	told = (int)si->value;
}

static void
posix_queues(void)
{
	struct { int notify, signo; uint64_t value; char rest[64]; } event = { 1,
		FREEBSD_SIGUSR1, 1234, "" };
	int64_t attr[8] = { 0, 4, 64 }, old[8] = { 0 }, past[2] = { 1, 0 };
	struct sigaction_f sa = { .handler = (uint64_t)on_message,
		.flags = FREEBSD_SA_SIGINFO };
	char name[] = "/veneer-00000", buf[64];
	uint32_t prio = 0;

	for (long i = 12, v = SYS(N(getpid)); i > 7; i--, v /= 10)
		name[i] = (char)('0' + v % 10);
	long q = SYS(N(kmq_open), name, FREEBSD_O_CREAT | FREEBSD_O_EXCL | FREEBSD_O_RDWR,
	    0600, attr);
	CHECK(q >= 0);
	EQUAL(SYS(N(kmq_open), name, FREEBSD_O_CREAT | FREEBSD_O_EXCL, 0600, 0),
	    -FREEBSD_EEXIST);
	EQUAL(SYS(N(kmq_open), "none", FREEBSD_O_RDWR, 0, 0), -FREEBSD_EINVAL);
	EQUAL(SYS(N(kmq_open), "/a/b", FREEBSD_O_RDWR, 0, 0), -FREEBSD_EINVAL);
	EQUAL(SYS(N(kmq_timedsend), q, "low", 3, 1, 0), 0);
	EQUAL(SYS(N(kmq_timedsend), q, "high", 4, 7, 0), 0);
	attr[0] = FREEBSD_O_NONBLOCK;
	EQUAL(SYS(N(kmq_setattr), q, attr, old), 0);
	CHECK(old[0] == 0 && old[1] == 4 && old[2] == 64 && old[3] == 2);
	EQUAL(SYS(N(kmq_timedreceive), q, buf, 64, &prio, 0), 4);
	EQUAL(prio, 7);
	EQUAL(SYS(N(kmq_timedreceive), q, buf, 64, &prio, 0), 3);
	EQUAL(SYS(N(kmq_timedreceive), q, buf, 64, &prio, 0), -FREEBSD_EAGAIN);
	EQUAL(SYS(N(kmq_setattr), q, 0, old), 0);
	EQUAL(old[0], FREEBSD_O_NONBLOCK);
	attr[0] = 0;
	EQUAL(SYS(N(kmq_setattr), q, attr, 0), 0);
	EQUAL(SYS(N(kmq_timedreceive), q, buf, 64, &prio, past), -FREEBSD_ETIMEDOUT);
	EQUAL(SYS(N(sigaction), FREEBSD_SIGUSR1, &sa, 0), 0);
	EQUAL(SYS(N(kmq_notify), q, &event), 0);
	EQUAL(SYS(N(kmq_timedsend), q, "x", 1, 0, 0), 0);
	EQUAL(told, 1234);
	EQUAL(SYS(N(kmq_unlink), name), 0);
	EQUAL(SYS(N(kmq_unlink), name), -FREEBSD_ENOENT);
	SYS(N(close), q);
}

int
test_main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "shm", shm }, { "sems", sems }, { "queues", queues },
		{ "posix_queues", posix_queues },
	};

	return pick(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
