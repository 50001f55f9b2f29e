/* SPDX-License-Identifier: ISC */
/* Host calls by name, and the host's own structures.  host_x answers the raw result. */
#ifndef VENEER_HOST_H
#define VENEER_HOST_H

#include <linux/signal.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>

#include "host_nr.h"
#include "layer.h"

#define HOST0(t, nr) host_call(t, nr, 0, 0, 0, 0, 0, 0)
#define HOST1(t, nr, a) host_call(t, nr, (long)(a), 0, 0, 0, 0, 0)
#define HOST2(t, nr, a, b) host_call(t, nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define HOST3(t, nr, a, b, c) host_call(t, nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define HOST4(t, nr, a, b, c, d) \
	host_call(t, nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define HOST5(t, nr, a, b, c, d, e) \
	host_call(t, nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define HOST6(t, nr, a, b, c, d, e, f) \
	host_call(t, nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

#define FULL_MASK (~0ul)
#endif
