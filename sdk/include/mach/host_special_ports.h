/* SPDX-License-Identifier: ISC */
#ifndef _MACH_HOST_SPECIAL_PORTS_H_
#define _MACH_HOST_SPECIAL_PORTS_H_

#include <mach/const_host_info.h>

#endif
