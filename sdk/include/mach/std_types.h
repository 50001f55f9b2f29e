/* SPDX-License-Identifier: ISC */
#ifndef _MACH_STD_TYPES_H_
#define _MACH_STD_TYPES_H_

#include <mach/vm_types.h>

#endif
