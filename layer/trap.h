/* SPDX-License-Identifier: ISC */
/*
 * The trap: how a layer asks the supervisor.  Handlers use the glue_NAME functions of
 * the generated rpc_layer.h, which this file includes.
 */
#ifndef VENEER_TRAP_H
#define VENEER_TRAP_H

#include "layer.h"
#include "rpc.h"

/* mm_block.supervisor, about the process mm_block.supervisor_pid.
 * NONE       nobody has asked yet
 * JOINED     a filter of ours answers
 * INHERITED  forked from a process that was JOINED, not asked yet
 * REFUSED    the filter is there, but one outside answers first
 * DEAD       the filter's supervisor died: for this process and its forks, for good
 */
enum supervisor_state {
	SUPERVISOR_NONE, SUPERVISOR_JOINED, SUPERVISOR_INHERITED,
	SUPERVISOR_REFUSED, SUPERVISOR_DEAD
};
enum trap_state { TRAP_NEW, TRAP_JOINED };	/* thread_block.trap_state */

/* Operation, sequence, slot's offset, three arguments: the trap's registers. */
enum { TRAP_ARGS = 6 };
/* The same by the window transport.  -ENOSYS: the supervisor died, or there is no window. */
long trap_window(struct thread_block *t, const uint64_t arg[TRAP_ARGS],
    bool interruptible);

struct glue {
	uint32_t op;
	uint64_t arg0, arg1, arg2;
	gaddr in, out;		/* guest memory: copied into and out of the slot */
	uint64_t in_len, out_len;
};
/*
 * One glue call: the result, or
 *   -ERESTARTSYS, -EINTR  a signal came and the operation was given up
 *   -ENOTCONN             the supervisor died
 *   -ECONNREFUSED         it could not be started or reached
 *   -EBUSY                another tool holds this process's seccomp listener
 *   -EPERM and others     what the kernel or an outer filter answered
 *   -EFAULT, -ENOMEM      the payload
 */
long trap_call(struct thread_block *t, const struct glue *g);

/* In the child of a fork, before guest code: the parent's window is not ours. */
void trap_fork_child(struct thread_block *t);

/* In its parent, before guest code: the child's task inherits what ours has now. */
void trap_fork_parent(struct thread_block *t, long child);
/* This thread ends, its process stays. */
void trap_thread_end(struct thread_block *t);

struct stat;
/* Would the kernel give the process of this file more rights? fd: the file, -1 where only its path is known. */
bool trap_exec_gains(struct thread_block *t, long fd, const char *path, const struct stat *st);
/* Would such an exec lose them to our filter? Then it is refused, which is logged. */
bool trap_exec_refuse(struct thread_block *t);

/* Does a supervisor of ours answer this thread's traps? */
bool trap_answers(struct thread_block *t);

#include "rpc_layer.h"

#endif
