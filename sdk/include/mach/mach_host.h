/* SPDX-License-Identifier: ISC */
#ifndef _MACH_HOST_H_
#define _MACH_HOST_H_

#include <mach/exception_types.h>
#include <mach/host_info.h>
#include <mach/mach_types.h>

kern_return_t host_info(host_t, host_flavor_t, host_info_t,
    mach_msg_type_number_t *);
kern_return_t host_kernel_version(host_t, kernel_version_t);
kern_return_t _host_page_size(host_t, vm_size_t *);
kern_return_t host_page_size(host_t, vm_size_t *);
kern_return_t host_get_clock_service(host_t, clock_id_t, clock_serv_t *);
kern_return_t host_get_special_port(host_priv_t, int, int, mach_port_t *);
kern_return_t host_set_exception_ports(host_priv_t, exception_mask_t, mach_port_t,
    exception_behavior_t, thread_state_flavor_t);
kern_return_t host_get_exception_ports(host_priv_t, exception_mask_t, exception_mask_array_t,
    mach_msg_type_number_t *, exception_handler_array_t,
    exception_behavior_array_t, exception_flavor_array_t);
kern_return_t host_swap_exception_ports(host_priv_t, exception_mask_t, mach_port_t,
    exception_behavior_t, thread_state_flavor_t, exception_mask_array_t,
    mach_msg_type_number_t *, exception_handler_array_t,
    exception_behavior_array_t, exception_flavor_array_t);

#endif
