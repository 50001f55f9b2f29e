/* SPDX-License-Identifier: ISC */
/*
 * Memory of the caller's own, by the host's calls; memory.c gives and takes it.  Reading and writing go through the
 * kernel, so that an address that is not there is an error and no fault.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "libmach.h"

enum { PAGE = 4096 };
vm_size_t vm_page_size = PAGE, vm_page_mask = PAGE - 1, vm_kernel_page_size = PAGE;
int vm_page_shift = 12;

static int
ours(vm_map_t map)
{
	return map == MACH_PORT_NULL || map == mach_task_self();
}

static void *
pointer(mach_vm_address_t a)
{
	return (void *)(uintptr_t)a;
}

static kern_return_t
result(int failed)
{
	if (!failed)
		return KERN_SUCCESS;
	switch (errno) {
	case EACCES:
	case EPERM:
		return KERN_PROTECTION_FAILURE;
	case EINVAL:
		return KERN_INVALID_ARGUMENT;
	case EEXIST:
		return KERN_NO_SPACE;
	default:
		return KERN_INVALID_ADDRESS;
	}
}

/* Whole pages around [*a, *a + *n); false: it goes round. */
static int
pages(mach_vm_address_t *a, mach_vm_size_t *n)
{
	mach_vm_address_t end = *a + *n;

	if (end < *a || end > UINT64_MAX - PAGE)
		return 0;
	*a = mach_vm_trunc_page(*a);
	*n = mach_vm_round_page(end) - *a;
	return 1;
}

static int
host_prot(vm_prot_t p)
{
	return (p & VM_PROT_READ ? PROT_READ : 0) |
	    (p & VM_PROT_WRITE ? PROT_WRITE : 0) |
	    (p & VM_PROT_EXECUTE ? PROT_EXEC : 0);
}

/* Anywhere behind *a where the mask leaves no bit, or there. */
static kern_return_t
map_new(mach_vm_address_t *a, mach_vm_size_t n, mach_vm_offset_t mask,
    int flags, int prot)
{
	int how = MAP_PRIVATE | MAP_ANONYMOUS;
	mach_vm_address_t at, up;
	void *p;

	n = mach_vm_round_page(n);
	if (!(flags & VM_FLAGS_ANYWHERE)) {
		how |= flags & VM_FLAGS_OVERWRITE ? MAP_FIXED :
		    MAP_FIXED_NOREPLACE;
		p = mmap(pointer(mach_vm_trunc_page(*a)), n, prot, how, -1, 0);
		if (p == MAP_FAILED)
			return errno == EEXIST || errno == ENOMEM ?
			    KERN_NO_SPACE : KERN_INVALID_ADDRESS;
		*a = (uintptr_t)p;
		return KERN_SUCCESS;
	}
	mask &= ~(mach_vm_offset_t)(PAGE - 1);
	if (n + mask < n)
		return KERN_NO_SPACE;
	p = mmap(NULL, n + mask, prot, how, -1, 0);
	if (p == MAP_FAILED)
		return KERN_NO_SPACE;
	at = (uintptr_t)p;
	up = (at + mask) & ~mask;
	if (up > at)
		munmap(p, up - at);
	if (at + mask > up)
		munmap(pointer(up + n), at + mask - up);
	*a = up;
	return KERN_SUCCESS;
}

kern_return_t
mach_vm_map(vm_map_t map, mach_vm_address_t *a, mach_vm_size_t n,
    mach_vm_address_t mask, int flags, mem_entry_name_port_t object,
    mach_vm_offset_t offset, boolean_t copy, vm_prot_t cur, vm_prot_t max,
    vm_inherit_t inherit)
{
	kern_return_t kr;

	(void)offset;
	(void)copy;
	if (!ours(map) || object != MACH_PORT_NULL)
		return KERN_NOT_SUPPORTED;
	if (n == 0 || (cur & ~max) || inherit > VM_INHERIT_LAST_VALID)
		return KERN_INVALID_ARGUMENT;
	if (inherit == VM_INHERIT_SHARE)
		return KERN_NOT_SUPPORTED;
	kr = map_new(a, n, mask, flags, host_prot(cur));
	if (kr == KERN_SUCCESS && inherit == VM_INHERIT_NONE)
		madvise(pointer(*a), mach_vm_round_page(n), MADV_DONTFORK);
	return kr;
}

kern_return_t
mach_vm_protect(vm_map_t map, mach_vm_address_t a, mach_vm_size_t n,
    boolean_t set_maximum, vm_prot_t prot)
{
	if (!ours(map) || set_maximum)
		return KERN_NOT_SUPPORTED;
	if (n == 0)
		return KERN_SUCCESS;
	if (!pages(&a, &n))
		return KERN_INVALID_ARGUMENT;
	return result(mprotect(pointer(a), n, host_prot(prot)));
}

kern_return_t
mach_vm_inherit(vm_map_t map, mach_vm_address_t a, mach_vm_size_t n,
    vm_inherit_t inherit)
{
	if (inherit > VM_INHERIT_LAST_VALID)
		return KERN_INVALID_ARGUMENT;
	if (!ours(map) || inherit == VM_INHERIT_SHARE)
		return KERN_NOT_SUPPORTED;
	if (!pages(&a, &n))
		return KERN_INVALID_ARGUMENT;
	return result(madvise(pointer(a), n, inherit == VM_INHERIT_NONE ?
	    MADV_DONTFORK : MADV_DOFORK));
}

/* All or an error; what was copied before it stays. */
static kern_return_t
copy(mach_vm_address_t to, mach_vm_address_t from, mach_vm_size_t n, int write)
{
	struct iovec l = { pointer(write ? from : to), n };
	struct iovec r = { pointer(write ? to : from), n };
	ssize_t done;

	while (r.iov_len > 0) {
		done = write ? process_vm_writev(getpid(), &l, 1, &r, 1, 0) :
		    process_vm_readv(getpid(), &l, 1, &r, 1, 0);
		if (done <= 0)
			return done < 0 && errno == EPERM ?
			    KERN_NOT_SUPPORTED : KERN_INVALID_ADDRESS;
		l.iov_base = (char *)l.iov_base + done;
		r.iov_base = (char *)r.iov_base + done;
		l.iov_len = r.iov_len -= (size_t)done;
	}
	return KERN_SUCCESS;
}

kern_return_t
mach_vm_read_overwrite(vm_map_t map, mach_vm_address_t a, mach_vm_size_t n,
    mach_vm_address_t to, mach_vm_size_t *done)
{
	kern_return_t kr;

	if (!ours(map))
		return KERN_NOT_SUPPORTED;
	kr = copy(to, a, n, 0);
	if (kr == KERN_SUCCESS)
		*done = n;
	return kr;
}

kern_return_t
mach_vm_read(vm_map_t map, mach_vm_address_t a, mach_vm_size_t n,
    vm_offset_t *out, mach_msg_type_number_t *count)
{
	mach_vm_address_t to = 0;
	kern_return_t kr;

	if (n > UINT32_MAX)
		return KERN_INVALID_ARGUMENT;
	kr = mach_vm_allocate(map, &to, n, VM_FLAGS_ANYWHERE);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = copy(to, a, n, 0);
	if (kr != KERN_SUCCESS) {
		mach_vm_deallocate(map, to, n);
		return kr;
	}
	*out = to;
	*count = (mach_msg_type_number_t)n;
	return KERN_SUCCESS;
}

kern_return_t
mach_vm_write(vm_map_t map, mach_vm_address_t a, vm_offset_t from,
    mach_msg_type_number_t n)
{
	return ours(map) ? copy(a, from, n, 1) : KERN_NOT_SUPPORTED;
}

kern_return_t
mach_vm_copy(vm_map_t map, mach_vm_address_t from, mach_vm_size_t n,
    mach_vm_address_t to)
{
	return ours(map) ? copy(to, from, n, 1) : KERN_NOT_SUPPORTED;
}

kern_return_t
mach_vm_msync(vm_map_t map, mach_vm_address_t a, mach_vm_size_t n,
    vm_sync_t how)
{
	if (!ours(map))
		return KERN_NOT_SUPPORTED;
	if (!pages(&a, &n) || (how & VM_SYNC_ASYNCHRONOUS &&
	    how & VM_SYNC_SYNCHRONOUS))
		return KERN_INVALID_ARGUMENT;
	return result(msync(pointer(a), n,
	    (how & VM_SYNC_SYNCHRONOUS ? MS_SYNC : MS_ASYNC) |
	    (how & VM_SYNC_INVALIDATE ? MS_INVALIDATE : 0)));
}

kern_return_t
mach_vm_behavior_set(vm_map_t map, mach_vm_address_t a, mach_vm_size_t n,
    vm_behavior_t b)
{
	static const int advice[] = { MADV_NORMAL, MADV_RANDOM,
		MADV_SEQUENTIAL, MADV_NORMAL, MADV_WILLNEED, MADV_NORMAL };

	if (b >= sizeof(advice) / sizeof(advice[0]))
		return KERN_INVALID_ARGUMENT;
	if (!ours(map))
		return KERN_NOT_SUPPORTED;
	return pages(&a, &n) ? result(madvise(pointer(a), n, advice[b])) :
	    KERN_INVALID_ARGUMENT;
}

/* The first region that ends behind *a, as the host lists it. */
kern_return_t
mach_vm_region(vm_map_t map, mach_vm_address_t *a, mach_vm_size_t *n,
    vm_region_flavor_t flavor, vm_region_info_t out,
    mach_msg_type_number_t *count, mach_port_t *object)
{
	vm_region_basic_info_data_64_t info = { .inheritance = VM_INHERIT_COPY,
		.max_protection = VM_PROT_ALL };
	unsigned long lo = 0, hi = 0, offset = 0;
	char line[PATH_MAX + 128], perms[5] = "";
	FILE *f;

	if (!ours(map))
		return KERN_NOT_SUPPORTED;
	if (flavor != VM_REGION_BASIC_INFO_64 ||
	    *count < VM_REGION_BASIC_INFO_COUNT_64)
		return KERN_INVALID_ARGUMENT;
	f = fopen("/proc/self/maps", "re");
	while (f != NULL && hi <= *a && fgets(line, sizeof(line), f))
		sscanf(line, "%lx-%lx %4s %lx", &lo, &hi, perms, &offset);
	if (f == NULL)
		return KERN_NOT_SUPPORTED;
	fclose(f);
	if (hi <= *a)
		return KERN_INVALID_ADDRESS;
	info.protection = (perms[0] == 'r' ? VM_PROT_READ : 0) |
	    (perms[1] == 'w' ? VM_PROT_WRITE : 0) |
	    (perms[2] == 'x' ? VM_PROT_EXECUTE : 0);
	info.shared = perms[3] == 's';
	info.offset = offset;
	*a = lo;
	*n = hi - lo;
	*count = VM_REGION_BASIC_INFO_COUNT_64;
	memcpy(out, &info, sizeof(info));
	if (object != NULL)
		*object = MACH_PORT_NULL;
	return KERN_SUCCESS;
}
