/* SPDX-License-Identifier: ISC */
/* The statfs family: numbers from the host's statfs, names from its mount table. */
#include <asm/fcntl.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "freebsd.h"
#include "hostdef.h"
#include "mount.h"

#define FREEBSD_STATFS_VERSION		0x20140518
#define FREEBSD11_STATFS_VERSION	0x20030518
#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000
#endif

static const struct flag_pair mount_flags[] = {
	FREEBSD_MNT_PAIRS
};

static void
copy_name(char *dst, const char *src, size_t n)
{
	size_t i = 0;

	for (; i + 1 < n && src[i] != '\0'; i++)
		dst[i] = src[i];
	dst[i] = '\0';
}

static void
statfs_convert(struct freebsd_statfs *f, const struct statfs *h)
{
	*f = (struct freebsd_statfs){
		.f_version = FREEBSD_STATFS_VERSION,
		.f_type = (uint32_t)h->f_type,
		.f_flags = flags_from_host(mount_flags, COUNT(mount_flags),
		    (uint32_t)h->f_flags) | FREEBSD_MNT_LOCAL,
		.f_bsize = (uint64_t)(h->f_frsize ? h->f_frsize : h->f_bsize),
		.f_iosize = (uint64_t)h->f_bsize,
		.f_blocks = (uint64_t)h->f_blocks,
		.f_bfree = (uint64_t)h->f_bfree,
		.f_bavail = (int64_t)h->f_bavail,
		.f_files = (uint64_t)h->f_files,
		.f_ffree = (int64_t)h->f_ffree,
		.f_namemax = (uint32_t)h->f_namelen,
		.f_fsid = { h->f_fsid.val[0], h->f_fsid.val[1] },
	};
}

static void
statfs_names(struct freebsd_statfs *f, const struct mount_line *m)
{
	copy_name(f->f_fstypename, m->type, sizeof(f->f_fstypename));
	copy_name(f->f_mntfromname, m->from, sizeof(f->f_mntfromname));
	copy_name(f->f_mntonname, m->on, sizeof(f->f_mntonname));
}

/* Names by the mount's id; they stay empty when the host does not tell. */
static void
statfs_find_names(struct call *c, struct freebsd_statfs *f, int fd)
{
	static const char empty[] = "";
	struct text_reader r;
	struct mount_line m;
	struct statx x;

	if (HOST(c, statx, fd, empty, AT_EMPTY_PATH, STATX_MNT_ID, &x) < 0 ||
	    (x.stx_mask & STATX_MNT_ID) == 0 ||
	    mount_open(&r, call_thread(c)) < 0)
		return;
	while (mount_next(&r, &m) > 0) {
		if (m.id == x.stx_mnt_id) {
			statfs_names(f, &m);
			break;
		}
	}
	text_close(&r);
}

static long
statfs_get(struct call *c, int fd, struct freebsd_statfs *f)
{
	struct statfs h;
	long ret = HOST(c, fstatfs, fd, &h);

	if (ret < 0)
		return ret;
	statfs_convert(f, &h);
	statfs_find_names(c, f, fd);
	return 0;
}

static long
statfs_path(struct call *c, struct freebsd_statfs *f)
{
	long fd = HOST(c, openat, AT_FDCWD, c->arg[0], O_PATH | O_CLOEXEC);

	if (fd < 0)
		return fd;
	long ret = statfs_get(c, (int)fd, f);
	HOST(c, close, fd);
	return ret;
}

static long
statfs_out11(gaddr dst, const struct freebsd_statfs *f)
{
	struct freebsd11_statfs old = {
		.f_version = FREEBSD11_STATFS_VERSION,
		.f_type = f->f_type, .f_flags = f->f_flags,
		.f_bsize = f->f_bsize, .f_iosize = f->f_iosize,
		.f_blocks = f->f_blocks, .f_bfree = f->f_bfree,
		.f_bavail = f->f_bavail, .f_files = f->f_files,
		.f_ffree = f->f_ffree, .f_namemax = f->f_namemax,
		.f_owner = f->f_owner,
		.f_fsid = { f->f_fsid[0], f->f_fsid[1] },
	};

	copy_name(old.f_fstypename, f->f_fstypename, sizeof(old.f_fstypename));
	copy_name(old.f_mntfromname, f->f_mntfromname, sizeof(old.f_mntfromname));
	copy_name(old.f_mntonname, f->f_mntonname, sizeof(old.f_mntonname));
	return copyout(dst, &old, sizeof(old));
}

CALL(statfs)
{
	struct freebsd_statfs f;
	long ret = statfs_path(c, &f);

	return ret < 0 ? ret : copyout(arg_ptr(c, 1), &f, sizeof(f));
}

CALL(fstatfs)
{
	struct freebsd_statfs f;
	long ret = statfs_get(c, arg_int(c, 0), &f);

	return ret < 0 ? ret : copyout(arg_ptr(c, 1), &f, sizeof(f));
}

CALL(freebsd11_statfs)
{
	struct freebsd_statfs f;
	long ret = statfs_path(c, &f);

	return ret < 0 ? ret : statfs_out11(arg_ptr(c, 1), &f);
}

CALL(freebsd11_fstatfs)
{
	struct freebsd_statfs f;
	long ret = statfs_get(c, arg_int(c, 0), &f);

	return ret < 0 ? ret : statfs_out11(arg_ptr(c, 1), &f);
}

/* All mounts; without a buffer, how many there are. */
static long
list_mounts(struct call *c, size_t size, bool old)
{
	gaddr dst = arg_ptr(c, 0);
	uint64_t room = dst.a == 0 ? 0 : c->arg[1] / size;
	struct text_reader r;
	struct mount_line m;
	struct statfs h;
	struct freebsd_statfs f;
	long n = 0, ret = mount_open(&r, call_thread(c));

	if (ret < 0)
		return ret;
	while ((dst.a == 0 || (uint64_t)n < room) && mount_next(&r, &m) > 0) {
		if (HOST(c, statfs, m.on, &h) < 0)
			continue;	/* hidden or not ours to see */
		statfs_convert(&f, &h);
		statfs_names(&f, &m);
		gaddr at = guest(dst.a + (uint64_t)n * size);
		ret = dst.a == 0 ? 0 : old ? statfs_out11(at, &f) :
		    copyout(at, &f, sizeof(f));
		if (ret < 0)
			break;
		n++;
	}
	text_close(&r);
	return ret < 0 ? ret : n;
}

CALL(getfsstat)
{
	return list_mounts(c, sizeof(struct freebsd_statfs), false);
}

CALL(freebsd11_getfsstat)
{
	return list_mounts(c, sizeof(struct freebsd11_statfs), true);
}

CALL(unmount)
{
	uint32_t flags = (uint32_t)c->arg[1];

	if (flags & ~(uint32_t)FREEBSD_MNT_FORCE)
		return -EINVAL;
	return HOST(c, umount2, c->arg[0], flags ? 1 : 0);
}
