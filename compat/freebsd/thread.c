/* SPDX-License-Identifier: ISC */
/*
 * Threads.  A thread's id is the host's: on FreeBSD ids start above every process id, so that the
 * first thread's differs from the process's; here they are equal.
 */
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/sched.h>

#include "aio.h"
#include "arena.h"
#include "freebsd.h"
#include "fbsd_state.h"
#include "freestanding.h"
#include "kqueue.h"
#include "path.h"
#include "signal.h"
#include "sigset.h"
#include "thread.h"
#include "umtx.h"

#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | \
    CLONE_SYSVSEM | CLONE_SETTLS)
#define HOST_NAME_MAX 15
#define NSEC 1000000000l

static struct thread_block *
slot_thread(const struct mm_block *mm, uint32_t i)
{
	return (struct thread_block *)(uintptr_t)(mm->arena + ARENA_SLOTS +
	    i * SLOT_SIZE + SLOT_BLOCK);
}

struct thread_block *
freebsd_thread_lookup(struct thread_block *t, uint64_t tid)
{
	const struct mm_block *mm = thread_mm(t);
	uint32_t n = __atomic_load_n(&mm->slot_next, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < n; i++) {
		struct thread_block *o = slot_thread(mm, i);

		if (o->state == THREAD_USED && o->pid == t->pid && o->tid == tid)
			return o;
	}
	return NULL;
}

void
personality_child_start(struct thread_block *t)
{
	memset(&t->priv[FREEBSD_THREAD_ROBUST], 0,
	    (FREEBSD_THREAD_OWN_LAST - FREEBSD_THREAD_ROBUST + 1) * sizeof(t->priv[0]));
	freebsd_kq_child_start(t);
	if (t->priv[FREEBSD_THREAD_SPAWN] != 0) {
		t->priv[FREEBSD_THREAD_SPAWN] = 0;
		signal_drop_caught(t);
		freebsd_signal_start(t);
	}
}

void
personality_fork_child(struct thread_block *t)
{
	freebsd_kq_fork_child(t);
	freebsd_aio_fork_child(t);
}

/* Only the ordinary class, and what needs no privilege. */
static long
rtprio_check(struct call *c, uint64_t addr)
{
	struct freebsd_rtprio rtp;
	long ret;

	if (addr == 0)
		return 0;
	ret = copyin(&rtp, guest(addr), sizeof(rtp));
	if (ret != 0)
		return ret;
	if (rtp.type == FREEBSD_RTP_PRIO_REALTIME || rtp.type == FREEBSD_RTP_PRIO_FIFO)
		return HOST(c, geteuid, 0) == 0 ? -EINVAL : -EPERM;
	return rtp.type == FREEBSD_RTP_PRIO_NORMAL ? 0 : -EINVAL;
}

/* Thread ids are longs, of which the host writes the lower half. */
static long
tid_place(uint64_t addr)
{
	uint64_t zero = 0;

	return addr != 0 ? copyout(guest(addr), &zero, sizeof(zero)) : 0;
}

static void
child_registers(struct call *child, const struct call *c, const struct freebsd_thr_param *p)
{
	*child = *c;
	child->rax = 0;
	child->rdx = 1;
	child->rbp = 0;
	child->rflags = 0x202;
	child->rip = p->start_func;
	child->rdi = p->arg;
	child->rsp = ((p->stack_base + p->stack_size) & ~15ul) - 8;
}

CALL(thr_new)
{
	struct freebsd_thr_param p = { 0 };
	struct clone_request r = { .flags = THREAD_FLAGS };
	int size = arg_int(c, 1);
	long ret;

	if (size < 0 || (size_t)size > sizeof(p))
		return -EINVAL;
	ret = copyin(&p, arg_ptr(c, 0), (size_t)size);
	if (ret == 0)
		ret = rtprio_check(c, p.rtp);
	if (ret == 0)
		ret = tid_place(p.child_tid);
	if (ret == 0)
		ret = tid_place(p.parent_tid);
	if (ret != 0)
		return ret;
	child_registers(&r.child, c, &p);
	r.tls = p.tls_base;
	r.ptid = p.parent_tid != 0 ? p.parent_tid : p.child_tid;
	r.ctid = p.child_tid;
	if (r.ptid != 0)
		r.flags |= CLONE_PARENT_SETTID;
	if (r.ctid != 0 && r.ctid != r.ptid)
		r.flags |= CLONE_CHILD_SETTID;
	ret = thread_clone(c, &r);
	return ret < 0 ? ret : 0;
}

CALL(thr_self)
{
	uint64_t tid = call_thread(c)->tid;

	return copyout(arg_ptr(c, 0), &tid, sizeof(tid));
}

/* The last thread does not leave this way: it gets an answer and is to call exit. */
CALL(thr_exit)
{
	struct thread_block *t = call_thread(c);
	const struct sighand_block *sh = t->sighand;
	uint64_t one = 1;

	if (t->attention & ATT_SIGNAL)
		return -ERESTARTSYS;	/* its handler runs first */
	freebsd_umtx_thread_exit(c);
	if (c->arg[0] != 0 && copyout(arg_ptr(c, 0), &one, sizeof(one)) == 0)
		(void)umtx_wake(c, c->arg[0], INT32_MAX, UMTX_QUEUE_ANY);
	if (__atomic_load_n(&sh->refs, __ATOMIC_ACQUIRE) == 1)
		return 0;
	thread_exit(t, 0);
}

/* To every other thread of the process; sig 0 only asks whether there is one. */
static long
kill_others(struct call *c, int hostsig)
{
	struct thread_block *t = call_thread(c);
	const struct mm_block *mm = thread_mm(t);
	uint32_t n = __atomic_load_n(&mm->slot_next, __ATOMIC_ACQUIRE);
	long ret = -ESRCH;

	for (uint32_t i = 0; i < n; i++) {
		const struct thread_block *o = slot_thread(mm, i);

		if (o == t || o->state != THREAD_USED || o->pid != t->pid)
			continue;
		if (HOST(c, tgkill, t->pid, o->tid, hostsig) == 0)
			ret = 0;
	}
	return ret;
}

static long
thread_kill(struct call *c, uint32_t pid, int64_t id, int sig)
{
	int hostsig = freebsd_sig_to_host(sig);

	if (sig != 0 && hostsig == 0)
		return id == -1 || HOST(c, tgkill, pid, id, 0) == 0 ? -EINVAL : -ESRCH;
	if (id == -1)
		return pid == call_thread(c)->pid ? kill_others(c, hostsig) :
		    HOST(c, kill, pid, hostsig);
	if (id <= 0 || id > INT32_MAX)
		return -ESRCH;
	return HOST(c, tgkill, pid, id, hostsig);
}

CALL(thr_kill)
{
	return thread_kill(c, call_thread(c)->pid, (int64_t)c->arg[0], arg_int(c, 1));
}

CALL(thr_kill2)
{
	return thread_kill(c, (uint32_t)c->arg[0], (int64_t)c->arg[1], arg_int(c, 2));
}

/* ---- sleep until another thread says so: the word is 1 once it has ---- */

static uint32_t *
wake_word(struct thread_block *t)
{
	return (uint32_t *)&t->priv[FREEBSD_THREAD_WAKE];
}

CALL(thr_suspend)
{
	uint32_t *word = wake_word(call_thread(c));
	struct freebsd_umtx_time ut;
	struct deadline d = { .set = false };
	long ret = 0;

	if (c->arg[0] != 0) {
		ret = umtx_time_copyin(c->arg[0], 0, &ut);
		if (ret == 0)
			ret = umtx_deadline(c, &ut, &d);
	}
	while (ret == 0 && __atomic_exchange_n(word, 0, __ATOMIC_ACQUIRE) == 0) {
		ret = INTR(c, futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0,
		    d.set ? d.ts : NULL, 0, FUTEX_BITSET_MATCH_ANY);
		if (ret == -EAGAIN)
			ret = 0;
	}
	return ret == -ERESTARTSYS && d.set ? -EINTR : ret;
}

CALL(thr_wake)
{
	struct thread_block *o = freebsd_thread_lookup(call_thread(c), c->arg[0]);

	if (o == NULL)
		return -ESRCH;
	__atomic_store_n(wake_word(o), 1, __ATOMIC_RELEASE);
	(void)HOST(c, futex, wake_word(o), FUTEX_WAKE_PRIVATE, 1);
	return 0;
}

/* ---- names: the host keeps fifteen bytes of one ---- */

static long
name_write(struct call *c, uint64_t tid, const char *name, size_t n)
{
	static const char head[] = "/proc/self/task/", tail[] = "/comm";
	char path[48];
	size_t len = sizeof(head) - 1;
	long fd, ret;

	memcpy(path, head, len);
	len += put_number(path + len, tid);
	memcpy(path + len, tail, sizeof(tail));
	fd = HOST(c, open, path, 1, 0);	/* O_WRONLY */
	if (fd < 0)
		return -ESRCH;
	ret = HOST(c, write, fd, name, n);
	(void)HOST(c, close, fd);
	return ret < 0 ? ret : 0;
}

CALL(thr_set_name)
{
	char name[HOST_NAME_MAX + 1] = { 0 };
	long ret = 0;

	if (c->arg[1] != 0)
		ret = copyinstr(name, arg_ptr(c, 1), HOST_NAME_MAX);
	if (ret == -ENAMETOOLONG)
		ret = HOST_NAME_MAX;
	if (ret < 0)
		return ret;
	if (c->arg[0] == call_thread(c)->tid)
		return HOST(c, prctl, PR_SET_NAME, name);
	if (freebsd_thread_lookup(call_thread(c), c->arg[0]) == NULL)
		return -ESRCH;
	return name_write(c, c->arg[0], name, (size_t)ret);
}
