/* SPDX-License-Identifier: ISC */
#ifndef _MACH_MK_TIMER_H_
#define _MACH_MK_TIMER_H_

#include <mach/mach_time.h>

#pragma pack(push, 4)
typedef struct mk_timer_expire_msg {
	mach_msg_header_t header;
	uint64_t unused[3];
} mk_timer_expire_msg_t;
#pragma pack(pop)

mach_port_name_t mk_timer_create(void);
kern_return_t mk_timer_destroy(mach_port_name_t);
kern_return_t mk_timer_arm(mach_port_name_t, uint64_t);
kern_return_t mk_timer_cancel(mach_port_name_t, uint64_t *);

#endif
