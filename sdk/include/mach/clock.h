/* SPDX-License-Identifier: ISC */
#ifndef _MACH_CLOCK_H_
#define _MACH_CLOCK_H_

#include <mach/mach_types.h>

kern_return_t clock_get_time(clock_serv_t, mach_timespec_t *);
kern_return_t clock_get_attributes(clock_serv_t, clock_flavor_t, clock_attr_t,
    mach_msg_type_number_t *);
/* The reply port gets a send-once right to it. */
kern_return_t clock_alarm(clock_serv_t, alarm_type_t, mach_timespec_t,
    clock_reply_t);
/* The clock is the system's, named by its service or by MACH_PORT_NULL. */
kern_return_t clock_sleep(mach_port_name_t, sleep_type_t, mach_timespec_t,
    mach_timespec_t *);
kern_return_t clock_sleep_trap(mach_port_name_t, sleep_type_t, int, int,
    mach_timespec_t *);

#endif
