/* SPDX-License-Identifier: ISC */
/*
 * The personality's own state: which private slot of which block holds what.  One place, because
 * several files of this folder share the slots.
 */
#ifndef VENEER_FREEBSD_STATE_H
#define VENEER_FREEBSD_STATE_H

enum freebsd_scratch {	/* call.scratch: one call */
	FREEBSD_SCRATCH_INDIRECT,	/* came through syscall() or __syscall() */
};

enum freebsd_mm_priv {	/* mm_block.priv: 0..7 files, 8..15 signals, threads and kqueue */
	FREEBSD_MM_PAGE,	/* struct fbsd_page, shared by the threads of the address space */
	FREEBSD_MM_UMTX_MIN = 8,	/* UMTX_OP_SET_MIN_TIMEOUT, nanoseconds */
	FREEBSD_MM_AIO,		/* struct table of aio.c, NULL before the first request */
	FREEBSD_MM_WATCHED,	/* host signals that an EVFILT_SIGNAL knote watches */
};

enum freebsd_files_priv {	/* files_block.priv */
	FREEBSD_FILES_KQ = 16,	/* struct kq_root, NULL before the first kqueue */
};

enum freebsd_thread_priv {	/* thread_block.priv: 0..7 files, 8..23 signals and threads */
	FREEBSD_THREAD_MASK_LO = 8,	/* blocked signals that the host has not, by FreeBSD's bits */
	FREEBSD_THREAD_MASK_HI,
	FREEBSD_THREAD_ROBUST,	/* from here on a new thread starts with 0 */
	FREEBSD_THREAD_ROBUST_PRIV,
	FREEBSD_THREAD_ROBUST_INACT,
	FREEBSD_THREAD_WAKE,	/* thr_wake has come */
	FREEBSD_THREAD_OWN_LAST = FREEBSD_THREAD_WAKE,
	FREEBSD_THREAD_SPAWN,	/* the child that is being made starts without handlers */
};

/* Is there, or was there, a kqueue?  Else the layer has no descriptors of its own and keeps nothing about others. */
static inline bool
freebsd_has_kq(struct thread_block *t)
{
	const struct files_block *files = t->files;

	return __atomic_load_n(&files->priv[FREEBSD_FILES_KQ], __ATOMIC_ACQUIRE) != 0;
}

/* What a FreeBSD kernel keeps per process and the host does not. */
struct fbsd_page {
	char exe[1024];		/* absolute path of the program, empty when unknown */
	char login[40];		/* setlogin */
	uint32_t osreldate;
	uint32_t ncpu;
	uint32_t canary[2];
	uint64_t memory;
};

static inline struct fbsd_page *
fbsd_page(struct thread_block *t)
{
	return (struct fbsd_page *)(uintptr_t)thread_mm(t)->priv[FREEBSD_MM_PAGE];
}

#endif
