/* SPDX-License-Identifier: ISC */
/* What the hostile guests share: a `syscall` instruction, the arena, and how to say no. */
#ifndef TESTS_ATTACK_HOSTILE_H
#define TESTS_ATTACK_HOSTILE_H

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "layout.h"

#define CHECK(x) do { \
	if (!(x)) { \
		printf("%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #x, \
		    errno); \
		fflush(stdout); \
		_exit(1); \
	} \
} while (0)

/* Around libc: raw result, by an instruction of our own. */
static inline long
raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall" : "=a"(ret)
	    : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
	    : "rcx", "r11", "memory");
	return ret;
}

static inline long
raw3(long nr, long a, long b, long c)
{
	return raw6(nr, a, b, c, 0, 0, 0);
}

/* The thread block; the arena's start from its address: slot 0 lies at +0xfe0000. */
static inline uint64_t
thread_block(void)
{
	uint64_t t;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(t));
	return t;
}

static inline uint64_t
arena(void)
{
	return (thread_block() & ~0x1fffful) - ARENA_SLOTS + ARENA_FIRST;
}

typedef int attack_fn(void);
attack_fn attack_arena, attack_descriptors, attack_limit, attack_sigsys,
    attack_masks, attack_bad_stack, attack_small_stacks, attack_storm,
    attack_raw_storm, attack_vm_children, attack_vm_execs,
    attack_threads, attack_forks,
    attack_gs, attack_jump, attack_numbers, attack_int80, attack_stubs,
    attack_read, attack_pointers, attack_random, attack_exec_storm,
    attack_exit_race, attack_thread_exit_storm, attack_dispatch_off,
    attack_wild_rsp, attack_handlers,
    attack_fork_storm, attack_thread_fork, attack_block_storm,
    attack_stop_storm, attack_mask_storm, attack_small_space;

#endif
