/* SPDX-License-Identifier: ISC */
/* Reading: fields with rules of their own. */
#include <string.h>

#include "kobject.h"
#include "msg.h"
#include "stage.h"
#include "state.h"

static void
threads(struct state_load *ld, struct task *t)
{
	uint64_t n = load_num(ld, ld->nobjects), i;
	struct thread *th, **end = &t->threads;
	struct state_object *o;

	for (i = 0; i < n; i++) {
		o = load_object(ld, STATE_thread);
		if (o == NULL || o->owners++ != 0) {
			load_fail(ld, "a thread of no task, or of two");
			return;
		}
		th = o->p;
		*end = th;
		th->link = end;
		end = &th->next;
		t->nthreads++;
	}
}

static void
call_state(struct state_load *ld, struct call *c)
{
	c->state = (enum call_state)load_num(ld, CALL_DONE);
	if (c->state == CALL_RUNNING)
		load_fail(ld, "a call that runs");
}

static void
chunks(struct state_load *ld, struct space *s)
{
	uint64_t n = load_num(ld, SPACE_INDEX_MAX / SPACE_CHUNK), c;
	uint32_t i;

	if (n == 0)
		return;
	s->chunk = load_alloc(ld, (size_t)n * sizeof(*s->chunk));
	if (s->chunk == NULL)
		return;
	s->nchunks = (uint32_t)n;
	for (c = 0; c < n && ld->why == NULL; c++) {
		if (load_num(ld, 1) == 0)
			continue;
		s->chunk[c] = load_alloc(ld,
		    SPACE_CHUNK * sizeof(struct entry));
		for (i = 0; i < SPACE_CHUNK && ld->why == NULL; i++)
			load_struct(ld, STATE_entry, &s->chunk[c][i]);
	}
}

/* Which of the two it must be is seen when the entry's type is known. */
static void
entry_object(struct state_load *ld, struct entry *e)
{
	struct state_object *o = load_object(ld, STATE_NONE);

	if (o == NULL)
		return;
	if (o->type == STATE_port)
		e->object.port = o->p;
	else if (o->type == STATE_pset)
		e->object.pset = o->p;
	else
		load_fail(ld, "a name for no port");
}

static void
kobject(struct state_load *ld, struct port *p)
{
	static const enum state_type behind[PORT_KINDS] = {
		[PORT_TASK] = STATE_space, [PORT_THREAD] = STATE_thread,
		[PORT_SEMAPHORE] = STATE_semaphore, [PORT_TIMER] = STATE_timer,
		[PORT_TASK_NAME] = STATE_space,
		[PORT_TASK_INSPECT] = STATE_space, [PORT_TASK_READ] = STATE_space,
		[PORT_REPLY] = STATE_thread,
	};
	struct state_object *o = load_object(ld, STATE_NONE);

	if (o == NULL)
		return;
	if (behind[p->kind] == STATE_NONE || behind[p->kind] != o->type)
		load_fail(ld, "a port for another kind of object");
	p->kobject = o->p;
	if (o->type == STATE_timer)
		o->owners++;
}

/* The entry itself is looked up when all names are there. */
static void
request_entry(struct state_load *ld, struct request *r)
{
	struct state_object *o = load_object(ld, STATE_space);

	r->space = o == NULL ? NULL : o->p;
}

enum { NONE, INSIDE, ALLOCATED };

static void
descs(struct state_load *ld, struct msg *m)
{
	uint64_t how = load_num(ld, ALLOCATED);
	uint32_t i;

	if (how == NONE && m->ndescs != 0)
		load_fail(ld, "descriptors that are not there");
	if (how == INSIDE) {
		m->descs = &m->one;
		if (m->ndescs > 1)
			load_fail(ld, "too many descriptors");
	}
	if (how != ALLOCATED)
		return;
	if (load_num(ld, 0) != m->ndescs || m->ndescs < 2) {
		load_fail(ld, "another number of descriptors");
		return;
	}
	m->descs = load_alloc(ld, m->ndescs * sizeof(*m->descs));
	for (i = 0; i < m->ndescs && ld->why == NULL; i++)
		load_struct(ld, STATE_descriptor, &m->descs[i]);
}

static void
data(struct state_load *ld, struct msg *m)
{
	uint64_t how = load_num(ld, ALLOCATED);

	m->ndata = (uint32_t)load_num(ld, MSG_SIZE_MAX);
	if (how == INSIDE)
		m->data = m->small;
	if (how == INSIDE && m->ndata > sizeof(m->small))
		load_fail(ld, "too much data");
	if (how != ALLOCATED)
		return;
	if (m->ndata <= sizeof(m->small) ||
	    m->ndata > (size_t)(ld->end - ld->at)) {
		load_fail(ld, "data that is not there");
		return;
	}
	m->data = load_alloc(ld, m->ndata);
	if (m->data == NULL)
		return;
	memcpy(m->data, ld->at, m->ndata);
	ld->at += m->ndata;
}

static void
rights(struct state_load *ld, struct descriptor *d)
{
	uint32_t i;

	if (load_num(ld, 1) == 0)
		return;
	if (load_num(ld, 0) != d->n || d->n == 0 || d->n > MSG_PORTS_MAX) {
		load_fail(ld, "another number of rights");
		return;
	}
	d->rights = load_alloc(ld, d->n * sizeof(*d->rights));
	for (i = 0; i < d->n && ld->why == NULL; i++)
		load_right(ld, &d->rights[i]);
}

void
load_code(struct state_load *ld, enum state_code code, void *p)
{
	switch (code) {
	case CODE_threads:
		threads(ld, p);
		break;
	case CODE_call_state:
		call_state(ld, p);
		break;
	case CODE_chunks:
		chunks(ld, p);
		break;
	case CODE_entry_object:
		entry_object(ld, p);
		break;
	case CODE_kobject:
		kobject(ld, p);
		break;
	case CODE_request_entry:
		request_entry(ld, p);
		break;
	case CODE_descs:
		descs(ld, p);
		break;
	case CODE_data:
		data(ld, p);
		break;
	case CODE_rights:
		rights(ld, p);
		break;
	case CODE_NONE:
		break;
	}
}
