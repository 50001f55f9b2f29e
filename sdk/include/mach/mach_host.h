/* SPDX-License-Identifier: ISC */
#ifndef _MACH_HOST_H_
#define _MACH_HOST_H_

#include <mach/host_info.h>
#include <mach/mach_types.h>

kern_return_t host_info(host_t, host_flavor_t, host_info_t,
    mach_msg_type_number_t *);
kern_return_t host_kernel_version(host_t, kernel_version_t);
kern_return_t _host_page_size(host_t, vm_size_t *);
kern_return_t host_page_size(host_t, vm_size_t *);
kern_return_t host_get_clock_service(host_t, clock_id_t, clock_serv_t *);
kern_return_t host_get_special_port(host_priv_t, int, int, mach_port_t *);

#endif
