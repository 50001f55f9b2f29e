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
};

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
