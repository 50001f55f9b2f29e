/* SPDX-License-Identifier: ISC */
/* Services by name: every bootstrap port stands for the domain's names. */
#include <string.h>

#include <servers/bootstrap.h>

#include "libmach.h"

static kern_return_t
ask(uint32_t routine, const char *name, mach_port_t in, mach_port_t *out)
{
	struct mach_call m;
	size_t n = strnlen(name, BOOTSTRAP_MAX_NAME_LEN) + 1;
	kern_return_t kr;

	if (n > BOOTSTRAP_MAX_NAME_LEN)
		return BOOTSTRAP_UNKNOWN_SERVICE;
	memset(&m, 0, MACH_CALL_HEAD + BOOTSTRAP_MAX_NAME_LEN);
	m.routine = routine;
	m.arg[1] = in;
	m.n = BOOTSTRAP_MAX_NAME_LEN / 4;
	memcpy(m.word, name, n);
	kr = __mach_call_words(&m, MACH_CALL_HEAD + BOOTSTRAP_MAX_NAME_LEN,
	    MACH_CALL_HEAD);
	if (kr == KERN_SUCCESS && out != NULL)
		*out = (mach_port_t)m.arg[0];
	return kr;
}

kern_return_t
bootstrap_register(mach_port_t bp, char *name, mach_port_t port)
{
	(void)bp;
	return ask(MACH_ROUTINE_bootstrap_register, name, port, NULL);
}

kern_return_t
bootstrap_look_up(mach_port_t bp, const char *name, mach_port_t *port)
{
	(void)bp;
	return ask(MACH_ROUTINE_bootstrap_look_up, name, 0, port);
}

kern_return_t
bootstrap_check_in(mach_port_t bp, const char *name, mach_port_t *port)
{
	(void)bp;
	return ask(MACH_ROUTINE_bootstrap_check_in, name, 0, port);
}

kern_return_t
bootstrap_parent(mach_port_t bp, mach_port_t *parent)
{
	*parent = bp;
	return KERN_SUCCESS;
}

const char *
bootstrap_strerror(kern_return_t kr)
{
	switch (kr) {
	case BOOTSTRAP_SUCCESS:
		return "success";
	case BOOTSTRAP_NOT_PRIVILEGED:
		return "not privileged";
	case BOOTSTRAP_NAME_IN_USE:
		return "name in use";
	case BOOTSTRAP_UNKNOWN_SERVICE:
		return "unknown service";
	case BOOTSTRAP_SERVICE_ACTIVE:
		return "service active";
	case BOOTSTRAP_BAD_COUNT:
		return "bad count";
	case BOOTSTRAP_NO_MEMORY:
		return "no memory";
	case BOOTSTRAP_NO_CHILDREN:
		return "no children";
	default:
		return mach_error_string(kr);
	}
}
