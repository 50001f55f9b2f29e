/* SPDX-License-Identifier: ISC */
/*
 * veneer trace: runs a program under its layer with a trace ring and prints what comes out.
 *
 * The ring is a memfd that guests open by our /proc/PID/fd/N: a guest starts with no descriptor
 * of ours.  The program is our child, in our process group; we end as it ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

#define EXIT_VENEER 125
#define IDLE_MS 60000
#define PASSED_MOST 6

struct options {
	bool follow;
	const char *file;
	char *passed[PASSED_MOST];	/* options of run that go on to it */
	int npassed;
	struct report_options report;
};

static struct ring ring;

static _Noreturn void
fail(const char *what, const char *why)
{
	fprintf(stderr, "veneer: trace: %s: %s\n", what, why);
	exit(EXIT_VENEER);
}

static void
child_changed(int sig)
{
	(void)sig;
	ring_kick(&ring);
}

static void
pass(struct options *o, char *name, char *value)
{
	if (o->npassed + 2 > PASSED_MOST)
		fail(name, "given too often");
	o->passed[o->npassed++] = name;
	o->passed[o->npassed++] = value;
}

static int
options_read(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "layer", required_argument, NULL, 'l' },
		{ "argv0", required_argument, NULL, 'a' },
		{ "log", required_argument, NULL, 'L' },
		{ NULL, 0, NULL, 0 },
	};
	static char layer[] = "--layer", argv0[] = "--argv0", log[] = "--log";
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+fco:", longs, NULL)) != -1) {
		switch (c) {
		case 'f': o->follow = true; break;
		case 'c': o->report.count = true; break;
		case 'o': o->file = optarg; break;
		case 'j': o->report.json = true; break;
		case 'l': pass(o, layer, optarg); break;
		case 'a': pass(o, argv0, optarg); break;
		case 'L': pass(o, log, optarg); break;
		default: fail(argv[optind - 1], "unknown option or no argument; see veneer --help");
		}
	}
	if (optind >= argc)
		fail("no program given", "see veneer --help");
	return optind;
}

/* Traces hold what programs read and write: nobody else's business. */
static FILE *
open_output(const char *path)
{
	FILE *f;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd < 0 || (fchmod(fd, 0600) != 0 && errno != EPERM))
		fail(path, strerror(errno));
	f = fdopen(fd, "w");
	if (f == NULL)
		fail(path, strerror(errno));
	return f;
}

static void
front_path(char *path)
{
	static const char *const places[] = { "/veneer", "/../../bin/veneer" };
	char dir[PATH_MAX];
	ssize_t n;
	size_t i;

	n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
	if (n < 0)
		fail("/proc/self/exe", strerror(errno));
	dir[n] = '\0';
	*strrchr(dir, '/') = '\0';
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (snprintf(path, PATH_MAX, "%s%s", dir, places[i]) < PATH_MAX &&
		    access(path, X_OK) == 0)
			return;
	fail("veneer", "not found beside veneer-trace; is Veneer installed completely?");
}

static _Noreturn void
become_program(const struct options *o, pid_t tracer, char **program, int n)
{
	static char run[] = "run", trace[] = "--trace", end[] = "--";
	char path[PATH_MAX], where[48];
	char **argv = calloc((size_t)n + PASSED_MOST + 6, sizeof(*argv));
	int k = 0, i;

	if (argv == NULL)
		fail("veneer", strerror(errno));
	front_path(path);
	snprintf(where, sizeof(where), "/proc/%d/fd/%d", (int)tracer, ring.fd);
	argv[k++] = path;
	argv[k++] = run;
	argv[k++] = trace;
	argv[k++] = where;
	for (i = 0; i < o->npassed; i++)
		argv[k++] = o->passed[i];
	argv[k++] = end;
	memcpy(argv + k, program, sizeof(*argv) * (size_t)n);
	ring.head->root_pid = (uint32_t)getpid();
	execv(path, argv);
	fail(path, strerror(errno));
}

/* The program's signals are its own; a terminal's reach us too and must not end the trace. */
static void
signals_set(void)
{
	struct sigaction sa = { .sa_handler = child_changed };

	sigaction(SIGCHLD, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGQUIT, &sa, NULL);
	sigaction(SIGPIPE, &sa, NULL);
}

/* Until the program (with -f: every descendant) has ended and the ring is empty.  The program's wait status. */
static int
follow(struct report *r, const struct options *o, pid_t root)
{
	struct trace_record record;
	int status = 0, s;
	bool ended = false;
	pid_t pid;

	for (;;) {
		while ((pid = waitpid(-1, &s, WNOHANG)) > 0)
			if (pid == root) {
				status = s;
				ended = !o->follow;
			}
		if (pid < 0 && errno == ECHILD)
			ended = true;
		while (ring_read(&ring, &record, ended ? 0 : IDLE_MS)) {
			report_record(r, &record);
			if (__atomic_load_n(&ring.head->head, __ATOMIC_RELAXED) == ring.tail)
				fflush(o->report.out);
		}
		if (ended)
			return status;
	}
}

/* As the program ended, by signal too; the core, if any, is the program's. */
static _Noreturn void
end_like(int status)
{
	const struct rlimit none = { 0, 0 };
	sigset_t set;

	if (!WIFSIGNALED(status))
		exit(WEXITSTATUS(status));
	setrlimit(RLIMIT_CORE, &none);
	signal(WTERMSIG(status), SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, WTERMSIG(status));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(WTERMSIG(status));
	exit(128 + WTERMSIG(status));
}

int
main(int argc, char **argv)
{
	struct options o = { .report = { .out = stderr } };
	pid_t self = getpid(), root;
	struct report *r;
	int first, error, status;

	first = options_read(&o, argc, argv);
	if (o.file != NULL)
		o.report.out = open_output(o.file);
	error = ring_create(&ring, (o.follow ? TRACE_FOLLOW : 0u) | (o.report.count ? 0u : TRACE_DATA));
	if (error != 0)
		fail("cannot make the ring", strerror(error));
	if (o.follow)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	root = fork();
	if (root < 0)
		fail("fork", strerror(errno));
	if (root == 0)
		become_program(&o, self, argv + first, argc - first);
	signals_set();
	o.report.root_pid = (uint32_t)root;
	r = report_new(&o.report);
	status = follow(r, &o, root);
	ring_close(&ring);
	report_end(r, status);
	end_like(status);
}
