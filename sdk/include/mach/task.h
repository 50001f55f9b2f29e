/* SPDX-License-Identifier: ISC */
#ifndef _MACH_TASK_H_
#define _MACH_TASK_H_

#include <mach/mach_types.h>

#define TASK_BOOTSTRAP_PORT 4

kern_return_t task_get_special_port(task_t, int, mach_port_t *);
kern_return_t task_set_special_port(task_t, int, mach_port_t);
#define task_get_bootstrap_port(task, port) \
	task_get_special_port((task), TASK_BOOTSTRAP_PORT, (port))
#define task_set_bootstrap_port(task, port) \
	task_set_special_port((task), TASK_BOOTSTRAP_PORT, (port))

kern_return_t semaphore_create(task_t, semaphore_t *, int, int);
kern_return_t semaphore_destroy(task_t, semaphore_t);

#endif
