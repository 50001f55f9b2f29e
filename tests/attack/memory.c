/* SPDX-License-Identifier: ISC */
/* Attacks on memory that is the layer's, and with memory that is not there. */
#include <sys/mman.h>
#include <sys/shm.h>
#include <fcntl.h>
#include <setjmp.h>
#include <time.h>

#include "hostile.h"

#define PAGE 4096ul
#define ARENA_SIZE (ARENA_BYTES - ARENA_FIRST)

static sigjmp_buf back;
static volatile sig_atomic_t caught;

static void
on_fault(int sig)
{
	caught = sig;
	siglongjmp(back, 1);
}

static void
catch_faults(void)
{
	struct sigaction sa = { .sa_handler = on_fault };

	CHECK(sigaction(SIGSEGV, &sa, NULL) == 0);
	CHECK(sigaction(SIGBUS, &sa, NULL) == 0);
	CHECK(sigaction(SIGILL, &sa, NULL) == 0);
	CHECK(sigaction(SIGTRAP, &sa, NULL) == 0);
}

static void
refuse_page(uint64_t a)
{
	void *p = (void *)a, *own;

	CHECK(munmap(p, PAGE) != 0);
	CHECK(mprotect(p, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) != 0);
	CHECK(mmap(p, PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED);
	CHECK(mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	CHECK(madvise(p, PAGE, MADV_DONTNEED) != 0);
	CHECK(madvise(p, PAGE, MADV_REMOVE) != 0);
	own = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(own != MAP_FAILED);
	CHECK(mremap(own, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p) ==
	    MAP_FAILED);
	CHECK(munmap(own, PAGE) == 0);
}

int
attack_arena(void)
{
	static const uint64_t places[] = { ARENA_BODY, ARENA_BODY + 0x1000, ARENA_GATE, ARENA_GATE + 0x2000,
	    ARENA_UNWIND, ARENA_MM, ARENA_POOL, ARENA_COMMPAGE, ARENA_SLOTS, ARENA_SLOTS + SLOT_SIZE,
	    0x2000000, ARENA_POOL_MORE, ARENA_WINDOW, ARENA_TEXT, ARENA_BYTES - PAGE };
	uint64_t a = arena();
	size_t i;
	int id;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		refuse_page(a - ARENA_FIRST + places[i]);
	/* From outside into it, across it, and to the end of everything. */
	CHECK(munmap((void *)(a - PAGE), 2 * PAGE) != 0);
	CHECK(munmap((void *)(a - PAGE), ARENA_SIZE + 2 * PAGE) != 0);
	CHECK(munmap((void *)PAGE, 0x7ffffffff000ul - PAGE) != 0);
	CHECK(mmap((void *)(a - PAGE), 16 * PAGE, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED);
	CHECK(mprotect((void *)(a - PAGE), 4 * PAGE, PROT_NONE) != 0);
	CHECK(raw3(SYS_munmap, (long)a, (long)ARENA_SIZE, 0) < 0);
	id = shmget(IPC_PRIVATE, 4 * PAGE, IPC_CREAT | 0600);
	CHECK(id >= 0);
	CHECK(shmat(id, (void *)(a + 0x1000), SHM_REMAP) == (void *)-1);
	CHECK(shmat(id, (void *)(a - 2 * PAGE), SHM_REMAP) == (void *)-1);
	CHECK(shmctl(id, IPC_RMID, NULL) == 0);
	CHECK(getppid() == (int)raw3(SYS_getppid, 0, 0, 0));
	return 0;
}

extern const char __veneer_stubs[] __attribute__((visibility("hidden")));

int
attack_stubs(void)
{
	volatile char *p = (volatile char *)(uintptr_t)__veneer_stubs;

	catch_faults();
	if (sigsetjmp(back, 1) == 0) {
		p[0] = 1;
		CHECK(!"a stub was written");
	}
	CHECK(caught == SIGSEGV);
	CHECK(getppid() > 0);
	return 0;
}

/* Every page of ours: read, write, with the fault handled by the guest. */
int
attack_read(void)
{
	volatile uint64_t a;
	uint64_t end = arena() + 0x300000;
	volatile unsigned faults = 0, reads = 0;

	catch_faults();
	for (a = arena(); a < end; a += PAGE) {
		if (sigsetjmp(back, 1) != 0) {
			faults++;
			continue;
		}
		(void)*(volatile char *)a;
		reads++;
	}
	CHECK(faults > 100);
	CHECK(reads > 2);
	if (sigsetjmp(back, 1) == 0) {
		*(volatile char *)(arena() + ARENA_GATE - ARENA_FIRST + 0x80) = 0x90;
		CHECK(!"the gate was written");
	}
	if (sigsetjmp(back, 1) == 0) {
		*(volatile char *)(arena() + ARENA_GATE - ARENA_FIRST + 0x2000) = 0x90;
		CHECK(!"the body was written");
	}
	CHECK(getppid() > 0);
	return 0;
}

/* A structure that ends beyond the last byte, or is not there, is EFAULT. */
int
attack_pointers(void)
{
	static const uint64_t bad[] = { 8, 0xfff, 0x7fffffffffff,
	    0x800000000000, 0xffff800000000000, ~0ul, ~7ul };
	char *edge = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t p[sizeof(bad) / sizeof(bad[0]) + 1];
	size_t i;

	CHECK(edge != MAP_FAILED);
	CHECK(munmap(edge + PAGE, PAGE) == 0);
	memcpy(p, bad, sizeof(bad));
	p[sizeof(bad) / sizeof(bad[0])] = (uint64_t)edge + PAGE - 3;
	for (i = 0; i < sizeof(p) / sizeof(p[0]); i++) {
		long q = (long)p[i];

		CHECK(raw6(SYS_rt_sigaction, SIGUSR1, q, 0, 8, 0, 0) == -EFAULT);
		CHECK(raw6(SYS_rt_sigaction, SIGUSR1, 0, q, 8, 0, 0) == -EFAULT);
		CHECK(raw6(SYS_rt_sigprocmask, 0, q, 0, 8, 0, 0) == -EFAULT);
		CHECK(raw6(SYS_rt_sigprocmask, 0, 0, q, 8, 0, 0) == -EFAULT);
		CHECK(raw3(SYS_rt_sigpending, q, 8, 0) == -EFAULT);
		CHECK(raw3(SYS_sigaltstack, q, 0, 0) == -EFAULT);
		CHECK(raw3(SYS_sigaltstack, 0, q, 0) == -EFAULT);
		CHECK(raw3(SYS_clock_gettime, CLOCK_MONOTONIC, q, 0) == -EFAULT);
		CHECK(raw3(SYS_nanosleep, q, 0, 0) == -EFAULT);
		CHECK(raw3(SYS_uname, q, 0, 0) == -EFAULT);
		CHECK(raw3(SYS_execve, q, 0, 0) == -EFAULT);
		CHECK(raw3(SYS_execve, (long)"/bin/true", q, 0) == -EFAULT);
		CHECK(raw3(SYS_rt_sigsuspend, q, 8, 0) == -EFAULT);
		CHECK(raw6(SYS_rt_sigtimedwait, q, 0, 0, 8, 0, 0) == -EFAULT);
		CHECK(raw6(SYS_ppoll, 0, 0, 0, q, 8, 0) == -EFAULT);
		CHECK(raw6(SYS_pselect6, 0, 0, 0, 0, 0, q) == -EFAULT);
		CHECK(raw3(SYS_getcpu, q, 0, 0) == -EFAULT);
		CHECK(raw3(SYS_gettimeofday, q, 0, 0) == -EFAULT);
		CHECK(raw3(SYS_time, q, 0, 0) == -EFAULT);
		CHECK(raw6(SYS_openat, AT_FDCWD, q, 0, 0, 0, 0) == -EFAULT);
	}
	CHECK(raw6(SYS_rt_sigprocmask, 0, 0, 0, 7, 0, 0) == -EINVAL);
	CHECK(raw6(SYS_rt_sigaction, 0, 0, 0, 8, 0, 0) == -EINVAL);
	CHECK(raw6(SYS_rt_sigaction, 65, 0, 0, 8, 0, 0) == -EINVAL);
	return 0;
}
