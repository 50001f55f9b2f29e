/* SPDX-License-Identifier: ISC */
#ifndef _MACH_TYPES_H_
#define _MACH_TYPES_H_

#include <mach/message.h>
#include <mach/port.h>

typedef mach_port_t task_t, task_name_t, thread_t, thread_act_t, host_t;
typedef mach_port_t ipc_space_t, vm_map_t, semaphore_t, clock_serv_t;
typedef mach_port_t clock_reply_t;

#define TASK_NULL ((task_t)0)
#define SEMAPHORE_NULL ((semaphore_t)0)

struct mach_timespec {
	unsigned int tv_sec;
	int tv_nsec;
};
typedef struct mach_timespec mach_timespec_t;

typedef struct ipc_info_space {
	natural_t iis_genno_mask, iis_table_size, iis_table_next;
	natural_t iis_tree_size, iis_tree_small, iis_tree_hash;
} ipc_info_space_t;

#endif
