/* SPDX-License-Identifier: ISC */
/* A service that checks in by name, its client, and the name's end. */
#include <servers/bootstrap.h>

#include "try.h"

int
main(void)
{
	struct {
		mach_msg_header_t h;
		mach_msg_trailer_t t;
	} m = { .h = { .msgh_size = sizeof(m.h), .msgh_id = 4711,
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) } };
	mach_port_t service, again, client;

	TRY(bootstrap_check_in(bootstrap_port, "org.example.echo", &service));
	WANT(BOOTSTRAP_SERVICE_ACTIVE, bootstrap_check_in(bootstrap_port,
	    "org.example.echo", &again));
	if (fork() == 0) {
		TRY(bootstrap_look_up(bootstrap_port, "org.example.echo",
		    &client));
		WANT(BOOTSTRAP_NAME_IN_USE, bootstrap_register(bootstrap_port,
		    (char *)"org.example.echo", client));
		m.h.msgh_remote_port = client;
		TRY(mach_msg(&m.h, MACH_SEND_MSG, sizeof(m.h), 0, 0, 0, 0));
		exit(0);
	}
	TRY(mach_msg(&m.h, MACH_RCV_MSG, 0, sizeof(m), service, 0, 0));
	HOLDS(m.h.msgh_id == 4711);
	reap(1);
	TRY(mach_port_mod_refs(mach_task_self(), service,
	    MACH_PORT_RIGHT_RECEIVE, -1));
	WANT(BOOTSTRAP_UNKNOWN_SERVICE, bootstrap_look_up(bootstrap_port,
	    "org.example.echo", &client));
	HOLDS(strcmp(bootstrap_strerror(BOOTSTRAP_UNKNOWN_SERVICE),
	    "unknown service") == 0);
	puts("services: found by name");
	return 0;
}
