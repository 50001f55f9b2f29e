/* SPDX-License-Identifier: ISC */
/* Native, under a layer: signal and wait of a semaphore that nobody else has, by turns. */
#include <mach/mach.h>

#include "serve.h"

static semaphore_t sem;

static void
setup(void)
{
	if (semaphore_create(mach_task_self(), &sem, SYNC_POLICY_FIFO, 1) != KERN_SUCCESS)
		_exit(1);
}

/* n operations, a signal and a wait each time. */
static void
many(uint64_t n)
{
	for (n = (n + 1) / 2; n > 0; n--)
		if (semaphore_signal(sem) != KERN_SUCCESS || semaphore_wait(sem) != KERN_SUCCESS)
			_exit(1);
}
