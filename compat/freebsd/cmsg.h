/* SPDX-License-Identifier: ISC */
#ifndef VENEER_FREEBSD_CMSG_H
#define VENEER_FREEBSD_CMSG_H

#include "layer.h"

/* Control data in the host's form. */
struct cmsg_buf {
	uint32_t len, pad;
	uint8_t bytes[4096] __attribute__((aligned(8)));
};

long cmsg_in(struct call *c, struct cmsg_buf *b, gaddr src, uint32_t len);
/* *len is the room, then what was stored; MSG_CTRUNC is added to *flags when some did not fit. */
long cmsg_out(struct call *c, struct cmsg_buf *b, gaddr dst, uint32_t *len,
    int32_t *flags);

#endif
