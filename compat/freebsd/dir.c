/* SPDX-License-Identifier: ISC */
/*
 * Directory entries in three forms: the host's, FreeBSD 11's (32-bit inode numbers) and that of
 * FreeBSD 12 and later.
 *
 * An entry of the new form is at most 4/3 of the host's, so asking the host for 3/4 of the room
 * is always safe; one of the old form is always shorter.
 */
#include <linux/fs.h>

#include "freebsd.h"

struct host_dirent {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};
#define HOST_DIRENT_NAME 19

struct freebsd_dirent {
	uint64_t d_fileno;
	int64_t d_off;
	uint16_t d_reclen;
	uint8_t d_type, d_pad0;
	uint16_t d_namlen, d_pad1;
	char d_name[256];
};
FREEBSD_CHECK_dirent(struct freebsd_dirent);

struct freebsd11_dirent {
	uint32_t d_fileno;
	uint16_t d_reclen;
	uint8_t d_type, d_namlen;
	char d_name[256];
};
FREEBSD_CHECK_freebsd11_dirent(struct freebsd11_dirent);

enum form { FORM_11, FORM_12 };

/* The name, and zeros up to the entry's last whole word. */
static size_t
entry_name(char *dst, const struct host_dirent *h)
{
	const char *name = (const char *)h + HOST_DIRENT_NAME;
	size_t n = strlen(name);

	if (n > 255)
		n = 255;
	memcpy(dst, name, n);
	memset(dst + n, 0, n < 248 ? 8 : 256 - n);
	return n;
}

/* Bytes of the entry in the guest's form, or -EFAULT. */
static long
entry_out12(gaddr dst, const struct host_dirent *h)
{
	struct freebsd_dirent d;
	size_t n = entry_name(d.d_name, h);

	d.d_fileno = h->ino;
	d.d_off = h->off;
	d.d_type = h->type;
	d.d_pad0 = 0;
	d.d_pad1 = 0;
	d.d_namlen = (uint16_t)n;
	d.d_reclen = (uint16_t)((24 + n + 1 + 7) & ~7ul);
	return copyout(dst, &d, d.d_reclen) < 0 ? -EFAULT : d.d_reclen;
}

static long
entry_out11(gaddr dst, const struct host_dirent *h)
{
	struct freebsd11_dirent d;
	size_t n = entry_name(d.d_name, h);

	d.d_fileno = (uint32_t)h->ino;
	d.d_type = h->type;
	d.d_namlen = (uint8_t)n;
	d.d_reclen = (uint16_t)((8 + n + 1 + 3) & ~3ul);
	return copyout(dst, &d, d.d_reclen) < 0 ? -EFAULT : d.d_reclen;
}

static long
entries_out(struct call *c, enum form form, gaddr dst, const char *buf, long len)
{
	long total = 0;

	for (long pos = 0; pos < len;) {
		const struct host_dirent *h = (const void *)(buf + pos);
		gaddr at = guest(dst.a + (uint64_t)total);
		long n;

		if (freebsd_kq_entry_hidden(call_thread(c), arg_int(c, 0), (const char *)h +
		    HOST_DIRENT_NAME)) {
			pos += h->reclen;
			continue;
		}
		n = form == FORM_11 ? entry_out11(at, h) : entry_out12(at, h);
		if (n < 0)
			return n;
		total += n;
		pos += h->reclen;
	}
	return total;
}

static long
read_entries(struct call *c, enum form form, gaddr basep, size_t base_size)
{
	uint64_t buf[512];	/* aligned for the entries */
	int fd = arg_int(c, 0);
	uint64_t room = c->arg[2];
	int64_t base = 0;

	if ((int64_t)room < 0 || room > INT32_MAX)
		return -EINVAL;
	if (form == FORM_12)
		room = room / 4 * 3;
	if (basep.a != 0) {
		base = HOST(c, lseek, fd, 0, SEEK_CUR);
		if (base < 0)
			return base == -ESPIPE ? -EINVAL : base;
	}
	long len, total;
	do {	/* all of a part may be left out */
		len = HOST(c, getdents64, fd, buf,
		    room < sizeof(buf) ? room : sizeof(buf));
		if (len == -ENOTDIR)
			return -EINVAL;
		if (len < 0)
			return len;
		total = entries_out(c, form, arg_ptr(c, 1), (const char *)buf, len);
	} while (total == 0 && len > 0);
	if (total >= 0 && basep.a != 0 && copyout(basep, &base, base_size) < 0)
		return -EFAULT;
	return total;
}

CALL(getdirentries)
{
	return read_entries(c, FORM_12, arg_ptr(c, 3), 8);
}

CALL(freebsd11_getdirentries)
{
	return read_entries(c, FORM_11, arg_ptr(c, 3), 8);
}

CALL(freebsd11_getdents)
{
	return read_entries(c, FORM_11, guest(0), 0);
}
