/* SPDX-License-Identifier: ISC */
#ifndef _MACH_THREAD_SPECIAL_PORTS_H_
#define _MACH_THREAD_SPECIAL_PORTS_H_

#include <mach/const_thread_info.h>

#endif
