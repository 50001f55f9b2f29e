/* SPDX-License-Identifier: ISC */
/* POSIX message queues are the host's; names have a slash here, and O_NONBLOCK is another bit. */
#include <asm/fcntl.h>
#include <linux/mqueue.h>

#include "freebsd.h"
#include "sigevent.h"

#define NAME_ROOM 256

struct freebsd_mq_attr {
	int64_t flags, maxmsg, msgsize, curmsgs, spare[4];
};
_Static_assert(sizeof(struct freebsd_mq_attr) == sizeof(struct mq_attr), "mq_attr");

/* "/name" to "name". */
static long
queue_name(char name[NAME_ROOM], gaddr path)
{
	long n = copyinstr(name, path, NAME_ROOM);

	if (n < 0)
		return n;
	if (n < 2 || name[0] != '/')
		return -EINVAL;
	for (long i = 1; i < n; i++)
		if (name[i] == '/')
			return -EINVAL;
	memmove(name, name + 1, (size_t)n);
	return 0;
}

static long
attr_in(gaddr from, struct mq_attr *h)
{
	struct freebsd_mq_attr f;

	if (copyin(&f, from, sizeof(f)) < 0)
		return -EFAULT;
	*h = (struct mq_attr){ .mq_maxmsg = f.maxmsg, .mq_msgsize = f.msgsize };
	h->mq_flags = f.flags & FREEBSD_O_NONBLOCK ? O_NONBLOCK : 0;
	return 0;
}

CALL(kmq_open)
{
	uint32_t allowed = FREEBSD_O_ACCMODE | FREEBSD_O_CREAT | FREEBSD_O_EXCL |
	    FREEBSD_O_NONBLOCK | FREEBSD_O_CLOEXEC;
	uint32_t flags = (uint32_t)c->arg[1];
	char name[NAME_ROOM];
	struct mq_attr h;
	bool attr = (flags & FREEBSD_O_CREAT) && c->arg[3] != 0;
	long ret = queue_name(name, arg_ptr(c, 0));

	if (ret == 0 && (flags & ~allowed))
		ret = -EINVAL;
	if (ret == 0 && attr)
		ret = attr_in(arg_ptr(c, 3), &h);
	if (ret != 0)
		return ret;
	return HOST(c, mq_open, name, open_flags_to_host(flags, NULL) | O_CLOEXEC,
	    c->arg[2] & 0777, attr ? &h : NULL);
}

CALL(kmq_unlink)
{
	char name[NAME_ROOM];
	long ret = queue_name(name, arg_ptr(c, 0));

	return ret != 0 ? ret : HOST(c, mq_unlink, name);
}

CALL(kmq_setattr)
{
	struct mq_attr new, old;
	struct freebsd_mq_attr f;
	long ret = c->arg[1] != 0 ? attr_in(arg_ptr(c, 1), &new) : 0;

	if (ret == 0)
		ret = HOST(c, mq_getsetattr, c->arg[0], c->arg[1] != 0 ? &new : NULL,
		    &old);
	if (ret != 0 || c->arg[2] == 0)
		return ret;
	f = (struct freebsd_mq_attr){ .maxmsg = old.mq_maxmsg,
	    .msgsize = old.mq_msgsize, .curmsgs = old.mq_curmsgs };
	f.flags = old.mq_flags & O_NONBLOCK ? FREEBSD_O_NONBLOCK : 0;
	return copyout(arg_ptr(c, 2), &f, sizeof(f));
}

PASS_INTR(kmq_timedsend, mq_timedsend)
PASS_INTR(kmq_timedreceive, mq_timedreceive)

CALL(kmq_notify)
{
	struct freebsd_sigevent e;
	struct host_sigevent h;

	if (c->arg[1] == 0)
		return HOST(c, mq_notify, c->arg[0], NULL);
	if (copyin(&e, arg_ptr(c, 1), sizeof(e)) < 0)
		return -EFAULT;
	if (sigevent_to_host(call_thread(c), &e, &h) != 0 ||
	    h.notify == HOST_SIGEV_THREAD_ID)
		return -EINVAL;
	return HOST(c, mq_notify, c->arg[0], &h);
}
