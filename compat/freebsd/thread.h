/* SPDX-License-Identifier: ISC */
#ifndef VENEER_FREEBSD_THREAD_H
#define VENEER_FREEBSD_THREAD_H

#include "freebsd_layout.h"
#include "layer.h"

struct freebsd_thr_param {
	uint64_t start_func, arg, stack_base, stack_size, tls_base, tls_size;
	uint64_t child_tid, parent_tid;
	uint32_t flags, pad;
	uint64_t rtp, spare[3];
};
_Static_assert(sizeof(struct freebsd_thr_param) == FREEBSD_SIZEOF_thr_param &&
    offsetof(struct freebsd_thr_param, rtp) == FREEBSD_OFF_thr_param_rtp, "thr_param");

struct freebsd_rtprio {
	uint16_t type, prio;
};
enum {
	FREEBSD_RTP_PRIO_REALTIME = 2, FREEBSD_RTP_PRIO_NORMAL = 3,
	FREEBSD_RTP_PRIO_IDLE = 4, FREEBSD_RTP_PRIO_FIFO = 10
};

/* The block of a live thread of this process, or NULL. */
struct thread_block *freebsd_thread_lookup(struct thread_block *t, uint64_t tid);

#endif
