/* SPDX-License-Identifier: ISC */
#ifndef _MACH_VM_INHERIT_H_
#define _MACH_VM_INHERIT_H_

#include <mach/vm_prot.h>

#endif
