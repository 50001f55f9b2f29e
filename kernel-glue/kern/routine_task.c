/* SPDX-License-Identifier: ISC */
/* Tasks, threads and the host, as routines.  Their _info is in info.c. */
#include "routine.h"

/* ---- who am I ---- */
int
r_task_self(struct in *in)
{
	struct port *p;
	int kr = task_port(in->k, in->s, PORT_TASK, &p);

	if (kr == KERN_SUCCESS)
		right_of(p, &in->out);
	return kr;
}

int
r_thread_self(struct in *in)
{
	struct port *p;
	int kr = thread_port(in->k, in->c->thread, &p);

	if (kr == KERN_SUCCESS)
		right_of(p, &in->out);
	return kr;
}

int
r_host_self(struct in *in)
{
	struct port *p;
	int kr = host_port(in->k, PORT_HOST, &p);

	if (kr == KERN_SUCCESS)
		right_of(p, &in->out);
	return kr;
}

/* ---- special ports ---- */
/* A port that is the kernel's own, of the kinds that task_get_special_port knows. */
static int
kernel_special(struct in *in, uint32_t which, struct port **p)
{
	switch (which) {
	case TASK_KERNEL_PORT:
		return task_port(in->k, in->target, PORT_TASK, p);
	case TASK_READ_PORT:
		return task_port(in->k, in->target, PORT_TASK_READ, p);
	case TASK_INSPECT_PORT:
		return task_port(in->k, in->target, PORT_TASK_INSPECT, p);
	case TASK_NAME_PORT:
		return task_port(in->k, in->target, PORT_TASK_NAME, p);
	case TASK_HOST_PORT:
		return host_port(in->k, in->target->task->subject.uid == 0 ?
		    PORT_HOST_PRIV : PORT_HOST, p);
	default:
		return KERN_INVALID_ARGUMENT;
	}
}

/* With a port that lets look only, what lets do more is not to be had. */
static bool
may_have(const struct in *in, uint32_t which)
{
	const struct port *p = in->object;

	if (p == NULL || p->kind == PORT_TASK || which == TASK_NAME_PORT ||
	    which == TASK_HOST_PORT || which == TASK_INSPECT_PORT)
		return true;
	return p->kind == PORT_TASK_READ && which == TASK_READ_PORT;
}

int
r_task_get_special(struct in *in)
{
	struct port *p = NULL;
	int kr;

	if (!may_have(in, N(1)))
		return KERN_INVALID_CAPABILITY;
	in->out.type = MACH_MSG_TYPE_PORT_SEND;
	if (N(1) == TASK_BOOTSTRAP_PORT || N(1) >= TASK_REGISTERED_FIRST)
		return kern_task_special(in->target, N(1), &in->out);
	kr = kernel_special(in, N(1), &p);
	if (kr == KERN_SUCCESS)
		right_of(p, &in->out);
	return kr;
}

int
r_task_set_special(struct in *in)
{
	if (N(1) == TASK_KERNEL_PORT || N(1) == TASK_HOST_PORT)
		return KERN_NO_ACCESS;
	return kern_task_specialize(in->k, in->target, N(1), &in->right[0]);
}

int
r_ports_register(struct in *in)
{
	return kern_ports_register(in->k, in->target, in->rights,
	    in->nrights);
}

int
r_ports_lookup(struct in *in)
{
	int kr = routine_rights(in, TASK_PORTS_REGISTERED);

	if (kr == KERN_SUCCESS)
		kern_ports_lookup(in->target, in->rights);
	return kr;
}

int
r_thread_get_special(struct in *in)
{
	if (N(1) != THREAD_KERNEL_PORT)
		return KERN_INVALID_ARGUMENT;
	right_of(in->object, &in->out);
	return KERN_SUCCESS;
}

/* No dynamic ports are kept: asking for one gives none. */
int
r_host_get_special_port(struct in *in)
{
	struct port *p = NULL;
	int kr = KERN_SUCCESS;

	in->out.type = MACH_MSG_TYPE_PORT_SEND;
	if (N(2) == 0 || N(2) > HOST_MAX_SPECIAL_PORT)
		return KERN_INVALID_ARGUMENT;
	if (N(2) == HOST_PORT)
		kr = host_port(in->k, PORT_HOST, &p);
	else if (N(2) == HOST_PRIV_PORT)
		kr = host_port(in->k, PORT_HOST_PRIV, &p);
	if (p != NULL)
		right_of(p, &in->out);
	return kr;
}

int
r_host_get_clock_service(struct in *in)
{
	struct port *p;
	int kr = clock_port(in->k, N(1), &p);

	if (kr == KERN_SUCCESS)
		right_of(p, &in->out);
	return kr;
}

/* ---- threads and tasks ---- */
/* The threads that have called the supervisor: of others it knows nothing. */
int
r_task_threads(struct in *in)
{
	struct task *t = in->target->task;
	struct port *p;
	struct thread *th;
	uint32_t i = 0;
	int kr = routine_rights(in, (uint32_t)t->nthreads);

	for (th = t->threads; kr == KERN_SUCCESS && th != NULL; th = th->next) {
		kr = thread_port(in->k, th, &p);
		if (kr == KERN_SUCCESS)
			right_of(p, &in->rights[i++]);
	}
	return kr;
}

int
r_pid_for_task(struct in *in)
{
	return result(in, in->target->task->node.id, KERN_SUCCESS);
}

/* The same user, who runs nothing with another's rights; or root. */
static bool
may_control(struct in *in, struct task *t)
{
	const struct subject *me = &in->target->task->subject;
	struct task_facts f = { 0 };

	if (me->uid == 0)
		return true;
	if (in->k->hooks->task_facts == NULL ||
	    !in->k->hooks->task_facts(in->k->host, t, &f))
		return false;
	return f.uid == me->uid && f.ruid == me->uid && f.gid == f.rgid;
}

static int
for_pid(struct in *in, enum port_kind kind)
{
	struct task *t = task_lookup(in->k, N(1));
	struct space *s;
	struct port *p;
	int kr;

	if (t == NULL || !may_control(in, t))
		return KERN_FAILURE;
	s = task_space(in->k, t);
	if (s == NULL)
		return KERN_RESOURCE_SHORTAGE;
	kr = task_port(in->k, s, kind, &p);
	if (kr == KERN_SUCCESS)
		right_of(p, &in->out);
	return kr;
}

int
r_task_for_pid(struct in *in)
{
	return for_pid(in, PORT_TASK);
}

int
r_task_name_for_pid(struct in *in)
{
	return for_pid(in, PORT_TASK_NAME);
}

static bool
control(struct in *in, enum task_control how)
{
	return in->k->hooks->task_control != NULL &&
	    in->k->hooks->task_control(in->k->host, in->target->task, how);
}

int
r_task_suspend(struct in *in)
{
	struct task *t = in->target->task;

	if (t->suspended == 0 && !control(in, TASK_STOP))
		return KERN_FAILURE;
	t->suspended++;
	return KERN_SUCCESS;
}

int
r_task_resume(struct in *in)
{
	struct task *t = in->target->task;

	if (t->suspended == 0)
		return KERN_FAILURE;
	if (--t->suspended == 0 && !control(in, TASK_CONTINUE))
		return KERN_FAILURE;
	return KERN_SUCCESS;
}

int
r_task_terminate(struct in *in)
{
	return control(in, TASK_END) ? KERN_SUCCESS : KERN_FAILURE;
}

/* One thread alone cannot be stopped from outside. */
int
r_thread_suspend(struct in *in)
{
	(void)in;
	return KERN_NOT_SUPPORTED;
}

int
r_thread_resume(struct in *in)
{
	(void)in;
	return KERN_NOT_SUPPORTED;
}

int
r_thread_abort(struct in *in)
{
	call_abort(in->k, &in->thread->call);
	return KERN_SUCCESS;
}

/* Every wait here can be ended so that it can be made again. */
int
r_thread_abort_safely(struct in *in)
{
	return r_thread_abort(in);
}
