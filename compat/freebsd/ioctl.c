/* SPDX-License-Identifier: ISC */
/* ioctl: terminals and the few requests that every descriptor knows. */
#include <asm/ioctls.h>
#include <asm/stat.h>
#include <asm/termbits.h>
#include <linux/fs.h>
#include <linux/major.h>
#include <linux/stat.h>

#include "freebsd.h"
#include "hostdef.h"
#include "path.h"
#include "termios.h"

enum how {
	IOCTL_PASS,		/* the argument means the same */
	IOCTL_GETA, IOCTL_SETA,
	IOCTL_SEEK,		/* SEEK_DATA, SEEK_HOLE as a request */
	IOCTL_FLUSH,
	IOCTL_ZERO,		/* no argument; the host wants `host2` */
	IOCTL_PTMASTER,
	IOCTL_DEVICE_NAME, IOCTL_DEVICE_TYPE,
};

/* host2: a second number for some kinds. */
static const struct {
	uint32_t request, host;
	uint16_t how, host2;
} requests[] = {
	{ FREEBSD_TIOCGETA, TCGETS, IOCTL_GETA, 0 },
	{ FREEBSD_TIOCSETA, TCSETS, IOCTL_SETA, 0 },
	{ FREEBSD_TIOCSETAW, TCSETSW, IOCTL_SETA, 0 },
	{ FREEBSD_TIOCSETAF, TCSETSF, IOCTL_SETA, 0 },
	{ FREEBSD_TIOCGWINSZ, TIOCGWINSZ, IOCTL_PASS, 0 },
	{ FREEBSD_TIOCSWINSZ, TIOCSWINSZ, IOCTL_PASS, 0 },
	{ FREEBSD_TIOCGPGRP, TIOCGPGRP, IOCTL_PASS, 0 },
	{ FREEBSD_TIOCSPGRP, TIOCSPGRP, IOCTL_PASS, 0 },
	{ FREEBSD_TIOCGSID, TIOCGSID, IOCTL_PASS, 0 },
	{ FREEBSD_TIOCSCTTY, TIOCSCTTY, IOCTL_ZERO, 0 },
	{ FREEBSD_TIOCNOTTY, TIOCNOTTY, IOCTL_ZERO, 0 },
	{ FREEBSD_TIOCOUTQ, TIOCOUTQ, IOCTL_PASS, 0 },
	{ FREEBSD_TIOCSTI, TIOCSTI, IOCTL_PASS, 0 },
	{ FREEBSD_TIOCEXCL, TIOCEXCL, IOCTL_ZERO, 0 },
	{ FREEBSD_TIOCNXCL, TIOCNXCL, IOCTL_ZERO, 0 },
	{ FREEBSD_TIOCFLUSH, TCFLSH, IOCTL_FLUSH, 0 },
	{ FREEBSD_TIOCDRAIN, TCSBRK, IOCTL_ZERO, 1 },
	{ FREEBSD_TIOCSTOP, TCXONC, IOCTL_ZERO, 0 },
	{ FREEBSD_TIOCSTART, TCXONC, IOCTL_ZERO, 1 },
	{ FREEBSD_TIOCSBRK, TIOCSBRK, IOCTL_ZERO, 0 },
	{ FREEBSD_TIOCCBRK, TIOCCBRK, IOCTL_ZERO, 0 },
	{ FREEBSD_TIOCMGET, TIOCMGET, IOCTL_PASS, 0 },
	{ FREEBSD_TIOCMSET, TIOCMSET, IOCTL_PASS, 0 },
	{ FREEBSD_TIOCMBIS, TIOCMBIS, IOCTL_PASS, 0 },
	{ FREEBSD_TIOCMBIC, TIOCMBIC, IOCTL_PASS, 0 },
	{ FREEBSD_TIOCPTMASTER, TIOCGPTN, IOCTL_PTMASTER, 0 },
	{ FREEBSD_TIOCPKT, TIOCPKT, IOCTL_PASS, 0 },
	{ FREEBSD_FIODGNAME, 0, IOCTL_DEVICE_NAME, 0 },
	{ FREEBSD_FIODTYPE, 0, IOCTL_DEVICE_TYPE, 0 },
	{ FREEBSD_TIOCGPTN, TIOCGPTN, IOCTL_PASS, 0 },
	{ FREEBSD_FIONREAD, FIONREAD, IOCTL_PASS, 0 },
	{ FREEBSD_FIONBIO, FIONBIO, IOCTL_PASS, 0 },
	{ FREEBSD_FIOASYNC, FIOASYNC, IOCTL_PASS, 0 },
	{ FREEBSD_FIOCLEX, FIOCLEX, IOCTL_PASS, 0 },
	{ FREEBSD_FIONCLEX, FIONCLEX, IOCTL_PASS, 0 },
	{ FREEBSD_FIOSETOWN, 0x8901, IOCTL_PASS, 0 },
	{ FREEBSD_FIOGETOWN, 0x8903, IOCTL_PASS, 0 },
	{ FREEBSD_SIOCATMARK, 0x8905, IOCTL_PASS, 0 },
	{ FREEBSD_FIOSEEKDATA, SEEK_DATA, IOCTL_SEEK, 0 },
	{ FREEBSD_FIOSEEKHOLE, SEEK_HOLE, IOCTL_SEEK, 0 },
};

static long
get_termios(struct call *c)
{
	struct termios h;
	struct freebsd_termios f;
	long ret = HOST(c, ioctl, c->arg[0], TCGETS, &h);

	if (ret < 0)
		return ret;
	termios_from_host(&f, &h);
	return copyout(arg_ptr(c, 2), &f, sizeof(f));
}

/* The host's own settings stay where the system has no word for them. */
static long
set_termios(struct call *c, uint32_t request)
{
	struct termios h;
	struct freebsd_termios f;

	if (copyin(&f, arg_ptr(c, 2), sizeof(f)) < 0)
		return -EFAULT;
	long ret = HOST(c, ioctl, c->arg[0], TCGETS, &h);
	if (ret < 0)
		return ret;
	termios_to_host(&h, &f);
	return INTR(c, ioctl, c->arg[0], request, &h);
}

static long
seek_request(struct call *c, uint32_t whence)
{
	int64_t off;

	if (copyin(&off, arg_ptr(c, 2), sizeof(off)) < 0)
		return -EFAULT;
	long ret = HOST(c, lseek, c->arg[0], off, whence);
	return ret < 0 ? ret : copyout(arg_ptr(c, 2), &ret, sizeof(ret));
}

static long
flush_request(struct call *c)
{
	int32_t what;

	if (copyin(&what, arg_ptr(c, 2), sizeof(what)) < 0)
		return -EFAULT;
	/* FREAD 1 and FWRITE 2; 0 is both. */
	int host = (what & 3) == 1 ? TCIFLUSH : (what & 3) == 2 ? TCOFLUSH :
	    TCIOFLUSH;
	return HOST(c, ioctl, c->arg[0], TCFLSH, host);
}

static long
ptmaster_request(struct call *c)
{
	uint32_t n;
	long ret = HOST(c, ioctl, c->arg[0], TIOCGPTN, &n);

	return ret < 0 ? -EINVAL : 0;
}

struct fiodgname_arg {
	int32_t len;
	uint64_t buf;
};
FREEBSD_CHECK_fiodgname_arg(struct fiodgname_arg);

#define DEV_ROOM 64

/* The major number of a character device; -ENOTTY for what is none. Its minor goes to *minor. */
static long
device(struct call *c, uint32_t *minor)
{
	struct stat st;
	long ret = HOST(c, fstat, c->arg[0], &st);

	if (ret < 0)
		return ret;
	if ((st.st_mode & S_IFMT) != S_IFCHR)
		return -ENOTTY;
	*minor = (uint32_t)((st.st_rdev & 0xff) | (st.st_rdev >> 12 & 0xfff00));
	return (long)(st.st_rdev >> 8 & 0xfff);
}

/* "pts/N" for both sides of a pseudo-terminal, for others what stands below /dev: its length, or a negative error. */
static long
device_name(struct call *c, char name[DEV_ROOM])
{
	static const char pts[] = "pts/", dev[] = "/dev/";
	char path[DEV_ROOM];
	uint32_t n;
	long major = device(c, &n);

	if (major < 0)
		return major;
	if ((major >= UNIX98_PTY_SLAVE_MAJOR && major < UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT) ||
	    HOST(c, ioctl, c->arg[0], TIOCGPTN, &n) == 0) {
		memcpy(name, pts, sizeof(pts) - 1);
		return (long)(sizeof(pts) - 1 + put_number(name + sizeof(pts) - 1, n));
	}
	long len = path_of_fd(call_thread(c), arg_int(c, 0), path, sizeof(path));
	size_t skip = sizeof(dev) - 1;
	if (len <= (long)skip || memcmp(path, dev, skip) != 0)
		return -ENOTTY;
	memcpy(name, path + skip, (size_t)len - skip);
	return len - (long)skip;
}

/* fdevname(3): the name with its NUL, or EINVAL where it does not fit (devfs_ioctl and ptsdev_ioctl). */
static long
device_name_request(struct call *c)
{
	struct fiodgname_arg a;
	char name[DEV_ROOM];
	long n = device_name(c, name);

	if (n < 0)
		return n;
	if (copyin(&a, arg_ptr(c, 2), sizeof(a)) < 0)
		return -EFAULT;
	name[n] = '\0';
	return a.len <= n ? -EINVAL : copyout(guest(a.buf), name, (size_t)n + 1);
}

/* D_TTY 4, D_MEM 8; disks are no character devices here. */
static long
device_type_request(struct call *c)
{
	uint32_t n;
	long major = device(c, &n);

	if (major < 0)
		return major;
	struct termios h;
	int32_t type = major == MEM_MAJOR ? 8 : HOST(c, ioctl, c->arg[0], TCGETS, &h) == 0 ? 4 : 0;
	return copyout(arg_ptr(c, 2), &type, sizeof(type));
}

static long
ioctl_run(struct call *c, enum how how, uint32_t host, uint32_t host2)
{
	switch (how) {
	case IOCTL_PASS:
		return HOST(c, ioctl, c->arg[0], host, c->arg[2]);
	case IOCTL_GETA:
		return get_termios(c);
	case IOCTL_SETA:
		return set_termios(c, host);
	case IOCTL_SEEK:
		return seek_request(c, host);
	case IOCTL_FLUSH:
		return flush_request(c);
	case IOCTL_ZERO:
		return INTR(c, ioctl, c->arg[0], host, host2);
	case IOCTL_PTMASTER:
		return ptmaster_request(c);
	case IOCTL_DEVICE_NAME:
		return device_name_request(c);
	case IOCTL_DEVICE_TYPE:
		return device_type_request(c);
	}
	return -ENOTTY;
}

CALL(ioctl)
{
	for (size_t i = 0; i < COUNT(requests); i++)
		if (requests[i].request == (uint32_t)c->arg[1])
			return ioctl_run(c, (enum how)requests[i].how,
			    requests[i].host, requests[i].host2);
	long ret = HOST(c, fcntl, c->arg[0], 1 /* F_GETFD: is it open? */);
	return ret < 0 ? ret : -ENOTTY;
}
