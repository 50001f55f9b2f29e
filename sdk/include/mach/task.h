/* SPDX-License-Identifier: ISC */
#ifndef _MACH_TASK_H_
#define _MACH_TASK_H_

#include <mach/exception_types.h>
#include <mach/task_info.h>
#include <mach/task_special_ports.h>

kern_return_t task_terminate(task_t);
kern_return_t task_suspend(task_t);
kern_return_t task_resume(task_t);
kern_return_t task_threads(task_t, thread_act_array_t *,
    mach_msg_type_number_t *);
kern_return_t task_info(task_name_t, task_flavor_t, task_info_t,
    mach_msg_type_number_t *);
kern_return_t task_get_special_port(task_t, int, mach_port_t *);
kern_return_t task_set_special_port(task_t, int, mach_port_t);
kern_return_t task_set_exception_ports(task_t, exception_mask_t, mach_port_t,
    exception_behavior_t, thread_state_flavor_t);
kern_return_t task_get_exception_ports(task_t, exception_mask_t, exception_mask_array_t,
    mach_msg_type_number_t *, exception_handler_array_t,
    exception_behavior_array_t, exception_flavor_array_t);
kern_return_t task_swap_exception_ports(task_t, exception_mask_t, mach_port_t,
    exception_behavior_t, thread_state_flavor_t, exception_mask_array_t,
    mach_msg_type_number_t *, exception_handler_array_t,
    exception_behavior_array_t, exception_flavor_array_t);
kern_return_t mach_ports_register(task_t, mach_port_array_t,
    mach_msg_type_number_t);
kern_return_t mach_ports_lookup(task_t, mach_port_array_t *,
    mach_msg_type_number_t *);

/* Guard violations are errors and never exceptions: TASK_EXC_GUARD_NONE is all there is. */
typedef uint32_t task_exc_guard_behavior_t;
kern_return_t task_get_exc_guard_behavior(task_inspect_t,
    task_exc_guard_behavior_t *);
kern_return_t task_set_exc_guard_behavior(task_t, task_exc_guard_behavior_t);
boolean_t mach_task_is_self(task_name_t);

kern_return_t semaphore_create(task_t, semaphore_t *, int, int);
kern_return_t semaphore_destroy(task_t, semaphore_t);

#endif
