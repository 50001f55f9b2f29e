/* SPDX-License-Identifier: ISC */
/* Asynchronous io and what it needs of kqueue. */
#ifndef VENEER_FREEBSD_AIO_H
#define VENEER_FREEBSD_AIO_H

#include "freebsd.h"

void freebsd_aio_fork_child(struct thread_block *t);

/* knote.c: is the descriptor a kqueue; tell it of a finished request, until its result has been taken. */
bool freebsd_kq_is(struct thread_block *t, int fd);
void freebsd_kq_aio_finished(struct call *c, int kq, uint64_t cb, uint64_t udata,
    uint16_t flags, uint32_t error);
void freebsd_kq_aio_returned(struct thread_block *t, uint64_t cb);

#endif
