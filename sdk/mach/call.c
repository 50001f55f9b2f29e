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

static kern_return_t
failed(int error)
{
	switch (error) {
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

/* EINTR: a signal came before the routine began.  One that waits ends with KERN_ABORTED by
 * itself. */
kern_return_t
__mach_call_words(struct mach_call *m, size_t in, size_t out)
{
	while (__mach_trap(0, m, in, out) < 0)
		if (*veneer_error_pointer() != EINTR)
			return failed(*veneer_error_pointer());
	return m->kr;
}

kern_return_t
__mach_call(int routine, uint64_t arg[6])
{
	struct mach_call m;	/* its words are not used */
	kern_return_t kr;

	m.routine = (uint32_t)routine;
	m.kr = 0;
	m.n = m.pad = 0;
	memcpy(m.arg, arg, sizeof(m.arg));
	kr = __mach_call_words(&m, MACH_CALL_HEAD, MACH_CALL_HEAD);
	memcpy(arg, m.arg, sizeof(m.arg));
	return kr;
}
