/* SPDX-License-Identifier: ISC */
/* Large memory: moved and copied out of line, and what a fork makes of it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "try.h"

enum { BYTES = (1 << 20) + 5000, ROUNDS = 20 };

struct message {
	mach_msg_header_t head;
	mach_msg_body_t body;
	mach_msg_ool_descriptor_t data;
};
struct received {
	struct message m;
	mach_msg_trailer_t trailer;
};

static char *
allocate(char fill)
{
	vm_address_t p;

	TRY(vm_allocate(mach_task_self(), &p, BYTES, VM_FLAGS_ANYWHERE));
	HOLDS(((char *)p)[0] == 0 && ((char *)p)[BYTES - 1] == 0);
	memset((char *)p, fill, BYTES);
	return (char *)p;
}

static void
send(mach_port_t port, char *p, boolean_t move)
{
	struct message m = {
		.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0) |
		    MACH_MSGH_BITS_COMPLEX,
		.head.msgh_remote_port = port,
		.body.msgh_descriptor_count = 1,
		.data.address = p, .data.size = BYTES,
		.data.copy = MACH_MSG_VIRTUAL_COPY, .data.deallocate = move,
		.data.type = MACH_MSG_OOL_DESCRIPTOR,
	};

	TRY(mach_msg(&m.head, MACH_SEND_MSG, sizeof(m), 0, 0, 0, 0));
}

static char *
receive(mach_port_t port, char fill)
{
	struct received r;
	char *p;
	int i;

	TRY(mach_msg(&r.m.head, MACH_RCV_MSG, 0, sizeof(r), port, 0, 0));
	HOLDS(r.m.data.size == BYTES);
	p = r.m.data.address;
	for (i = 0; i < BYTES; i++)
		HOLDS(p[i] == fill);
	return p;
}

static int
mapped(const char *p)
{
	unsigned char there;

	return mincore((void *)((uintptr_t)p & ~4095ul), 1, &there) == 0;
}

static int
descriptors(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 64; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
give_back(char *p)
{
	TRY(vm_deallocate(mach_task_self(), (vm_address_t)p, BYTES));
	HOLDS(!mapped(p));
}

int
main(void)
{
	mach_port_t port = new_port();
	int i, before = descriptors();
	char *p, *q;

	for (i = 0; i < ROUNDS; i++) {
		p = allocate(1);
		send(port, p, TRUE);
		HOLDS(!mapped(p));
		q = receive(port, 1);
		memset(q, 2, BYTES);	/* it is ours, and goes on as a copy */
		send(port, q, i & 1);
		if ((i & 1) == 0) {
			memset(q, 3, BYTES);
			give_back(q);
		}
		HOLDS(!mapped(q));
		give_back(receive(port, 2));
	}
	p = allocate(4);
	if (fork() == 0) {
		HOLDS(p[BYTES - 1] == 4);
		memset(p, 5, BYTES);
		port = new_port();
		send(port, p, TRUE);
		give_back(receive(port, 5));
		exit(0);
	}
	reap(1);
	HOLDS(p[0] == 4 && p[BYTES - 1] == 4);
	q = allocate(6);
	TRY(vm_deallocate(mach_task_self(), (vm_address_t)q, 65536));
	HOLDS(!mapped(q) && q[65536] == 6 && q[BYTES - 1] == 6);
	TRY(vm_deallocate(mach_task_self(), (vm_address_t)q + 65536,
	    BYTES - 65536));
	send(port, p, FALSE);
	memset(p, 7, BYTES);
	give_back(receive(port, 4));
	give_back(p);
	HOLDS(descriptors() == before);
	printf("regions: %d moved, none shared\n", ROUNDS);
	return 0;
}
