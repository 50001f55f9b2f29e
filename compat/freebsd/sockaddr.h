/* SPDX-License-Identifier: ISC */
/*
 * Addresses: a length byte and an 8-bit family here, a 16-bit family on the host; the rest of
 * the internet and local forms is the same.
 */
#ifndef VENEER_FREEBSD_SOCKADDR_H
#define VENEER_FREEBSD_SOCKADDR_H

#include "layer.h"

struct sockaddr_buf {
	uint32_t len;
	union {
		uint16_t host_family;
		struct {
			uint8_t len, family;
		} bsd;
		uint8_t bytes[256];
	} u;
};

int family_to_host(int family);		/* -1: no such family */
int family_from_host(int family);
/* From the guest into the host's form. */
long sockaddr_in(struct sockaddr_buf *b, gaddr src, uint32_t len);
/* b->len bytes in the host's form become the guest's form in place. */
void sockaddr_from_host(struct sockaddr_buf *b);
/* To the guest: dst may be null; *lenp is the room, then what was stored. */
long sockaddr_out(gaddr dst, gaddr lenp, struct sockaddr_buf *b);

#endif
