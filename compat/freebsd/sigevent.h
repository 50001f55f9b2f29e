/* SPDX-License-Identifier: ISC */
/* How timers, message queues and asynchronous io tell of themselves. */
#ifndef VENEER_FREEBSD_SIGEVENT_H
#define VENEER_FREEBSD_SIGEVENT_H

#include "freebsd.h"

struct freebsd_sigevent {
	int32_t notify, signo;
	uint64_t value;
	int32_t tid, pad0;
	uint64_t spare[7];
};
_Static_assert(sizeof(struct freebsd_sigevent) == 80, "sigevent");

struct host_sigevent {
	uint64_t value;
	int32_t signo, notify, tid, pad[11];
};
_Static_assert(sizeof(struct host_sigevent) == 64, "sigevent");

enum { HOST_SIGEV_SIGNAL = 0, HOST_SIGEV_NONE = 1, HOST_SIGEV_THREAD_ID = 4 };

/* 0 or -EINVAL for what the host cannot do. */
long sigevent_to_host(struct thread_block *t, const struct freebsd_sigevent *e,
    struct host_sigevent *h);

#endif
