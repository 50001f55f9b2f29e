/* SPDX-License-Identifier: ISC */
#ifndef VENEER_FREEBSD_RUSAGE_H
#define VENEER_FREEBSD_RUSAGE_H

#include <stdint.h>

/* Two times and fourteen counts, in the same order as the host's. */
struct freebsd_rusage {
	int64_t utime[2], stime[2];
	int64_t counts[14];
};
_Static_assert(sizeof(struct freebsd_rusage) == 144, "rusage");

#endif
