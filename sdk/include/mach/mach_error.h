/* SPDX-License-Identifier: ISC */
#ifndef _MACH_ERROR_H_
#define _MACH_ERROR_H_

#include <mach/kern_return.h>

/* The error's number in words: "(ipc/send) ..." is not told apart further. */
const char *mach_error_string(kern_return_t);

#endif
