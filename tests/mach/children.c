/* SPDX-License-Identifier: ISC */
/* What children and programs inherit, and when; what is left of a thread that ended. */
#include <pthread.h>
#include <signal.h>

#include "try.h"

/* ---- children ---- */
static void
say(mach_port_t to, int id)
{
	mach_msg_header_t m = {
		.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
		.msgh_size = sizeof(m), .msgh_remote_port = to, .msgh_id = id,
	};

	TRY(mach_msg(&m, MACH_SEND_MSG, sizeof(m), 0, 0, 0, 0));
}

static int
heard(mach_port_t at)
{
	struct {
		mach_msg_header_t h;
		mach_msg_trailer_t t;
	} m;

	TRY(mach_msg(&m.h, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof(m), at,
	    5000, 0));
	return m.h.msgh_id;
}

static mach_port_t
inherited(void)
{
	mach_port_t p = MACH_PORT_NULL;

	TRY(task_get_bootstrap_port(mach_task_self(), &p));
	return p;
}

static mach_port_t
with_send(void)
{
	mach_port_t p = new_port();

	TRY(mach_port_insert_right(mach_task_self(), p, p,
	    MACH_MSG_TYPE_MAKE_SEND));
	return p;
}

/* A child that makes its first call when it is told to. */
struct child {
	int go;
	pid_t pid;
};

static struct child
child(void (*run)(int), int arg)
{
	struct child c;
	int p[2];
	char b;

	HOLDS(pipe(p) == 0);
	c.pid = fork();
	HOLDS(c.pid >= 0);
	if (c.pid == 0) {
		close(p[1]);
		HOLDS(read(p[0], &b, 1) == 0);
		run(arg);
		exit(0);
	}
	close(p[0]);
	c.go = p[1];
	return c;
}

static void
go(struct child c)
{
	int status;

	close(c.go);
	HOLDS(waitpid(c.pid, &status, 0) == c.pid);
	HOLDS(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
tell(int id)
{
	say(inherited(), id);
}

static void
want_dead(int id)
{
	(void)id;
	HOLDS(inherited() == MACH_PORT_DEAD);
}

static void
want_none(int id)
{
	mach_port_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t n, m, i;

	(void)id;
	HOLDS(inherited() == MACH_PORT_NULL);
	TRY(mach_port_names(mach_task_self(), &names, &n, &types, &m));
	for (i = 0; i < n; i++)
		HOLDS(!(types[i] & MACH_PORT_TYPE_RECEIVE));
}

static void
grandchild(int id)
{
	go(child(tell, id));
}

static void
at_fork(void)
{
	mach_port_t a, b;
	struct child c;

	c = child(want_none, 0);
	a = server_port();
	go(c);
	c = child(tell, 1);
	b = server_port();
	go(c);
	HOLDS(heard(a) == 1);
	c = child(grandchild, 2);
	a = server_port();
	go(c);
	HOLDS(heard(b) == 2);
	c = child(want_dead, 0);
	TRY(mach_port_destroy(mach_task_self(), a));
	TRY(task_set_bootstrap_port(mach_task_self(), b));
	go(c);
}

/* Orphaned before it calls. */
static void
orphan(int id)
{
	if (fork() == 0) {
		while (getppid() != 1 && getppid() == id)
			usleep(1000);
		usleep(20000);
		tell(3);
		exit(0);
	}
}

static void
orphans(void)
{
	mach_port_t a = server_port();
	struct child c = child(orphan, 0);

	go(c);
	HOLDS(heard(a) == 3);
}

/* The registered ports, and exec: what is inherited stays, names do not. */
static void
programs(const char *self)
{
	mach_port_t a = server_port(), r[2] = { with_send(), with_send() };
	int status;
	pid_t pid;

	TRY(mach_ports_register(mach_task_self(), r, 2));
	pid = vfork();
	if (pid == 0) {
		execl(self, self, "program", NULL);
		_exit(1);
	}
	TRY(mach_ports_register(mach_task_self(), NULL, 0));
	HOLDS(waitpid(pid, &status, 0) == pid && status == 0);
	HOLDS(heard(a) == 10 && heard(r[0]) == 11 && heard(r[1]) == 12);
	TRY(task_set_bootstrap_port(mach_task_self(), MACH_PORT_NULL));
}

static int
program(const char *self, const char *again)
{
	mach_port_array_t r;
	mach_msg_type_number_t n;

	if (again == NULL) {
		with_send();
		HOLDS(inherited() != MACH_PORT_NULL);
		execl(self, self, "program", "again", NULL);
		return 1;
	}
	TRY(mach_ports_lookup(mach_task_self(), &r, &n));
	HOLDS(n == 3 && r[2] == MACH_PORT_NULL);
	say(inherited(), 10);
	say(r[0], 11);
	say(r[1], 12);
	return 0;
}

/* ---- threads ---- */
static void *
thread(void *arg)
{
	mach_port_t *mine = arg;

	*mine = mach_thread_self();
	HOLDS(mig_get_reply_port() != MACH_PORT_NULL);
	return NULL;
}

static mach_msg_type_number_t
names(void)
{
	mach_port_array_t n;
	mach_port_type_array_t t;
	mach_msg_type_number_t count, other;

	TRY(mach_port_names(mach_task_self(), &n, &count, &t, &other));
	vm_deallocate(mach_task_self(), (vm_address_t)n, count * sizeof(*n));
	vm_deallocate(mach_task_self(), (vm_address_t)t, count * sizeof(*t));
	return count;
}

static mach_msg_type_number_t
threads_now(void)
{
	mach_msg_type_number_t n, i;
	thread_act_array_t all;

	TRY(task_threads(mach_task_self(), &all, &n));
	for (i = 0; i < n; i++)
		TRY(mach_port_deallocate(mach_task_self(), all[i]));
	return n;
}

/* A thread's end is known a moment after pthread_join, which its last store ends. */
static void
gone(mach_port_t th)
{
	mach_port_type_t type;
	int i;

	for (i = 0; i < 5000; i++) {
		TRY(mach_port_type(mach_task_self(), th, &type));
		if (type & MACH_PORT_TYPE_DEAD_NAME)
			return;
		usleep(1000);
	}
	HOLDS(!"a thread that ended is known");
}

static void
ended_threads(void)
{
	mach_msg_type_number_t before, n, i;
	mach_port_t th;
	pthread_t t;

	mig_get_reply_port();
	n = threads_now();
	before = names();
	for (i = 0; i < 100; i++) {
		HOLDS(pthread_create(&t, NULL, thread, &th) == 0);
		pthread_join(t, NULL);
		gone(th);
		TRY(mach_port_deallocate(mach_task_self(), th));
		HOLDS(threads_now() == n);
	}
	HOLDS(names() == before);
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		return program(argv[0], argv[2]);
	at_fork();
	orphans();
	programs(argv[0]);
	ended_threads();
	puts("children: inherited at fork, kept by exec; 100 threads gone");
	return 0;
}
