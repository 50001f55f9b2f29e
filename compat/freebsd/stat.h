/* SPDX-License-Identifier: ISC */
/* struct stat in its two forms: 64-bit inode numbers since FreeBSD 12. */
#ifndef VENEER_FREEBSD_STAT_H
#define VENEER_FREEBSD_STAT_H

#include <stdint.h>

#include "freebsd_layout.h"

struct freebsd_timespec {
	int64_t tv_sec, tv_nsec;
};

struct freebsd_stat {
	uint64_t st_dev, st_ino, st_nlink;
	uint16_t st_mode, st_padding0;
	uint32_t st_uid, st_gid, st_padding1;
	uint64_t st_rdev;
	struct freebsd_timespec st_atim, st_mtim, st_ctim, st_birthtim;
	int64_t st_size, st_blocks;
	int32_t st_blksize;
	uint32_t st_flags;
	uint64_t st_gen;
	uint64_t st_spare[10];
};
FREEBSD_CHECK_stat(struct freebsd_stat);
FREEBSD_CHECK_timespec(struct freebsd_timespec);

struct freebsd11_stat {
	uint32_t st_dev, st_ino;
	uint16_t st_mode, st_nlink;
	uint32_t st_uid, st_gid, st_rdev;
	struct freebsd_timespec st_atim, st_mtim, st_ctim;
	int64_t st_size, st_blocks;
	int32_t st_blksize;
	uint32_t st_flags, st_gen;
	int32_t st_lspare;
	struct freebsd_timespec st_birthtim;
};
FREEBSD_CHECK_freebsd11_stat(struct freebsd11_stat);

/* Device numbers: major and minor are interleaved differently. */
static inline uint64_t
freebsd_makedev(uint32_t major, uint32_t minor)
{
	return ((uint64_t)(major & 0xffffff00) << 32) |
	    ((uint64_t)(major & 0xff) << 8) |
	    ((uint64_t)(minor & 0xff00) << 24) | (minor & 0xffff00ff);
}
static inline uint32_t
freebsd_major(uint64_t dev)
{
	return (uint32_t)((dev >> 32) & 0xffffff00) | (uint32_t)((dev >> 8) & 0xff);
}
static inline uint32_t
freebsd_minor(uint64_t dev)
{
	return (uint32_t)((dev >> 24) & 0xff00) | (uint32_t)(dev & 0xffff00ff);
}

#endif
