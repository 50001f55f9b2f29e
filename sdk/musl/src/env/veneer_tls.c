/* SPDX-License-Identifier: ISC */
/*
 * The loader has set up the first thread's TLS: the program's image lies below the thread
 * pointer, room for struct pthread and a short DTV at and above it (VENEER_TLS_ROOM).
 */
#include "libc.h"
#include "note.h"
#include "pthread_impl.h"

_Static_assert(sizeof(struct pthread) + 2 * sizeof(uintptr_t) <= VENEER_TLS_ROOM,
    "the loader's room holds struct pthread and the DTV");

void *
__veneer_adopt_tls(void)
{
	struct pthread *td = (struct pthread *)__get_tp();
	uintptr_t *dtv = (uintptr_t *)(td + 1);

	dtv[0] = libc.tls_cnt;
	if (libc.tls_head)
		dtv[1] = (uintptr_t)td - libc.tls_head->offset + DTP_OFFSET;
	td->dtv = dtv;
	return td;
}
