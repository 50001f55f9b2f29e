/* SPDX-License-Identifier: ISC */
/*
 * What is left to do.  Things that die with much in them, and calls whose wait has ended,
 * stand in one of two queues; each step does a bounded bit of the first and puts it
 * behind the others when it is not done.  Calls go first: somebody waits for them.
 *
 * A dead space goes in two passes: its receive rights, then, when all that died with them
 * is gone, its other names.  So a name of a port that dies with the task is a dead one.
 */
#include "ipc.h"
#include "msg.h"

void
work_init(struct work *w, enum work_kind kind)
{
	link_init(&w->link);
	w->kind = kind;
}

void
work_add(struct kern *k, struct work *w)
{
	bool late = w->kind == WORK_SPACE &&
	    LINK_OF(struct space, work, w)->pass != 0;

	if (link_alone(&w->link))
		link_append(late ? &k->late : &k->work, &w->link);
}

void
work_remove(struct work *w)
{
	link_remove(&w->link);
}

void
work_calls(struct kern *k, struct link *waiters)
{
	link_splice(&k->ready, waiters);
}

static void
step(struct kern *k, struct work *w)
{
	bool done = true;

	switch (w->kind) {
	case WORK_SPACE:
		done = space_step(k, LINK_OF(struct space, work, w));
		break;
	case WORK_PORT:
		done = port_step(k, LINK_OF(struct port, work, w));
		break;
	case WORK_PSET:
		done = pset_step(k, LINK_OF(struct pset, work, w));
		break;
	case WORK_MSG:
		done = msg_step(k, LINK_OF(struct msg, work, w));
		break;
	case WORK_CALL:
		break;
	}
	if (!done)
		work_add(k, w);
}

bool
kern_work(struct kern *k, unsigned steps)
{
	struct link *l;

	for (; steps > 0; steps--) {
		if (!link_alone(&k->ready)) {
			l = k->ready.next;
			link_remove(l);
			call_wake(k, LINK_OF(struct call, link, l));
		} else if (!link_alone(&k->work) || !link_alone(&k->late)) {
			l = link_alone(&k->work) ? k->late.next : k->work.next;
			link_remove(l);
			step(k, LINK_OF(struct work, link, l));
		} else {
			return true;
		}
	}
	return link_alone(&k->ready) && link_alone(&k->work) &&
	    link_alone(&k->late);
}
