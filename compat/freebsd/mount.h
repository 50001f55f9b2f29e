/* SPDX-License-Identifier: ISC */
/* struct statfs in its two forms, and the host's mount table. */
#ifndef VENEER_FREEBSD_MOUNT_H
#define VENEER_FREEBSD_MOUNT_H

#include "layer.h"
#include "text.h"

struct freebsd_statfs {
	uint32_t f_version, f_type;
	uint64_t f_flags, f_bsize, f_iosize, f_blocks, f_bfree;
	int64_t f_bavail;
	uint64_t f_files;
	int64_t f_ffree;
	uint64_t f_syncwrites, f_asyncwrites, f_syncreads, f_asyncreads;
	uint64_t f_spare[10];
	uint32_t f_namemax, f_owner;
	int32_t f_fsid[2];
	char f_charspare[80], f_fstypename[16];
	char f_mntfromname[1024], f_mntonname[1024];
};
_Static_assert(sizeof(struct freebsd_statfs) == 2344, "statfs");

struct freebsd11_statfs {
	uint32_t f_version, f_type;
	uint64_t f_flags, f_bsize, f_iosize, f_blocks, f_bfree;
	int64_t f_bavail;
	uint64_t f_files;
	int64_t f_ffree;
	uint64_t f_syncwrites, f_asyncwrites, f_syncreads, f_asyncreads;
	uint64_t f_spare[10];
	uint32_t f_namemax, f_owner;
	int32_t f_fsid[2];
	char f_charspare[80], f_fstypename[16];
	char f_mntfromname[88], f_mntonname[88];
};
_Static_assert(sizeof(struct freebsd11_statfs) == 472, "freebsd11_statfs");

/* The host's mount table, a line at a time. */
struct mount_line {
	uint64_t id;
	char type[16], from[1024], on[1024];
};
long mount_open(struct text_reader *r, struct thread_block *t);
/* 1, 0 at the end, or an error. */
long mount_next(struct text_reader *r, struct mount_line *m);

#endif
