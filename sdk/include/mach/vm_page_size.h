/* SPDX-License-Identifier: ISC */
#ifndef _MACH_VM_PAGE_SIZE_H_
#define _MACH_VM_PAGE_SIZE_H_

#include <mach/vm_map.h>

#endif
