/* SPDX-License-Identifier: ISC */
#ifndef _MACH_ERROR_H_
#define _MACH_ERROR_H_

#include <mach/error.h>
#include <mach/kern_return.h>

/* The errors of mach/kern_return.h, message.h and mig_errors.h by name, others by number. */
char *mach_error_string(mach_error_t);
const char *mach_error_type(mach_error_t);
void mach_error(const char *, mach_error_t);

#endif
