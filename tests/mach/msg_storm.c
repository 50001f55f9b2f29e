/* SPDX-License-Identifier: ISC */
/*
 * msg_storm MESSAGES: two processes send each other numbered messages while SIGALRM rains
 * on both, with and without SA_RESTART; callers that ask to be told of interruptions go on
 * by themselves.  Every message arrives once, in order.
 */
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "rain.h"
#include "try.h"

struct numbered {
	mach_msg_header_t head;
	int number, pad;
	mach_msg_trailer_t trailer;
};
enum { BYTES = sizeof(mach_msg_header_t) + 2 * sizeof(int) };
struct counts {
	atomic_int sent_again, received_again;
};
static struct counts *counts;

static void
put(mach_port_t to, int number, int told)
{
	struct numbered m;
	mach_msg_return_t mr;

	m = (struct numbered){ .head = {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
		.msgh_remote_port = to, .msgh_id = number }, .number = number };
	for (;;) {
		mr = mach_msg(&m.head, MACH_SEND_MSG |
		    (told ? MACH_SEND_INTERRUPT : 0), BYTES, 0, MACH_PORT_NULL,
		    0, MACH_PORT_NULL);
		if (mr != MACH_SEND_INTERRUPTED || !told)
			break;
		counts->sent_again++;
		/* The message is back, its right perhaps moved into it. */
		HOLDS(m.number == number);
	}
	TRY(mr);
}

static void
get(mach_port_t from, int number, int told)
{
	struct numbered m;
	mach_msg_return_t mr;

	while ((mr = mach_msg(&m.head, MACH_RCV_MSG |
	    (told ? MACH_RCV_INTERRUPT : 0), 0, sizeof(m), from, 0,
	    MACH_PORT_NULL)) == MACH_RCV_INTERRUPTED && told)
		counts->received_again++;
	TRY(mr);
	if (m.number != number)
		printf("%d instead of %d\n", m.number, number);
	HOLDS(m.number == number && m.head.msgh_id == number);
}

/* Bursts fill the queue of five, so that both sending and receiving wait. */
static void
exchange(mach_port_t to, mach_port_t from, int n, int first)
{
	int out = 0, in = 0, i;

	while (out < n || in < n) {
		for (i = 0; first && i < 7 && out < n; i++, out++)
			put(to, out, out / 64 & 1);
		for (i = 0; i < 7 && in < n; i++, in++)
			get(from, in, in / 64 & 1);
		for (i = 0; !first && i < 7 && out < n; i++, out++)
			put(to, out, out / 64 & 1);
	}
}

int
main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 2000;
	mach_port_t mine, theirs;
	struct numbered m = { 0 };
	pid_t pid;

	counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	HOLDS(counts != MAP_FAILED);
	mine = server_port();
	pid = fork();
	if (pid == 0) {
		TRY(task_get_bootstrap_port(mach_task_self(), &theirs));
		mine = new_port();
		m.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
		    MACH_MSG_TYPE_MAKE_SEND);
		m.head.msgh_remote_port = theirs;
		m.head.msgh_local_port = mine;
		TRY(mach_msg(&m.head, MACH_SEND_MSG, BYTES, 0, 0, 0, 0));
	} else {
		TRY(mach_msg(&m.head, MACH_RCV_MSG, 0, sizeof(m), mine, 0, 0));
		theirs = m.head.msgh_remote_port;
	}
	rain(pid == 0, 211);
	exchange(theirs, mine, n / 2, pid == 0);
	rain(pid != 0, 307);
	exchange(theirs, mine, n / 2, pid != 0);
	rain(1, 0);
	if (pid == 0)
		return 0;
	reap(1);
	fprintf(stderr, "again: %d sent, %d received\n", counts->sent_again,
	    counts->received_again);
	printf("msg_storm: %d both ways, once each\n", n);
	return 0;
}
