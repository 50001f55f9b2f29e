/* SPDX-License-Identifier: ISC */
#ifndef _MACH_MACH_INTERFACE_H_
#define _MACH_MACH_INTERFACE_H_

#include <mach/mach.h>

#endif
