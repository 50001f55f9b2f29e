/* SPDX-License-Identifier: ISC */
/*
 * All state of kern/ as bytes, and back, for a successor process.
 *
 * Theory of operation.  abi/native/state.tbl has a row for each field of each structure;
 * one walk over these rows writes, another reads.  Pointers become numbers of objects, in
 * the order in which they are found from tasks, threads and the kernel's own lists; lists
 * become sequences.  What can be derived (hash tables, the timer heap) is made anew.
 *
 * Reading trusts nothing: every number and count is bounded, every reference has the right
 * type, and at the end all rights, references, owners and charges are counted again and
 * compared with what the objects say (state_check.c).
 */
#ifndef VENEER_STATE_H
#define VENEER_STATE_H

#include "kern.h"
#include "state_table.h"

struct state_image {
	unsigned char *bytes;	/* owned; free() it */
	size_t n, room;
	bool failed;		/* no memory */
};

/* What the host keeps by itself. */
struct state_ops {
	/* Write: a number for memory whose bytes the host hands over. */
	uint64_t (*memory_save)(void *host, struct memory *m);
	/* Read: the memory of a number, once each; NULL: there is none.  *n: its bytes. */
	struct memory *(*memory_load)(void *host, uint64_t number, size_t *n);
	size_t (*memory_size)(void *host, const struct memory *m);
	/* Read: zeroed room for a task or thread of that id; NULL: the host has none. */
	struct task *(*task)(void *host, uint64_t id);
	struct thread *(*thread)(void *host, uint64_t id);
};

/* Nothing changes in k. 0 or RPC_ENOMEM. */
int kern_save(struct kern *k, const struct state_ops *ops,
    struct state_image *out);
/*
 * Into a kernel that has just been initialised.  0; else RPC_EINVAL, with a reason, or
 * RPC_ENOMEM: then k is as it was, and what the ops gave is the host's to free.
 */
int kern_load(struct kern *k, const struct state_ops *ops, const void *bytes,
    size_t n, const char **why);

/* ---- the rest is between state_*.c ---- */
enum state_how { HOW_num, HOW_raw, HOW_key, HOW_part, HOW_link, HOW_list,
	HOW_owns, HOW_ref, HOW_send, HOW_sonce, HOW_sends, HOW_own, HOW_lend,
	HOW_right, HOW_memory, HOW_drop, HOW_code };

struct state_field {
	enum state_how how;
	unsigned since;
	enum state_type type;	/* of what it refers to */
	size_t offset, size;
	size_t element;		/* of a list: where the elements' link is */
	uint64_t max;		/* of a number, 0 any; else a code */
};
struct state_struct {
	const char *name;
	const struct state_field *field;
	size_t nfields, size;
	bool object;
};
extern const struct state_struct state_structs[STATE_TYPES];
uint32_t state_shape(uint64_t version);
uint64_t state_sum(const unsigned char *p, size_t n);

enum { STATE_MAGIC = 0x534b4e56, STATE_HEAD = 32 };	/* VNKS */

/* An object that is written or read, by its address. */
struct state_object {
	struct node node;	/* id: the address */
	enum state_type type;
	void *p;
	uint64_t number;	/* from 1 */
	/* Counted while reading. */
	uint64_t refs, sends, sonces, receives, owners;
	uint64_t used, bulk;	/* of accounts: charges; of ports: messages to send-once rights */
};

struct state_load {
	struct kern *k;
	const struct state_ops *ops;
	const unsigned char *at, *end;
	uint64_t version;
	struct state_object *object;	/* owned, nobjects */
	uint64_t nobjects;
	struct table map;
	struct block {
		void *p;
		size_t n;
	} *block;		/* what was allocated */
	size_t nblocks, room;
	const char *why;	/* NULL: all is well */
	int error;
};
/* Remember why, once; false. */
bool load_fail(struct state_load *ld, const char *why);
struct state_object *load_find(struct state_load *ld, const void *p);
/* Zeroed, noted; NULL: failed. */
void *load_alloc(struct state_load *ld, size_t n);
uint64_t load_num(struct state_load *ld, uint64_t max);
/* The object of a number in the image, or NULL: 0, or failed. */
struct state_object *load_object(struct state_load *ld, enum state_type type);
void load_struct(struct state_load *ld, enum state_type type, void *p);
void load_right(struct state_load *ld, void *right);
/* state_parts.c: what has rules of its own. */
void load_code(struct state_load *ld, enum state_code code, void *p);
/* state_check.c: all is read; is it a kernel? */
void load_check(struct state_load *ld);

#endif
