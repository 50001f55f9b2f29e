/* SPDX-License-Identifier: ISC */
/* A futex lock: 0 free, 1 held, 2 held and somebody sleeps. Taken only while `inside`, so no handler
 * of the guest runs under it; fork takes the locks of the blocks first (thread.c). */
#include <linux/futex.h>

#include "host.h"

void
layer_lock(struct thread_block *t, uint32_t *lock)
{
	uint32_t free = 0;

	if (__atomic_compare_exchange_n(lock, &free, 1, false,
	    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(lock, 2, __ATOMIC_ACQUIRE) != 0)
		HOST4(t, HOST_NR_futex, lock, FUTEX_WAIT_PRIVATE, 2, 0);
}

void
layer_unlock(struct thread_block *t, uint32_t *lock)
{
	if (__atomic_exchange_n(lock, 0, __ATOMIC_RELEASE) == 2)
		HOST3(t, HOST_NR_futex, lock, FUTEX_WAKE_PRIVATE, 1);
}
