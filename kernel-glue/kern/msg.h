/* SPDX-License-Identifier: ISC */
/*
 * Messages.  A message in the kernel holds rights and memory, no names and no addresses.
 *
 * state    held by                      rights in it
 * reserve  a port, for a send-once      none
 * parked   a sender's call              all
 * queued   the destination's queue      all; receive rights are in transit
 * taken    a receiver's call            all
 * dying    the work queue               those not dropped yet
 */
#ifndef VENEER_MSG_H
#define VENEER_MSG_H

#include "ipc.h"
#include "mach_layout.h"

enum {
	SIZEOF_MSG_BODY = 4,		/* the number of descriptors */
	MSG_SIZE_MAX = 1 << 16,		/* inline */
	MSG_DESCRIPTORS_MAX = 1024,
	MSG_PORTS_MAX = 1 << 14,	/* in all arrays of one message */
	MSG_MEMORY_MAX = 1 << 30,
};

struct descriptor {
	uint8_t type, disposition, copy, deallocate;
	uint16_t flags;			/* guarded */
	uint32_t n;			/* of rights, or bytes */
	uint64_t address;		/* the sender's; or a guard */
	struct right right;		/* port, guarded */
	struct right *rights;		/* port arrays, owned */
	struct memory *memory;		/* owned */
	uint64_t bulk;			/* its bytes, on the message's account */
	int error;			/* MACH_SEND_x met while fetching it */
};

struct msg {
	struct link link;		/* in a queue */
	struct work work;
	struct msg *reserve_next;
	bool notification;		/* its memory was its send-once right's reserve */
	bool kernel;			/* from the kernel itself */
	bool complex, circular;
	bool rights_in;			/* copyin is done */
	uint32_t bits;			/* the sender's, till then */
	struct right remote, local;
	uint32_t voucher, id;
	uint32_t size;			/* inline, as the sender gave it */
	uint32_t ndescs;
	struct descriptor *descs;	/* owned, or &one */
	unsigned char *data;		/* owned, or small */
	uint32_t ndata, data_used;	/* room, bytes */
	uint32_t dying;			/* how far the reaper is: descriptor, */
	uint32_t dying_right;		/* right of its array */
	struct subject subject;
	struct account *account;
	struct descriptor one;
	unsigned char small[24];
};

/* ---- msg.c ---- */
struct msg *msg_new(struct kern *k, struct account *a, uint32_t ndescs,
    uint32_t ndata);
struct msg *msg_new_notification(struct kern *k, struct account *a);
void msg_free(struct kern *k, struct msg *m);	/* has no rights or memory any more */
void msg_destroy(struct kern *k, struct msg *m);
bool msg_step(struct kern *k, struct msg *m);
/* The destination's right, when the message has been received by its receiver. */
void msg_consume_remote(struct kern *k, struct msg *m);
/* Into the queue, whatever its limit. */
void msg_post(struct kern *k, struct msg *m);
/* Messages are waiting: give them to who waits for them. */
void msg_offer(struct kern *k, struct port *p);
/* Room in the queue goes to those who have waited longest for it. */
void msg_admit(struct kern *k, struct port *p);
/* The first message of a port, out of its queue; its sequence number. */
struct msg *msg_take(struct kern *k, struct port *p, uint32_t *seqno);
/* The sender's memory has gone, to wherever. */
void msg_unbulk(struct kern *k, struct msg *m, struct descriptor *d);
uint32_t msg_trailer_size(uint32_t options);

/* ---- msg_in.c ---- */
/* A message as the sender wrote it, from byte `at` of the slot; no right is touched yet.
 * MACH_SEND_x. */
int msg_parse(struct kern *k, struct call *c, struct account *a, uint32_t at,
    uint32_t size, struct msg **out);
/*
 * Names become rights; the request on the destination's name. MACH_SEND_x: the message is
 * gone, and from the point on where its destination's right was taken, with all rights
 * that had been.
 */
int msg_copyin(struct kern *k, struct space *s, struct msg *m,
    struct request **request);

/* ---- msg_out.c ---- */
/*
 * Rights become names and the message, which is gone then, goes to the caller's slot with
 * a trailer: MACH_MSG_SUCCESS, MACH_RCV_HEADER_ERROR or _BODY_ERROR with details.
 * *written: bytes.
 */
int msg_deliver(struct kern *k, struct call *c, struct msg *m, uint32_t at,
    uint32_t *written);
/* A message that nobody can have: its header alone, with the receiver's name. */
int msg_deliver_nothing(struct kern *k, struct call *c, struct msg *m,
    uint32_t at, uint32_t *written, int mr);
/* Back to the sender, who did not get it sent (xnu: ipc_kmsg_copyout_pseudo). The detail
 * bits of what could not be given back. */
int msg_return(struct kern *k, struct call *c, struct msg *m, uint32_t at);

#endif
