/* SPDX-License-Identifier: ISC */
/*
 * The trace ring, shared by the layer (which writes) and veneer-trace (which reads).
 *
 * A writer claims slot ticket % nslots by compare-and-swap of its word from FREE(ticket) to CLAIMED(ticket, tid),
 * which also says who holds it: a reader that finds a claim whose thread is dead takes the slot back, so a guest
 * killed at any point stops nobody.  Both sides distrust what stands in the ring.
 */
#ifndef VENEER_TRACE_RING_H
#define VENEER_TRACE_RING_H

#include <stdint.h>

enum trace_flags {
	TRACE_DATA	= 1 << 0,	/* copy what arguments point to */
	TRACE_FOLLOW	= 1 << 1,	/* children too */
};

/* State of a slot, for one ticket.
 * FREE     nobody; the next state is CLAIMED, by the writer that holds the ticket
 * CLAIMED  the thread in the word; READY when complete, FREE of the next round when that thread is dead
 * READY    the reader; FREE of the next round when read
 */
enum trace_state { TRACE_FREE, TRACE_CLAIMED, TRACE_READY };

enum trace_kind { TRACE_NONE, TRACE_ENTER, TRACE_LEAVE, TRACE_SIGNAL, TRACE_START };

enum trace_piece { PIECE_CUT = 1 << 0, PIECE_FAULT = 1 << 1 };

#define TRACE_RAW_RESTART	(-512)
#define TRACE_RAW_JUST_RETURN	(-514)

static inline uint64_t
trace_word(uint32_t ticket, uint32_t tid, enum trace_state state)
{
	return (uint64_t)ticket << 32 | ((uint64_t)tid << 2 & 0xfffffffc) | state;
}

/* What to copy for one argument: generated with the sysent, six for each number. */
struct trace_arg {
	uint8_t how;		/* enum trace_how */
	uint8_t count;		/* 0 one; n: value of argument n-1; TRACE_AT32 or TRACE_AT64 + n: what it points to */
	uint16_t size;		/* bytes of an element */
};
enum trace_how {
	HOW_IN		= 1 << 0,
	HOW_OUT		= 1 << 1,
	HOW_STRING	= 1 << 2,
	HOW_STRINGS	= 1 << 3,	/* a vector of strings */
	HOW_RESULT	= 1 << 4,	/* as many elements as the call answers */
	HOW_VECTOR	= 1 << 5,	/* pairs of address and length: what they point to follows */
};
#define TRACE_CONTENT 0x40	/* piece: argument n's vector, one piece for each pair */
#define TRACE_AT32 0x10
#define TRACE_AT64 0x20

#endif
