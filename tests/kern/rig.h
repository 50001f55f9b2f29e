/* SPDX-License-Identifier: ISC */
/*
 * A simulated host for kern/: time stands still until told, guest memory is the test's
 * own, and any hook may fail, by a seeded chance or at the n-th call.
 */
#ifndef VENEER_TESTS_KERN_RIG_H
#define VENEER_TESTS_KERN_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mach_port.h"
#include "msg.h"

enum { RIG_SLOT = 4032, RIG_THREADS = 16, RIG_TASKS = 8 };

struct memory {
	unsigned char *bytes;
	size_t n;
};

struct rig;
struct rig_thread {
	struct thread th;
	struct rig *rig;
	bool alive;
	uint64_t seq, reply;	/* reply: outstanding notification */
	bool parked, answered;
	int64_t result;
	unsigned char slot[RIG_SLOT];
};
struct rig_block;
struct rig {
	struct kern k;
	struct rig_block *blocks;	/* what kern has allocated */
	uint64_t now, timer, next_reply;
	uint64_t rng;
	unsigned fail_one_in;	/* 0: never */
	uint64_t fail_at;	/* the how-manieth allocation fails; 0: none */
	uint64_t allocs;
	size_t live, memories;	/* allocations and memory objects that exist */
	bool slow_memory;	/* memory_get ends later, by rig_memory_end */
	struct rig_thread *asked;	/* who waits for that */
	uint64_t asked_id, asked_address, asked_n;
	enum gift gift;		/* what was last asked of memory_gift */
	uint64_t gift_id;
	struct task task[RIG_TASKS];
	uint64_t words[RIG_TASKS][MACH_SEMAPHORE_WORDS];
	bool no_words;
	struct rig_thread thread[RIG_THREADS];
};

struct rig *rig_new(uint64_t seed);
/* All tasks end; nothing may be left of anything. */
void rig_end(struct rig *r);
uint64_t rig_rnd(struct rig *r, uint64_t n);
struct space *rig_space(struct rig *r, int task);
void rig_thread_start(struct rig *r, int thread, int task);
void rig_thread_stop(struct rig *r, int thread);
void rig_task_end(struct rig *r, int task);
/* Whatever is left to do is done. */
void rig_settle(struct rig *r);
void rig_advance(struct rig *r, uint64_t ns);
/* A call; true: it was answered, result in th->result. */
bool rig_call(struct rig_thread *t, uint64_t op, uint64_t a0, uint64_t a1);
/* The same notification again, or collect. */
bool rig_again(struct rig_thread *t, uint64_t op);
/* From now on guests stage their memory, as in veneerd. */
void rig_staged(struct rig *r);
void rig_memory_end(struct rig *r, int error);
/* replace.c: the kernel gives its place to another that has read its state. */
void rig_replace(struct rig *r);
/* So many images with wrong bytes: refused, or a kernel that can be taken apart; how many
 * were.  The right one goes on.  Nothing, while there is memory on its way. */
unsigned rig_damage(struct rig *r, unsigned rounds);
void *rig_block_new(struct rig *r, size_t n);
void rig_block_free(void *p);
/* audit.c: all rights that there are, against what is counted. */
void rig_audit(struct rig *r);

/* Messages: built in the slot, found in the slot. */
struct msg_args *rig_args(struct rig_thread *t);
unsigned char *rig_bytes(struct rig_thread *t);
struct rig_send {
	uint32_t options, remote, remote_disposition, local, local_disposition;
	uint32_t id, timeout, size, rcv_name, rcv_size;
	uint32_t ndescs;
};
bool rig_msg(struct rig_thread *t, const struct rig_send *s);

#endif
