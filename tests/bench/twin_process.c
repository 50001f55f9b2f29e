/* SPDX-License-Identifier: ISC */
/* Rows with more than one process or thread, signals, and the idle ones that memory is read of. */
#include "twin.h"

#define AF_INET_BOTH 2
#define SOCK_STREAM_BOTH 1
#define TCP_BOTH 6
#define TCP_NODELAY_BOTH 1
#define IDLE_THREADS 16

static int to, from;
static long pid;
static char tls[64], stack[16384] __attribute__((aligned(16)));
static char stacks[IDLE_THREADS][4096] __attribute__((aligned(16)));
static long tid, tids[IDLE_THREADS];
static volatile int caught;

static void
nothing(void)
{
}

/* ---- ping-pong: a child sends back what it reads ---- */

static _Noreturn void
echo(int in, int out)
{
	char c;

	os_close(0);
	os_close(1);
	while (os_read(in, &c, 1) == 1)
		need(os_write(out, &c, 1));
	os_exit(0);
}

static void
many_pingpong(uint64_t n)
{
	char c = 0;

	while (n-- > 0) {
		need(os_write(to, &c, 1));
		if (os_read(from, &c, 1) != 1)
			os_exit(1);
	}
}

static void
setup_pipe(void)
{
	int a[2], b[2];

	need(os_pipe(a, 0));
	need(os_pipe(b, 0));
	need(pid = os_fork());
	if (pid == 0) {
		os_close(a[1]);
		os_close(b[0]);
		echo(a[0], b[1]);
	}
	os_close(a[0]);
	os_close(b[1]);
	to = a[1];
	from = b[0];
}

static void
tcp_nodelay(int fd)
{
	int one = 1;

	need(os_setsockopt(fd, TCP_BOTH, TCP_NODELAY_BOTH, &one, sizeof(one)));
}

static void
setup_tcp(void)
{
	uint16_t addr[8];
	unsigned len = sizeof(addr);
	int l, s;

	need(l = (int)os_socket(AF_INET_BOTH, SOCK_STREAM_BOTH, 0));
	os_loopback(addr, 0);
	need(os_bind(l, addr, sizeof(addr)));
	need(os_listen(l, 1));
	need(os_getsockname(l, addr, &len));
	need(pid = os_fork());
	if (pid == 0) {
		need(s = (int)os_socket(AF_INET_BOTH, SOCK_STREAM_BOTH, 0));
		os_loopback(addr, addr[1]);
		need(os_connect(s, addr, sizeof(addr)));
		os_close(l);
		tcp_nodelay(s);
		echo(s, s);
	}
	need(s = (int)os_accept(l, NULL, NULL));
	tcp_nodelay(s);
	os_close(l);
	to = from = s;
}

/* ---- births ---- */

static void
many_thread(uint64_t n)
{
	while (n-- > 0) {
		os_thread_start(nothing, stack, sizeof(stack), tls, &tid);
		os_thread_join(&tid);
	}
}

static void
reap(long child)
{
	int status;

	need(child);
	if (os_wait4(child, &status, 0, NULL) != child || status != 0)
		os_exit(1);
}

static void
many_fork(uint64_t n)
{
	while (n-- > 0) {
		long child = os_fork();

		if (child == 0)
			os_exit(0);
		reap(child);
	}
}

static _Noreturn void
become(void)
{
	char *const argv[] = { (char *)(uintptr_t)twin_helper, NULL };

	os_execve(twin_helper, argv, twin_environ);
	os_exit(127);
}

static void
many_exec(uint64_t n)
{
	while (n-- > 0) {
		long child = os_fork();

		if (child == 0)
			become();
		reap(child);
	}
}

/* As posix_spawn does it. */
static void
many_spawn(uint64_t n)
{
	while (n-- > 0) {
		long child = os_vfork();

		if (child == 0)
			become();
		reap(child);
	}
}

/* ---- signals ---- */

static void
on_signal(int sig)
{
	(void)sig;
	caught++;
}

static void
setup_signal(void)
{
	pid = os_getpid();
	os_catch_usr1(on_signal);
}

static void
many_signal(uint64_t n)
{
	int before = caught;

	for (uint64_t i = 0; i < n; i++)
		need(os_kill(pid, OS_SIGUSR1));
	if ((uint64_t)(unsigned)(caught - before) != n)
		os_exit(1);
}

/* ---- idle ---- */

static void
sleep_long(void)
{
	const int64_t ts[2] = { 1000, 0 };

	for (;;)
		os_nanosleep(ts, NULL);
}

static void
setup_threads(void)
{
	for (int i = 0; i < IDLE_THREADS; i++)
		os_thread_start(sleep_long, stacks[i], sizeof(stacks[i]), tls, &tids[i]);
}

static void
many_nothing(uint64_t n)
{
	(void)n;
}

const struct work process_works[] = {
	{ "pipe", setup_pipe, many_pingpong },
	{ "tcp", setup_tcp, many_pingpong },
	{ "thread", nothing, many_thread },
	{ "fork", nothing, many_fork },
	{ "fork+exec", nothing, many_exec },
	{ "spawn-20k", nothing, many_spawn },
	{ "spawn-700k", nothing, many_spawn },
	{ "spawn-musl", nothing, many_spawn },
	{ "spawn-glibc", nothing, many_spawn },
	{ "signal", setup_signal, many_signal },
	{ "idle", nothing, many_nothing },
	{ "idle-threads", setup_threads, many_nothing },
	{ NULL, NULL, NULL },
};
