/* SPDX-License-Identifier: ISC */
#ifndef _MACH_HOST_INFO_H_
#define _MACH_HOST_INFO_H_

#include <mach/const_host_info.h>
#include <mach/task_info.h>

typedef integer_t host_flavor_t, cpu_type_t, cpu_subtype_t, cpu_threadtype_t;
typedef integer_t *host_info_t;

#pragma pack(push, 4)
struct host_basic_info {
	integer_t max_cpus, avail_cpus;
	natural_t memory_size;
	cpu_type_t cpu_type;
	cpu_subtype_t cpu_subtype;
	cpu_threadtype_t cpu_threadtype;
	integer_t physical_cpu, physical_cpu_max, logical_cpu, logical_cpu_max;
	uint64_t max_mem;
};
#pragma pack(pop)
struct host_sched_info {
	integer_t min_timeout, min_quantum;
};
struct host_priority_info {
	integer_t kernel_priority, system_priority, server_priority;
	integer_t user_priority, depress_priority, idle_priority;
	integer_t minimum_priority, maximum_priority;
};
__TASK_INFO(host_basic_info, HOST_BASIC_INFO);
__TASK_INFO(host_sched_info, HOST_SCHED_INFO);
__TASK_INFO(host_priority_info, HOST_PRIORITY_INFO);

#endif
