/* SPDX-License-Identifier: ISC */
#ifndef VENEER_TRACE_RING_READER_H
#define VENEER_TRACE_RING_READER_H

#include <signal.h>

#include "layout.h"
#include "trace_ring.h"

struct ring {
	int fd;
	struct trace_ring *head;
	struct trace_record *slots;
	uint32_t nslots;	/* ours: what stands in the ring is the guests' to write */
	uint32_t tail;
	volatile sig_atomic_t kicked;
};

/* 0 or an errno. */
int ring_create(struct ring *r, uint32_t flags);
/* Copies the next record: 1; 0 when there is none within ms milliseconds, or after ring_kick. */
int ring_read(struct ring *r, struct trace_record *record, int ms);
/* Wakes a ring_read that sleeps or is about to; safe in a signal handler. */
void ring_kick(struct ring *r);
/* Writers stop waiting for us. */
void ring_close(struct ring *r);

#endif
