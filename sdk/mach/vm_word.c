/* SPDX-License-Identifier: ISC */
/* vm_x: mach_vm_x with the sizes of a word, which are the same here. */
#include "libmach.h"

_Static_assert(sizeof(vm_address_t) == sizeof(mach_vm_address_t) &&
    sizeof(vm_size_t) == sizeof(mach_vm_size_t), "words");

kern_return_t
vm_protect(vm_map_t map, vm_address_t a, vm_size_t n, boolean_t set_maximum,
    vm_prot_t prot)
{
	return mach_vm_protect(map, a, n, set_maximum, prot);
}

kern_return_t
vm_inherit(vm_map_t map, vm_address_t a, vm_size_t n, vm_inherit_t inherit)
{
	return mach_vm_inherit(map, a, n, inherit);
}

kern_return_t
vm_read(vm_map_t map, vm_address_t a, vm_size_t n, vm_offset_t *out,
    mach_msg_type_number_t *count)
{
	return mach_vm_read(map, a, n, out, count);
}

kern_return_t
vm_read_overwrite(vm_map_t map, vm_address_t a, vm_size_t n, vm_address_t to,
    vm_size_t *done)
{
	return mach_vm_read_overwrite(map, a, n, to, (mach_vm_size_t *)done);
}

kern_return_t
vm_write(vm_map_t map, vm_address_t a, vm_offset_t from,
    mach_msg_type_number_t n)
{
	return mach_vm_write(map, a, from, n);
}

kern_return_t
vm_copy(vm_map_t map, vm_address_t from, vm_size_t n, vm_address_t to)
{
	return mach_vm_copy(map, from, n, to);
}

kern_return_t
vm_msync(vm_map_t map, vm_address_t a, vm_size_t n, vm_sync_t how)
{
	return mach_vm_msync(map, a, n, how);
}

kern_return_t
vm_behavior_set(vm_map_t map, vm_address_t a, vm_size_t n, vm_behavior_t b)
{
	return mach_vm_behavior_set(map, a, n, b);
}

kern_return_t
vm_map(vm_map_t map, vm_address_t *a, vm_size_t n, vm_address_t mask,
    int flags, mem_entry_name_port_t object, vm_offset_t offset,
    boolean_t copy, vm_prot_t cur, vm_prot_t max, vm_inherit_t inherit)
{
	return mach_vm_map(map, (mach_vm_address_t *)a, n, mask, flags, object,
	    offset, copy, cur, max, inherit);
}

kern_return_t
vm_region_64(vm_map_t map, vm_address_t *a, vm_size_t *n,
    vm_region_flavor_t flavor, vm_region_info_t info,
    mach_msg_type_number_t *count, mach_port_t *object)
{
	return mach_vm_region(map, (mach_vm_address_t *)a, (mach_vm_size_t *)n,
	    flavor, info, count, object);
}
