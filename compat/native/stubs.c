/* SPDX-License-Identifier: ISC */
/* Stub sections that come after the start: a linker maps them, the layer fills them. */
#include <linux/mman.h>

#include "native.h"

static bool
stubs_remember(struct thread_block *t, uint64_t at)
{
	struct mm_block *mm = t->mm;
	bool room;

	layer_lock(t, &mm->lock);
	room = mm->nstubs < sizeof(mm->stubs) / sizeof(mm->stubs[0]);
	if (room)
		mm->stubs[mm->nstubs++] = at;
	layer_unlock(t, &mm->lock);
	return room;
}

/* veneer_stubs_map(address): map the stub table over a section that a linker has just mapped. */
long
native_veneer_stubs_map(struct call *c)
{
	struct thread_block *t = c->thread;
	struct mm_block *mm = t->mm;
	uint64_t at = c->arg[0];
	long fd, ret;

	if ((at & 4095) != 0 || linux_ours(c, at, mm->stubs_size))
		return LINUX_EINVAL;
	fd = HOST4(t, HOST_NR_openat, -100, mm->layer_file, 02000000, 0);
	if (fd < 0)
		return fd;
	if (!stubs_remember(t, at)) {
		HOST1(t, HOST_NR_close, fd);
		return LINUX_ENOMEM;
	}
	ret = HOST6(t, HOST_NR_mmap, at, mm->stubs_size, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_FIXED, fd, mm->stubs_file_off);
	HOST1(t, HOST_NR_close, fd);
	if (ret >= 0 || ret <= -4096)
		return 0;
	linux_forget(c, at, 1);
	return ret;
}
