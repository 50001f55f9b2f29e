/* SPDX-License-Identifier: ISC */
/* Reading, writing and positions. */
#include <linux/fs.h>

#include "freebsd.h"
#include "hostdef.h"
#include "fbsd_state.h"

PASS_INTR(read, read)
PASS_INTR(write, write)
PASS_INTR(readv, readv)
PASS_INTR(writev, writev)
PASS_INTR(fsync, fsync)
PASS_INTR(fdatasync, fdatasync)
PASS(ftruncate, ftruncate)
PASS(truncate, truncate)
PASS(sync, sync)

CALL(dup)
{
	long ret = HOST(c, dup, c->arg[0]);

	if (ret >= 0)
		freebsd_kq_fd_duped(call_thread(c), arg_int(c, 0), (int)ret);
	return ret;
}

/* What the host answers with ESPIPE for a negative offset of a pipe is EINVAL first. */
CALL(pread)
{
	if ((int64_t)c->arg[3] < 0)
		return -EINVAL;
	return INTR(c, pread64, c->arg[0], c->arg[1], c->arg[2], c->arg[3]);
}

CALL(pwrite)
{
	if ((int64_t)c->arg[3] < 0)
		return -EINVAL;
	return INTR(c, pwrite64, c->arg[0], c->arg[1], c->arg[2], c->arg[3]);
}

CALL(preadv)
{
	if ((int64_t)c->arg[3] < 0)
		return -EINVAL;
	return INTR(c, preadv, c->arg[0], c->arg[1], c->arg[2], c->arg[3], 0);
}

CALL(pwritev)
{
	if ((int64_t)c->arg[3] < 0)
		return -EINVAL;
	return INTR(c, pwritev, c->arg[0], c->arg[1], c->arg[2], c->arg[3], 0);
}

static long
seek(struct call *c, uint64_t off, uint32_t how_)
{
	static const struct flag_pair whence[] = {
		FREEBSD_SEEK_PAIRS
	};
	int how = value_to_host(whence, COUNT(whence), how_);

	if (how < 0)
		return -EINVAL;
	return HOST(c, lseek, c->arg[0], off, how);
}

CALL(lseek)
{
	return seek(c, c->arg[1], (uint32_t)c->arg[2]);
}

/* The forms of version 6 have a hole before the offset. */
CALL(freebsd6_lseek)
{
	return seek(c, c->arg[2], (uint32_t)c->arg[3]);
}

CALL(freebsd6_pread)
{
	if ((int64_t)c->arg[4] < 0)
		return -EINVAL;
	return INTR(c, pread64, c->arg[0], c->arg[1], c->arg[2], c->arg[4]);
}

CALL(freebsd6_pwrite)
{
	if ((int64_t)c->arg[4] < 0)
		return -EINVAL;
	return INTR(c, pwrite64, c->arg[0], c->arg[1], c->arg[2], c->arg[4]);
}

CALL(freebsd6_truncate)
{
	return HOST(c, truncate, c->arg[0], c->arg[2]);
}

CALL(freebsd6_ftruncate)
{
	return HOST(c, ftruncate, c->arg[0], c->arg[2]);
}

CALL(flock)
{
	static const struct flag_pair ops[] = {
		FREEBSD_LOCK_PAIRS
	};
	uint32_t op = flags_to_host(ops, COUNT(ops), (uint32_t)c->arg[1], NULL);

	return INTR(c, flock, c->arg[0], op);
}

CALL(posix_fallocate)
{
	int64_t off = (int64_t)c->arg[1], len = (int64_t)c->arg[2], end;

	if (off < 0 || len <= 0)
		return FREEBSD_EINVAL;
	if (__builtin_add_overflow(off, len, &end))
		return FREEBSD_EFBIG;
	long ret = INTR(c, fallocate, c->arg[0], 0, off, len);
	return freebsd_posix_error(ret == -EOPNOTSUPP ? -EINVAL : ret);
}

CALL(posix_fadvise)
{
	/* The advice has the same numbers in both systems. */
	return freebsd_posix_error(HOST(c, fadvise64, c->arg[0], c->arg[1],
	    c->arg[2], c->arg[3]));
}

CALL(umask)
{
	return HOST(c, umask, c->arg[0]);
}

/* One buffer of the fallback: read at the in offset, write all of it. */
static long
copy_step(struct call *c, const int fds[2], int64_t *in, int64_t *out, size_t n)
{
	char buf[4096];
	size_t want = n < sizeof(buf) ? n : sizeof(buf);
	long got = in != NULL ? INTR(c, pread64, fds[0], buf, want, *in) :
	    INTR(c, read, fds[0], buf, want);
	long done = 0;

	while (done < got) {
		size_t left = (size_t)(got - done);
		long put = out != NULL ?
		    HOST(c, pwrite64, fds[1], buf + done, left, *out + done) :
		    HOST(c, write, fds[1], buf + done, left);
		if (put < 0)
			return done > 0 ? done : put;
		done += put;
	}
	if (got > 0 && in != NULL)
		*in += got;
	if (got > 0 && out != NULL)
		*out += got;
	return got;
}

/* The host refuses some pairs of file systems; the FreeBSD kernel copies by itself there. */
static long
copy_by_hand(struct call *c, int64_t *in, int64_t *out)
{
	const int fds[2] = { arg_int(c, 0), arg_int(c, 2) };
	uint64_t left = c->arg[4];
	long total = 0;

	while (left > 0) {
		long n = copy_step(c, fds, in, out, left);
		if (n < 0)
			return total > 0 ? total : n;
		if (n == 0)
			break;
		total += n;
		left -= (uint64_t)n;
	}
	return total;
}

CALL(copy_file_range)
{
	gaddr inp = arg_ptr(c, 1), outp = arg_ptr(c, 3);
	int64_t in = 0, out = 0;

	if ((uint32_t)c->arg[5] != 0)
		return -EINVAL;
	if (inp.a != 0 && copyin(&in, inp, 8) < 0)
		return -EFAULT;
	if (outp.a != 0 && copyin(&out, outp, 8) < 0)
		return -EFAULT;
	long ret = INTR(c, copy_file_range, c->arg[0], inp.a ? &in : NULL,
	    c->arg[2], outp.a ? &out : NULL, c->arg[4], 0);
	if (ret == -EXDEV)
		ret = copy_by_hand(c, inp.a ? &in : NULL, outp.a ? &out : NULL);
	if (ret < 0)
		return ret;
	if (inp.a != 0 && copyout(inp, &in, 8) < 0)
		return -EFAULT;
	if (outp.a != 0 && copyout(outp, &out, 8) < 0)
		return -EFAULT;
	return ret;
}
