/* SPDX-License-Identifier: ISC */
/* veneerd: options, and becoming a daemon. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"

enum { IDLE_SECONDS = 5, IDLE_MAX = 24 * 3600 };

static void
usage(FILE *f)
{
	fputs("usage: veneerd [--foreground | --systemd] [--idle SECONDS]\n"
	    "               [--transport notify | window]\n"
	    "       veneerd --help | --version\n", f);
}

static int
idle_option(const char *arg)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (*arg < '0' || *arg > '9' || *end != '\0' || n > IDLE_MAX) {
		fprintf(stderr, "veneerd: --idle %s: not a number of seconds; "
		    "give 0 to %d\n", arg, IDLE_MAX);
		exit(2);
	}
	return (int)n * 1000;
}

static bool
transport_option(const char *arg)
{
	bool window = strcmp(arg, "window") == 0;

	if (window || strcmp(arg, "notify") == 0)
		return window;
	fprintf(stderr, "veneerd: --transport %s: give notify or window\n",
	    arg);
	exit(2);
}

static void
options(struct server *s, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "foreground", no_argument, NULL, 'f' },
		{ "systemd", no_argument, NULL, 's' },
		{ "takeover", required_argument, NULL, 't' },	/* replace.c's */
		{ "idle", required_argument, NULL, 'i' },
		{ "transport", required_argument, NULL, 'T' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'f') {
			s->foreground = true;
		} else if (c == 's') {
			s->foreground = s->systemd = true;
		} else if (c == 't') {
			s->heir = atoi(optarg);
		} else if (c == 'i') {
			s->idle_ms = idle_option(optarg);
		} else if (c == 'T') {
			s->window = transport_option(optarg);
		} else if (c == 'V') {
			puts("veneerd " VENEER_VERSION);
			exit(0);
		} else {
			usage(c == 'h' ? stdout : stderr);
			exit(c == 'h' ? 0 : 2);
		}
	}
	if (optind < argc) {
		usage(stderr);
		exit(2);
	}
}

/* A guest started us, with whatever state it had. */
static void
settle(void)
{
	struct rlimit rl;
	cpu_set_t all;
	sigset_t none;
	int sig, fd, limit;

	do
		fd = open("/dev/null", O_RDWR);	/* 0, 1 and 2 at least */
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	for (sig = 1; sig < SIGRTMIN; sig++)
		signal(sig, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(077);
	for (limit = 0; limit < RLIM_NLIMITS; limit++)
		if (limit != RLIMIT_STACK && limit != RLIMIT_CORE &&
		    getrlimit((__rlimit_resource_t)limit, &rl) == 0) {
			rl.rlim_cur = rl.rlim_max;
			setrlimit((__rlimit_resource_t)limit, &rl);
		}
	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
	if (chdir("/") != 0)
		perror("veneerd: /");
}

/*
 * Leave the parent, which ends with 0: whoever waits for it can connect now.  A process
 * group of its own keeps the terminal's signals away.  Not a session: the kernel's
 * autogroup would then schedule us as a group apart from the guests of this one, and a
 * call would cost a third more.
 */
static int
detach(void)
{
	pid_t pid = fork();
	int fd;

	if (pid < 0)
		return errno;
	if (pid > 0)
		_exit(0);
	setpgid(0, 0);
	signal(SIGHUP, SIG_IGN);
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		dup2(fd, STDIN_FILENO);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		close(fd);
	}
	return 0;
}

/* The runtime directory, and becoming a daemon. 0, -1: another serves, or an errno. */
static int
settle_down(struct server *s)
{
	int error = rundir_open(s);

	if (error == EALREADY && !s->foreground)
		return -1;	/* as good as we */
	if (error == EALREADY)
		fprintf(stderr, "veneerd: another veneerd serves this user; "
		    "wait for it to end, or set XDG_RUNTIME_DIR\n");
	if (error == 0 && !s->foreground)
		error = detach();
	return error;
}

static int
serve(struct server *s)
{
	int error = server_init(s);

	if (error == 0 && s->systemd)
		rundir_notify("READY=1");
	if (error == 0)
		error = server_run(s);
	/* A successor that has not taken over owns nothing. */
	if (s->heir < 0)
		rundir_close(s);
	if (error && s->heir < 0)
		fprintf(stderr, "veneerd: %s\n", strerror(error));
	return error;
}

int
main(int argc, char **argv)
{
	static struct server s = {
		.epoll = -1, .timer = -1, .signals = -1, .wake = -1,
		.socket = -1, .commpage = -1, .rundir = -1, .lockfile = -1,
		.idle_ms = IDLE_SECONDS * 1000, .heir = -1,
	};
	int error = 0;

	if (argc > 0 && strcmp(argv[0], "supervisor") == 0)
		return control_main(argc, argv);
	options(&s, argc, argv);
	settle();
	if (s.heir < 0)
		error = settle_down(&s);
	if (error != 0)
		return error > 0;
	/* Without a socket to be started by again, a service stays. */
	if (s.systemd && !s.activated && s.idle_ms == IDLE_SECONDS * 1000)
		s.idle_ms = -1;
	return serve(&s) != 0;
}
