/* SPDX-License-Identifier: ISC */
#ifndef _MACH_TASK_INFO_H_
#define _MACH_TASK_INFO_H_

#include <mach/const_task_info.h>
#include <mach/mach_types.h>

typedef natural_t task_flavor_t;
typedef integer_t *task_info_t;
typedef int policy_t;

typedef struct time_value {
	integer_t seconds, microseconds;
} time_value_t;

#pragma pack(push, 4)
struct task_basic_info_32 {
	integer_t suspend_count;
	natural_t virtual_size, resident_size;
	time_value_t user_time, system_time;
	policy_t policy;
};
struct task_basic_info_64 {
	integer_t suspend_count;
	mach_vm_size_t virtual_size, resident_size;
	time_value_t user_time, system_time;
	policy_t policy;
};
struct task_basic_info {
	integer_t suspend_count;
	vm_size_t virtual_size, resident_size;
	time_value_t user_time, system_time;
	policy_t policy;
};
struct mach_task_basic_info {
	mach_vm_size_t virtual_size, resident_size, resident_size_max;
	time_value_t user_time, system_time;
	policy_t policy;
	integer_t suspend_count;
};
struct task_absolutetime_info {
	uint64_t total_user, total_system, threads_user, threads_system;
};
struct task_thread_times_info {
	time_value_t user_time, system_time;
};
struct task_events_info {
	integer_t faults, pageins, cow_faults, messages_sent;
	integer_t messages_received, syscalls_mach, syscalls_unix, csw;
};
#pragma pack(pop)
#define __TASK_INFO(name, NAME) \
typedef struct name name##_data_t; \
typedef struct name *name##_t; \
enum { NAME##_COUNT = sizeof(name##_data_t) / sizeof(natural_t) }
__TASK_INFO(task_basic_info_32, TASK_BASIC_INFO_32);
__TASK_INFO(task_basic_info_64, TASK_BASIC_INFO_64);
__TASK_INFO(task_basic_info, TASK_BASIC_INFO);
__TASK_INFO(mach_task_basic_info, MACH_TASK_BASIC_INFO);
__TASK_INFO(task_absolutetime_info, TASK_ABSOLUTETIME_INFO);
__TASK_INFO(task_thread_times_info, TASK_THREAD_TIMES_INFO);
__TASK_INFO(task_events_info, TASK_EVENTS_INFO);
#define TASK_SECURITY_TOKEN_COUNT (sizeof(security_token_t) / sizeof(natural_t))
#define TASK_AUDIT_TOKEN_COUNT (sizeof(audit_token_t) / sizeof(natural_t))

#endif
