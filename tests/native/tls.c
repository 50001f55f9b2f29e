/* SPDX-License-Identifier: ISC */
/* libc adopts the loader's TLS block: struct pthread is where %fs pointed at the start. */
#include <pthread.h>
#include <stdint.h>

#include "t.h"

static __thread int here = 42;
static __thread char zeros[64];
static __thread int aligned __attribute__((aligned(128))) = 9;

static uintptr_t
thread_pointer(void)
{
	uintptr_t tp;

	__asm__("mov %%fs:0, %0" : "=r"(tp));
	return tp;
}

static void *
other(void *arg)
{
	CHECK(here == 42 && aligned == 9 && ((uintptr_t)&aligned & 127) == 0);
	CHECK((uintptr_t)pthread_self() == thread_pointer());
	here = 1;
	errno = 5;
	return arg;
}

int
main(void)
{
	pthread_t t;

	CHECK((uintptr_t)pthread_self() == thread_pointer());
	CHECK((uintptr_t)&here < thread_pointer());
	CHECK(here == 42 && zeros[63] == 0);
	CHECK(aligned == 9 && ((uintptr_t)&aligned & 127) == 0);
	errno = 0;
	here = 43;
	CHECK(pthread_create(&t, NULL, other, NULL) == 0);
	CHECK(pthread_join(t, NULL) == 0);
	CHECK(here == 43 && errno == 0);
	return 0;
}
