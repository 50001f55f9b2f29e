/* SPDX-License-Identifier: ISC */
/*
 * Asynchronous io on regular files.  A request is carried out as it is made, in the thread that makes it: a
 * program cannot tell that from a kernel that is quick.  What could block without bound (sockets, pipes,
 * terminals) is refused as FreeBSD refuses it where it would be unsafe.  A finished request stays in the
 * process's table until the program takes its result.
 */
#include <linux/futex.h>
#include <linux/stat.h>
#include <asm/fcntl.h>
#include <asm/siginfo.h>
#include <asm/stat.h>

#include "aio.h"
#include "fbsd_state.h"
#include "kqueue.h"
#include "sigevent.h"
#include "sigset.h"

#define REQUESTS 256u		/* vfs.aio.max_aio_queue_per_proc */
#define TABLE_PAGES 3
#define AIO_ALLDONE 3
#define NSEC 1000000000l

enum operation { OP_READ, OP_WRITE, OP_READV, OP_WRITEV, OP_FSYNC, OP_DSYNC, OP_MLOCK };

struct freebsd_aiocb {
	int32_t fd, pad0;
	int64_t offset;
	uint64_t buf, nbytes;	/* or a vector and its length */
	uint64_t spare[2];
	int32_t opcode, reqprio;
	int64_t status, error;	/* the kernel's own */
	uint64_t kernelinfo;
	struct freebsd_sigevent event;
};
FREEBSD_CHECK_aiocb(struct freebsd_aiocb);
#define PRIVATE_AT offsetof(struct freebsd_aiocb, status)
#define PRIVATE_SIZE 24u

struct request {
	uint64_t cb;		/* the guest's address of its control block, 0 free */
	int64_t status;
	uint32_t error;		/* FreeBSD's number */
	uint32_t order;		/* finished in this order */
};

struct table {
	uint32_t lock, finished;	/* what aio_waitcomplete sleeps on */
	struct request request[REQUESTS];
};
_Static_assert(sizeof(struct table) <= TABLE_PAGES * 4096, "table");

static struct table *
table_of(struct thread_block *t)
{
	return (struct table *)(uintptr_t)__atomic_load_n(
	    &thread_mm(t)->priv[FREEBSD_MM_AIO], __ATOMIC_ACQUIRE);
}

static struct table *
table_get(struct thread_block *t)
{
	struct table *new = table_of(t);
	uint64_t none = 0;

	if (new != NULL)
		return new;
	new = arena_alloc(t, TABLE_PAGES);
	if (new == NULL || __atomic_compare_exchange_n(&thread_mm(t)->priv[FREEBSD_MM_AIO],
	    &none, (uint64_t)(uintptr_t)new, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return new;
	arena_free(t, new, TABLE_PAGES);
	return (struct table *)(uintptr_t)none;
}

/* Requests are not inherited. */
void
freebsd_aio_fork_child(struct thread_block *t)
{
	struct table *a = table_of(t);

	if (a != NULL)
		memset(a, 0, sizeof(*a));
}

static struct request *
request_lookup(struct table *a, uint64_t cb)
{
	for (uint32_t i = 0; a != NULL && i < REQUESTS; i++)
		if (a->request[i].cb == cb)
			return &a->request[i];
	return NULL;
}

static struct request *
request_oldest(struct table *a)
{
	struct request *r = NULL;

	for (uint32_t i = 0; a != NULL && i < REQUESTS; i++)
		if (a->request[i].cb != 0 && (r == NULL ||
		    (int32_t)(a->request[i].order - r->order) < 0))
			r = &a->request[i];
	return r;
}

static void
private_store(uint64_t cb, int64_t status, int64_t error, uint64_t info)
{
	const int64_t p[3] = { status, error, (int64_t)info };

	_Static_assert(sizeof(p) == PRIVATE_SIZE, "private part");
	(void)copyout(guest(cb + PRIVATE_AT), p, sizeof(p));
}

/* May the descriptor be used without waiting for somebody else? */
static long
descriptor_check(struct call *c, const struct freebsd_aiocb *cb)
{
	struct stat st;
	long ret = HOST(c, fstat, cb->fd, &st);

	if (ret != 0)
		return ret;
	if ((st.st_mode & S_IFMT) == S_IFREG || (st.st_mode & S_IFMT) == S_IFBLK)
		return 0;
	return -EOPNOTSUPP;
}

static long
run(struct call *c, const struct freebsd_aiocb *cb, enum operation op)
{
	switch (op) {
	case OP_READ:
		return HOST(c, pread64, cb->fd, cb->buf, cb->nbytes, cb->offset);
	case OP_WRITE:
		return HOST(c, pwrite64, cb->fd, cb->buf, cb->nbytes, cb->offset);
	case OP_READV:
		return HOST(c, preadv, cb->fd, cb->buf, (int)cb->nbytes, cb->offset, 0);
	case OP_WRITEV:
		return HOST(c, pwritev, cb->fd, cb->buf, (int)cb->nbytes, cb->offset, 0);
	case OP_FSYNC:
		return HOST(c, fsync, cb->fd);
	case OP_DSYNC:
		return HOST(c, fdatasync, cb->fd);
	case OP_MLOCK:
		return HOST(c, mlock, cb->buf, cb->nbytes);
	}
	return -EINVAL;
}

/* ---- telling ---- */

static void
signal_send(struct call *c, const struct freebsd_sigevent *e)
{
	struct thread_block *t = call_thread(c);
	struct siginfo_host info = { .signo = freebsd_sig_to_host(e->signo),
	    .code = SI_ASYNCIO };

	info.f[0] = t->pid | (uint64_t)t->uid << 32;
	info.f[1] = e->value;
	if (e->notify == FREEBSD_SIGEV_THREAD_ID)
		(void)HOST(c, rt_tgsigqueueinfo, t->pid, e->tid, info.signo, &info);
	else
		(void)HOST(c, rt_sigqueueinfo, t->pid, info.signo, &info);
}

static long
event_check(struct call *c, const struct freebsd_sigevent *e)
{
	struct host_sigevent h;
	uint32_t flags = (uint16_t)e->tid;

	if (e->notify != FREEBSD_SIGEV_KEVENT)
		return sigevent_to_host(call_thread(c), e, &h);
	if (flags & ~(uint32_t)(FREEBSD_EV_CLEAR | FREEBSD_EV_DISPATCH | FREEBSD_EV_ONESHOT))
		return -EINVAL;
	return freebsd_kq_is(call_thread(c), e->signo) ? 0 : -EBADF;
}

static void
event_send(struct call *c, const struct freebsd_sigevent *e, uint64_t cb, uint32_t error)
{
	if (e->notify == FREEBSD_SIGEV_SIGNAL || e->notify == FREEBSD_SIGEV_THREAD_ID)
		signal_send(c, e);
	else if (e->notify == FREEBSD_SIGEV_KEVENT)
		freebsd_kq_aio_finished(c, e->signo, cb, e->value, (uint16_t)e->tid,
		    error);
}

/* ---- requests ---- */

static long
request_finish(struct call *c, struct table *a, uint64_t cb, long ret)
{
	struct request *r;

	layer_lock(call_thread(c), &a->lock);
	r = request_lookup(a, 0);
	if (r != NULL) {
		*r = (struct request){ .cb = cb, .status = ret < 0 ? -1 : ret,
		    .order = ++a->finished };
		r->error = ret < 0 ? (uint32_t)freebsd_error(ret) : 0;
	}
	layer_unlock(call_thread(c), &a->lock);
	if (r == NULL)
		return -EAGAIN;
	(void)HOST(c, futex, &a->finished, FUTEX_WAKE_PRIVATE, INT32_MAX);
	return 0;
}

static bool
table_full(struct call *c, struct table *a)
{
	bool full;

	layer_lock(call_thread(c), &a->lock);
	full = request_lookup(a, 0) == NULL;
	layer_unlock(call_thread(c), &a->lock);
	return full;
}

static long
submit(struct call *c, uint64_t at, const struct freebsd_aiocb *cb, enum operation op)
{
	struct table *a = table_get(call_thread(c));
	long ret, done;

	private_store(at, -1, 0, 0);
	if (a == NULL || table_full(c, a))
		return -EAGAIN;
	ret = event_check(c, &cb->event);
	if (ret == 0 && op != OP_MLOCK)
		ret = descriptor_check(c, cb);
	if (ret == 0 && op < OP_FSYNC && cb->offset < 0)
		ret = -EINVAL;
	if (ret == 0 && (op == OP_READ || op == OP_WRITE) && (int64_t)cb->nbytes < 0)
		ret = -EINVAL;
	if (ret != 0) {
		private_store(at, -1, freebsd_error(ret), 0);
		return ret;
	}
	done = run(c, cb, op);
	ret = request_finish(c, a, at, done);
	if (ret == 0)
		event_send(c, &cb->event, at, done < 0 ? (uint32_t)freebsd_error(done) : 0);
	return ret;
}

static long
submit_at(struct call *c, int arg, enum operation op)
{
	struct freebsd_aiocb cb;

	if (copyin(&cb, arg_ptr(c, arg), sizeof(cb)) < 0)
		return -EFAULT;
	return submit(c, c->arg[arg], &cb, op);
}

CALL(aio_read)
{
	return submit_at(c, 0, OP_READ);
}

CALL(aio_write)
{
	return submit_at(c, 0, OP_WRITE);
}

CALL(aio_readv)
{
	return submit_at(c, 0, OP_READV);
}

CALL(aio_writev)
{
	return submit_at(c, 0, OP_WRITEV);
}

CALL(aio_mlock)
{
	return submit_at(c, 0, OP_MLOCK);
}

CALL(aio_fsync)
{
	uint32_t op = (uint32_t)c->arg[0];

	if (op == FREEBSD_O_SYNC)
		return submit_at(c, 1, OP_FSYNC);
	if (op == FREEBSD_O_DSYNC && layer_version(c) >= 13)
		return submit_at(c, 1, OP_DSYNC);
	return -EINVAL;
}

/* Take the result; the slot is free again. 0 when there is no such request. */
static uint64_t
take(struct request *r, struct request *out)
{
	if (r == NULL)
		return 0;
	*out = *r;
	*r = (struct request){ 0 };
	return out->cb;
}

static long
answer(struct call *c, const struct request *r)
{
	freebsd_kq_aio_returned(call_thread(c), r->cb);
	private_store(r->cb, r->status, (int64_t)r->error, 0);
	return r->error != 0 ? FREEBSD_ONLY(r->error) : r->status;
}

CALL(aio_return)
{
	struct table *a = table_of(call_thread(c));
	struct request r;
	uint64_t cb;

	if (a == NULL || c->arg[0] == 0)
		return -EINVAL;
	layer_lock(call_thread(c), &a->lock);
	cb = take(request_lookup(a, c->arg[0]), &r);
	layer_unlock(call_thread(c), &a->lock);
	return cb == 0 ? -EINVAL : answer(c, &r);
}

/* The error is the result. A request that was never taken in has it in its own block. */
CALL(aio_error)
{
	struct table *a = table_of(call_thread(c));
	const struct request *r = NULL;
	int64_t private[2];
	long error = 0;

	if (a != NULL && c->arg[0] != 0) {
		layer_lock(call_thread(c), &a->lock);
		r = request_lookup(a, c->arg[0]);
		error = r != NULL ? (long)r->error : 0;
		layer_unlock(call_thread(c), &a->lock);
	}
	if (r != NULL)
		return error;
	if (copyin(private, guest(c->arg[0] + PRIVATE_AT), sizeof(private)) < 0)
		return -EFAULT;
	return private[0] == -1 && private[1] > 0 ? private[1] : -EINVAL;
}

/* Nothing is ever under way. */
CALL(aio_suspend)
{
	uint64_t cb;
	int n = arg_int(c, 1);

	if (n < 0 || n > (int)REQUESTS)
		return -EINVAL;
	for (int i = 0; i < n; i++)
		if (copyin(&cb, guest(c->arg[0] + 8ul * (unsigned)i), 8) < 0)
			return -EFAULT;
	return 0;
}

CALL(aio_cancel)
{
	long ret = HOST(c, fcntl, c->arg[0], 1, 0);	/* F_GETFD */

	return ret < 0 ? ret : AIO_ALLDONE;
}

/* The oldest finished request, waited for. */
CALL(aio_waitcomplete)
{
	struct thread_block *t = call_thread(c);
	struct table *a = table_get(t);
	int64_t ts[2], *limit = c->arg[1] != 0 ? ts : NULL;
	uint64_t none = 0, cb;
	struct request r;
	uint32_t seen;
	long ret = 0;

	if (a == NULL)
		return -EAGAIN;
	if (limit != NULL && copyin(ts, arg_ptr(c, 1), sizeof(ts)) < 0)
		return -EFAULT;
	if (limit != NULL && (ts[0] < 0 || ts[1] < 0 || ts[1] >= NSEC))
		return -EINVAL;
	(void)copyout(arg_ptr(c, 0), &none, sizeof(none));
	for (;;) {
		layer_lock(t, &a->lock);
		seen = a->finished;
		cb = take(request_oldest(a), &r);
		layer_unlock(t, &a->lock);
		if (cb != 0)
			break;
		ret = INTR(c, futex, &a->finished, FUTEX_WAIT_PRIVATE, seen, limit);
		if (ret == -ERESTARTSYS || ret == -EINTR)
			return -EINTR;
		if (ret == -ETIMEDOUT)
			return -EAGAIN;
	}
	(void)copyout(arg_ptr(c, 0), &cb, sizeof(cb));
	return answer(c, &r);
}

/* ---- lists ---- */

static long
list_entry(struct call *c, uint64_t at)
{
	static const uint8_t ops[] = {	/* LIO_ opcodes, one more than the operation */
		[FREEBSD_LIO_READ] = OP_READ + 1, [FREEBSD_LIO_WRITE] = OP_WRITE + 1,
		[FREEBSD_LIO_READV] = OP_READV + 1, [FREEBSD_LIO_WRITEV] = OP_WRITEV + 1,
	};
	struct freebsd_aiocb cb;

	if (copyin(&cb, guest(at), sizeof(cb)) < 0)
		return -EFAULT;
	if (cb.opcode == FREEBSD_LIO_NOP)
		return 0;
	if (cb.opcode < 0 || cb.opcode >= (int)COUNT(ops) || ops[cb.opcode] == 0)
		return -EINVAL;
	return submit(c, at, &cb, (enum operation)(ops[cb.opcode] - 1));
}

CALL(lio_listio)
{
	struct freebsd_sigevent e = { .notify = FREEBSD_SIGEV_NONE };
	int mode = arg_int(c, 0), n = arg_int(c, 2);
	bool failed = false;
	uint64_t cb;
	long ret = 0;

	if ((mode != FREEBSD_LIO_NOWAIT && mode != FREEBSD_LIO_WAIT) || n < 0 ||
	    n > (int)REQUESTS)
		return -EINVAL;
	if (mode == FREEBSD_LIO_NOWAIT && c->arg[3] != 0) {
		ret = copyin(&e, arg_ptr(c, 3), sizeof(e));
		if (ret == 0)
			ret = e.notify == FREEBSD_SIGEV_KEVENT ? -EINVAL : event_check(c, &e);
	}
	for (int i = 0; ret == 0 && i < n; i++) {
		ret = copyin(&cb, guest(c->arg[1] + 8ul * (unsigned)i), 8);
		if (ret == 0 && cb != 0 && list_entry(c, cb) != 0)
			failed = true;
	}
	if (ret != 0)
		return ret;
	event_send(c, &e, 0, 0);
	return failed ? -EIO : 0;
}
