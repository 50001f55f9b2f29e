/* SPDX-License-Identifier: ISC */
#ifndef _MACH_SYNC_POLICY_H_
#define _MACH_SYNC_POLICY_H_

#include <mach/const_sync_policy.h>

typedef int sync_policy_t;

#endif
