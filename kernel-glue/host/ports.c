/* SPDX-License-Identifier: ISC */
/* veneer ports, veneer tasks: asks the user's veneerd and prints (report.c says what). */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../kern/ipc.h"
#include "rpc.h"
#include "shared.h"

enum { EXIT_VENEER = 125, NUMBERS = 10, PIECE = 64 << 10 };
enum form { FORM_TEXT, FORM_JSON, FORM_DOT };

/* A port's kind, in the order of enum port_kind. */
static const char *const kinds[PORT_KINDS] = { "", "task", "thread", "host",
	"semaphore", "timer", "clock", "host_priv", "task_name",
	"task_inspect", "task_read" };

struct record {
	char what;
	uint64_t n[NUMBERS];
};

struct printer {
	bool tasks;		/* `veneer tasks` */
	enum form form;
	unsigned printed;
};

static _Noreturn void
fail(const char *what, const char *why)
{
	fprintf(stderr, "veneer: %s: %s\n", what, why);
	exit(EXIT_VENEER);
}

static const char *
type_name(uint64_t type)
{
	if ((type & MACH_PORT_TYPE_SEND_RECEIVE) == MACH_PORT_TYPE_SEND_RECEIVE)
		return "receive,send";
	if (type & MACH_PORT_TYPE_RECEIVE)
		return "receive";
	if (type & MACH_PORT_TYPE_SEND)
		return "send";
	if (type & MACH_PORT_TYPE_SEND_ONCE)
		return "send-once";
	return type & MACH_PORT_TYPE_PORT_SET ? "set" : "dead";
}

static const char *
kind_name(uint64_t kind)
{
	return kind < PORT_KINDS ? kinds[kind] : "?";
}

#define U(i) ((unsigned long long)r->n[i])

static void
print_task(struct printer *p, const struct record *r)
{
	static const char *const json = "%s\n  {\"pid\": %llu, \"uid\": %llu, "
	    "\"threads\": %llu, \"names\": %llu, \"sent\": %llu, "
	    "\"received\": %llu, \"calls\": %llu, \"suspended\": %llu}";

	if (p->form == FORM_JSON)
		printf(json, p->printed ? "," : "", U(0), U(1), U(2), U(3),
		    U(4), U(5), U(6), U(7));
	else
		printf("%-8llu %-6llu %7llu %7llu %9llu %9llu %9llu%s\n", U(0),
		    U(1), U(2), U(3), U(4), U(5), U(6),
		    r->n[7] ? "  suspended" : "");
	p->printed++;
}

static void
print_dot(const struct record *r)
{
	bool kernel = r->n[5] != 0 && r->n[5] != PORT_TIMER;

	if (r->what == 'T') {
		printf("\tt%llu [shape=box, label=\"task %llu\"];\n", U(0),
		    U(0));
		return;
	}
	if (r->n[2] & MACH_PORT_TYPE_DEAD_NAME)
		return;
	printf("\tp%llu [label=\"%s%llu\"%s];\n", U(4), kernel ?
	    kind_name(r->n[5]) : r->n[2] & MACH_PORT_TYPE_PORT_SET ? "set " :
	    "port ", U(4), kernel ? ", style=dashed" : "");
	if (r->n[2] & (MACH_PORT_TYPE_RECEIVE | MACH_PORT_TYPE_PORT_SET))
		printf("\tp%llu -> t%llu [style=bold, label=\"%#llx\"];\n",
		    U(4), U(0), U(1));
	if (r->n[2] & MACH_PORT_TYPE_SEND_RIGHTS)
		printf("\tt%llu -> p%llu [label=\"%#llx%s\"];\n", U(0), U(4),
		    U(1), r->n[2] & MACH_PORT_TYPE_SEND_ONCE ? " once" : "");
}

static void
print_right(struct printer *p, const struct record *r)
{
	static const char *const json = "%s\n  {\"pid\": %llu, "
	    "\"name\": %llu, \"type\": \"%s\", \"references\": %llu, "
	    "\"port\": %llu, \"kind\": \"%s\", \"queued\": %llu, "
	    "\"limit\": %llu, \"sends\": %llu, \"send_onces\": %llu}";

	if (p->form == FORM_JSON)
		printf(json, p->printed ? "," : "", U(0), U(1),
		    type_name(r->n[2]), U(3), U(4), kind_name(r->n[5]), U(6),
		    U(7), U(8), U(9));
	else
		printf("%-8llu %#-10llx %-13s %5llu %8llu %-12s %4llu/%-5llu "
		    "%6llu %6llu\n", U(0), U(1), type_name(r->n[2]), U(3),
		    U(4), kind_name(r->n[5]), U(6), U(7), U(8), U(9));
	p->printed++;
}

static void
print_record(struct printer *p, const struct record *r)
{
	if (p->form == FORM_DOT)
		print_dot(r);
	else if (p->tasks && r->what == 'T')
		print_task(p, r);
	else if (!p->tasks && r->what == 'R')
		print_right(p, r);
}

static void
head(const struct printer *p)
{
	if (p->form == FORM_DOT)
		puts("digraph ports {");
	else if (p->form == FORM_JSON)
		fputs("[", stdout);
	else if (p->tasks)
		puts("PID      UID    THREADS   NAMES      SENT  RECEIVED"
		    "     CALLS");
	else
		puts("PID      NAME       RIGHT          REFS     PORT KIND"
		    "         QUEUED     SENDS  ONCES");
}

static void
print_text(struct printer *p, char *text)
{
	char *line, *end = text, *at;
	struct record r;
	int i;

	while ((line = end) != NULL && *line != '\0') {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		memset(&r, 0, sizeof(r));
		r.what = line[0];
		at = line + 1;
		for (i = 0; i < NUMBERS; i++)
			r.n[i] = strtoull(at, &at, 10);
		print_record(p, &r);
	}
}

/* The socket of this user's veneerd, as veneerd itself finds it; -1: none listens. */
static int
connect_to(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const char *base = getenv("XDG_RUNTIME_DIR");
	unsigned long uid = geteuid();
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	char usual[64];

	snprintf(usual, sizeof(usual), "/run/user/%lu", uid);
	if (base == NULL || base[0] != '/')
		base = access(usual, W_OK | X_OK) == 0 ? usual : NULL;
	if (base != NULL)
		snprintf(sa.sun_path, sizeof(sa.sun_path),
		    "%s/veneer/socket", base);
	else
		snprintf(sa.sun_path, sizeof(sa.sun_path),
		    "/tmp/veneer-%lu/socket", uid);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&sa, sizeof(sa))) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* False: it serves another user, or is another version. */
static bool
ask(int fd)
{
	struct trap_message m;

	if (recv(fd, &m, sizeof(m), 0) != (ssize_t)sizeof(m) ||
	    m.magic != MAGIC_TRAP_MESSAGE || m.abi != RPC_ABI || m.status != 0)
		return false;
	m.status = RPC_REPORT;
	return send(fd, &m, sizeof(m), MSG_NOSIGNAL) == (ssize_t)sizeof(m);
}

static void
options(struct printer *p, int argc, char **argv)
{
	int i;

	p->tasks = argc > 0 && strcmp(argv[0], "tasks") == 0;
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			p->form = FORM_JSON;
		else if (strcmp(argv[i], "--dot") == 0 && !p->tasks)
			p->form = FORM_DOT;
		else
			fail(argv[i], p->tasks ? "not an option; there is "
			    "--json" : "not an option; there are --json and "
			    "--dot");
	}
}

int
main(int argc, char **argv)
{
	static char text[PIECE + 1];
	struct printer p = { 0 };
	ssize_t n;
	int fd;

	options(&p, argc, argv);
	fd = connect_to();
	if (fd >= 0 && !ask(fd))
		fail(argv[0], "veneerd does not answer; is it of another "
		    "version?");
	head(&p);
	/* No veneerd: no guest has ports. */
	while (fd >= 0 && (n = recv(fd, text, PIECE, 0)) > 0) {
		text[n] = '\0';
		print_text(&p, text);
	}
	if (p.form != FORM_TEXT)
		puts(p.form == FORM_DOT ? "}" : p.printed ? "\n]" : "]");
	return fflush(stdout) != 0;
}
