/* SPDX-License-Identifier: ISC */
/* What execve reads of a file that it is to classify, and of /proc/self/maps. */
#include <stdio.h>

#include "fake_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fake_host f;
	static char *argv[] = { (char *)(uintptr_t)"prog", NULL };

	fake_host_init(&f);
	f.content = data;
	f.content_len = size;
	exec_guest(&f.thread.call, -100, guest((uint64_t)"/bin/prog"),
	    guest((uint64_t)argv), guest(0), 0);
	if (f.opens != f.closes)
		__builtin_trap();
	f.link = "/proc/77/maps";
	f.mm.nstubs = 1;
	f.mm.stubs[0] = 0x400000;
	f.content_at = 0;
	maps_filter(&f.thread, 9, "/proc/self/maps");
	fake_host_fini(&f);
	return 0;
}
