/* SPDX-License-Identifier: ISC */
#ifndef _MACH_INIT_H_
#define _MACH_INIT_H_

#include <mach/mach_types.h>

mach_port_t mach_task_self(void);
mach_port_t mach_thread_self(void);
mach_port_t mach_host_self(void);
mach_port_t mach_reply_port(void);
mach_port_t mach_bootstrap_port(void);
#define bootstrap_port mach_bootstrap_port()
#define current_task() mach_task_self()

#endif
