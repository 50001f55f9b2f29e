/* SPDX-License-Identifier: ISC */
/* fcntl: descriptor flags, duplicates, record locks with the system's own structure. */
#include <asm/fcntl.h>
#include <linux/fcntl.h>

#include "freebsd.h"
#include "hostdef.h"

struct freebsd_flock {
	int64_t l_start, l_len;
	int32_t l_pid;
	int16_t l_type, l_whence;
	int32_t l_sysid, pad0;
};
FREEBSD_CHECK_flock(struct freebsd_flock);

static const struct flag_pair lock_types[] = {
	FREEBSD_FLCK_PAIRS
};

static long
lock_op(struct call *c, int cmd)
{
	struct freebsd_flock f;
	struct flock h;

	if (copyin(&f, arg_ptr(c, 2), sizeof(f)) < 0)
		return -EFAULT;
	int type = value_to_host(lock_types, COUNT(lock_types),
	    (uint16_t)f.l_type);
	if (type < 0)
		return -EINVAL;
	h = (struct flock){ .l_type = (short)type, .l_whence = f.l_whence,
	    .l_start = f.l_start, .l_len = f.l_len };
	long ret = cmd == F_SETLKW ? INTR(c, fcntl, c->arg[0], cmd, &h) :
	    HOST(c, fcntl, c->arg[0], cmd, &h);
	if (ret < 0 || cmd != F_GETLK)
		return ret == -EACCES ? -EAGAIN : ret;
	f.l_type = (int16_t)value_from_host(lock_types, COUNT(lock_types),
	    (uint16_t)h.l_type);
	if (h.l_type != F_UNLCK) {
		f.l_whence = h.l_whence;
		f.l_start = h.l_start;
		f.l_len = h.l_len;
		f.l_pid = h.l_pid;
		f.l_sysid = 0;
	}
	return copyout(arg_ptr(c, 2), &f, sizeof(f));
}

static long
set_status(struct call *c)
{
	uint32_t settable = FREEBSD_O_NONBLOCK | FREEBSD_O_APPEND |
	    FREEBSD_O_ASYNC | FREEBSD_O_DIRECT;
	uint32_t want = (uint32_t)c->arg[2] & settable;

	return HOST(c, fcntl, c->arg[0], F_SETFL, open_flags_to_host(want, NULL));
}

static long
get_status(struct call *c)
{
	long ret = HOST(c, fcntl, c->arg[0], F_GETFL);

	return ret < 0 ? ret : (long)open_flags_from_host((uint32_t)ret);
}

/* Onto a given descriptor; from == to keeps it, but sets the flag. */
static long
dup_onto(struct call *c, bool cloexec)
{
	int from = arg_int(c, 0), to = arg_int(c, 2);
	long ret = HOST(c, fcntl, from, F_GETFD);

	if (ret < 0)
		return ret;
	if (to < 0)
		return -EBADF;
	if (from == to) {
		if (cloexec)
			HOST(c, fcntl, from, F_SETFD, FD_CLOEXEC);
		return to;
	}
	freebsd_kq_fd_closed(call_thread(c), to);
	ret = HOST(c, dup3, from, to, cloexec ? O_CLOEXEC : 0);
	if (ret >= 0)
		freebsd_kq_fd_duped(call_thread(c), from, to);
	return ret;
}

/* What becomes of each command; F_KINFO is not there. */
enum how {
	HOW_PASS, HOW_GETFL, HOW_SETFL, HOW_LOCK, HOW_DUP2, HOW_DUP2_CLOEXEC,
	HOW_ADVICE
};
static const struct {
	uint32_t cmd;
	uint16_t how, host;
} commands[] = {
	{ FREEBSD_F_DUPFD, HOW_PASS, F_DUPFD },
	{ FREEBSD_F_GETFD, HOW_PASS, F_GETFD },
	{ FREEBSD_F_SETFD, HOW_PASS, F_SETFD },
	{ FREEBSD_F_GETFL, HOW_GETFL, 0 },
	{ FREEBSD_F_SETFL, HOW_SETFL, 0 },
	{ FREEBSD_F_GETOWN, HOW_PASS, F_GETOWN },
	{ FREEBSD_F_SETOWN, HOW_PASS, F_SETOWN },
	{ FREEBSD_F_GETLK, HOW_LOCK, F_GETLK },
	{ FREEBSD_F_SETLK, HOW_LOCK, F_SETLK },
	{ FREEBSD_F_SETLKW, HOW_LOCK, F_SETLKW },
	{ FREEBSD_F_DUP2FD, HOW_DUP2, 0 },
	{ FREEBSD_F_DUP2FD_CLOEXEC, HOW_DUP2_CLOEXEC, 0 },
	{ FREEBSD_F_DUPFD_CLOEXEC, HOW_PASS, F_DUPFD_CLOEXEC },
	{ FREEBSD_F_READAHEAD, HOW_ADVICE, 0 },
	{ FREEBSD_F_RDAHEAD, HOW_ADVICE, 0 },
	{ FREEBSD_F_ADD_SEALS, HOW_PASS, F_ADD_SEALS },
	{ FREEBSD_F_GET_SEALS, HOW_PASS, F_GET_SEALS },
};

static long
read_ahead(struct call *c)
{
	int advice = arg_int(c, 2) > 0 ? 2 /* sequential */ : 0 /* normal */;
	long ret = HOST(c, fadvise64, c->arg[0], 0, 0, advice);

	return ret == -ESPIPE ? -EBADF : ret;
}

static long
pass_on(struct call *c, int host)
{
	long ret = HOST(c, fcntl, c->arg[0], host, c->arg[2]);

	if (ret >= 0 && (host == F_DUPFD || host == F_DUPFD_CLOEXEC))
		freebsd_kq_fd_duped(call_thread(c), arg_int(c, 0), (int)ret);
	return ret;
}

static long
fcntl_run(struct call *c, enum how how, int host)
{
	switch (how) {
	case HOW_PASS:
		return pass_on(c, host);
	case HOW_GETFL:
		return get_status(c);
	case HOW_SETFL:
		return set_status(c);
	case HOW_LOCK:
		return lock_op(c, host);
	case HOW_DUP2:
		return dup_onto(c, false);
	case HOW_DUP2_CLOEXEC:
		return dup_onto(c, true);
	case HOW_ADVICE:
		return read_ahead(c);
	}
	return -EINVAL;
}

CALL(fcntl)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (commands[i].cmd == (uint32_t)c->arg[1])
			return fcntl_run(c, (enum how)commands[i].how,
			    commands[i].host);
	return -EINVAL;
}
