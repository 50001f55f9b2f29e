/* SPDX-License-Identifier: ISC */
#ifndef VENEER_FREEBSD_TIME_H
#define VENEER_FREEBSD_TIME_H

#include "layer.h"

/* The host's clock, or -EINVAL for one that cannot be slept on or set. */
int clock_to_host(int32_t id);

#endif
