/* SPDX-License-Identifier: ISC */
#ifndef _MACH_TASK_SPECIAL_PORTS_H_
#define _MACH_TASK_SPECIAL_PORTS_H_

#include <mach/const_task_info.h>

typedef int task_special_port_t;

#define task_get_kernel_port(task, port) \
	task_get_special_port((task), TASK_KERNEL_PORT, (port))
#define task_get_host_port(task, port) \
	task_get_special_port((task), TASK_HOST_PORT, (port))
#define task_get_bootstrap_port(task, port) \
	task_get_special_port((task), TASK_BOOTSTRAP_PORT, (port))
#define task_set_bootstrap_port(task, port) \
	task_set_special_port((task), TASK_BOOTSTRAP_PORT, (port))

#endif
