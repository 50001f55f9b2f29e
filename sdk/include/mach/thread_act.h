/* SPDX-License-Identifier: ISC */
#ifndef _MACH_THREAD_ACT_H_
#define _MACH_THREAD_ACT_H_

#include <mach/exception_types.h>
#include <mach/thread_info.h>

kern_return_t thread_suspend(thread_act_t);
kern_return_t thread_resume(thread_act_t);
kern_return_t thread_abort(thread_act_t);
kern_return_t thread_abort_safely(thread_act_t);
kern_return_t thread_info(thread_act_t, thread_flavor_t, thread_info_t,
    mach_msg_type_number_t *);
kern_return_t thread_get_special_port(thread_act_t, int, mach_port_t *);
kern_return_t thread_set_exception_ports(thread_act_t, exception_mask_t, mach_port_t,
    exception_behavior_t, thread_state_flavor_t);
kern_return_t thread_get_exception_ports(thread_act_t, exception_mask_t, exception_mask_array_t,
    mach_msg_type_number_t *, exception_handler_array_t,
    exception_behavior_array_t, exception_flavor_array_t);
kern_return_t thread_swap_exception_ports(thread_act_t, exception_mask_t, mach_port_t,
    exception_behavior_t, thread_state_flavor_t, exception_mask_array_t,
    mach_msg_type_number_t *, exception_handler_array_t,
    exception_behavior_array_t, exception_flavor_array_t);

#endif
