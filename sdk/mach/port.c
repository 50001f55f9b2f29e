/* SPDX-License-Identifier: ISC */
/* mach_port_x: each is its routine. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "libmach.h"

/* One result, wanted or not. */
#define GET(type, out, routine, ...) do { \
	uint64_t arg[6] = { __VA_ARGS__ }; \
	kern_return_t kr = __mach_call(MACH_ROUTINE_##routine, arg); \
	if (kr == KERN_SUCCESS) \
		*(out) = (type)arg[0]; \
	return kr; \
} while (0)

kern_return_t
mach_port_allocate(ipc_space_t t, mach_port_right_t right,
    mach_port_name_t *name)
{
	GET(mach_port_name_t, name, port_allocate, t, right);
}

kern_return_t
mach_port_allocate_name(ipc_space_t t, mach_port_right_t right,
    mach_port_name_t name)
{
	return MACH_CALL(port_allocate_name, t, right, name);
}

kern_return_t
mach_port_construct(ipc_space_t t, mach_port_options_ptr_t o,
    mach_port_context_t context, mach_port_name_t *name)
{
	GET(mach_port_name_t, name, port_construct, t, o->flags,
	    o->mpl.mpl_qlimit, context);
}

kern_return_t
mach_port_destruct(ipc_space_t t, mach_port_name_t name,
    mach_port_delta_t srdelta, mach_port_context_t guard)
{
	return MACH_CALL(port_destruct, t, name, (uint64_t)srdelta, guard);
}

kern_return_t
mach_port_deallocate(ipc_space_t t, mach_port_name_t name)
{
	return MACH_CALL(port_deallocate, t, name);
}

kern_return_t
mach_port_destroy(ipc_space_t t, mach_port_name_t name)
{
	return MACH_CALL(port_destroy, t, name);
}

kern_return_t
mach_port_mod_refs(ipc_space_t t, mach_port_name_t name,
    mach_port_right_t right, mach_port_delta_t delta)
{
	return MACH_CALL(port_mod_refs, t, name, right, (uint64_t)delta);
}

kern_return_t
mach_port_rename(ipc_space_t t, mach_port_name_t old, mach_port_name_t name)
{
	return MACH_CALL(port_rename, t, old, name);
}

kern_return_t
mach_port_type(ipc_space_t t, mach_port_name_t name, mach_port_type_t *type)
{
	GET(mach_port_type_t, type, port_type, t, name);
}

kern_return_t
mach_port_get_refs(ipc_space_t t, mach_port_name_t name,
    mach_port_right_t right, mach_port_urefs_t *refs)
{
	GET(mach_port_urefs_t, refs, port_get_refs, t, name, right);
}

kern_return_t
mach_port_insert_right(ipc_space_t t, mach_port_name_t name, mach_port_t poly,
    mach_msg_type_name_t type)
{
	return MACH_CALL(port_insert_right, t, name, poly, type);
}

kern_return_t
mach_port_extract_right(ipc_space_t t, mach_port_name_t name,
    mach_msg_type_name_t disposition, mach_port_t *poly,
    mach_msg_type_name_t *type)
{
	uint64_t arg[6] = { t, name, disposition };
	kern_return_t kr = __mach_call(MACH_ROUTINE_port_extract_right, arg);

	if (kr == KERN_SUCCESS) {
		*poly = (mach_port_t)arg[0];
		*type = (mach_msg_type_name_t)arg[1];
	}
	return kr;
}

kern_return_t
mach_port_insert_member(ipc_space_t t, mach_port_name_t name,
    mach_port_name_t set)
{
	return MACH_CALL(port_insert_member, t, name, set);
}

kern_return_t
mach_port_extract_member(ipc_space_t t, mach_port_name_t name,
    mach_port_name_t set)
{
	return MACH_CALL(port_extract_member, t, name, set);
}

kern_return_t
mach_port_move_member(ipc_space_t t, mach_port_name_t name,
    mach_port_name_t after)
{
	return MACH_CALL(port_move_member, t, name, after);
}

kern_return_t
mach_port_set_mscount(ipc_space_t t, mach_port_name_t name,
    mach_port_mscount_t n)
{
	return MACH_CALL(port_set_mscount, t, name, n);
}

kern_return_t
mach_port_set_seqno(ipc_space_t t, mach_port_name_t name, mach_port_seqno_t n)
{
	return MACH_CALL(port_set_seqno, t, name, n);
}

kern_return_t
mach_port_get_context(ipc_space_t t, mach_port_name_t name,
    mach_port_context_t *context)
{
	GET(mach_port_context_t, context, port_get_context, t, name);
}

kern_return_t
mach_port_set_context(ipc_space_t t, mach_port_name_t name,
    mach_port_context_t context)
{
	return MACH_CALL(port_set_context, t, name, context);
}

kern_return_t
mach_port_guard_with_flags(ipc_space_t t, mach_port_name_t name,
    mach_port_context_t guard, uint64_t flags)
{
	return MACH_CALL(port_guard, t, name, guard, flags);
}

kern_return_t
mach_port_guard(ipc_space_t t, mach_port_name_t name,
    mach_port_context_t guard, boolean_t strict)
{
	return mach_port_guard_with_flags(t, name, guard,
	    strict ? MPG_STRICT : 0);
}

kern_return_t
mach_port_unguard(ipc_space_t t, mach_port_name_t name,
    mach_port_context_t guard)
{
	return MACH_CALL(port_unguard, t, name, guard);
}

kern_return_t
mach_port_swap_guard(ipc_space_t t, mach_port_name_t name,
    mach_port_context_t old, mach_port_context_t guard)
{
	return MACH_CALL(port_swap_guard, t, name, old, guard);
}

kern_return_t
mach_port_request_notification(ipc_space_t t, mach_port_name_t name,
    mach_msg_id_t id, mach_port_mscount_t sync, mach_port_t notify,
    mach_msg_type_name_t disposition, mach_port_t *previous)
{
	GET(mach_port_t, previous, port_request_notification, t, name,
	    (uint64_t)id, sync, notify, disposition);
}

kern_return_t
mach_port_kobject(ipc_space_t t, mach_port_name_t name, natural_t *type,
    mach_vm_address_t *address)
{
	uint64_t arg[6] = { t, name };
	kern_return_t kr = __mach_call(MACH_ROUTINE_port_kobject, arg);

	if (kr == KERN_SUCCESS) {
		*type = (natural_t)arg[0];
		*address = arg[1];
	}
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
	kern_return_t kr = __mach_call_words(&u.m, sizeof(u.m), sizeof(u));

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
	return __mach_call_words(&u.m, sizeof(u.m) + u.m.n * sizeof(*info),
	    sizeof(u.m));
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
	kern_return_t kr = __mach_call_words(&u.m, sizeof(u.m), sizeof(u));

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
		memset(&u.m, 0, sizeof(u.m));
		u.m.routine = MACH_ROUTINE_port_names;
		u.m.arg[0] = t;
		u.m.arg[1] = cursor;
		kr = __mach_call_words(&u.m, sizeof(u.m), sizeof(u));
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
