/* SPDX-License-Identifier: ISC */
/*
 * A quiet moment: every thread that serves guests waits, between two notifications, so
 * that all state stands still and can be handed to a successor.  Guests see nothing: their
 * notifications stay with the kernel meanwhile.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "host.h"

enum { QUIET_TRIES = 2000 };	/* of a millisecond each */

void
server_rest(struct server *s)
{
	if (!s->quiet)
		return;
	pthread_mutex_lock(&s->lock);
	s->resting++;
	while (s->quiet)
		pthread_cond_wait(&s->resume, &s->lock);
	s->resting--;
	pthread_mutex_unlock(&s->lock);
}

/* Who has just connected hears that we have gone, and comes again. */
static void
interrupt(struct server *s)
{
	struct listener *l;
	struct greeting *g;

	for (l = s->listeners; l != NULL; l = l->next)
		pthread_kill(l->thread, SIGUSR1);
	for (g = s->greetings; g != NULL; g = g->next)
		shutdown(g->fd, SHUT_RDWR);
}

int
server_quiet(struct server *s)
{
	int i;

	s->quiet = true;
	for (i = 0; i < QUIET_TRIES; i++) {
		pthread_mutex_lock(&s->lock);
		if (s->resting + 1 == s->connections)
			return 0;
		interrupt(s);
		pthread_mutex_unlock(&s->lock);
		poll(NULL, 0, i < 20 ? 0 : 1);
	}
	pthread_mutex_lock(&s->lock);
	server_loud(s);
	return EBUSY;
}

void
server_loud(struct server *s)
{
	s->quiet = false;
	pthread_cond_broadcast(&s->resume);
	pthread_mutex_unlock(&s->lock);
}
