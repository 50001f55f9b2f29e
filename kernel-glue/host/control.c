/* SPDX-License-Identifier: ISC */
/* What `veneer supervisor` asks of a veneerd, over its socket. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"
#include "../kern/state.h"

static void
count(struct server *s, struct control_answer *a)
{
	const struct listener *l;
	const struct guest_task *t;
	const struct thread *th;

	a->pid = (uint32_t)getpid();
	a->abi = RPC_ABI;
	a->state = STATE_VERSION;
	snprintf((char *)a->release, sizeof(a->release), "%s", VENEER_VERSION);
	mutex_lock(&s->lock);
	a->domain = s->domain;
	a->started = s->started / 1000000000u;
	a->replacements = s->replacements;
	a->tasks = s->kern.tasks.count;
	a->threads = s->kern.threads.count;
	a->ports = s->kern.nports;
	a->messages = s->kern.nmsgs;
	a->callouts = s->kern.callouts.n;
	a->calls = s->calls;
	for (l = s->listeners; l != NULL; l = l->next) {
		a->trees++;
		for (t = l->tasks; t != NULL; t = t->next)
			for (th = t->task.threads; th != NULL; th = th->next)
				a->parked += th->call.state == CALL_PARKED;
	}
	mutex_unlock(&s->lock);
}

static void
answer(int sock, const struct control_answer *a)
{
	(void)send(sock, a, sizeof(*a), MSG_NOSIGNAL);
}

/* The peer sees our end when this socket closes. */
static void
stop(struct server *s, int sock, const struct control_answer *a)
{
	char c;

	answer(sock, a);
	s->stopping = true;
	server_wake(s);
	while (recv(sock, &c, 1, 0) != 0)
		pause();
}

/* stats.c's lines, then: microthreads, now and at most so far. */
static void
locks(int sock)
{
	char text[CONTROL_TEXT];
	size_t n = lock_stats_print(text, sizeof(text));
	unsigned now, most;
	int r;

	micro_count(&now, &most);
	r = snprintf(text + n, sizeof(text) - n, "microthreads %u %u\n", now,
	    most);
	if (r > 0 && (size_t)r < sizeof(text) - n)
		n += (size_t)r;
	(void)send(sock, text, n, MSG_NOSIGNAL);
}

void
control_serve(struct server *s, int sock, const struct control_request *rq)
{
	struct control_answer a = {
		.magic = MAGIC_CONTROL_ANSWER,
		.version = VERSION_CONTROL_ANSWER,
		.size = SIZEOF_CONTROL_ANSWER,
	};
	pid_t heir;

	count(s, &a);
	if (rq->version != VERSION_CONTROL_REQUEST ||
	    memchr(rq->path, 0, sizeof(rq->path)) == NULL) {
		a.status = EPROTONOSUPPORT;
	} else if (rq->op == CONTROL_STOP) {
		stop(s, sock, &a);
		return;
	} else if (rq->op == CONTROL_REPLACE) {
		a.status = replace(s, (const char *)rq->path, &heir, &a.pause,
		    (char *)a.text, sizeof(a.text));
		if (a.status == 0) {
			a.pid = (uint32_t)heir;
			a.replacements++;
			answer(sock, &a);
			_exit(0);	/* the successor has everything */
		}
	} else if (rq->op != CONTROL_STATUS && rq->op != CONTROL_LOCKS) {
		a.status = EOPNOTSUPP;
	}
	answer(sock, &a);
	if (rq->op == CONTROL_LOCKS && a.status == 0)
		locks(sock);
}
