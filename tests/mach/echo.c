/* SPDX-License-Identifier: ISC */
/* An echo server and its clients, each a process: ROUNDS questions, in order. */
#include "try.h"

enum { CLIENTS = 3, ROUNDS = 200 };

struct question {
	mach_msg_header_t head;
	int client, round;
};
struct received {
	struct question q;
	mach_msg_audit_trailer_t trailer;
};

static void
client(int me)
{
	mach_port_t server, reply = mig_get_reply_port();
	struct received r;
	int i;

	TRY(task_get_bootstrap_port(mach_task_self(), &server));
	for (i = 0; i < ROUNDS; i++) {
		r.q = (struct question){
			.head = {
				.msgh_bits = MACH_MSGH_BITS(
				    MACH_MSG_TYPE_COPY_SEND,
				    MACH_MSG_TYPE_MAKE_SEND_ONCE),
				.msgh_remote_port = server,
				.msgh_local_port = reply, .msgh_id = 100,
			},
			.client = me, .round = i,
		};
		TRY(mach_msg(&r.q.head, MACH_SEND_MSG | MACH_RCV_MSG,
		    sizeof(r.q), sizeof(r), reply, MACH_MSG_TIMEOUT_NONE,
		    MACH_PORT_NULL));
		HOLDS(r.q.head.msgh_id == 200);
		HOLDS(r.q.client == me && r.q.round == -i);
	}
}

int
main(int argc, char **argv)
{
	mach_port_t port = server_port();
	int i, next[CLIENTS] = { 0 };
	pid_t pid[CLIENTS];
	struct received r;

	(void)argv;
	if (argc > 1) {		/* for who wants to look at ports */
		puts("holding");
		fflush(stdout);
		pause();
	}
	for (i = 0; i < CLIENTS; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			client(i);
			return 0;
		}
	}
	for (i = 0; i < CLIENTS * ROUNDS; i++) {
		TRY(mach_msg(&r.q.head, MACH_RCV_MSG |
		    (int)MACH_RCV_TRAILER_ELEMENTS(MACH_RCV_TRAILER_AUDIT), 0,
		    sizeof(r), port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL));
		HOLDS(r.q.head.msgh_size == sizeof(r.q));
		HOLDS(r.q.round == next[r.q.client]++);
		HOLDS((pid_t)r.trailer.msgh_audit.val[5] == pid[r.q.client]);
		HOLDS(r.trailer.msgh_sender.val[0] == geteuid());
		r.q.round = -r.q.round;
		r.q.head.msgh_bits = MACH_MSGH_BITS(
		    MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
		r.q.head.msgh_local_port = MACH_PORT_NULL;
		r.q.head.msgh_id = 200;
		TRY(mach_msg(&r.q.head, MACH_SEND_MSG, sizeof(r.q), 0,
		    MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL));
	}
	reap(CLIENTS);
	printf("echo: %d questions answered\n", CLIENTS * ROUNDS);
	return 0;
}
