/* SPDX-License-Identifier: ISC */
/* Names, rights and user references. */
#include "rig.h"

#define R MACH_PORT_RIGHT_RECEIVE

struct fixture {
	struct rig *rig;
	struct kern *k;
	struct space *a, *b;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->rig = rig_new(1);
	f->k = &f->rig->k;
	f->a = rig_space(f->rig, 0);
	f->b = rig_space(f->rig, 1);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	rig_end(f->rig);
	free(f);
	return 0;
}

static uint32_t
new_port(struct fixture *f, struct space *s)
{
	uint32_t name = 0;

	assert_int_equal(kern_port_allocate(f->k, s, R, &name), 0);
	return name;
}

static uint32_t
type_of(struct fixture *f, struct space *s, uint32_t name)
{
	uint32_t type = 0;

	return kern_port_type(f->k, s, name, &type) ? 0 : type;
}

static uint32_t
refs_of(struct fixture *f, struct space *s, uint32_t name, uint32_t right)
{
	uint32_t n = 0;

	return kern_port_get_refs(f->k, s, name, right, &n) ? 0 : n;
}

static void
names_have_generations(void **state)
{
	struct fixture *f = *state;
	uint32_t seen[512], name, i, j;

	for (i = 0; i < 512; i++) {
		name = new_port(f, f->a);
		assert_int_equal(name & 3, 3);
		for (j = 0; j < i; j++)
			assert_int_not_equal(seen[j], name);
		seen[i] = name;
		assert_int_equal(kern_port_mod_refs(f->k, f->a, name, R, -1),
		    0);
		assert_int_equal(kern_port_mod_refs(f->k, f->a, name, R, -1),
		    KERN_INVALID_NAME);
	}
}

static void
chosen_names(void **state)
{
	struct fixture *f = *state;
	uint32_t name = 0x100 * 500 | 0x7;

	assert_int_equal(kern_port_allocate_name(f->k, f->a, R, name), 0);
	assert_int_equal(kern_port_allocate_name(f->k, f->a, R, name),
	    KERN_NAME_EXISTS);
	assert_int_equal(kern_port_allocate_name(f->k, f->a, R, name + 4),
	    KERN_FAILURE);
	assert_int_equal(kern_port_allocate_name(f->k, f->a, R, 0),
	    KERN_INVALID_VALUE);
	assert_int_equal(kern_port_allocate_name(f->k, f->a, R, 0x1000),
	    KERN_INVALID_VALUE);
	assert_int_equal(kern_port_allocate_name(f->k, f->a, R, 0xfffffff7),
	    KERN_NO_SPACE);
	assert_int_equal(kern_port_allocate_name(f->k, f->a, 0, name),
	    KERN_INVALID_VALUE);
	assert_int_equal(type_of(f, f->a, name), MACH_PORT_TYPE_RECEIVE);
	assert_int_equal(kern_port_destroy(f->k, f->a, name), 0);
	assert_int_equal(type_of(f, f->a, name), 0);
	/* Names that nobody chose go round it. */
	assert_int_equal(kern_port_allocate_name(f->k, f->a, R, 0x203), 0);
	for (int i = 0; i < 40; i++)
		new_port(f, f->a);
	assert_int_equal(f->a->count, 41);
}

static void
references_count_and_peg(void **state)
{
	struct fixture *f = *state;
	uint32_t n = new_port(f, f->a);

	assert_int_equal(kern_port_insert_right(f->k, f->a, n, f->a, n,
	    MACH_MSG_TYPE_MAKE_SEND), 0);
	assert_int_equal(type_of(f, f->a, n), MACH_PORT_TYPE_SEND_RECEIVE);
	assert_int_equal(kern_port_mod_refs(f->k, f->a, n, 0, 10), 0);
	assert_int_equal(refs_of(f, f->a, n, 0), 11);
	assert_int_equal(kern_port_mod_refs(f->k, f->a, n, 0, -12),
	    KERN_INVALID_VALUE);
	assert_int_equal(kern_port_mod_refs(f->k, f->a, n, 0, 0x10000),
	    KERN_INVALID_VALUE);
	assert_int_equal(kern_port_mod_refs(f->k, f->a, n, 0, 0xffff), 0);
	assert_int_equal(refs_of(f, f->a, n, 0), MACH_PORT_UREFS_MAX);
	assert_int_equal(kern_port_deallocate(f->k, f->a, n), 0);
	assert_int_equal(refs_of(f, f->a, n, 0), MACH_PORT_UREFS_MAX);
	assert_int_equal(kern_port_mod_refs(f->k, f->a, n, 0, -0xffff), 0);
	assert_int_equal(type_of(f, f->a, n), MACH_PORT_TYPE_RECEIVE);
	assert_int_equal(kern_port_deallocate(f->k, f->a, n),
	    KERN_INVALID_RIGHT);
}

static void
send_rights_share_a_name(void **state)
{
	struct fixture *f = *state;
	uint32_t n = new_port(f, f->a), m, o, type;

	assert_int_equal(kern_port_extract_right(f->k, f->a, n,
	    MACH_MSG_TYPE_MAKE_SEND, f->b, &m, &type), 0);
	assert_int_equal(type, MACH_MSG_TYPE_PORT_SEND);
	assert_int_equal(kern_port_extract_right(f->k, f->a, n,
	    MACH_MSG_TYPE_MAKE_SEND, f->b, &o, &type), 0);
	assert_int_equal(m, o);
	assert_int_equal(refs_of(f, f->b, m, 0), 2);
	assert_int_equal(kern_port_insert_right(f->k, f->b, 0x4003, f->b, m,
	    MACH_MSG_TYPE_COPY_SEND), KERN_RIGHT_EXISTS);
	/* Send-once rights never do. */
	assert_int_equal(kern_port_extract_right(f->k, f->a, n,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE, f->b, &o, &type), 0);
	assert_int_not_equal(m, o);
	assert_int_equal(type_of(f, f->b, o), MACH_PORT_TYPE_SEND_ONCE);
	assert_int_equal(kern_port_mod_refs(f->k, f->b, o, 2, 1),
	    KERN_INVALID_VALUE);
}

static void
death_leaves_dead_names(void **state)
{
	struct fixture *f = *state;
	uint32_t n = new_port(f, f->a), m, type;

	kern_port_extract_right(f->k, f->a, n, MACH_MSG_TYPE_MAKE_SEND, f->b,
	    &m, &type);
	kern_port_mod_refs(f->k, f->b, m, 0, 2);
	assert_int_equal(kern_port_mod_refs(f->k, f->a, n, R, -1), 0);
	assert_int_equal(type_of(f, f->b, m), MACH_PORT_TYPE_DEAD_NAME);
	assert_int_equal(refs_of(f, f->b, m, 4), 3);
	assert_int_equal(kern_port_mod_refs(f->k, f->b, m, 0, -1),
	    KERN_INVALID_RIGHT);
	assert_int_equal(kern_port_mod_refs(f->k, f->b, m, 4, -3), 0);
	assert_int_equal(type_of(f, f->b, m), 0);
	rig_settle(f->rig);
	assert_int_equal(f->k->nports, 0);
}

static void
receive_with_send_dies_to_dead_name(void **state)
{
	struct fixture *f = *state;
	uint32_t n = new_port(f, f->a);

	kern_port_insert_right(f->k, f->a, n, f->a, n,
	    MACH_MSG_TYPE_MAKE_SEND);
	assert_int_equal(kern_port_mod_refs(f->k, f->a, n, R, -1), 0);
	assert_int_equal(type_of(f, f->a, n), MACH_PORT_TYPE_DEAD_NAME);
	assert_int_equal(kern_port_destroy(f->k, f->a, n), 0);
}

static void
receive_rights_move(void **state)
{
	struct fixture *f = *state;
	uint32_t n = new_port(f, f->a), m, type;

	kern_port_insert_right(f->k, f->a, n, f->a, n,
	    MACH_MSG_TYPE_MAKE_SEND);
	kern_port_set_mscount(f->k, f->a, n, 9);
	assert_int_equal(kern_port_extract_right(f->k, f->a, n,
	    MACH_MSG_TYPE_MOVE_RECEIVE, f->b, &m, &type), 0);
	assert_int_equal(type_of(f, f->a, n), MACH_PORT_TYPE_SEND);
	assert_int_equal(type_of(f, f->b, m), MACH_PORT_TYPE_RECEIVE);
	assert_int_equal(kern_port_set_mscount(f->k, f->a, n, 1),
	    KERN_INVALID_RIGHT);
	/* The send right finds its way to it. */
	assert_int_equal(kern_port_extract_right(f->k, f->a, n,
	    MACH_MSG_TYPE_MOVE_SEND, f->b, &n, &type), 0);
	assert_int_equal(n, m);
	assert_int_equal(type_of(f, f->b, m), MACH_PORT_TYPE_SEND_RECEIVE);
}

static void
guards_protect(void **state)
{
	struct fixture *f = *state;
	struct port_options o = {
		.flags = MPO_CONTEXT_AS_GUARD | MPO_STRICT |
		    MPO_INSERT_SEND_RIGHT | MPO_QLIMIT, .qlimit = 7,
	};
	uint64_t context = 1;
	uint32_t n, info[10], count = 10;

	assert_int_equal(kern_port_construct(f->k, f->a, &o, 77, &n), 0);
	assert_int_equal(kern_port_mod_refs(f->k, f->a, n, R, -1),
	    KERN_INVALID_RIGHT);
	assert_int_equal(kern_port_destroy(f->k, f->a, n), KERN_INVALID_RIGHT);
	assert_int_equal(kern_port_set_context(f->k, f->a, n, 5),
	    KERN_INVALID_ARGUMENT);
	kern_port_get_context(f->k, f->a, n, &context);
	assert_int_equal(context, 0);
	assert_int_equal(kern_port_get_attributes(f->k, f->a, n,
	    MACH_PORT_RECEIVE_STATUS, info, &count), 0);
	assert_int_equal(info[3], 7);
	assert_int_equal(info[9], MACH_PORT_STATUS_FLAG_GUARDED |
	    MACH_PORT_STATUS_FLAG_STRICT_GUARD);
	assert_int_equal(kern_port_guard(f->k, f->a, n, 5, true),
	    KERN_INVALID_ARGUMENT);
	assert_int_equal(kern_port_unguard(f->k, f->a, n, 5),
	    KERN_INVALID_ARGUMENT);
	assert_int_equal(kern_port_swap_guard(f->k, f->a, n, 77, 78), 0);
	assert_int_equal(kern_port_destruct(f->k, f->a, n, -1, 77),
	    KERN_INVALID_ARGUMENT);
	assert_int_equal(kern_port_destruct(f->k, f->a, n, -2, 78),
	    KERN_INVALID_VALUE);
	assert_int_equal(kern_port_destruct(f->k, f->a, n, -1, 78), 0);
	assert_int_equal(type_of(f, f->a, n), 0);
}

static void
sets_hold_members(void **state)
{
	struct fixture *f = *state;
	uint32_t n = new_port(f, f->a), s, t, m[4], count = 0;

	kern_port_allocate(f->k, f->a, MACH_PORT_RIGHT_PORT_SET, &s);
	kern_port_allocate(f->k, f->a, MACH_PORT_RIGHT_PORT_SET, &t);
	assert_int_equal(kern_port_move_member(f->k, f->a, n, 0),
	    KERN_NOT_IN_SET);
	assert_int_equal(kern_port_insert_member(f->k, f->a, n, s), 0);
	assert_int_equal(kern_port_insert_member(f->k, f->a, n, s),
	    KERN_ALREADY_IN_SET);
	assert_int_equal(kern_port_insert_member(f->k, f->a, n, t), 0);
	assert_int_equal(kern_port_get_set_status(f->k, f->a, t, m, 4,
	    &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(m[0], n);
	assert_int_equal(kern_port_move_member(f->k, f->a, n, s), 0);
	assert_int_equal(kern_port_extract_member(f->k, f->a, n, t),
	    KERN_NOT_IN_SET);
	assert_int_equal(kern_port_insert_member(f->k, f->a, s, n),
	    KERN_INVALID_RIGHT);
	assert_int_equal(kern_port_mod_refs(f->k, f->a, s,
	    MACH_PORT_RIGHT_PORT_SET, -1), 0);
	assert_int_equal(kern_port_extract_member(f->k, f->a, n, t),
	    KERN_NOT_IN_SET);
}

static void
renaming(void **state)
{
	struct fixture *f = *state;
	uint32_t n = new_port(f, f->a), m, type;

	assert_int_equal(kern_port_rename(f->k, f->a, n, 0x5003), 0);
	assert_int_equal(type_of(f, f->a, n), 0);
	assert_int_equal(kern_port_extract_right(f->k, f->a, 0x5003,
	    MACH_MSG_TYPE_MAKE_SEND, f->b, &m, &type), 0);
	assert_int_equal(kern_port_rename(f->k, f->b, m, 0x6003), 0);
	assert_int_equal(kern_port_extract_right(f->k, f->b, 0x6003,
	    MACH_MSG_TYPE_MOVE_SEND, f->a, &m, &type), 0);
	assert_int_equal(m, 0x5003);
	assert_int_equal(kern_port_rename(f->k, f->a, m, m),
	    KERN_NAME_EXISTS);
}

static void
every_allocation_may_fail(void **state)
{
	struct fixture *f = *state;
	uint64_t at;
	uint32_t n, m, type, s;

	for (at = 1; at < 40; at++) {
		f->rig->allocs = 0;
		f->rig->fail_at = at;
		n = m = s = 0;
		kern_port_allocate(f->k, f->a, R, &n);
		kern_port_allocate(f->k, f->a, 3, &s);
		kern_port_insert_member(f->k, f->a, n, s);
		kern_port_extract_right(f->k, f->a, n,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE, f->b, &m, &type);
		kern_port_extract_right(f->k, f->a, n,
		    MACH_MSG_TYPE_MAKE_SEND, f->b, &m, &type);
		kern_port_request_notification(f->k, f->b, m,
		    MACH_NOTIFY_DEAD_NAME, 1, f->a, n,
		    MACH_MSG_TYPE_MAKE_SEND_ONCE, &type);
		if (at % 2)
			kern_port_destroy(f->k, f->a, n);
		rig_settle(f->rig);
	}
}

static void
limits_hold(void **state)
{
	struct fixture *f = *state;
	uint32_t n, i;
	int kr;

	for (i = 0, kr = 0; kr == 0; i++)
		kr = kern_port_allocate(f->k, f->a, R, &n);
	assert_int_equal(kr, KERN_RESOURCE_SHORTAGE);
	assert_in_range(i, 100000, 260000);
	assert_int_equal(kern_port_allocate(f->k, f->b, R, &n), 0);
}

#define T(f, title) { title, f, setup, teardown, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(names_have_generations,
		    "space: a name that was given up does not come back soon"),
		T(chosen_names, "allocate_name: takes free names only"),
		T(references_count_and_peg,
		    "mod_refs: user references count, and stay at the maximum"),
		T(send_rights_share_a_name,
		    "rights: send rights share a name, send-once rights do not"),
		T(death_leaves_dead_names,
		    "port: its death leaves dead names with their references"),
		T(receive_with_send_dies_to_dead_name,
		    "port: the receiver's own send right becomes a dead name"),
		T(receive_rights_move, "rights: a receive right moves"),
		T(guards_protect, "guard: only its owner destroys or changes"),
		T(sets_hold_members, "sets: a port may be in several"),
		T(renaming, "rename: the right is the same"),
		T(every_allocation_may_fail,
		    "memory: every allocation may fail and nothing is lost"),
		T(limits_hold, "memory: one guest cannot take all"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
