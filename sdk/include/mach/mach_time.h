/* SPDX-License-Identifier: ISC */
#ifndef _MACH_TIME_H_
#define _MACH_TIME_H_

#include <mach/mach_types.h>
#include <time.h>

struct mach_timebase_info {
	uint32_t numer, denom;
};
typedef struct mach_timebase_info mach_timebase_info_data_t;
typedef struct mach_timebase_info *mach_timebase_info_t;

/* Nanoseconds, without a trap: of the system's running; asleep too; of the last tick. */
kern_return_t mach_timebase_info(mach_timebase_info_t);
kern_return_t mach_timebase_info_trap(mach_timebase_info_t);
uint64_t mach_absolute_time(void);
uint64_t mach_continuous_time(void);
uint64_t mach_approximate_time(void);
uint64_t mach_continuous_approximate_time(void);
kern_return_t mach_get_times(uint64_t *, uint64_t *, struct timespec *);
kern_return_t mach_wait_until(uint64_t);

#endif
