/* SPDX-License-Identifier: ISC */
/* Lines of text or JSON: an enter record waits for its leave, by thread. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "format.h"
#include "report.h"
#include "summary.h"

#define BUCKETS 256u
#define PENDING_MOST 65536u	/* a hostile guest may name as many threads as it likes */

struct pending {
	struct pending *next;
	struct trace_record enter;
};

struct report {
	struct report_options o;
	struct summary *summary;
	struct pending *bucket[BUCKETS];
	unsigned npending;
	uint64_t start;
};

static void *
need(void *p)
{
	if (p == NULL) {
		fputs("veneer trace: out of memory\n", stderr);
		exit(125);
	}
	return p;
}

struct report *
report_new(const struct report_options *o)
{
	struct report *r = need(calloc(1, sizeof(*r)));

	r->o = *o;
	if (o->count)
		r->summary = need(summary_new());
	return r;
}

/* Owned by the caller. */
static struct pending *
pending_take(struct report *r, uint32_t tid)
{
	struct pending **p = &r->bucket[tid % BUCKETS], *found;

	for (; *p != NULL; p = &(*p)->next)
		if ((*p)->enter.tid == tid) {
			found = *p;
			*p = found->next;
			r->npending--;
			return found;
		}
	return NULL;
}

static void
json_string(FILE *f, const char *s, size_t n)
{
	size_t i;

	putc('"', f);
	for (i = 0; i < n; i++)
		if (s[i] == '"' || s[i] == '\\')
			fprintf(f, "\\%c", s[i]);
		else
			putc(s[i], f);	/* format.c leaves no other character to escape */
	putc('"', f);
}

static void
json_arg(FILE *f, const struct traced_call *c, unsigned i)
{
	char *s = NULL;
	size_t n = 0;
	FILE *m = need(open_memstream(&s, &n));

	format_arg(m, c, i);
	fclose(m);
	fprintf(f, "%s{\"name\":\"", i ? "," : "");
	if (c->row != NULL)
		fputs(c->who->params[c->row->first + i].name, f);
	else
		fprintf(f, "arg%u", i);
	fputs("\",\"value\":", f);
	json_string(f, s, n);
	putc('}', f);
	free(s);
}

static void
json_call(struct report *r, const struct traced_call *c, const struct trace_record *any)
{
	FILE *f = r->o.out, *sink;
	const char *error = NULL;
	char *s = NULL;
	size_t n = 0;
	unsigned i;

	fprintf(f, "{\"type\":\"call\",\"pid\":%u,\"tid\":%u,\"time_ns\":%" PRIu64 ",\"nr\":%u,\"name\":\"",
	    any->pid, any->tid, any->time - r->start, any->nr);
	format_name(f, c);
	fputs("\",\"args\":[", f);
	for (i = 0; i < format_count(c); i++)
		json_arg(f, c, i);
	fputs("]", f);
	if (c->leave != NULL) {
		sink = need(open_memstream(&s, &n));
		error = format_result(sink, c);
		fclose(sink);
		fputs(",\"result\":", f);
		if (c->leave->ret == TRACE_RAW_RESTART || c->leave->ret == TRACE_RAW_JUST_RETURN)
			fputs("null", f);
		else
			fprintf(f, "%" PRId64, error != NULL ? -1 : c->leave->ret);
		fputs(",\"shown\":", f);
		json_string(f, s, n);
		free(s);
		if (error != NULL)
			fprintf(f, ",\"error\":\"%s\"", error);
		fprintf(f, ",\"route\":\"%s\",\"duration_ns\":%" PRIu64,
		    format_route(c->leave->route),
		    c->enter != NULL ? c->leave->time - c->enter->time : 0);
	}
	fprintf(f, ",\"entry\":\"%s\"}\n", format_entry(any->entry));
}

static void
prefix(struct report *r, const struct trace_record *any)
{
	if (any->tid != r->o.root_pid)
		fprintf(r->o.out, "[%u] ", any->tid);
}

static void
text_call(struct report *r, const struct traced_call *c, const struct trace_record *any)
{
	FILE *f = r->o.out;
	unsigned i;

	prefix(r, any);
	format_name(f, c);
	putc('(', f);
	for (i = 0; i < format_count(c); i++) {
		if (i)
			fputs(", ", f);
		format_arg(f, c, i);
	}
	fputs(") = ", f);
	format_result(f, c);
	if (c->leave != NULL)
		fprintf(f, " <%s, %s, %.1f us>", format_route(c->leave->route), format_entry(any->entry),
		    c->enter != NULL ? (double)(c->leave->time - c->enter->time) / 1000 : 0.0);
	else
		fprintf(f, " <%s>", format_entry(any->entry));
	putc('\n', f);
}

static void
show_call(struct report *r, const struct trace_record *enter, const struct trace_record *leave)
{
	const struct trace_record *any = enter != NULL ? enter : leave;
	struct traced_call c = { .enter = enter, .leave = leave };

	/* An indirect call learns its number on the way: the leave record has the real one. */
	if (enter != NULL && leave != NULL && enter->nr != leave->nr) {
		any = leave;
		c.enter = NULL;
	}
	c.who = personality_find(any->personality);
	c.row = row_find(c.who, any->nr, any->layer_version);
	if (r->summary != NULL) {
		if (enter != NULL)	/* in a new process fork returns without having been called */
			summary_add(r->summary, &c, enter);
		return;
	}
	if (r->o.json)
		json_call(r, &c, any);
	else
		text_call(r, &c, any);
}

static bool
never_returns(const struct trace_record *enter)
{
	const struct trace_row *row = row_find(personality_find(enter->personality),
	    enter->nr, enter->layer_version);

	return row != NULL && row->ret == KIND_VOID;
}

static void
show_signal(struct report *r, const struct trace_record *s)
{
	const struct trace_personality *p = personality_find(s->personality);
	FILE *f = r->o.out;

	if (r->summary != NULL)
		return;
	if (r->o.json) {
		fprintf(f, "{\"type\":\"signal\",\"pid\":%u,\"tid\":%u,\"time_ns\":%" PRIu64 ",\"signal\":\"",
		    s->pid, s->tid, s->time - r->start);
		format_signal(f, p, s->signo);
		fprintf(f, "\",\"host_code\":%" PRId64 ",\"handler\":%" PRIu64 "}\n", s->ret, s->aux);
		return;
	}
	prefix(r, s);
	fputs("--- ", f);
	format_signal(f, p, s->signo);
	fprintf(f, " {host code %" PRId64 ", handler %#" PRIx64 "} ---\n", s->ret, s->aux);
}

static void
show_start(struct report *r, const struct trace_record *s)
{
	const struct trace_personality *p = personality_find(s->personality);
	size_t n = s->data_len > 4 ? s->data_len - 4 : 0, len;
	FILE *f = r->o.out, *m;
	char *path;

	if (r->start == 0)
		r->start = s->time;
	if (r->summary != NULL)
		return;
	if (r->o.json) {
		m = need(open_memstream(&path, &len));
		format_text(m, s->data + 4, n);
		fclose(m);
		fprintf(f, "{\"type\":\"start\",\"pid\":%u,\"time_ns\":%" PRIu64 ",\"layer\":\"%s@%u\",\"path\":",
		    s->pid, s->time - r->start, p->name, s->layer_version);
		json_string(f, path, len);
		fputs("}\n", f);
		free(path);
		return;
	}
	prefix(r, s);
	fputs("--- start \"", f);
	format_text(f, s->data + 4, n);
	fprintf(f, "\" under %s@%u ---\n", p->name, s->layer_version);
}

void
report_record(struct report *r, const struct trace_record *record)
{
	struct pending *p = NULL;

	switch (record->kind) {
	case TRACE_ENTER:
		p = pending_take(r, record->tid);
		if (p != NULL)	/* exec, or a signal handler's sigreturn */
			show_call(r, &p->enter, NULL);
		if (never_returns(record)) {
			show_call(r, record, NULL);
			break;
		}
		if (p == NULL && r->npending < PENDING_MOST)
			p = need(malloc(sizeof(*p)));
		if (p == NULL)
			return;
		p->enter = *record;
		p->next = r->bucket[record->tid % BUCKETS];
		r->bucket[record->tid % BUCKETS] = p;
		r->npending++;
		return;
	case TRACE_LEAVE:
		p = pending_take(r, record->tid);
		show_call(r, p != NULL ? &p->enter : NULL, record);
		break;
	case TRACE_SIGNAL:
		show_signal(r, record);
		break;
	case TRACE_START:
		p = pending_take(r, record->tid);	/* the execve that succeeded */
		if (p != NULL)
			show_call(r, &p->enter, NULL);
		show_start(r, record);
		break;
	default:
		break;
	}
	free(p);
}

void
report_end(struct report *r, int status)
{
	FILE *f = r->o.out;
	struct pending *p;
	unsigned i;

	for (i = 0; i < BUCKETS; i++)
		while ((p = r->bucket[i]) != NULL) {
			r->bucket[i] = p->next;
			show_call(r, &p->enter, NULL);
			free(p);
		}
	if (r->summary != NULL) {
		summary_print(r->summary, f, r->o.json);
	} else if (r->o.json) {
		fprintf(f, "{\"type\":\"end\",\"pid\":%u,\"%s\":%d}\n", r->o.root_pid,
		    WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	} else if (WIFSIGNALED(status)) {
		fprintf(f, "+++ killed by SIG%s +++\n", sigabbrev_np(WTERMSIG(status)) != NULL ?
		    sigabbrev_np(WTERMSIG(status)) : "RT");
	} else {
		fprintf(f, "+++ exited with %d +++\n", WEXITSTATUS(status));
	}
	fflush(f);
}
