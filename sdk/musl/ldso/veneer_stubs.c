/* SPDX-License-Identifier: ISC */
/*
 * A shared object with a stub section of its own gets the table mapped over it as soon as
 * it is mapped; nothing of it has run yet.
 */
#include <errno.h>
#include <string.h>
#include "dynlink.h"
#include "note.h"
#include "syscall.h"
#include "veneer/native_nr.h"

static const struct veneer_note *
find_note(const unsigned char *p, size_t size)
{
	const unsigned char *end = p + size;
	size_t name, desc;
	uint32_t h[3];

	while ((size_t)(end - p) >= sizeof h) {
		memcpy(h, p, sizeof h);
		p += sizeof h;
		name = ((size_t)h[0] + 3) & ~(size_t)3;
		desc = ((size_t)h[1] + 3) & ~(size_t)3;
		if (name > (size_t)(end - p) || desc > (size_t)(end - p) - name)
			return 0;
		if (h[0] == sizeof VENEER_NOTE_NAME &&
		    h[2] == VENEER_NOTE_TYPE && h[1] >= VENEER_NOTE_DESCSZ &&
		    !memcmp(p, VENEER_NOTE_NAME, sizeof VENEER_NOTE_NAME))
			return (const void *)(p + name);
		p += name + desc;
	}
	return 0;
}

/*
 * 1, or 0 with errno set: ENOTSUP when the layer is too old for the object, or the program
 * has structures that the object does not know.
 */
hidden int
__veneer_map_stubs(unsigned char *base, const Phdr *ph, size_t n, size_t entsize)
{
	const struct veneer_note *note;
	uint64_t off;
	long r, layer = -1, program = -1;

	for (; n; n--, ph = (const void *)((const char *)ph + entsize)) {
		if (ph->p_type != PT_NOTE)
			continue;
		note = find_note(base + ph->p_vaddr, ph->p_memsz);
		if (!note)
			continue;
		layer = __syscall(NATIVE_SYS_veneer_abi, 0);
		program = __syscall(NATIVE_SYS_veneer_abi, 1);
		if (note->version != VENEER_NOTE_VERSION ||
		    note->abi_min > layer || note->abi_max < program) {
			errno = ENOTSUP;
			return 0;
		}
		off = note->stubs[0] | (uint64_t)note->stubs[1] << 32;
		r = __syscall(NATIVE_SYS_veneer_stubs_map,
		    (const unsigned char *)note + off);
		if (r < 0) {
			errno = (int)-r;
			return 0;
		}
	}
	return 1;
}
