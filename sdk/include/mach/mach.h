/* SPDX-License-Identifier: ISC */
#ifndef _MACH_MACH_H_
#define _MACH_MACH_H_

#include <mach/clock.h>
#include <mach/kern_return.h>
#include <mach/mach_error.h>
#include <mach/mach_host.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <mach/mach_traps.h>
#include <mach/mach_types.h>
#include <mach/message.h>
#include <mach/mig.h>
#include <mach/notify.h>
#include <mach/semaphore.h>
#include <mach/sync_policy.h>
#include <mach/task.h>
#include <mach/thread_act.h>
#include <mach/thread_switch.h>
#include <mach/vm_map.h>

#endif
