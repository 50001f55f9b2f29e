/* SPDX-License-Identifier: ISC */
/*
 * Arguments are steps, done in order; each prints a line.  Linked with client.c (a hosted
 * program that plays the layer's part) and with guest.c (a native guest).
 *
 *   null | park MS | effects N | echo TEXT | op N   glue calls
 *   nulls N                                         N null calls: the sum of the last
 *                                                   count and those that were EINTR
 *   random N SEED                                   N nonsense traps (client alone)
 *   handle SIG | handle-restart SIG                 a handler that prints
 *   handle-call SIG                                 one that makes a null call, too
 *   alarm MS | alarms MS                            SIGALRM once, or again and again
 *   run PATH                                        execs it
 *   say TEXT | sleep MS | nofile N | fill | wait    wait prints what wait(-1) says
 *   threads N MS                                    N threads park at once
 *   background MS                                   a thread that parks, and prints
 *   fds                                             how many descriptors are open
 *   fork | exec | thread                            who does the remaining steps
 *   vfork STEPS end                                 a child in the same memory
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "steps.h"

static char *program;

static const char *
error_name(int e)
{
	static const struct { int e; const char *name; } known[] = {
		{ EPERM, "EPERM" }, { EINTR, "EINTR" }, { ENOMEM, "ENOMEM" },
		{ EFAULT, "EFAULT" }, { EBUSY, "EBUSY" },
		{ EINVAL, "EINVAL" }, { EMFILE, "EMFILE" },
		{ ENOSYS, "ENOSYS" }, { EOPNOTSUPP, "EOPNOTSUPP" },
		{ ENOTCONN, "ENOTCONN" }, { ECONNREFUSED, "ECONNREFUSED" },
		{ EACCES, "EACCES" }, { ECHILD, "ECHILD" },
	};
	static char number[16];
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].e == e)
			return known[i].name;
	snprintf(number, sizeof(number), "error %d", e);
	return number;
}

static void
show(const char *what, long r)
{
	if (r < 0 && r >= -4095)
		printf("%s %s\n", what, error_name((int)-r));
	else
		printf("%s %ld\n", what, r);
}

static volatile sig_atomic_t handler_calls;

static void
on_signal(int sig)
{
	char line[] = "signal 00\n";
	ssize_t n;

	line[7] = (char)('0' + sig / 10);
	line[8] = (char)('0' + sig % 10);
	n = write(1, line, sizeof(line) - 1);
	(void)n;
	if (handler_calls)
		step_null();
}

static void
handle(int sig, int flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = flags };

	sigaction(sig, &sa, NULL);
}

static void
echo(const char *text)
{
	char out[8192] = "";
	long r = step_echo(text, out, strlen(text));
	size_t i;

	for (i = 0; i < sizeof(out) - 1 && (long)i < r; i++)
		out[i] = (char)~out[i];
	show("echo", r);
	printf("text %s\n", r > 0 ? out : "");
}

static void *
park_thread(void *arg)
{
	step_thread();
	return (void *)step_park((uint64_t)arg);
}

static void
park_threads(int n, uint64_t ms)
{
	pthread_t th[1024];
	void *r;
	int i, done = 0;

	for (i = 0; i < n && i < 1024; i++)
		pthread_create(&th[i], NULL, park_thread, (void *)ms);
	while (i-- > 0) {
		pthread_join(th[i], &r);
		done += r == NULL;
	}
	printf("threads %d\n", done);
}

static void
fill(void)
{
	while (open("/dev/null", O_RDONLY) >= 0)
		continue;
}

static void
nofile(rlim_t n)
{
	struct rlimit rl = { n, n };

	setrlimit(RLIMIT_NOFILE, &rl);
}

static void
nulls(long n)
{
	long r, last = 0, interrupted = 0;

	while (n-- > 0) {
		r = step_null();
		if (r == -EINTR)
			interrupted++;
		else
			last = r;
	}
	show("null", last < 0 ? last : last + interrupted);
}

static void *
background_main(void *ms)
{
	step_thread();
	show("background", step_park((uint64_t)ms));
	return NULL;
}

static pthread_t background_thread;
static bool background_runs;

static void
background(long ms)
{
	background_runs = pthread_create(&background_thread, NULL,
	    background_main, (void *)ms) == 0;
	usleep(100000);
}

static void
fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	printf("fds %d\n", n);
}

static void
alarm_in(long ms, bool again)
{
	struct itimerval it = { .it_value = { ms / 1000, ms % 1000 * 1000 } };

	if (again)
		it.it_interval = it.it_value;

	setitimer(ITIMER_REAL, &it, NULL);
}

static int steps(char **v);

/* ---- who does the rest ---- */

static int
reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int
do_fork(char **v)
{
	pid_t pid = fork();

	if (pid != 0)
		return reap(pid);
	background_runs = false;
	step_forked();
	exit(steps(v));
}

/* The rest up to `end` in a child that shares memory; then what follows `end`. */
static int
vfork_main(void *arg)
{
	void *parent = step_vforked();
	int r = steps(arg);

	step_vfork_done(parent);
	fflush(stdout);
	_exit(r);
}

static int
do_vfork(char **v)
{
	char *stack = malloc(1 << 20);
	int r = reap(clone(vfork_main, stack + (1 << 20),
	    CLONE_VM | CLONE_VFORK | SIGCHLD, v));

	while (*v != NULL && strcmp(*v, "end") != 0)
		v++;
	return r != 0 || *v == NULL ? r : steps(v + 1);
}

static void *
thread_main(void *v)
{
	step_thread();
	return (void *)(long)steps(v);
}

static int
do_thread(char **v)
{
	pthread_t th;
	void *r;

	pthread_create(&th, NULL, thread_main, v);
	pthread_join(th, &r);
	return (int)(long)r;
}

/* Steps without an argument; false: not one of them. */
static bool
plain(const char *w)
{
	int status;

	if (strcmp(w, "null") == 0)
		show(w, step_null());
	else if (strcmp(w, "fill") == 0)
		fill();
	else if (strcmp(w, "fds") == 0)
		fds();
	else if (strcmp(w, "wait") == 0)
		show(w, waitpid(-1, &status, WNOHANG) < 0 ? -errno : 0);
	else
		return false;
	return true;
}

static bool
with_number(const char *w, long n)
{
	if (strcmp(w, "park") == 0)
		show(w, step_park((uint64_t)n));
	else if (strcmp(w, "effects") == 0)
		show(w, step_effects((uint64_t)n));
	else if (strcmp(w, "op") == 0)
		show(w, step_op((uint32_t)n));
	else if (strcmp(w, "nulls") == 0)
		nulls(n);
	else if (strcmp(w, "background") == 0)
		background(n);
	else if (strcmp(w, "handle") == 0)
		handle((int)n, 0);
	else if (strcmp(w, "handle-call") == 0)
		handle((int)n, (handler_calls = 1, SA_RESTART));
	else if (strcmp(w, "handle-restart") == 0)
		handle((int)n, SA_RESTART);
	else if (strcmp(w, "alarm") == 0)
		alarm_in(n, false);
	else if (strcmp(w, "alarms") == 0)
		alarm_in(n, true);
	else if (strcmp(w, "sleep") == 0)
		usleep((useconds_t)n * 1000);
	else if (strcmp(w, "nofile") == 0)
		nofile((rlim_t)n);
	else
		return false;
	return true;
}

static int
steps(char **v)
{
	for (; *v != NULL && strcmp(*v, "end") != 0; v++) {
		if (plain(*v))
			continue;
		if (strcmp(*v, "fork") == 0)
			return do_fork(v + 1);
		if (strcmp(*v, "vfork") == 0)
			return do_vfork(v + 1);
		if (strcmp(*v, "thread") == 0)
			return do_thread(v + 1);
		if (strcmp(*v, "exec") == 0) {
			*v = program;
			return execv(program, v);
		}
		if (v[1] == NULL)
			return 2;
		if (strcmp(*v, "say") == 0)
			printf("%s\n", v[1]);
		else if (strcmp(*v, "echo") == 0)
			echo(v[1]);
		else if (strcmp(*v, "run") == 0)
			show("run", execv(v[1], v + 1) < 0 ? -errno : 0);
		else if (strcmp(*v, "threads") == 0 && v[2] != NULL)
			park_threads(atoi(v[1]), (uint64_t)atol(v[2])), v++;
		else if (strcmp(*v, "random") == 0 && v[2] != NULL)
			step_random(atol(v[1]), (uint64_t)atol(v[2])), v++;
		else if (!with_number(*v, atol(v[1])))
			return 2;
		v++;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	int r;

	(void)argc;
	program = argv[0];
	setvbuf(stdout, NULL, _IOLBF, 0);
	step_start();
	r = steps(argv + 1);
	if (background_runs)
		pthread_join(background_thread, NULL);
	return r;
}
