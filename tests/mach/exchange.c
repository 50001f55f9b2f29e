/* SPDX-License-Identifier: ISC */
/*
 * exchange [step] N: N steps between two processes, each checked.  Over every step stand a
 * parked receive, a parked semaphore wait, an armed timer, and a queued message with memory
 * out of line.  With `step`, each step waits for a byte on stdin.
 */
#include <mach/mach_time.h>
#include <pthread.h>

#include "try.h"

enum { NOTE = 70, BYTES = 9000 };

struct question {
	mach_msg_header_t head;
	mach_msg_body_t body;
	mach_msg_port_descriptor_t port;
	mach_msg_ool_descriptor_t data;
	int step;
};
struct asked {
	struct question q;
	mach_msg_trailer_t trailer;
};
struct answer {
	mach_msg_header_t head;
	int step;
	unsigned sum;
	mach_msg_trailer_t trailer;
};
struct any {
	mach_msg_header_t head;
	char bytes[256];
};

static semaphore_t ready, done;
static int woken;

static unsigned char
byte(int step, int i)
{
	return (unsigned char)(step * 31 + i * 7);
}

static int
size_of(int step)
{
	return 1 + step * 613 % BYTES;
}

static unsigned
sum_of(const unsigned char *p, int n)
{
	unsigned s = 1;

	while (n-- > 0)
		s = s * 31 + *p++;
	return s;
}

/* ---- the server ---- */
static void
serve(mach_port_t port, int steps)
{
	struct asked a;
	struct answer r;
	int i;

	for (i = 0; i < steps; i++) {
		TRY(mach_msg(&a.q.head, MACH_RCV_MSG, 0, sizeof(a), port,
		    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL));
		HOLDS(a.q.step == i && (int)a.q.data.size == size_of(i));
		r = (struct answer){ .step = i,
			.sum = sum_of(a.q.data.address, (int)a.q.data.size) };
		TRY(vm_deallocate(mach_task_self(),
		    (vm_address_t)a.q.data.address, a.q.data.size));
		TRY(mach_port_deallocate(mach_task_self(), a.q.port.name));
		r.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE,
		    0);
		r.head.msgh_remote_port = a.q.head.msgh_remote_port;
		TRY(mach_msg(&r.head, MACH_SEND_MSG, sizeof(r) -
		    sizeof(r.trailer), 0, MACH_PORT_NULL,
		    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL));
	}
}

/* ---- the client ---- */
static void
fill(struct question *q, int step, mach_port_t to, mach_port_t right,
    int disposition, unsigned char *data)
{
	int i, n = size_of(step);

	memset(q, 0, sizeof(*q));
	for (i = 0; i < n; i++)
		data[i] = byte(step, i);
	q->head.msgh_bits = MACH_MSGH_BITS_COMPLEX;
	q->head.msgh_remote_port = to;
	q->head.msgh_size = sizeof(*q);
	q->body.msgh_descriptor_count = 2;
	q->port.name = right;
	q->port.disposition = (unsigned)disposition & 0xff;
	q->port.type = MACH_MSG_PORT_DESCRIPTOR;
	q->data.address = data;
	q->data.size = (mach_msg_size_t)n;
	q->data.copy = MACH_MSG_VIRTUAL_COPY;
	q->data.type = MACH_MSG_OOL_DESCRIPTOR;
	q->step = step;
}

/* Into our own queue, where it stays till the next step. */
static void
keep(int step, mach_port_t store, unsigned char *data)
{
	struct question q;

	fill(&q, step, store, store, MACH_MSG_TYPE_MAKE_SEND, data);
	q.head.msgh_bits |= MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
	TRY(mach_msg(&q.head, MACH_SEND_MSG, sizeof(q), 0, MACH_PORT_NULL,
	    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL));
}

static void
kept(int step, mach_port_t store)
{
	struct asked a;
	unsigned char *p;
	int i;

	TRY(mach_msg(&a.q.head, MACH_RCV_MSG, 0, sizeof(a), store,
	    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL));
	p = a.q.data.address;
	HOLDS(a.q.step == step && (int)a.q.data.size == size_of(step));
	for (i = 0; i < size_of(step); i++)
		HOLDS(p[i] == byte(step, i));
	HOLDS(a.q.port.name == store);
	TRY(vm_deallocate(mach_task_self(), (vm_address_t)p, a.q.data.size));
	TRY(mach_port_mod_refs(mach_task_self(), store, MACH_PORT_RIGHT_SEND,
	    -1));
}

/* One message, of that id. */
static void
expect(mach_port_t port, int id)
{
	struct any m;

	TRY(mach_msg(&m.head, MACH_RCV_MSG, 0, sizeof(m), port,
	    MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL));
	HOLDS(m.head.msgh_id == id);
	HOLDS(mach_msg(&m.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(m),
	    port, 0, MACH_PORT_NULL) == MACH_RCV_TIMED_OUT);
}

static void
ask(int step, mach_port_t server, mach_port_t reply, mach_port_t notes,
    unsigned char *data)
{
	mach_port_t lent = new_port(), previous;
	struct question q;
	struct answer *r = (struct answer *)(void *)&q;
	int n = size_of(step);

	TRY(mach_port_request_notification(mach_task_self(), lent,
	    MACH_NOTIFY_NO_SENDERS, 1, notes, MACH_MSG_TYPE_MAKE_SEND_ONCE,
	    &previous));
	fill(&q, step, server, lent, MACH_MSG_TYPE_MAKE_SEND, data);
	q.head.msgh_bits |= MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
	    MACH_MSG_TYPE_MAKE_SEND_ONCE);
	q.head.msgh_local_port = reply;
	TRY(mach_msg(&q.head, MACH_SEND_MSG | MACH_RCV_MSG, sizeof(q),
	    sizeof(q), reply, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL));
	HOLDS(r->step == step && r->sum == sum_of(data, n));
	expect(notes, NOTE);
	TRY(mach_port_mod_refs(mach_task_self(), lent,
	    MACH_PORT_RIGHT_RECEIVE, -1));
}

static void *
waiter(void *steps)
{
	long i;

	for (i = 0; i < (long)steps; i++) {
		TRY(semaphore_wait(ready));
		woken++;
		TRY(semaphore_signal(done));
	}
	return NULL;
}

static void
client(int steps, int stepped)
{
	mach_port_t server, reply = mig_get_reply_port(), store = new_port(),
	    notes = new_port(), timer = mk_timer_create();
	static unsigned char data[BYTES + 1];
	pthread_t th;
	char c;
	int i;

	TRY(task_get_bootstrap_port(mach_task_self(), &server));
	TRY(semaphore_create(mach_task_self(), &ready, SYNC_POLICY_FIFO, 0));
	TRY(semaphore_create(mach_task_self(), &done, SYNC_POLICY_FIFO, 0));
	HOLDS(pthread_create(&th, NULL, waiter, (void *)(long)steps) == 0);
	keep(-1 + 1000, store, data);
	TRY(mk_timer_arm(timer, mach_absolute_time() + 2000000));
	for (i = 0; i < steps; i++) {
		HOLDS(!stepped || read(0, &c, 1) == 1);
		kept(i + 999, store);
		expect(timer, 0);
		TRY(mk_timer_arm(timer, mach_absolute_time() + 2000000));
		ask(i, server, reply, notes, data);
		TRY(semaphore_signal(ready));
		TRY(semaphore_wait(done));
		HOLDS(woken == i + 1);
		keep(i + 1000, store, data);
		if (stepped)
			HOLDS(write(1, ".", 1) == 1);
	}
	pthread_join(th, NULL);
}

int
main(int argc, char **argv)
{
	int stepped = argc == 3, steps = atoi(argv[argc - 1]);
	mach_port_t port = server_port();
	pid_t pid = fork();

	if (pid == 0) {
		client(steps, stepped);
		return 0;
	}
	serve(port, steps);
	reap(1);
	printf("exchange: %d steps\n", steps);
	return 0;
}
