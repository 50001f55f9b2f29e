/* SPDX-License-Identifier: ISC */
/*
 * Semaphores.  While no thread waits and no other task has a right to one, its count stands
 * in a word of this process's window, with its name: signal and wait change it there by one
 * instruction.  Else the word says so, or is another's, and the supervisor is asked, who
 * takes the count out of the word first (kernel-glue/kern/kobject.h).
 */
#include <stdatomic.h>

#include <veneer.h>
#include <veneer/native_nr.h>

#include "libmach.h"

typedef _Atomic uint64_t word_t;

/*
 * Each thread remembers for itself, and for which process: a forked child's window is
 * another, and a vfork child has none of its own.
 */
static __attribute__((__tls_model__("initial-exec"))) _Thread_local struct {
	word_t *word;
	long pid;
} here;

static word_t *
words(void)
{
	long pid = veneer_stub0(NATIVE_SYS_getpid), at;

	if (__builtin_expect(here.pid != pid, 0)) {
		at = veneer_stub0(NATIVE_SYS_veneer_semaphores);
		here.word = at == -1 ? NULL : (word_t *)at;
		here.pid = here.word == NULL ? 0 : pid;
	}
	return here.word;
}

static int
in_place(semaphore_t s, int add)
{
	word_t *w = words();
	uint64_t old;

	if (w == NULL || s == MACH_PORT_NULL)
		return 0;
	w += (s >> 8) % MACH_SEMAPHORE_WORDS;
	old = atomic_load_explicit(w, memory_order_relaxed);
	do
		if (old >> 32 != s || (old & MACH_SEMAPHORE_ASK) ||
		    (add > 0 ? old + 1 : old) << 33 == 0)
			return 0;
	while (!atomic_compare_exchange_weak(w, &old, old + (uint64_t)(int64_t)add));
	return 1;
}

kern_return_t
semaphore_signal(semaphore_t s)
{
	return in_place(s, 1) ? KERN_SUCCESS :
	    MACH_CALL(semaphore_signal, 0, s);
}

kern_return_t
semaphore_wait(semaphore_t s)
{
	return in_place(s, -1) ? KERN_SUCCESS :
	    semaphore_wait_signal(s, MACH_PORT_NULL);
}

kern_return_t
semaphore_timedwait_signal(semaphore_t wait, semaphore_t signal,
    mach_timespec_t t)
{
	if (t.tv_nsec < 0 || t.tv_nsec >= 1000000000)
		return KERN_INVALID_VALUE;
	return MACH_CALL(semaphore_timedwait, 0, wait, signal,
	    t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec);
}

kern_return_t
semaphore_timedwait(semaphore_t s, mach_timespec_t t)
{
	if (t.tv_nsec >= 0 && t.tv_nsec < 1000000000 && in_place(s, -1))
		return KERN_SUCCESS;
	return semaphore_timedwait_signal(s, MACH_PORT_NULL, t);
}
