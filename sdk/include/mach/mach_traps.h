/* SPDX-License-Identifier: ISC */
#ifndef _MACH_TRAPS_H_
#define _MACH_TRAPS_H_

#include <mach/clock.h>
#include <mach/mach_init.h>
#include <mach/semaphore.h>
#include <mach/thread_switch.h>

mach_port_name_t task_self_trap(void);
mach_port_name_t thread_self_trap(void);
mach_port_name_t host_self_trap(void);
kern_return_t pid_for_task(mach_port_name_t, int *);
kern_return_t task_for_pid(mach_port_name_t, int, mach_port_name_t *);
kern_return_t task_name_for_pid(mach_port_name_t, int, mach_port_name_t *);

#endif
