/* SPDX-License-Identifier: ISC */
/* A personality's names, as abi/gen/trace.awk writes them. */
#ifndef VENEER_TRACE_NAMES_H
#define VENEER_TRACE_NAMES_H

#include <stddef.h>
#include <stdint.h>

enum trace_value_kind {
	KIND_INT, KIND_UINT, KIND_LONG, KIND_ULONG, KIND_HEX, KIND_SIZE, KIND_OFF,
	KIND_FD, KIND_DIRFD, KIND_PID, KIND_UID, KIND_MODE, KIND_SIG, KIND_PTR,
	KIND_VOID, KIND_COUNT, KIND_FLAGS,
	/* pointers, by what they point to */
	KIND_STRING, KIND_STRINGS, KIND_BYTES, KIND_STRUCT, KIND_SIGNEDS, KIND_UNSIGNEDS,
};

enum trace_show { SHOW_PLAIN, SHOW_HEX, SHOW_MODE, SHOW_BE16, SHOW_IP4, SHOW_IP6, SHOW_SIGSET };

struct trace_name {
	int64_t value;
	const char *name;
};

struct trace_group {
	const char *name;
	int is_set;
	uint64_t mask;		/* bits of a set that hold one value */
	unsigned first, count;
};

/* Names of group base are other's while the argument that chooses has the value. */
struct trace_case {
	int base;		/* -1: the end */
	int64_t value;
	int other;
};

struct trace_field {
	const char *name;
	unsigned off, bytes, count;
	int type;		/* 0 unsigned, 1 signed, 2 text */
	enum trace_show show;
	int group, sub;		/* -1 none */
};

struct trace_struct {
	const char *name;
	unsigned size, first, count;
	int vector;		/* a pointer and a length, then what it points to */
};

struct trace_param {
	const char *name;
	enum trace_value_kind kind;
	int group, sub;
	unsigned bytes;		/* of an element */
	unsigned dir;		/* 1 read by the call, 2 written, 3 both */
	int more;		/* pointers: an array; flags: 1 + the argument that chooses the case */
};

struct trace_row {
	uint32_t nr;
	const char *name;
	unsigned since, until;
	enum trace_value_kind ret;
	unsigned first, count;
};

struct trace_personality {
	const char *name;
	uint32_t id;
	const struct trace_name *names;
	const struct trace_group *groups;
	const struct trace_case *cases;
	const struct trace_field *fields;
	const struct trace_struct *structs;
	const struct trace_param *params;
	const struct trace_row *rows;
	const char *const *errors;	/* by host errno */
	const char *const *own_errors;	/* by the personality's */
	const int (*host_signals)[2];	/* by host signal: number, index of the name + 1 */
	unsigned ngroups, nstructs, nrows, nerrors, nown_errors;
};

extern const struct trace_personality trace_native, trace_freebsd, trace_linux;

#endif
