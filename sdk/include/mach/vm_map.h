/* SPDX-License-Identifier: ISC */
/*
 * The caller's own memory: map must be its task, or MACH_PORT_NULL; another's is
 * KERN_NOT_SUPPORTED.  Memory objects and entries do not exist: vm_map gives new memory.
 */
#ifndef _MACH_VM_MAP_H_
#define _MACH_VM_MAP_H_

#include <mach/mach_types.h>
#include <mach/vm_prot.h>
#include <mach/vm_region.h>
#include <mach/vm_statistics.h>

kern_return_t vm_allocate(vm_map_t, vm_address_t *, vm_size_t, int);
kern_return_t vm_deallocate(vm_map_t, vm_address_t, vm_size_t);
kern_return_t vm_protect(vm_map_t, vm_address_t, vm_size_t, boolean_t,
    vm_prot_t);
kern_return_t vm_inherit(vm_map_t, vm_address_t, vm_size_t, vm_inherit_t);
kern_return_t vm_read(vm_map_t, vm_address_t, vm_size_t, vm_offset_t *,
    mach_msg_type_number_t *);
kern_return_t vm_read_overwrite(vm_map_t, vm_address_t, vm_size_t,
    vm_address_t, vm_size_t *);
kern_return_t vm_write(vm_map_t, vm_address_t, vm_offset_t,
    mach_msg_type_number_t);
kern_return_t vm_copy(vm_map_t, vm_address_t, vm_size_t, vm_address_t);
kern_return_t vm_msync(vm_map_t, vm_address_t, vm_size_t, vm_sync_t);
kern_return_t vm_behavior_set(vm_map_t, vm_address_t, vm_size_t,
    vm_behavior_t);
kern_return_t vm_map(vm_map_t, vm_address_t *, vm_size_t, vm_address_t, int,
    mem_entry_name_port_t, vm_offset_t, boolean_t, vm_prot_t, vm_prot_t,
    vm_inherit_t);
kern_return_t vm_region_64(vm_map_t, vm_address_t *, vm_size_t *,
    vm_region_flavor_t, vm_region_info_t, mach_msg_type_number_t *,
    mach_port_t *);

kern_return_t mach_vm_allocate(vm_map_t, mach_vm_address_t *, mach_vm_size_t,
    int);
kern_return_t mach_vm_deallocate(vm_map_t, mach_vm_address_t, mach_vm_size_t);
kern_return_t mach_vm_protect(vm_map_t, mach_vm_address_t, mach_vm_size_t,
    boolean_t, vm_prot_t);
kern_return_t mach_vm_inherit(vm_map_t, mach_vm_address_t, mach_vm_size_t,
    vm_inherit_t);
kern_return_t mach_vm_read(vm_map_t, mach_vm_address_t, mach_vm_size_t,
    vm_offset_t *, mach_msg_type_number_t *);
kern_return_t mach_vm_read_overwrite(vm_map_t, mach_vm_address_t,
    mach_vm_size_t, mach_vm_address_t, mach_vm_size_t *);
kern_return_t mach_vm_write(vm_map_t, mach_vm_address_t, vm_offset_t,
    mach_msg_type_number_t);
kern_return_t mach_vm_copy(vm_map_t, mach_vm_address_t, mach_vm_size_t,
    mach_vm_address_t);
kern_return_t mach_vm_msync(vm_map_t, mach_vm_address_t, mach_vm_size_t,
    vm_sync_t);
kern_return_t mach_vm_behavior_set(vm_map_t, mach_vm_address_t,
    mach_vm_size_t, vm_behavior_t);
kern_return_t mach_vm_map(vm_map_t, mach_vm_address_t *, mach_vm_size_t,
    mach_vm_address_t, int, mem_entry_name_port_t, mach_vm_offset_t,
    boolean_t, vm_prot_t, vm_prot_t, vm_inherit_t);
kern_return_t mach_vm_region(vm_map_t, mach_vm_address_t *, mach_vm_size_t *,
    vm_region_flavor_t, vm_region_info_t, mach_msg_type_number_t *,
    mach_port_t *);

extern vm_size_t vm_page_size, vm_page_mask, vm_kernel_page_size;
extern int vm_page_shift;
#define mach_task_page_size 4096
#define trunc_page(x) ((x) & ~(vm_offset_t)0xfff)
#define round_page(x) trunc_page((x) + 0xfff)
#define mach_vm_trunc_page(x) ((mach_vm_offset_t)(x) & ~(mach_vm_offset_t)0xfff)
#define mach_vm_round_page(x) \
	(((mach_vm_offset_t)(x) + 0xfff) & ~(mach_vm_offset_t)0xfff)

#endif
