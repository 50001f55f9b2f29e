/* SPDX-License-Identifier: ISC */
/* One thread serves many ports through a port set; a timer is one of them. */
#include "try.h"

enum { PORTS = 20 };

int
main(void)
{
	mach_port_t set, port[PORTS], timer;
	mach_port_name_array_t members;
	mach_msg_type_number_t n;
	union {
		mach_msg_header_t head;
		char room[256];
	} m;
	int i, seen[PORTS] = { 0 }, ticks = 0;
	uint64_t start = mach_absolute_time();

	TRY(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_PORT_SET,
	    &set));
	for (i = 0; i < PORTS; i++) {
		port[i] = new_port();
		TRY(mach_port_insert_member(mach_task_self(), port[i], set));
	}
	timer = mk_timer_create();
	HOLDS(timer != MACH_PORT_NULL);
	TRY(mach_port_insert_member(mach_task_self(), timer, set));
	WANT(KERN_ALREADY_IN_SET, mach_port_insert_member(mach_task_self(),
	    timer, set));
	TRY(mach_port_get_set_status(mach_task_self(), set, &members, &n));
	HOLDS(n == PORTS + 1);
	TRY(vm_deallocate(mach_task_self(), (vm_address_t)members,
	    n * sizeof(*members)));
	for (i = 0; i < PORTS; i++) {
		m.head = (mach_msg_header_t){
			.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0),
			.msgh_remote_port = port[i], .msgh_id = i,
		};
		TRY(mach_msg(&m.head, MACH_SEND_MSG, sizeof(m.head), 0, 0, 0,
		    0));
	}
	TRY(mk_timer_arm(timer, start + 100000000));
	for (i = 0; i < PORTS + 1; i++) {
		TRY(mach_msg(&m.head, MACH_RCV_MSG, 0, sizeof(m), set, 0, 0));
		if (m.head.msgh_local_port == timer) {
			ticks++;
			HOLDS(mach_absolute_time() >= start + 100000000);
		} else {
			HOLDS(m.head.msgh_local_port ==
			    port[m.head.msgh_id]);
			seen[m.head.msgh_id]++;
		}
	}
	for (i = 0; i < PORTS; i++)
		HOLDS(seen[i] == 1);
	HOLDS(ticks == 1);
	WANT(MACH_RCV_TIMED_OUT, mach_msg(&m.head, MACH_RCV_MSG |
	    MACH_RCV_TIMEOUT, 0, sizeof(m), set, 10, 0));
	printf("sets: %d ports and a timer served\n", PORTS);
	return 0;
}
