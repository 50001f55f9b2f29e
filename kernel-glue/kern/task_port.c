/* SPDX-License-Identifier: ISC */
/* Ports of kernel objects in general; those of tasks and threads. */
#include <assert.h>

#include "kobject.h"

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

void
right_of(struct port *p, struct right *out)
{
	port_make_send(p);
	*out = (struct right){ .port = p, .type = MACH_MSG_TYPE_PORT_SEND };
}

int
task_port(struct kern *k, struct space *s, enum port_kind kind,
    struct port **out)
{
	struct port **p = kind == PORT_TASK_NAME ? &s->name_port :
	    kind == PORT_TASK_INSPECT ? &s->inspect_port :
	    kind == PORT_TASK_READ ? &s->read_port : &s->self;
	int kr = KERN_SUCCESS;

	if (*p == NULL)
		kr = port_new_kernel(k, s->account, kind, s, p);
	*out = *p;
	return kr;
}

int
thread_port(struct kern *k, struct thread *th, struct port **out)
{
	int kr = KERN_SUCCESS;

	if (th->port == NULL)
		kr = port_new_kernel(k, th->task->space->account, PORT_THREAD,
		    th, &th->port);
	*out = th->port;
	return kr;
}

int
kern_task_self(struct kern *k, struct space *s, uint32_t *name)
{
	struct port *p;
	int kr = task_port(k, s, PORT_TASK, &p);

	return kr != KERN_SUCCESS ? kr : kobject_name(k, s, p, name);
}

int
kern_thread_self(struct kern *k, struct call *c, uint32_t *name)
{
	struct port *p;
	int kr = thread_port(k, c->thread, &p);

	return kr != KERN_SUCCESS ? kr :
	    kobject_name(k, c->thread->task->space, p, name);
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
	if (which == TASK_BOOTSTRAP_PORT)
		return &s->inherited[0];
	if (which >= TASK_REGISTERED_FIRST &&
	    which < TASK_REGISTERED_FIRST + TASK_PORTS_REGISTERED)
		return &s->inherited[1 + which - TASK_REGISTERED_FIRST];
	return NULL;
}

int
kern_task_special(struct space *s, uint32_t which, struct right *out)
{
	struct port **p = special(s, which);

	*out = (struct right){ .type = MACH_MSG_TYPE_PORT_SEND };
	if (p == NULL)
		return KERN_INVALID_ARGUMENT;
	out->port = *p;
	if (*p != NULL)
		port_copy_send(*p);
	return KERN_SUCCESS;
}

int
kern_task_specialize(struct kern *k, struct space *s, uint32_t which,
    struct right *r)
{
	struct port **p = special(s, which);

	if (p == NULL)
		return KERN_INVALID_ARGUMENT;
	if (*p != NULL)
		port_drop_send(k, *p);
	*p = r->port;
	r->port = NULL;
	return KERN_SUCCESS;
}

int
kern_task_get_special(struct kern *k, struct space *s, uint32_t which,
    struct space *to, uint32_t *name)
{
	struct right r;
	int kr = kern_task_special(s, which, &r);

	*name = MACH_PORT_NULL;
	if (kr == KERN_SUCCESS)
		kr = right_copyout(k, to, &r, name);
	return kr == KERN_INVALID_CAPABILITY ? KERN_SUCCESS : kr;
}

int
kern_task_set_special(struct kern *k, struct space *s, uint32_t which,
    struct space *from, uint32_t name)
{
	struct right r;
	int kr;

	if (special(s, which) == NULL)
		return KERN_INVALID_ARGUMENT;
	kr = right_copyin_name(k, from, name, MACH_MSG_TYPE_COPY_SEND, &r);
	return kr != KERN_SUCCESS ? kr : kern_task_specialize(k, s, which, &r);
}

int
kern_ports_register(struct kern *k, struct space *s, struct right *r,
    uint32_t n)
{
	uint32_t i;

	if (n > TASK_PORTS_REGISTERED)
		return KERN_INVALID_ARGUMENT;
	for (i = 0; i < TASK_PORTS_REGISTERED; i++) {
		if (s->inherited[1 + i] != NULL)
			port_drop_send(k, s->inherited[1 + i]);
		s->inherited[1 + i] = i < n ? r[i].port : NULL;
		if (i < n)
			r[i].port = NULL;
	}
	return KERN_SUCCESS;
}

void
kern_ports_lookup(struct space *s, struct right *r)
{
	uint32_t i;

	for (i = 0; i < TASK_PORTS_REGISTERED; i++) {
		r[i] = (struct right){ .port = s->inherited[1 + i],
			.type = MACH_MSG_TYPE_PORT_SEND };
		if (r[i].port != NULL)
			port_copy_send(r[i].port);
	}
}

static void
inherit(struct kern *k, struct task *t, const struct space *from)
{
	struct space *s;
	int i;

	for (i = 0; i < SPACE_INHERITED; i++)
		if (from->inherited[i] != NULL)
			break;
	if ((i == SPACE_INHERITED && from->exceptions == NULL) ||
	    (s = task_space(k, t)) == NULL)
		return;
	s->exceptions = exceptions_copy(k, from->exceptions, s->account);
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

static void
end(struct kern *k, struct port **p)
{
	struct port *port = *p;

	*p = NULL;
	if (port != NULL)
		port_destroy(k, port);
}

/* The task ends: what it was known by, and what it passed on. */
void
task_ports_end(struct kern *k, struct space *s)
{
	int i;

	end(k, &s->self);
	end(k, &s->name_port);
	end(k, &s->inspect_port);
	end(k, &s->read_port);
	exceptions_end(k, &s->exceptions);
	for (i = 0; i < SPACE_INHERITED; i++)
		if (s->inherited[i] != NULL) {
			port_drop_send(k, s->inherited[i]);
			s->inherited[i] = NULL;
		}
}
