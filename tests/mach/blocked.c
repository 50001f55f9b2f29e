/* SPDX-License-Identifier: ISC */
/*
 * One thread in each kind of wait, until the supervisor is killed: each ends with what
 * docs/supervisor.md says, and so does every later call, at once.
 */
#include <mach/clock.h>
#include <mach/notification.h>
#include <pthread.h>
#include <time.h>

#include "try.h"

#define LONG ((mach_timespec_t){ 600, 0 })

static mach_port_t port, timed, full, set, server, reply;
static semaphore_t sem, timed_sem, pair_sem, other;
static notification_t state;

struct packet {
	mach_msg_header_t head;
	mach_msg_trailer_t trailer;
};

static kern_return_t
receive(mach_port_t from, int option, unsigned ms)
{
	struct packet p;

	return mach_msg(&p.head, MACH_RCV_MSG | option, 0, sizeof(p), from, ms, 0);
}

static kern_return_t
send_to(mach_port_t to, int option, unsigned ms, mach_port_t back)
{
	struct packet p = { .head = {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND,
		    back ? MACH_MSG_TYPE_MAKE_SEND_ONCE : 0),
		.msgh_remote_port = to, .msgh_local_port = back,
		.msgh_size = sizeof(p.head),
	} };

	return mach_msg(&p.head, MACH_SEND_MSG | option, sizeof(p.head), sizeof(p), back, ms, 0);
}

static kern_return_t receiving(void) { return receive(port, 0, 0); }
static kern_return_t receiving_timed(void) { return receive(timed, MACH_RCV_TIMEOUT, 600000); }
static kern_return_t receiving_set(void) { return receive(set, 0, 0); }
static kern_return_t sending(void) { return send_to(full, 0, 0, 0); }
static kern_return_t sending_timed(void) { return send_to(full, MACH_SEND_TIMEOUT, 600000, 0); }
static kern_return_t asking(void) { return send_to(server, MACH_RCV_MSG, 0, reply); }
static kern_return_t waiting(void) { return semaphore_wait(sem); }
static kern_return_t waiting_timed(void) { return semaphore_timedwait(timed_sem, LONG); }
static kern_return_t waiting_signal(void) { return semaphore_wait_signal(pair_sem, other); }
static kern_return_t watching(void) { notification_state_t s; return notification_wait(state, &s); }
static kern_return_t
sleeping(void)
{
	return clock_sleep_trap(MACH_PORT_NULL, 1, 600, 0, NULL);
}

static const struct kind {
	const char *name;
	kern_return_t (*call)(void), want;
} kinds[] = {
	{ "mach_msg, receive", receiving, MACH_RCV_PORT_DIED },
	{ "mach_msg, receive with a timeout", receiving_timed, MACH_RCV_PORT_DIED },
	{ "mach_msg, receive from a set", receiving_set, MACH_RCV_PORT_DIED },
	{ "mach_msg, send to a full queue", sending, MACH_SEND_INVALID_DEST },
	{ "mach_msg, send with a timeout", sending_timed, MACH_SEND_INVALID_DEST },
	{ "mach_msg, question and answer", asking, MACH_SEND_INVALID_DEST },
	{ "semaphore_wait", waiting, KERN_TERMINATED },
	{ "semaphore_timedwait", waiting_timed, KERN_TERMINATED },
	{ "semaphore_wait_signal", waiting_signal, KERN_TERMINATED },
	{ "notification_wait", watching, KERN_TERMINATED },
	{ "clock_sleep_trap", sleeping, KERN_TERMINATED },
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void *
block(void *arg)
{
	const struct kind *k = arg;
	struct timespec a, b;
	kern_return_t kr = k->call(), later;
	double ms;

	clock_gettime(CLOCK_MONOTONIC, &a);
	later = k->call();
	clock_gettime(CLOCK_MONOTONIC, &b);
	ms = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
	if (kr != k->want || later != k->want || ms > 1000)
		printf("%s: %#x, later %#x after %.1f ms, not %#x\n", k->name, kr, later, ms, k->want);
	return NULL;
}

int
main(void)
{
	pthread_t t[KINDS];
	mach_port_type_t type;
	int i;

	port = new_port();
	timed = new_port();
	full = new_port();
	server = new_port();
	reply = new_port();
	TRY(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_PORT_SET, &set));
	TRY(mach_port_move_member(mach_task_self(), new_port(), set));
	TRY(semaphore_create(mach_task_self(), &sem, 0, 0));
	TRY(semaphore_create(mach_task_self(), &timed_sem, 0, 0));
	TRY(semaphore_create(mach_task_self(), &pair_sem, 0, 0));
	TRY(semaphore_create(mach_task_self(), &other, 0, 0));
	TRY(notification_create(mach_task_self(), &state));
	while (send_to(full, MACH_SEND_TIMEOUT, 0, 0) == MACH_MSG_SUCCESS)
		continue;
	for (i = 0; i < KINDS; i++)
		HOLDS(pthread_create(&t[i], NULL, block, (void *)(uintptr_t)&kinds[i]) == 0);
	printf("%d wait\n", KINDS);
	fflush(stdout);
	for (i = 0; i < KINDS; i++)
		pthread_join(t[i], NULL);
	WANT(KERN_TERMINATED, mach_port_type(mach_task_self(), port, &type));
	printf("all ended\n");
	return 0;
}
