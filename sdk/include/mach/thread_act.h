/* SPDX-License-Identifier: ISC */
#ifndef _MACH_THREAD_ACT_H_
#define _MACH_THREAD_ACT_H_

#include <mach/thread_info.h>

kern_return_t thread_suspend(thread_act_t);
kern_return_t thread_resume(thread_act_t);
kern_return_t thread_abort(thread_act_t);
kern_return_t thread_abort_safely(thread_act_t);
kern_return_t thread_info(thread_act_t, thread_flavor_t, thread_info_t,
    mach_msg_type_number_t *);
kern_return_t thread_get_special_port(thread_act_t, int, mach_port_t *);

#endif
