/* SPDX-License-Identifier: ISC */
#ifndef _MACH_CLOCK_TYPES_H_
#define _MACH_CLOCK_TYPES_H_

#include <mach/const_clock_types.h>
#include <mach/vm_types.h>

typedef int alarm_type_t, sleep_type_t, clock_id_t, clock_flavor_t;
typedef int *clock_attr_t;
typedef int clock_res_t;

struct mach_timespec {
	unsigned int tv_sec;
	int tv_nsec;
};
typedef struct mach_timespec mach_timespec_t;

#define NSEC_PER_USEC 1000ull
#define USEC_PER_SEC 1000000ull
#define NSEC_PER_SEC 1000000000ull
#define NSEC_PER_MSEC 1000000ull
#define BAD_ALARM_TYPE(t) (((t) & ~0xff) != 0 || \
	(((t) & 0xff) != TIME_ABSOLUTE && ((t) & 0xff) != TIME_RELATIVE))
#define BAD_MACH_TIMESPEC(t) \
	((t)->tv_nsec < 0 || (t)->tv_nsec >= (long)NSEC_PER_SEC)
#define CMP_MACH_TIMESPEC(a, b) ((a)->tv_sec > (b)->tv_sec ? +1 : \
	((a)->tv_sec < (b)->tv_sec ? -1 : (a)->tv_nsec - (b)->tv_nsec))
#define ADD_MACH_TIMESPEC(a, b) do { \
	if (((a)->tv_nsec += (b)->tv_nsec) >= (int)NSEC_PER_SEC) { \
		(a)->tv_nsec -= (int)NSEC_PER_SEC; \
		(a)->tv_sec++; \
	} \
	(a)->tv_sec += (b)->tv_sec; \
} while (0)
#define SUB_MACH_TIMESPEC(a, b) do { \
	if (((a)->tv_nsec -= (b)->tv_nsec) < 0) { \
		(a)->tv_nsec += (int)NSEC_PER_SEC; \
		(a)->tv_sec--; \
	} \
	(a)->tv_sec -= (b)->tv_sec; \
} while (0)

#endif
