/* SPDX-License-Identifier: ISC */
#ifndef _MACH_VM_BEHAVIOR_H_
#define _MACH_VM_BEHAVIOR_H_

#include <mach/vm_prot.h>

#endif
