/* SPDX-License-Identifier: ISC */
/* Reference for an RPC: two processes that wake each other by futexes, there and back. */
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "serve.h"

static _Atomic uint32_t *word;	/* one for each direction */

static void
post(_Atomic uint32_t *w)
{
	atomic_store(w, 1);
	syscall(SYS_futex, w, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void
await(_Atomic uint32_t *w)
{
	while (atomic_load(w) == 0)
		syscall(SYS_futex, w, FUTEX_WAIT, 0, NULL, NULL, 0);
	atomic_store(w, 0);
}

static void
setup(void)
{
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (word == MAP_FAILED)
		_exit(1);
	switch (fork()) {
	case -1:
		_exit(1);
	case 0:
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(0);
		close(1);
		for (;;) {
			await(&word[0]);
			post(&word[16]);
		}
	}
}

static void
many(uint64_t n)
{
	while (n-- > 0) {
		post(&word[0]);
		await(&word[16]);
	}
}
