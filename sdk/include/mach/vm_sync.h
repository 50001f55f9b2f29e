/* SPDX-License-Identifier: ISC */
#ifndef _MACH_VM_SYNC_H_
#define _MACH_VM_SYNC_H_

#include <mach/vm_prot.h>

#endif
