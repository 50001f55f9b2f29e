/* SPDX-License-Identifier: ISC */
/* Ports of kernel objects in general; those of tasks and threads. */
#include <assert.h>

#include "kobject.h"

enum { SPECIAL_BOOTSTRAP = 4 };	/* TASK_BOOTSTRAP_PORT */

struct port *
kobject_lookup(struct kern *k, struct space *s, uint32_t name,
    enum port_kind kind, int *kr)
{
	struct entry *e;

	*kr = right_lookup(s, name, &e);
	if (*kr != KERN_SUCCESS)
		return NULL;
	if (e->type & MACH_PORT_TYPE_SEND_RIGHTS)
		right_check(k, s, e);
	*kr = KERN_INVALID_ARGUMENT;
	if (e->type & MACH_PORT_TYPE_DEAD_NAME)
		*kr = KERN_TERMINATED;
	if (!(e->type & MACH_PORT_TYPE_SEND) || e->object.port->kind != kind)
		return NULL;
	*kr = KERN_SUCCESS;
	return e->object.port;
}

int
kobject_name(struct kern *k, struct space *s, struct port *p, uint32_t *name)
{
	struct right r = { .port = p, .type = MACH_MSG_TYPE_PORT_SEND };

	port_make_send(p);
	return right_copyout(k, s, &r, name);
}

void
kobject_end(struct kern *k, struct port *p)
{
	if (p->kind == PORT_TIMER && p->kobject != NULL)
		timer_end(k, p->kobject);
	p->kobject = NULL;
}

int
kern_task_self(struct kern *k, struct space *s, uint32_t *name)
{
	int kr = KERN_SUCCESS;

	if (s->self == NULL)
		kr = port_new_kernel(k, s->account, PORT_TASK, s, &s->self);
	return kr != KERN_SUCCESS ? kr : kobject_name(k, s, s->self, name);
}

int
kern_thread_self(struct kern *k, struct call *c, uint32_t *name)
{
	struct space *s = c->thread->task->space;
	int kr = KERN_SUCCESS;

	if (c->thread->port == NULL)
		kr = port_new_kernel(k, s->account, PORT_THREAD, c->thread,
		    &c->thread->port);
	return kr != KERN_SUCCESS ? kr :
	    kobject_name(k, s, c->thread->port, name);
}

void
thread_port_end(struct kern *k, struct thread *th)
{
	struct port *p = th->port;

	th->port = NULL;
	if (p != NULL)
		port_destroy(k, p);
}

int
kern_task_space(struct kern *k, struct space *s, uint32_t name,
    struct space **out)
{
	struct port *p;
	int kr;

	*out = s;
	if (name == MACH_PORT_NULL)
		return KERN_SUCCESS;
	p = kobject_lookup(k, s, name, PORT_TASK, &kr);
	if (p == NULL)
		return KERN_INVALID_TASK;
	*out = p->kobject;
	return (*out)->active ? KERN_SUCCESS : KERN_INVALID_TASK;
}

/* Which of the ports that a child inherits. */
static struct port **
special(struct space *s, uint32_t which)
{
	if (which == SPECIAL_BOOTSTRAP)
		return &s->inherited[0];
	if (which >= TASK_REGISTERED_FIRST &&
	    which < TASK_REGISTERED_FIRST + TASK_PORTS_REGISTERED)
		return &s->inherited[1 + which - TASK_REGISTERED_FIRST];
	return NULL;
}

int
kern_task_get_special(struct kern *k, struct space *s, uint32_t which,
    struct space *to, uint32_t *name)
{
	struct port **p = special(s, which);
	struct right r = { .type = MACH_MSG_TYPE_PORT_SEND };
	int kr;

	*name = MACH_PORT_NULL;
	if (p == NULL)
		return KERN_INVALID_ARGUMENT;
	if (*p == NULL)
		return KERN_SUCCESS;
	port_copy_send(*p);
	r.port = *p;
	kr = right_copyout(k, to, &r, name);
	return kr == KERN_INVALID_CAPABILITY ? KERN_SUCCESS : kr;
}

int
kern_task_set_special(struct kern *k, struct space *s, uint32_t which,
    struct space *from, uint32_t name)
{
	struct port **p = special(s, which);
	struct right r;
	int kr;

	if (p == NULL)
		return KERN_INVALID_ARGUMENT;
	kr = right_copyin_name(k, from, name, MACH_MSG_TYPE_COPY_SEND, &r);
	if (kr != KERN_SUCCESS)
		return kr;
	if (*p != NULL)
		port_drop_send(k, *p);
	*p = r.port;
	return KERN_SUCCESS;
}

static void
inherit(struct kern *k, struct task *t, const struct space *from)
{
	struct space *s;
	int i;

	for (i = 0; i < SPACE_INHERITED; i++)
		if (from->inherited[i] != NULL)
			break;
	if (i == SPACE_INHERITED || (s = task_space(k, t)) == NULL)
		return;
	for (i = 0; i < SPACE_INHERITED; i++) {
		s->inherited[i] = from->inherited[i];
		if (s->inherited[i] != NULL)
			port_copy_send(s->inherited[i]);
	}
}

void
task_inherit(struct kern *k, struct task *t, struct task *parent)
{
	if (parent->space != NULL && t->space == NULL)
		inherit(k, t, parent->space);
}

void
task_exec(struct kern *k, struct task *t)
{
	struct space *old = t->space;

	if (old == NULL)
		return;
	t->space = NULL;
	inherit(k, t, old);
	space_kill(k, old);
	kern_kick(k);
}

/* The task ends: what it was known by, and what it passed on. */
void
task_ports_end(struct kern *k, struct space *s)
{
	struct port *p = s->self;
	int i;

	s->self = NULL;
	if (p != NULL)
		port_destroy(k, p);
	for (i = 0; i < SPACE_INHERITED; i++)
		if (s->inherited[i] != NULL) {
			port_drop_send(k, s->inherited[i]);
			s->inherited[i] = NULL;
		}
}
