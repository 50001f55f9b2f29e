/* SPDX-License-Identifier: ISC */
/* mach_port_x of mach/mach_port.h, on a space.  All answer KERN_x. */
#ifndef VENEER_MACH_PORT_H
#define VENEER_MACH_PORT_H

#include "ipc.h"

struct port_options {		/* mach_port_options_t */
	uint32_t flags, qlimit;
	uint64_t reserved[2];
};
struct port_status {		/* mach_port_status_t */
	uint32_t pset, seqno, mscount, qlimit, msgcount, sorights, srights,
	    pdrequest, nsrequest, flags;
};
struct space_info {		/* ipc_info_space_t */
	uint32_t genno_mask, table_size, table_next, tree_size, tree_small,
	    tree_hash;
};
struct name_info {		/* ipc_info_name_t */
	uint32_t name, collision, type, urefs, object, next, hash;
};
struct peek_info {
	uint32_t seqno, size, id;
	struct subject sender;
	bool kernel;
};

int kern_port_allocate(struct kern *k, struct space *s, uint32_t right,
    uint32_t *name);
int kern_port_allocate_name(struct kern *k, struct space *s, uint32_t right,
    uint32_t name);
int kern_port_construct(struct kern *k, struct space *s,
    const struct port_options *o, uint64_t context, uint32_t *name);
int kern_port_destruct(struct kern *k, struct space *s, uint32_t name,
    int32_t srdelta, uint64_t guard);
int kern_port_deallocate(struct kern *k, struct space *s, uint32_t name);
int kern_port_destroy(struct kern *k, struct space *s, uint32_t name);
int kern_port_mod_refs(struct kern *k, struct space *s, uint32_t name,
    uint32_t right, int32_t delta);
int kern_port_rename(struct kern *k, struct space *s, uint32_t old,
    uint32_t name);
/* The next name from *cursor on (0 at first); KERN_FAILURE after the last. */
int kern_port_names(struct kern *k, struct space *s, uint32_t *cursor,
    uint32_t *name, uint32_t *type);
int kern_port_type(struct kern *k, struct space *s, uint32_t name,
    uint32_t *type);
int kern_port_get_refs(struct kern *k, struct space *s, uint32_t name,
    uint32_t right, uint32_t *refs);
int kern_port_insert_right(struct kern *k, struct space *s, uint32_t name,
    struct space *from, uint32_t poly, uint32_t disposition);
int kern_port_extract_right(struct kern *k, struct space *s, uint32_t name,
    uint32_t disposition, struct space *to, uint32_t *poly, uint32_t *type);
/* The same with rights in hand: what the call took is NULL afterwards, else the caller's. */
int kern_port_insert(struct kern *k, struct space *s, uint32_t name,
    struct right *r);
int kern_port_extract(struct kern *k, struct space *s, uint32_t name,
    uint32_t disposition, struct right *out);
int kern_port_request(struct kern *k, struct space *s, uint32_t name,
    uint32_t id, uint32_t sync, struct right *r, struct right *old);
int kern_port_insert_member(struct kern *k, struct space *s, uint32_t name,
    uint32_t set);
int kern_port_extract_member(struct kern *k, struct space *s, uint32_t name,
    uint32_t set);
int kern_port_move_member(struct kern *k, struct space *s, uint32_t name,
    uint32_t after);
/* Members in no order from *cursor on; KERN_FAILURE after the last. */
int kern_port_get_set_status(struct kern *k, struct space *s, uint32_t name,
    uint32_t *members, uint32_t room, uint32_t *count);
int kern_port_get_attributes(struct kern *k, struct space *s, uint32_t name,
    int flavor, uint32_t *info, uint32_t *count);
int kern_port_set_attributes(struct kern *k, struct space *s, uint32_t name,
    int flavor, const uint32_t *info, uint32_t count);
int kern_port_set_mscount(struct kern *k, struct space *s, uint32_t name,
    uint32_t mscount);
int kern_port_set_seqno(struct kern *k, struct space *s, uint32_t name,
    uint32_t seqno);
int kern_port_get_context(struct kern *k, struct space *s, uint32_t name,
    uint64_t *context);
int kern_port_set_context(struct kern *k, struct space *s, uint32_t name,
    uint64_t context);
int kern_port_guard(struct kern *k, struct space *s, uint32_t name,
    uint64_t guard, bool strict);
int kern_port_guard_with_flags(struct kern *k, struct space *s, uint32_t name,
    uint64_t guard, uint64_t flags);
int kern_port_unguard(struct kern *k, struct space *s, uint32_t name,
    uint64_t guard);
int kern_port_swap_guard(struct kern *k, struct space *s, uint32_t name,
    uint64_t old, uint64_t guard);
int kern_port_peek(struct kern *k, struct space *s, uint32_t name,
    uint32_t trailer, uint32_t *room, struct peek_info *out);
/* `notify` is named in `from`; the previous right gets a name there. */
int kern_port_request_notification(struct kern *k, struct space *s,
    uint32_t name, uint32_t id, uint32_t sync, struct space *from,
    uint32_t notify, uint32_t disposition, uint32_t *previous);
int kern_port_space_info(struct kern *k, struct space *s,
    struct space_info *out);
int kern_port_space_name(struct kern *k, struct space *s, uint32_t *cursor,
    struct name_info *out);
int kern_port_kobject(struct kern *k, struct space *s, uint32_t name,
    uint32_t *type, uint64_t *address);

#endif
