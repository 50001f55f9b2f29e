/* SPDX-License-Identifier: ISC */
#ifndef _MACH_EXCEPTION_TYPES_H_
#define _MACH_EXCEPTION_TYPES_H_

#include <mach/const_exception_types.h>
#include <mach/port.h>
#include <mach/thread_status.h>
#include <mach/vm_types.h>

typedef int exception_type_t, exception_behavior_t;
typedef integer_t exception_data_type_t, *exception_data_t;
typedef int64_t mach_exception_data_type_t, *mach_exception_data_t;
typedef int64_t mach_exception_code_t, mach_exception_subcode_t;
typedef unsigned int exception_mask_t, *exception_mask_array_t;
typedef exception_behavior_t *exception_behavior_array_t;
typedef thread_state_flavor_t *exception_flavor_array_t;
typedef mach_port_t *exception_port_array_t, *exception_handler_array_t;

#define EXCEPTION_CODE_MAX 2

#endif
