/* SPDX-License-Identifier: ISC */
/*
 * Who holds which right, for `veneer ports` and `veneer tasks`: one line a task and a
 * right, in numbers.  Read-only; a slice of names at a time, so that guests need not wait.
 *
 *	T pid uid threads names sent received calls suspended
 *	R pid name type references port kind queued limit sends send-onces
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "../kern/ipc.h"
#include "host.h"

enum { PAGE = 32 << 10, SLICE = 128, LINE = 160 };

struct page {
	char text[PAGE];
	size_t n;
};

__attribute__((format(printf, 2, 3))) static void
line(struct page *page, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(page->text + page->n, PAGE - page->n, format, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < PAGE - page->n)
		page->n += (size_t)n;
}

static void
of_task(struct page *page, const struct task *t)
{
	const struct space *s = t->space;

	line(page, "T %llu %u %zu %u %u %u %u %u\n",
	    (unsigned long long)t->node.id, t->subject.uid, t->nthreads,
	    s == NULL ? 0 : s->count, t->nsent, t->nreceived, t->ncalls,
	    t->suspended);
}

static void
of_right(struct page *page, const struct task *t, const struct entry *e)
{
	static const struct port none;
	const struct port *p = e->type & MACH_PORT_TYPE_PORT_RIGHTS ?
	    e->object.port : &none;
	unsigned long long id = e->type & MACH_PORT_TYPE_PORT_SET ?
	    e->object.pset->id : p->id;

	line(page, "R %llu %u %u %u %llu %d %u %u %u %u\n",
	    (unsigned long long)t->node.id, e->name, e->type, e->urefs, id,
	    (int)p->kind, p->msgcount, p->qlimit, p->srights, p->sorights);
}

/* Under the lock: a slice of the task's names; false: that was all. */
static bool
slice(struct server *s, uint64_t id, uint32_t *cursor, struct page *page)
{
	struct task *t = task_lookup(&s->kern, id);
	struct entry *e;
	int i;

	if (t == NULL)
		return false;
	if (*cursor == 0)
		of_task(page, t);
	if (t->space == NULL)
		return false;
	for (i = 0; i < SLICE && PAGE - page->n > LINE; i++) {
		e = entry_next(t->space, cursor);
		if (e == NULL)
			return false;
		of_right(page, t, e);
	}
	return true;
}

static uint64_t *
task_ids(struct server *s, size_t *n)
{
	struct guest_task *t;
	struct listener *l;
	uint64_t *id;

	*n = 0;
	mutex_lock(&s->lock);
	id = calloc(s->kern.tasks.count + 1, sizeof(*id));
	for (l = s->listeners; id != NULL && l != NULL; l = l->next)
		for (t = l->tasks; t != NULL; t = t->next)
			id[(*n)++] = t->task.node.id;
	mutex_unlock(&s->lock);
	return id;
}

void
report(struct server *s, int sock)
{
	struct page *page = malloc(sizeof(*page));
	uint32_t cursor;
	uint64_t *id;
	size_t i, n;
	bool more;

	id = task_ids(s, &n);
	for (i = 0; page != NULL && i < n; i++) {
		cursor = 0;
		do {
			page->n = 0;
			mutex_lock(&s->lock);
			more = slice(s, id[i], &cursor, page);
			mutex_unlock(&s->lock);
			if (page->n != 0 && send(sock, page->text, page->n,
			    MSG_NOSIGNAL) < 0)
				more = false, i = n;
		} while (more);
	}
	free(id);
	free(page);
}
