/* SPDX-License-Identifier: ISC */
/*
 * A quiet moment: every thread that serves guests waits, between two notifications, so
 * that all state stands still and can be handed to a successor.  Guests see nothing: their
 * notifications stay with the kernel meanwhile.
 *
 * Who serves holds `serving` to read, even while it sleeps in NOTIF_RECV: a notification
 * that it took could not be handed over.  Who replaces us, serving a connection itself,
 * makes an upgrade of its own; the main thread interrupts the others until they yield.
 */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>

#include "host.h"

enum { PATIENCE_MS = 2000 };

void
server_rest(struct server *s, struct worker *w)
{
	if (!rw_wanted(&s->serving))
		return;
	worker_drain(w);	/* what waits here may be handed a lock */
	rw_yield(&s->serving);
}

/* A signal that comes before its thread blocks is lost, so this is done again and again.
 * Who has just connected hears that we have gone, and comes again. */
void
server_interrupt(struct server *s)
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
	enum rw_result r;

	s->quieting = true;
	server_wake(s);
	r = rw_upgrade_for(&s->serving, PATIENCE_MS);
	s->quieting = false;
	if (r == RW_REFUSED)
		rw_read(&s->serving);
	if (r != RW_UPGRADED)
		return r == RW_LATE ? EBUSY : EALREADY;
	mutex_lock(&s->lock);
	return 0;
}

void
server_loud(struct server *s)
{
	mutex_unlock(&s->lock);
	rw_downgrade(&s->serving);
}
