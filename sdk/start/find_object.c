/* SPDX-License-Identifier: ISC */
/*
 * What Debian's libgcc asks glibc for when it unwinds, for our libc: which object holds an
 * address, and where its .eh_frame_hdr is.
 */
#define _GNU_SOURCE
#include <link.h>
#include <stddef.h>
#include <stdint.h>

struct found {	/* glibc's struct dl_find_object */
	unsigned long long flags;
	void *map_start, *map_end;
	void *link_map;
	void *eh_frame;
	unsigned long long spare[7];
};

struct query {
	uintptr_t pc;
	struct found *out;
};

int _dl_find_object(void *pc, struct found *out);

static int
look(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct query *q = arg;
	uintptr_t lo = UINTPTR_MAX, hi = 0, eh = 0;
	int inside = 0;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type == PT_GNU_EH_FRAME)
			eh = at;
		if (ph->p_type != PT_LOAD)
			continue;
		inside |= q->pc - at < ph->p_memsz;
		lo = at < lo ? at : lo;
		hi = at + ph->p_memsz > hi ? at + ph->p_memsz : hi;
	}
	if (!inside || eh == 0)
		return 0;
	*q->out = (struct found){ .map_start = (void *)lo,
	    .map_end = (void *)hi, .eh_frame = (void *)eh };
	return 1;
}

__attribute__((__visibility__("hidden"))) int
_dl_find_object(void *pc, struct found *out)
{
	struct query q = { (uintptr_t)pc, out };

	return dl_iterate_phdr(look, &q) == 1 ? 0 : -1;
}
