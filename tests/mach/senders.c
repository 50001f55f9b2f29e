/* SPDX-License-Identifier: ISC */
/*
 * A server that ends an object when its last client has gone, however it went; and a
 * client that hears when its server dies.
 */
#include <signal.h>

#include "try.h"

static void
wait_for(mach_port_t port, int id, int word)
{
	union {
		mach_no_senders_notification_t n;
		char room[256];
	} m;

	TRY(mach_msg(&m.n.not_header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
	    sizeof(m), port, 120000, MACH_PORT_NULL));
	HOLDS(m.n.not_header.msgh_id == id);
	if (word >= 0)
		HOLDS(m.n.not_count == (mach_msg_type_number_t)word);
}

static mach_port_t
request(mach_port_t name, int id, int sync, mach_port_t to)
{
	mach_port_t old;

	TRY(mach_port_request_notification(mach_task_self(), name, id,
	    (mach_port_mscount_t)sync, to, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &old));
	return old;
}

int
main(void)
{
	mach_port_t port = server_port(), notify = new_port(), peer;
	pid_t pid[3];
	int i, up[2];
	char c;

	HOLDS(pipe(up) == 0);
	HOLDS(request(port, MACH_NOTIFY_NO_SENDERS, 1, notify) == 0);
	for (i = 0; i < 3; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			HOLDS(bootstrap_port != MACH_PORT_NULL);
			HOLDS(write(up[1], "", 1) == 1);
			if (i == 0)
				return 0;
			pause();
		}
	}
	/* A child inherits when it first asks the supervisor. */
	for (i = 0; i < 3; i++)
		HOLDS(read(up[0], &c, 1) == 1);
	TRY(task_set_bootstrap_port(mach_task_self(), MACH_PORT_NULL));
	TRY(mach_port_deallocate(mach_task_self(), port));
	kill(pid[1], SIGKILL);
	kill(pid[2], SIGTERM);
	wait_for(notify, MACH_NOTIFY_NO_SENDERS, 1);
	for (i = 0; i < 3; i++)
		waitpid(pid[i], NULL, 0);

	/* The other way: who has a send right hears that the receiver died. */
	TRY(mach_port_insert_right(mach_task_self(), port, port,
	    MACH_MSG_TYPE_MAKE_SEND));
	TRY(task_set_bootstrap_port(mach_task_self(), port));
	if (fork() == 0) {
		struct {
			mach_msg_header_t head;
			mach_msg_body_t body;
			mach_msg_port_descriptor_t d;
		} m = {
			.head = {
				.msgh_bits = MACH_MSGH_BITS(
				    MACH_MSG_TYPE_COPY_SEND, 0) |
				    MACH_MSGH_BITS_COMPLEX,
				.msgh_remote_port = bootstrap_port,
			},
			.body = { 1 },
			.d = { .name = new_port(), .disposition =
				MACH_MSG_TYPE_MAKE_SEND },
		};
		TRY(mach_msg(&m.head, MACH_SEND_MSG, sizeof(m), 0, 0, 0, 0));
		usleep(200000);
		return 0;
	}
	{
		struct {
			mach_msg_header_t head;
			mach_msg_body_t body;
			mach_msg_port_descriptor_t d;
			mach_msg_trailer_t t;
		} m;

		TRY(mach_msg(&m.head, MACH_RCV_MSG, 0, sizeof(m), port, 0, 0));
		peer = m.d.name;
	}
	request(peer, MACH_NOTIFY_DEAD_NAME, 1, notify);
	wait_for(notify, MACH_NOTIFY_DEAD_NAME, (int)peer);
	reap(1);
	printf("senders: all gone and noticed\n");
	return 0;
}
