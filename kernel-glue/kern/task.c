/* SPDX-License-Identifier: ISC */
/* Tasks and threads: who can call. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "kobject.h"

enum { KERN_FINI_SLICE = 1024 };

int
kern_init(struct kern *k, const struct kern_hooks *hooks, void *host)
{
	memset(k, 0, sizeof(*k));
	k->hooks = hooks;
	k->host = host;
	link_init(&k->ready);
	link_init(&k->work);
	link_init(&k->late);
	link_init(&k->alarms);
	link_init(&k->services);
	if (table_init(&k->tasks))
		return RPC_ENOMEM;
	if (table_init(&k->threads)) {
		table_fini(&k->tasks);
		return RPC_ENOMEM;
	}
	return 0;
}

void
kern_fini(struct kern *k)
{
	assert(k->tasks.count == 0 && k->threads.count == 0);
	alarms_end(k);
	services_end(k);
	host_end(k);
	while (!kern_work(k, KERN_FINI_SLICE))
		;
	assert(k->nports == 0 && k->nmsgs == 0);
	table_fini(&k->tasks);
	table_fini(&k->threads);
	free(k->callouts.heap);
}

void
task_init(struct kern *k, struct task *t, uint64_t id)
{
	memset(t, 0, sizeof(*t));
	table_insert(&k->tasks, &t->node, id);
}

void
task_fini(struct kern *k, struct task *t)
{
	assert(t->threads == NULL);
	table_remove(&k->tasks, &t->node);
	if (t->space != NULL)
		space_kill(k, t->space);
	t->space = NULL;
	kern_kick(k);
}

struct task *
task_lookup(const struct kern *k, uint64_t id)
{
	struct node *n = table_lookup(&k->tasks, id);

	return n == NULL ? NULL : (struct task *)((char *)n -
	    offsetof(struct task, node));
}

int
thread_init(struct kern *k, struct task *t, struct thread *th, uint64_t id)
{
	if (callouts_reserve(&k->callouts))
		return RPC_ENOMEM;
	memset(th, 0, sizeof(*th));
	th->task = t;
	th->call.thread = th;
	link_init(&th->call.link);
	th->next = t->threads;
	th->link = &t->threads;
	if (th->next != NULL)
		th->next->link = &th->next;
	t->threads = th;
	t->nthreads++;
	table_insert(&k->threads, &th->node, id);
	return 0;
}

void
thread_fini(struct kern *k, struct thread *th)
{
	if (th->call.state == CALL_PARKED)
		call_cancel(k, &th->call);
	callouts_release(&k->callouts);
	thread_port_end(k, th);
	exceptions_end(k, &th->exceptions);
	table_remove(&k->threads, &th->node);
	*th->link = th->next;
	if (th->next != NULL)
		th->next->link = th->link;
	th->task->nthreads--;
	kern_kick(k);
}

struct space *
task_space(struct kern *k, struct task *t)
{
	if (t->space == NULL && space_new(k, t, &t->space) != KERN_SUCCESS)
		t->space = NULL;
	return t->space;
}

struct thread *
thread_lookup(const struct kern *k, uint64_t id)
{
	struct node *n = table_lookup(&k->threads, id);

	return n == NULL ? NULL : (struct thread *)((char *)n -
	    offsetof(struct thread, node));
}
