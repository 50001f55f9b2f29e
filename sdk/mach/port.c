/* SPDX-License-Identifier: ISC */
/* mach_port_x with words; the others are rows of abi/mach/calls.tbl. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "libmach.h"

kern_return_t
mach_port_construct(ipc_space_t t, mach_port_options_ptr_t o,
    mach_port_context_t context, mach_port_name_t *name)
{
	uint64_t arg[6] = { t, o->flags, o->mpl.mpl_qlimit, context };
	kern_return_t kr = __mach_call(MACH_ROUTINE_port_construct, arg);

	if (kr == KERN_SUCCESS)
		*name = (mach_port_name_t)arg[0];
	return kr;
}

/* ---- with words ---- */
union words {
	struct mach_call m;
	char bytes[MACH_SLOT];
};

kern_return_t
mach_port_get_attributes(ipc_space_t t, mach_port_name_t name,
    mach_port_flavor_t flavor, mach_port_info_t info,
    mach_msg_type_number_t *count)
{
	union words u = { .m = { .routine = MACH_ROUTINE_port_get_attributes,
		.arg = { t, name, (uint64_t)flavor, *count } } };
	kern_return_t kr = __mach_call_words(&u.m, MACH_CALL_HEAD, sizeof(u));

	if (kr == KERN_SUCCESS) {
		*count = (mach_msg_type_number_t)u.m.arg[0];
		memcpy(info, u.m.word, *count * sizeof(*info));
	}
	return kr;
}

kern_return_t
mach_port_set_attributes(ipc_space_t t, mach_port_name_t name,
    mach_port_flavor_t flavor, mach_port_info_t info,
    mach_msg_type_number_t count)
{
	union words u = { .m = { .routine = MACH_ROUTINE_port_set_attributes,
		.arg = { t, name, (uint64_t)flavor } } };

	u.m.n = count < 64 ? count : 64;
	memcpy(u.m.word, info, u.m.n * sizeof(*info));
	return __mach_call_words(&u.m, MACH_CALL_HEAD + u.m.n * sizeof(*info),
	    MACH_CALL_HEAD);
}

kern_return_t
mach_port_peek(ipc_space_t t, mach_port_name_t name,
    mach_msg_trailer_type_t type, mach_port_seqno_t *seqno,
    mach_msg_size_t *size, mach_msg_id_t *id, mach_msg_trailer_info_t trailer,
    mach_msg_type_number_t *room)
{
	struct mach_call m = { .routine = MACH_ROUTINE_port_peek,
		.arg = { t, name, type, *seqno, *room } };
	kern_return_t kr = __mach_call_words(&m, MACH_CALL_HEAD, sizeof(m));
	mach_msg_max_trailer_t full = {
		.msgh_trailer_type = MACH_MSG_TRAILER_FORMAT_0,
	};

	if (kr != KERN_SUCCESS)
		return kr;
	*seqno = full.msgh_seqno = (mach_port_seqno_t)m.arg[0];
	*size = (mach_msg_size_t)m.arg[1];
	*id = (mach_msg_id_t)m.arg[2];
	*room = full.msgh_trailer_size = (mach_msg_type_number_t)m.arg[3];
	memcpy(&full.msgh_sender, m.word, sizeof(full.msgh_sender));
	memcpy(&full.msgh_audit, m.word + 2, sizeof(full.msgh_audit));
	memcpy(trailer, &full, *room < sizeof(full) ? *room : sizeof(full));
	return KERN_SUCCESS;
}

/* Arrays come in memory of their own, to be given back with vm_deallocate. */
static uint32_t *
array(uint32_t *old, size_t n, size_t room)
{
	uint32_t *p = mmap(NULL, room * sizeof(*p), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (old != NULL) {
		memcpy(p, old, n * sizeof(*p));
		munmap(old, n * sizeof(*p));
	}
	return p;
}

kern_return_t
mach_port_get_set_status(ipc_space_t t, mach_port_name_t name,
    mach_port_name_array_t *members, mach_msg_type_number_t *count)
{
	union words u = { .m = { .routine = MACH_ROUTINE_port_get_set_status,
		.arg = { t, name } } };
	kern_return_t kr = __mach_call_words(&u.m, MACH_CALL_HEAD, sizeof(u));

	if (kr != KERN_SUCCESS)
		return kr;
	*members = NULL;
	*count = u.m.n;
	if (u.m.n == 0)
		return KERN_SUCCESS;
	*members = array(NULL, 0, u.m.n);
	if (*members == NULL)
		return KERN_RESOURCE_SHORTAGE;
	memcpy(*members, u.m.word, u.m.n * sizeof(**members));
	return KERN_SUCCESS;
}

kern_return_t
mach_port_names(ipc_space_t t, mach_port_name_array_t *names,
    mach_msg_type_number_t *nnames, mach_port_type_array_t *types,
    mach_msg_type_number_t *ntypes)
{
	union words u;
	uint32_t n = 0, i, *a = NULL, *b = NULL;
	uint64_t cursor = 0;
	kern_return_t kr;

	do {
		memset(&u.m, 0, MACH_CALL_HEAD);
		u.m.routine = MACH_ROUTINE_port_names;
		u.m.arg[0] = t;
		u.m.arg[1] = cursor;
		kr = __mach_call_words(&u.m, MACH_CALL_HEAD, sizeof(u));
		if (kr != KERN_SUCCESS)
			return kr;
		if (u.m.n == 0)
			break;
		a = array(a, n, n + u.m.n / 2);
		b = array(b, n, n + u.m.n / 2);
		if (a == NULL || b == NULL)
			return KERN_RESOURCE_SHORTAGE;
		for (i = 0; i < u.m.n; i += 2, n++) {
			a[n] = u.m.word[i];
			b[n] = u.m.word[i + 1];
		}
		cursor = u.m.arg[0];
	} while (cursor != 0);
	*names = a;
	*types = b;
	*nnames = *ntypes = n;
	return KERN_SUCCESS;
}
