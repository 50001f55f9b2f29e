/* SPDX-License-Identifier: ISC */
/* Memory out of line to a child and back, and an array of rights. */
#include "try.h"

enum { BYTES = 300000, RIGHTS = 50 };

struct message {
	mach_msg_header_t head;
	mach_msg_body_t body;
	mach_msg_ool_descriptor_t data;
	mach_msg_ool_ports_descriptor_t ports;
};
struct received {
	struct message m;
	mach_msg_trailer_t trailer;
};

static void
client(void)
{
	struct message m = { 0 };
	mach_port_t server, *ports;
	vm_address_t data, names;
	mach_port_type_t type;
	int i;

	TRY(task_get_bootstrap_port(mach_task_self(), &server));
	TRY(vm_allocate(mach_task_self(), &data, BYTES, VM_FLAGS_ANYWHERE));
	TRY(vm_allocate(mach_task_self(), &names, RIGHTS * sizeof(*ports),
	    VM_FLAGS_ANYWHERE));
	for (i = 0; i < BYTES; i++)
		((char *)data)[i] = (char)(i * 7);
	ports = (mach_port_t *)names;
	for (i = 0; i < RIGHTS; i++)
		ports[i] = new_port();
	m.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0) |
	    MACH_MSGH_BITS_COMPLEX;
	m.head.msgh_remote_port = server;
	m.body.msgh_descriptor_count = 2;
	m.data.address = (void *)data;
	m.data.size = BYTES;
	m.data.copy = MACH_MSG_VIRTUAL_COPY;
	m.data.deallocate = TRUE;
	m.data.type = MACH_MSG_OOL_DESCRIPTOR;
	m.ports.address = ports;
	m.ports.count = RIGHTS;
	m.ports.disposition = MACH_MSG_TYPE_MOVE_RECEIVE;
	m.ports.type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
	TRY(mach_msg(&m.head, MACH_SEND_MSG, sizeof(m), 0, 0, 0, 0));
	for (i = 0; i < RIGHTS; i++)
		WANT(KERN_INVALID_NAME, mach_port_type(mach_task_self(),
		    ports[i], &type));
}

int
main(void)
{
	mach_port_t port = server_port(), *ports;
	mach_port_type_t type;
	struct received r;
	char *p;
	int i;

	if (fork() == 0) {
		client();
		return 0;
	}
	TRY(mach_msg(&r.m.head, MACH_RCV_MSG, 0, sizeof(r), port, 0, 0));
	HOLDS(r.m.head.msgh_bits & MACH_MSGH_BITS_COMPLEX);
	HOLDS(r.m.body.msgh_descriptor_count == 2);
	HOLDS(r.m.data.size == BYTES);
	p = r.m.data.address;
	for (i = 0; i < BYTES; i++)
		HOLDS(p[i] == (char)(i * 7));
	HOLDS(r.m.ports.count == RIGHTS);
	ports = r.m.ports.address;
	for (i = 0; i < RIGHTS; i++) {
		TRY(mach_port_type(mach_task_self(), ports[i], &type));
		HOLDS(type == MACH_PORT_TYPE_RECEIVE);
	}
	mach_msg_destroy(&r.m.head);
	WANT(KERN_INVALID_NAME, mach_port_type(mach_task_self(), port + 0x100,
	    &type));
	reap(1);
	printf("memory: %d bytes and %d rights arrived\n", BYTES, RIGHTS);
	return 0;
}
