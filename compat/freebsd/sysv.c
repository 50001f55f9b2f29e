/* SPDX-License-Identifier: ISC */
/*
 * System V shared memory, semaphores and message queues are the host's: names and ids are shared with its
 * own programs.  Keys are longs here and ints there; structures and commands differ.
 */
#include <linux/ipc.h>
#include <linux/msg.h>
#include <linux/sem.h>
#include <linux/shm.h>

#include "freebsd.h"

#define PERMISSIONS 0777
#define PAGE_BITS 4095ul

struct freebsd_ipc_perm {
	uint32_t cuid, cgid, uid, gid;
	uint16_t mode, seq;
	uint32_t pad0;
	int64_t key;
};
FREEBSD_CHECK_ipc_perm(struct freebsd_ipc_perm);

struct freebsd_shmid_ds {
	struct freebsd_ipc_perm perm;
	uint64_t segsz;
	int32_t lpid, cpid, nattch, pad0;
	int64_t atime, dtime, ctime;
};
FREEBSD_CHECK_shmid_ds(struct freebsd_shmid_ds);

struct freebsd_semid_ds {
	struct freebsd_ipc_perm perm;
	uint64_t base;
	uint16_t nsems, pad0[3];
	int64_t otime, ctime;
};
FREEBSD_CHECK_semid_ds(struct freebsd_semid_ds);

struct freebsd_msqid_ds {
	struct freebsd_ipc_perm perm;
	uint64_t first, last;
	uint64_t cbytes, qnum, qbytes;
	int32_t lspid, lrpid;
	int64_t stime, rtime, ctime;
};
FREEBSD_CHECK_msqid_ds(struct freebsd_msqid_ds);

/* A key that the host can hold, signed or not. */
static bool
key_fits(int64_t key)
{
	return key >= INT32_MIN && key <= UINT32_MAX;
}

static void
perm_out(const struct ipc64_perm *h, struct freebsd_ipc_perm *f)
{
	*f = (struct freebsd_ipc_perm){ .cuid = h->cuid, .cgid = h->cgid,
	    .uid = h->uid, .gid = h->gid, .seq = h->seq, .key = h->key };
	f->mode = (uint16_t)(h->mode & PERMISSIONS);
}

static void
perm_in(const struct freebsd_ipc_perm *f, struct ipc64_perm *h)
{
	h->uid = f->uid;
	h->gid = f->gid;
	h->mode = (h->mode & ~(unsigned)PERMISSIONS) | (f->mode & PERMISSIONS);
}

/* ---- shared memory ---- */

CALL(shmget)
{
	uint32_t flags = FREEBSD_IPC_CREAT | FREEBSD_IPC_EXCL | PERMISSIONS;

	if (!key_fits((int64_t)c->arg[0]))
		return -EINVAL;
	return HOST(c, shmget, (int)c->arg[0], c->arg[1], c->arg[2] & flags);
}

CALL(shmat)
{
	uint64_t addr = c->arg[1];
	uint32_t flags = (uint32_t)c->arg[2];
	struct shmid64_ds ds;
	long ret;

	if (addr != 0 && (flags & FREEBSD_SHM_RND))
		addr &= ~PAGE_BITS;
	if (addr & PAGE_BITS)
		return -EINVAL;
	if (addr != 0 && HOST(c, shmctl, c->arg[0], IPC_STAT, &ds) == 0 &&
	    arena_overlaps(thread_mm(call_thread(c)), addr, ds.shm_segsz))
		return -ENOMEM;
	ret = HOST(c, shmat, c->arg[0], addr,
	    flags & FREEBSD_SHM_RDONLY ? SHM_RDONLY : 0);
	/* The host has one answer for a bad segment and for a place that is taken. */
	if (ret == -EINVAL && addr != 0 &&
	    HOST(c, shmctl, c->arg[0], IPC_STAT, &ds) == 0)
		return -ENOMEM;
	return ret;
}

PASS(shmdt, shmdt)

CALL(shmctl)
{
	struct freebsd_shmid_ds f;
	struct shmid64_ds h;
	long ret;

	switch (arg_int(c, 1)) {
	case FREEBSD_IPC_RMID:
		return HOST(c, shmctl, c->arg[0], IPC_RMID, 0);
	case FREEBSD_IPC_STAT:
		ret = HOST(c, shmctl, c->arg[0], IPC_STAT, &h);
		if (ret < 0)
			return ret;
		f = (struct freebsd_shmid_ds){ .segsz = h.shm_segsz,
		    .lpid = h.shm_lpid, .cpid = h.shm_cpid,
		    .nattch = (int32_t)h.shm_nattch, .atime = h.shm_atime,
		    .dtime = h.shm_dtime, .ctime = h.shm_ctime };
		perm_out(&h.shm_perm, &f.perm);
		return copyout(arg_ptr(c, 2), &f, sizeof(f));
	case FREEBSD_IPC_SET:
		ret = copyin(&f, arg_ptr(c, 2), sizeof(f));
		if (ret == 0)
			ret = HOST(c, shmctl, c->arg[0], IPC_STAT, &h);
		if (ret < 0)
			return ret;
		perm_in(&f.perm, &h.shm_perm);
		return HOST(c, shmctl, c->arg[0], IPC_SET, &h);
	default:
		return -EINVAL;
	}
}

/* ---- semaphores ---- */

CALL(semget)
{
	uint32_t flags = FREEBSD_IPC_CREAT | FREEBSD_IPC_EXCL | PERMISSIONS;

	if (!key_fits((int64_t)c->arg[0]))
		return -EINVAL;
	return HOST(c, semget, (int)c->arg[0], c->arg[1], c->arg[2] & flags);
}

PASS_INTR(semop, semop)

static long
sem_status(struct call *c, uint64_t buf, bool set)
{
	struct freebsd_semid_ds f;
	struct semid64_ds h;
	long ret = set ? copyin(&f, guest(buf), sizeof(f)) : 0;

	if (ret == 0)
		ret = HOST(c, semctl, c->arg[0], 0, IPC_STAT, &h);
	if (ret < 0)
		return ret;
	if (set) {
		perm_in(&f.perm, &h.sem_perm);
		return HOST(c, semctl, c->arg[0], 0, IPC_SET, &h);
	}
	f = (struct freebsd_semid_ds){ .nsems = (uint16_t)h.sem_nsems,
	    .otime = h.sem_otime, .ctime = h.sem_ctime };
	perm_out(&h.sem_perm, &f.perm);
	return copyout(guest(buf), &f, sizeof(f));
}

/* The fourth argument is the address of a union, read only by the commands that want it. */
CALL(__semctl)
{
	static const struct flag_pair commands[] = {
		FREEBSD_SEMCTL_PAIRS
	};
	uint32_t cmd = (uint32_t)c->arg[2];
	int host = value_to_host(commands, COUNT(commands), cmd);
	uint64_t arg = 0;

	if (host < 0)
		return -EINVAL;
	if ((cmd == FREEBSD_IPC_SET || cmd == FREEBSD_IPC_STAT ||
	    cmd == FREEBSD_GETALL || cmd == FREEBSD_SETALL ||
	    cmd == FREEBSD_SETVAL) && copyin(&arg, arg_ptr(c, 3), sizeof(arg)) < 0)
		return -EFAULT;
	if (cmd == FREEBSD_IPC_SET || cmd == FREEBSD_IPC_STAT)
		return sem_status(c, arg, cmd == FREEBSD_IPC_SET);
	if (cmd == FREEBSD_SETVAL)
		arg = (uint32_t)arg;
	return HOST(c, semctl, c->arg[0], c->arg[1], host, arg);
}

/* ---- messages ---- */

CALL(msgget)
{
	uint32_t flags = FREEBSD_IPC_CREAT | FREEBSD_IPC_EXCL | PERMISSIONS;

	if (!key_fits((int64_t)c->arg[0]))
		return -EINVAL;
	return HOST(c, msgget, (int)c->arg[0], c->arg[1] & flags);
}

CALL(msgsnd)
{
	return INTR(c, msgsnd, c->arg[0], c->arg[1], c->arg[2],
	    c->arg[3] & FREEBSD_IPC_NOWAIT);
}

CALL(msgrcv)
{
	return INTR(c, msgrcv, c->arg[0], c->arg[1], c->arg[2], c->arg[3],
	    c->arg[4] & (FREEBSD_IPC_NOWAIT | FREEBSD_MSG_NOERROR));
}

static void
queue_out(const struct msqid64_ds *h, struct freebsd_msqid_ds *f)
{
	*f = (struct freebsd_msqid_ds){ .cbytes = h->msg_cbytes,
	    .qnum = h->msg_qnum, .qbytes = h->msg_qbytes,
	    .lspid = h->msg_lspid, .lrpid = h->msg_lrpid,
	    .stime = h->msg_stime, .rtime = h->msg_rtime,
	    .ctime = h->msg_ctime };
	perm_out(&h->msg_perm, &f->perm);
}

CALL(msgctl)
{
	struct freebsd_msqid_ds f;
	struct msqid64_ds h;
	long ret;

	switch (arg_int(c, 1)) {
	case FREEBSD_IPC_RMID:
		return HOST(c, msgctl, c->arg[0], IPC_RMID, 0);
	case FREEBSD_IPC_STAT:
		ret = HOST(c, msgctl, c->arg[0], IPC_STAT, &h);
		if (ret < 0)
			return ret;
		queue_out(&h, &f);
		return copyout(arg_ptr(c, 2), &f, sizeof(f));
	case FREEBSD_IPC_SET:
		ret = copyin(&f, arg_ptr(c, 2), sizeof(f));
		if (ret == 0)
			ret = HOST(c, msgctl, c->arg[0], IPC_STAT, &h);
		if (ret < 0)
			return ret;
		perm_in(&f.perm, &h.msg_perm);
		h.msg_qbytes = f.qbytes;
		return HOST(c, msgctl, c->arg[0], IPC_SET, &h);
	default:
		return -EINVAL;
	}
}
