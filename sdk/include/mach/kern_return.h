/* SPDX-License-Identifier: ISC */
#ifndef _MACH_KERN_RETURN_H_
#define _MACH_KERN_RETURN_H_

#include <mach/const_kern_return.h>

typedef int kern_return_t;

#endif
