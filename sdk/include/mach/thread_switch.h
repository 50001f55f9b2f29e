/* SPDX-License-Identifier: ISC */
#ifndef _MACH_THREAD_SWITCH_H_
#define _MACH_THREAD_SWITCH_H_

#include <mach/mach_types.h>

#define SWITCH_OPTION_NONE 0
#define SWITCH_OPTION_DEPRESS 1
#define SWITCH_OPTION_WAIT 2

/* They let others run; whom is the host's to say. */
kern_return_t thread_switch(mach_port_name_t, int, mach_msg_timeout_t);
boolean_t swtch(void);
boolean_t swtch_pri(int);

#endif
