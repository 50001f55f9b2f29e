/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <veneer.h>
#include <veneer/native_nr.h>

#include "libmach.h"

long
__mach_trap(int msg, void *buf, size_t in, size_t out)
{
	return veneer_stub4(NATIVE_SYS_veneer_mach, msg, buf, in, out);
}

kern_return_t
__mach_call_words(struct mach_call *m, size_t in, size_t out)
{
	if (__mach_trap(0, m, in, out) >= 0)
		return m->kr;
	switch (*veneer_error_pointer()) {
	case EINTR:
		return KERN_ABORTED;
	case ENOTCONN:
		return KERN_TERMINATED;
	case ENOMEM:
		return KERN_RESOURCE_SHORTAGE;
	case EFAULT:
		return KERN_INVALID_ADDRESS;
	default:
		return KERN_FAILURE;
	}
}

kern_return_t
__mach_call(int routine, uint64_t arg[6])
{
	struct mach_call m = { .routine = (uint32_t)routine };
	kern_return_t kr;

	memcpy(m.arg, arg, sizeof(m.arg));
	kr = __mach_call_words(&m, sizeof(m), sizeof(m));
	memcpy(arg, m.arg, sizeof(m.arg));
	return kr;
}

enum { PIECE = MACH_SLOT - 64 };

kern_return_t
__mach_stage_in(const void *p, size_t n, uint64_t *id)
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
		memset(&u.m, 0, sizeof(u.m));
		u.m.routine = MACH_ROUTINE_stage_write;
		u.m.arg[1] = *id;
		u.m.arg[2] = at;
		u.m.arg[3] = piece;
		memcpy(u.m.word, (const char *)p + at, piece);
		kr = __mach_call_words(&u.m, sizeof(u.m) + piece,
		    sizeof(u.m));
	}
	return kr;
}

kern_return_t
__mach_stage_out(uint64_t id, size_t n, void **p)
{
	union {
		struct mach_call m;
		char bytes[MACH_SLOT];
	} u;
	kern_return_t kr = KERN_SUCCESS;
	size_t at, piece;
	char *to = mmap(NULL, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (to == MAP_FAILED)
		return KERN_NO_SPACE;
	for (at = 0; kr == KERN_SUCCESS && at < n; at += piece) {
		piece = n - at < PIECE ? n - at : PIECE;
		memset(&u.m, 0, sizeof(u.m));
		u.m.routine = MACH_ROUTINE_stage_read;
		u.m.arg[1] = id;
		u.m.arg[2] = at;
		u.m.arg[3] = piece;
		kr = __mach_call_words(&u.m, sizeof(u.m), sizeof(u));
		if (kr == KERN_SUCCESS)
			memcpy(to + at, u.m.word, piece);
	}
	MACH_CALL(stage_drop, 0, id);
	*p = to;
	return kr;
}
