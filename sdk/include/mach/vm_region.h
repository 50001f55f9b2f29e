/* SPDX-License-Identifier: ISC */
#ifndef _MACH_VM_REGION_H_
#define _MACH_VM_REGION_H_

#include <mach/mach_types.h>

typedef int vm_region_flavor_t;
typedef int *vm_region_info_t;

#pragma pack(push, 4)
typedef struct vm_region_basic_info_64 {
	vm_prot_t protection, max_protection;
	vm_inherit_t inheritance;
	boolean_t shared, reserved;
	uint64_t offset;
	vm_behavior_t behavior;
	unsigned short user_wired_count;
} vm_region_basic_info_data_64_t, *vm_region_basic_info_64_t;
#pragma pack(pop)

#define VM_REGION_BASIC_INFO_64 9
#define VM_REGION_BASIC_INFO_COUNT_64 ((mach_msg_type_number_t) \
	(sizeof(vm_region_basic_info_data_64_t) / sizeof(int)))

#endif
