/* SPDX-License-Identifier: ISC */
/* veneer trace -c: how often, how long, and by which way in. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "summary.h"

#define ENTRIES 3
#define ROUTES 4
#define ROWS_MOST 4096u

struct line {
	char name[48];
	uint64_t calls, errors, ns, entry[ENTRIES];
	uint32_t route;
};

struct summary {
	struct line *line;
	unsigned n, room;
	struct line all;
	uint64_t route[ROUTES];
};

struct summary *
summary_new(void)
{
	return calloc(1, sizeof(struct summary));
}

static struct line *
line_get(struct summary *s, const char *name)
{
	struct line *more;
	unsigned i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->line[i].name, name) == 0)
			return &s->line[i];
	if (s->n == s->room) {
		if (s->room >= ROWS_MOST)
			return &s->line[0];
		more = realloc(s->line, (s->room + 128) * sizeof(*more));
		if (more == NULL)
			return &s->all;
		s->line = more;
		s->room += 128;
	}
	memset(&s->line[s->n], 0, sizeof(s->line[0]));
	snprintf(s->line[s->n].name, sizeof(s->line[0].name), "%s", name);
	return &s->line[s->n++];
}

static void
line_count(struct line *l, const struct traced_call *c, uint32_t entry, uint64_t ns)
{
	l->calls++;
	l->ns += ns;
	if (c->leave != NULL && c->leave->ret < 0 && c->leave->ret >= -4095 &&
	    c->leave->ret != TRACE_RAW_RESTART && c->leave->ret != TRACE_RAW_JUST_RETURN)
		l->errors++;
	if (entry < ENTRIES)
		l->entry[entry]++;
}

void
summary_add(struct summary *s, const struct traced_call *c, const struct trace_record *enter)
{
	const struct trace_record *any = c->leave != NULL ? c->leave : c->enter;
	uint64_t ns = 0;
	struct line *l;
	char name[48];

	if (c->row != NULL)
		snprintf(name, sizeof(name), "%s", c->row->name);
	else
		snprintf(name, sizeof(name), "call_%" PRIu32, any->nr);
	if (enter != NULL && c->leave != NULL)
		ns = c->leave->time - enter->time;
	l = line_get(s, name);
	line_count(l, c, any->entry, ns);
	line_count(&s->all, c, any->entry, ns);
	if (c->leave != NULL) {
		l->route = any->route;
		if (any->route < ROUTES)
			s->route[any->route]++;
	}
}

static int
by_time(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void
print_line(FILE *f, const struct line *l, uint64_t total, const char *route)
{
	fprintf(f, "%6.2f %12.6f %9" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 "  %-5s %s\n",
	    total != 0 ? 100.0 * (double)l->ns / (double)total : 0.0, (double)l->ns / 1e9, l->calls, l->errors,
	    l->entry[0], l->entry[1], l->entry[2], route, l->name);
}

static void
print_json(FILE *f, const struct line *l)
{
	fprintf(f, "{\"type\":\"summary\",\"name\":\"%s\",\"calls\":%" PRIu64 ",\"errors\":%" PRIu64
	    ",\"ns\":%" PRIu64 ",\"stub\":%" PRIu64 ",\"site\":%" PRIu64 ",\"sigsys\":%" PRIu64 "}\n",
	    l->name, l->calls, l->errors, l->ns, l->entry[0], l->entry[1], l->entry[2]);
}

void
summary_print(struct summary *s, FILE *f, bool json)
{
	unsigned i;

	snprintf(s->all.name, sizeof(s->all.name), "total");
	if (s->n != 0)
		qsort(s->line, s->n, sizeof(s->line[0]), by_time);
	if (!json)
		fprintf(f, "%6s %12s %9s %8s %8s %8s %8s  %-5s %s\n", "% time", "seconds", "calls", "errors",
		    "stub", "site", "SIGSYS", "route", "call");
	for (i = 0; i < s->n; i++)
		if (json)
			print_json(f, &s->line[i]);
		else
			print_line(f, &s->line[i], s->all.ns, format_route(s->line[i].route));
	if (json) {
		print_json(f, &s->all);
		return;
	}
	print_line(f, &s->all, s->all.ns, "");
	fprintf(f, "routes: layer %" PRIu64 ", host %" PRIu64 ", glue %" PRIu64 ", none %" PRIu64 "\n",
	    s->route[0], s->route[1], s->route[2], s->route[3]);
}
