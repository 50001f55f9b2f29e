/* SPDX-License-Identifier: ISC */
/*
 * Memory: vm_allocate, and how it goes out of line.
 *
 * Little travels through slots.  More is written into a memory object of the supervisor's,
 * through a descriptor that is open for that moment, and mapped from it by the receiver.
 * What vm_allocate gives in large pieces is such an object from the start: a region, which
 * moves to a receiver without a copy.  A fork makes regions ordinary private memory again,
 * for parent and child, so that each has its own.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libmach.h"

enum {
	PIECE = MACH_SLOT - MACH_CALL_HEAD,
	OBJECT_MIN = 16 << 10,	/* less goes through slots */
	REGION_MIN = 256 << 10,
	REGIONS_MAX = 128 << 20,
	PAGE = 4096,
};

static void *
anywhere(size_t n, int fd, int flags)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, flags, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* ---- slots ---- */
static kern_return_t
slots_in(const void *p, size_t n, uint64_t *id)
{
	uint64_t arg[6] = { 0, n };
	union {
		struct mach_call m;
		char bytes[MACH_SLOT];
	} u;
	kern_return_t kr = __mach_call(MACH_ROUTINE_stage_new, arg);
	size_t at, piece;

	*id = arg[0];
	for (at = 0; kr == KERN_SUCCESS && at < n; at += piece) {
		piece = n - at < PIECE ? n - at : PIECE;
		memset(&u.m, 0, MACH_CALL_HEAD);
		u.m.routine = MACH_ROUTINE_stage_write;
		u.m.arg[1] = *id;
		u.m.arg[2] = at;
		u.m.arg[3] = piece;
		memcpy(u.m.word, (const char *)p + at, piece);
		kr = __mach_call_words(&u.m, MACH_CALL_HEAD + piece,
		    MACH_CALL_HEAD);
	}
	return kr;
}

static kern_return_t
slots_out(uint64_t id, size_t n, void **p)
{
	union {
		struct mach_call m;
		char bytes[MACH_SLOT];
	} u;
	kern_return_t kr = KERN_SUCCESS;
	size_t at, piece;
	char *to = anywhere(n, -1, MAP_PRIVATE | MAP_ANONYMOUS);

	if (to == NULL)
		return KERN_NO_SPACE;
	for (at = 0; kr == KERN_SUCCESS && at < n; at += piece) {
		piece = n - at < PIECE ? n - at : PIECE;
		memset(&u.m, 0, MACH_CALL_HEAD);
		u.m.routine = MACH_ROUTINE_stage_read;
		u.m.arg[1] = id;
		u.m.arg[2] = at;
		u.m.arg[3] = piece;
		kr = __mach_call_words(&u.m, MACH_CALL_HEAD, sizeof(u));
		if (kr == KERN_SUCCESS)
			memcpy(to + at, u.m.word, piece);
	}
	MACH_CALL(stage_drop, 0, id);
	*p = to;
	return kr;
}

/* ---- objects ---- */
/* A descriptor of one, or -1. */
static int
object_new(size_t n, uint64_t *id)
{
	uint64_t arg[6] = { 0, n };
	kern_return_t kr = __mach_call(MACH_ROUTINE_memory_new, arg);
	int fd = kr == KERN_SUCCESS ? (int)arg[1] : -1;

	*id = arg[0];
	if (fd < 0 && *id != 0)
		MACH_CALL(stage_drop, 0, *id);
	return fd;
}

static kern_return_t
write_all(int fd, const char *p, size_t n)
{
	ssize_t done;

	for (; n > 0; p += done, n -= (size_t)done) {
		done = write(fd, p, n);
		if (done < 0 && errno == EINTR)
			done = 0;
		else if (done < 0)
			return errno == EFAULT ? KERN_INVALID_ADDRESS :
			    KERN_RESOURCE_SHORTAGE;
	}
	return KERN_SUCCESS;
}

/* KERN_NOT_SUPPORTED: not this way. */
static kern_return_t
object_in(const void *p, size_t n, uint64_t *id)
{
	int fd = object_new(n, id);
	kern_return_t kr;

	if (fd < 0)
		return KERN_NOT_SUPPORTED;
	kr = write_all(fd, p, n);
	close(fd);
	if (kr == KERN_SUCCESS)
		kr = MACH_CALL(memory_seal, 0, *id);
	if (kr != KERN_SUCCESS)
		MACH_CALL(stage_drop, 0, *id);
	return kr;
}

static int
object_fd(int routine, uint64_t id)
{
	uint64_t arg[6] = { 0, id };

	return __mach_call(routine, arg) == KERN_SUCCESS ? (int)arg[1] : -1;
}

kern_return_t
__mach_stage_in(const void *p, size_t n, uint64_t *id)
{
	kern_return_t kr = n < OBJECT_MIN ? KERN_NOT_SUPPORTED :
	    object_in(p, n, id);

	return kr == KERN_NOT_SUPPORTED ? slots_in(p, n, id) : kr;
}

kern_return_t
__mach_stage_out(uint64_t id, size_t n, void **p)
{
	int fd = n < OBJECT_MIN ? -1 :
	    object_fd(MACH_ROUTINE_memory_fetch, id);

	if (fd < 0)
		return slots_out(id, n, p);
	*p = anywhere(n, fd, MAP_PRIVATE);
	close(fd);
	return *p == NULL ? KERN_NO_SPACE : KERN_SUCCESS;
}

/* ---- regions ---- */
struct region {
	struct region *next;
	uintptr_t address;
	size_t n;
	uint64_t id;
};
static struct region *regions;
static size_t region_bytes;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
unlink_region(struct region **at)
{
	struct region *r = *at;

	*at = r->next;
	region_bytes -= r->n;
	free(r);
}

/* Its mapping becomes private: what was written so far stays, what is written from now on
 * is this process's own. */
static void
make_private(const struct region *r)
{
	int fd = object_fd(MACH_ROUTINE_memory_open, r->id);
	void *p = MAP_FAILED;

	if (fd >= 0) {
		p = mmap((void *)r->address, r->n, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_FIXED, fd, 0);
		close(fd);
	}
	if (p == MAP_FAILED) {
		p = anywhere(r->n, -1, MAP_PRIVATE | MAP_ANONYMOUS);
		if (p == NULL)
			return;
		memcpy(p, (void *)r->address, r->n);
		(void)mremap(p, r->n, r->n, MREMAP_MAYMOVE | MREMAP_FIXED,
		    (void *)r->address);
	}
	MACH_CALL(stage_drop, 0, r->id);
}

static void
before_fork(void)
{
	pthread_mutex_lock(&lock);
	while (regions != NULL) {
		make_private(regions);
		unlink_region(&regions);
	}
}

static void
after_fork(void)
{
	pthread_mutex_unlock(&lock);
}

static void
watch_forks(void)
{
	pthread_atfork(before_fork, after_fork, after_fork);
}

static bool
region_new(size_t n, mach_vm_address_t *address)
{
	struct region *r;
	int fd;
	void *p;

	n = (n + PAGE - 1) & ~(size_t)(PAGE - 1);
	pthread_once(&once, watch_forks);
	if (n > REGIONS_MAX - region_bytes || (r = malloc(sizeof(*r))) == NULL)
		return false;
	fd = object_new(n, &r->id);
	p = fd < 0 ? NULL : anywhere(n, fd, MAP_SHARED);
	if (fd >= 0)
		close(fd);
	if (p == NULL) {
		if (fd >= 0)
			MACH_CALL(stage_drop, 0, r->id);
		free(r);
		return false;
	}
	r->address = *address = (uintptr_t)p;
	r->n = n;
	pthread_mutex_lock(&lock);
	r->next = regions;
	regions = r;
	region_bytes += n;
	pthread_mutex_unlock(&lock);
	return true;
}

/* A part of one goes: the rest is private from then on.  All of it: it is no region. */
static void
region_forget(uintptr_t first, uintptr_t end)
{
	struct region **at;

	pthread_mutex_lock(&lock);
	for (at = &regions; *at != NULL;) {
		if ((*at)->address >= end || (*at)->address + (*at)->n <= first) {
			at = &(*at)->next;
			continue;
		}
		if (first > (*at)->address || end < (*at)->address + (*at)->n)
			make_private(*at);
		else
			MACH_CALL(stage_drop, 0, (*at)->id);
		unlink_region(at);
	}
	pthread_mutex_unlock(&lock);
}

bool
__mach_region_take(void *p, size_t n, uint64_t *id)
{
	struct region **at;
	bool taken = false;

	n = (n + PAGE - 1) & ~(size_t)(PAGE - 1);
	pthread_mutex_lock(&lock);
	for (at = &regions; *at != NULL; at = &(*at)->next)
		if ((*at)->address == (uintptr_t)p && (*at)->n == n)
			break;
	if (*at != NULL) {
		*id = (*at)->id;
		munmap(p, n);
		taken = true;
		unlink_region(at);
	}
	pthread_mutex_unlock(&lock);
	return taken && MACH_CALL(memory_seal, 0, *id) == KERN_SUCCESS;
}

/* ---- the caller's own ---- */
kern_return_t
mach_vm_allocate(vm_map_t map, mach_vm_address_t *address, mach_vm_size_t n,
    int flags)
{
	void *p;

	if (map != MACH_PORT_NULL && map != mach_task_self())
		return KERN_NOT_SUPPORTED;
	if (n == 0) {
		*address = 0;
		return KERN_SUCCESS;
	}
	if ((flags & VM_FLAGS_ANYWHERE) && map != MACH_PORT_NULL &&
	    n >= REGION_MIN && region_new(n, address))
		return KERN_SUCCESS;
	p = mmap(flags & VM_FLAGS_ANYWHERE ? NULL :
	    (void *)(uintptr_t)*address, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS |
	    (flags & VM_FLAGS_ANYWHERE ? 0 : MAP_FIXED_NOREPLACE), -1, 0);
	if (p == MAP_FAILED)
		return KERN_NO_SPACE;
	*address = (uintptr_t)p;
	return KERN_SUCCESS;
}

kern_return_t
mach_vm_deallocate(vm_map_t map, mach_vm_address_t address, mach_vm_size_t n)
{
	mach_vm_address_t first = address & ~4095ull;

	if (map != MACH_PORT_NULL && map != mach_task_self())
		return KERN_NOT_SUPPORTED;
	if (n == 0)
		return KERN_SUCCESS;
	region_forget(first, address + n - first);
	return munmap((void *)(uintptr_t)first, address + n - first) == 0 ?
	    KERN_SUCCESS : KERN_INVALID_ADDRESS;
}

kern_return_t
vm_allocate(vm_map_t map, vm_address_t *address, vm_size_t n, int flags)
{
	mach_vm_address_t a = *address;
	kern_return_t kr = mach_vm_allocate(map, &a, n, flags);

	*address = a;
	return kr;
}

kern_return_t
vm_deallocate(vm_map_t map, vm_address_t address, vm_size_t n)
{
	return mach_vm_deallocate(map, address, n);
}
