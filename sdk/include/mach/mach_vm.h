/* SPDX-License-Identifier: ISC */
#ifndef _MACH_MACH_VM_H_
#define _MACH_MACH_VM_H_

#include <mach/vm_map.h>

#endif
