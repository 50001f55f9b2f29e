/* SPDX-License-Identifier: ISC */
/*
 * The note and the section by which a loader knows a native object (program or shared
 * object).  For C and assembly; included by the planner, the SDK's start code and its
 * dynamic linker.
 *
 * Section .veneer.stubs: NOBITS, writable, VENEER_STUBS_SIZE bytes, page-aligned; nothing
 * else shares its pages.  The loader maps the layer's stub table over it; the stub of call
 * nr stands at nr * VENEER_STUB_SIZE, and the last one takes its number from %eax.
 *
 * Section .note.veneer: one note, read from PT_NOTE.  `stubs` counts from the first byte of
 * the descriptor to the section, both at their link-time addresses, so it needs no relocation.
 */
#ifndef VENEER_NOTE_H
#define VENEER_NOTE_H

#define VENEER_NOTE_NAME	"Veneer"
#define VENEER_NOTE_TYPE	1
#define VENEER_NOTE_VERSION	1
#define VENEER_NOTE_DESCSZ	32
#define VENEER_STUB_SIZE	16
#define VENEER_NSTUBS		1024
#define VENEER_STUBS_SIZE	16384
#define VENEER_STUB_INDIRECT	1023	/* number in %eax */
#define VENEER_TLS_ROOM		512	/* what our musl wants at and above the thread pointer */

#ifndef __ASSEMBLER__
#include <stdint.h>

/* The descriptor; 4-byte aligned in the file. */
struct veneer_note {
	uint32_t version;
	uint32_t abi_min;	/* native versions that the object works with */
	uint32_t abi_max;
	uint32_t tls_room;	/* zeroed bytes wanted at and above the thread pointer */
	uint32_t stubs[2];	/* int64_t, low half first */
	uint32_t size[2];	/* uint64_t: bytes of the section */
};
_Static_assert(sizeof(struct veneer_note) == VENEER_NOTE_DESCSZ, "note");
#endif
#endif
