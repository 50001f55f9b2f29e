/* SPDX-License-Identifier: ISC */
#ifndef _MACH_THREAD_INFO_H_
#define _MACH_THREAD_INFO_H_

#include <mach/const_thread_info.h>
#include <mach/task_info.h>

typedef natural_t thread_flavor_t;
typedef integer_t *thread_info_t;

struct thread_basic_info {
	time_value_t user_time, system_time;
	integer_t cpu_usage;
	policy_t policy;
	integer_t run_state, flags, suspend_count, sleep_time;
};
struct thread_identifier_info {
	uint64_t thread_id, thread_handle, dispatch_qaddr;
};
struct thread_extended_info {
	uint64_t pth_user_time, pth_system_time;
	int32_t pth_cpu_usage, pth_policy, pth_run_state, pth_flags;
	int32_t pth_sleep_time, pth_curpri, pth_priority, pth_maxpriority;
	char pth_name[64];
};
__TASK_INFO(thread_basic_info, THREAD_BASIC_INFO);
__TASK_INFO(thread_identifier_info, THREAD_IDENTIFIER_INFO);
__TASK_INFO(thread_extended_info, THREAD_EXTENDED_INFO);

#endif
