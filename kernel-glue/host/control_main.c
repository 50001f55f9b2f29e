/* SPDX-License-Identifier: ISC */
/* veneer supervisor status | locks | stop | replace, by the front's grace in this program. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

enum { EXIT_NONE = 1, EXIT_USAGE = 2, EXIT_REFUSED = 3, PATIENCE_S = 60 };

static const char usage[] =
    "usage: veneer supervisor status | locks [--json]\n"
    "       veneer supervisor stop\n"
    "       veneer supervisor replace [--json] [--with PROGRAM]\n";

static int
fail(const char *what, int error, const char *advice)
{
	fprintf(stderr, "veneer supervisor: %s%s%s; %s\n", what,
	    error ? ": " : "", error ? strerror(error) : "", advice);
	return EXIT_REFUSED;
}

/* A veneerd's greeting has been heard; -1: nobody serves. */
static int
reach(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = PATIENCE_S };
	struct trap_message hello;
	int sock;

	if (rundir_socket(sa.sun_path, sizeof(sa.sun_path)))
		return -1;
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -1;
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(sock, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
	    recv(sock, &hello, sizeof(hello), 0) == (ssize_t)sizeof(hello) &&
	    hello.magic == MAGIC_TRAP_MESSAGE && hello.status == 0)
		return sock;
	close(sock);
	return -1;
}

static void
show(const struct control_answer *a, bool json)
{
	const struct { const char *name; uint64_t value; } row[] = {
		{ "trees", a->trees }, { "tasks", a->tasks },
		{ "threads", a->threads }, { "parked", a->parked },
		{ "ports", a->ports }, { "messages", a->messages },
		{ "callouts", a->callouts }, { "calls", a->calls },
		{ "replacements", a->replacements },
	};
	struct timespec ts;
	uint64_t age;
	size_t i;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	age = (uint64_t)ts.tv_sec - a->started;
	if (!json) {
		printf("veneerd %s serves as process %u, domain %016llx, for "
		    "%llu seconds\n", (const char *)a->release, a->pid,
		    (unsigned long long)a->domain, (unsigned long long)age);
		for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
			printf("%-12s %llu\n", row[i].name,
			    (unsigned long long)row[i].value);
		return;
	}
	printf("{\"running\":true,\"release\":\"%s\",\"pid\":%u,\"domain\":"
	    "\"%016llx\",\"seconds\":%llu,\"abi\":%u,\"state\":%u",
	    (const char *)a->release, a->pid, (unsigned long long)a->domain,
	    (unsigned long long)age, a->abi, a->state);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		printf(",\"%s\":%llu", row[i].name,
		    (unsigned long long)row[i].value);
	puts("}");
}

/* A lock's numbers, in stats.c's order; microthreads have two. */
enum { NUMBERS = 10 };
static const char *const number[NUMBERS] = { "taken", "read", "contended",
	"wait_ns", "wait_max_ns", "held", "held_ns", "held_max_ns", "upgraded",
	"refused" };

static void
show_lock(const char *name, const char *kind, const unsigned long long *n,
    bool json)
{
	int i;

	if (!json) {
		printf("%-8s %-6s %10llu %10llu %10llu %8.1f %8.1f %8.1f %8.1f "
		    "%8llu %8llu\n", name, kind, n[0], n[1], n[2],
		    n[2] == 0 ? 0.0 : (double)n[3] / (double)n[2] / 1e3,
		    (double)n[4] / 1e3,
		    n[5] == 0 ? 0.0 : (double)n[6] / (double)n[5] / 1e3,
		    (double)n[7] / 1e3, n[8], n[9]);
		return;
	}
	printf("{\"name\":\"%s\",\"kind\":\"%s\"", name, kind);
	for (i = 0; i < NUMBERS; i++)
		printf(",\"%s\":%llu", number[i], n[i]);
	printf("}");
}

/* What `text` says; false: that is no answer. */
static bool
show_locks(char *text, bool json)
{
	unsigned long long n[NUMBERS];
	char name[32], kind[8], *line;
	const char *between = "";

	if (json)
		printf("{\"locks\":[");
	else
		printf("%-8s %-6s %10s %10s %10s %8s %8s %8s %8s %8s %8s\n",
		    "lock", "kind", "taken", "read", "contended", "wait/us",
		    "max", "held/us", "max", "upgraded", "refused");
	for (line = strtok(text, "\n"); line != NULL;
	    line = strtok(NULL, "\n")) {
		if (sscanf(line, "microthreads %llu %llu", &n[0], &n[1]) == 2) {
			printf(json ? "],\"microthreads\":%llu,\"most\":%llu}\n" :
			    "microthreads: %llu stacks, at most %llu so far\n",
			    n[0], n[1]);
			return true;
		}
		if (sscanf(line, "%31s %7s %llu %llu %llu %llu %llu %llu %llu "
		    "%llu %llu %llu", name, kind, &n[0], &n[1], &n[2], &n[3],
		    &n[4], &n[5], &n[6], &n[7], &n[8], &n[9]) != NUMBERS + 2)
			return false;
		if (json)
			printf("%s", between);
		show_lock(name, kind, n, json);
		between = ",";
	}
	return false;
}

static bool
locks(int sock, bool json)
{
	char text[CONTROL_TEXT + 1];
	ssize_t n = recv(sock, text, CONTROL_TEXT, 0);

	if (n <= 0)
		return false;
	text[n] = '\0';
	return show_locks(text, json);
}

static int
ask(int sock, const struct control_request *rq, struct control_answer *a)
{
	ssize_t n;

	if (send(sock, rq, sizeof(*rq), MSG_NOSIGNAL) != (ssize_t)sizeof(*rq))
		return errno;
	n = recv(sock, a, sizeof(*a), 0);
	if (n < 0)
		return errno;
	if (n != (ssize_t)sizeof(*a) || a->magic != MAGIC_CONTROL_ANSWER)
		return EPROTO;
	a->text[sizeof(a->text) - 1] = a->release[sizeof(a->release) - 1] = 0;
	return 0;
}

static int
replaced(const struct control_answer *a, bool json)
{
	if (a->status != 0) {
		fail((const char *)a->text, a->status, "the old one goes on");
		return EXIT_REFUSED;
	}
	if (json)
		printf("{\"pid\":%u,\"pause_ns\":%llu}\n", a->pid,
		    (unsigned long long)a->pause);
	else
		printf("process %u serves; guests waited for %.1f ms\n",
		    a->pid, (double)a->pause / 1e6);
	return 0;
}

struct order {
	enum control_op op;
	bool json;
	const char *with;
};

static bool
parse(int argc, char **argv, struct order *o)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "with", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	static const char *const ops[] = { [CONTROL_STATUS] = "status",
		[CONTROL_STOP] = "stop", [CONTROL_REPLACE] = "replace",
		[CONTROL_LOCKS] = "locks" };
	int c, i;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'j')
			o->json = true;
		else if (c == 'w')
			o->with = optarg;
		else if (c == 'h' && fputs(usage, stdout) >= 0)
			exit(0);
		else
			return false;
	}
	for (i = 1; optind + 1 == argc && i < CONTROL_END; i++)
		if (strcmp(argv[optind], ops[i]) == 0)
			o->op = (enum control_op)i;
	return o->op != 0 && (o->with == NULL || o->op == CONTROL_REPLACE);
}

/* The successor is the veneerd that this program is, unless told. */
static bool
successor(const struct order *o, struct control_request *rq)
{
	char *path = realpath(o->with == NULL ? "/proc/self/exe" : o->with,
	    NULL);
	bool fits = path != NULL && strlen(path) < sizeof(rq->path);

	if (fits)
		memcpy(rq->path, path, strlen(path) + 1);
	free(path);
	return fits;
}

int
control_main(int argc, char **argv)
{
	struct control_request rq = {
		.magic = MAGIC_CONTROL_REQUEST,
		.version = VERSION_CONTROL_REQUEST,
		.size = SIZEOF_CONTROL_REQUEST,
	};
	struct control_answer a = { 0 };
	struct order o = { 0 };
	char c;
	int sock, error;

	if (!parse(argc, argv, &o)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	rq.op = o.op;
	if (o.op == CONTROL_REPLACE && !successor(&o, &rq))
		return fail(o.with == NULL ? "/proc/self/exe" : o.with, ENOENT,
		    "give a program with --with");
	sock = reach();
	if (sock < 0) {
		if (o.json)
			puts("{\"running\":false}");
		else
			puts("no veneerd serves this user");
		return o.op == CONTROL_STOP ? 0 : EXIT_NONE;
	}
	error = ask(sock, &rq, &a);
	if (error)
		return fail("no answer", error, "see veneerd(8)");
	if (o.op == CONTROL_REPLACE)
		return replaced(&a, o.json);
	if (a.status != 0)
		return fail("refused", a.status, "see veneerd(8)");
	if (o.op == CONTROL_STATUS)
		show(&a, o.json);
	if (o.op == CONTROL_LOCKS && !locks(sock, o.json))
		return fail("no answer", EPROTO, "see veneerd(8)");
	while (o.op == CONTROL_STOP && recv(sock, &c, 1, 0) > 0)
		continue;	/* its end */
	return 0;
}
