/* SPDX-License-Identifier: ISC */
/*
 * Calls by which a signal is sent to one thread with a code that does not say so.  The layer must know
 * of such signals: met by a mask in memory they would be sent again to the whole process.
 */
#include <linux/fcntl.h>
#include <asm/siginfo.h>

#include "linux.h"

#define OWNER_TID 0	/* F_OWNER_TID */

struct owner { int32_t type, pid; };	/* struct f_owner_ex */

long
linux_timer_create(struct call *c)
{
	struct sigevent ev;

	if (c->arg[1] != 0 && copyin(&ev, guest(c->arg[1]), sizeof(ev)) == 0 &&
	    (ev.sigev_notify & SIGEV_THREAD_ID))
		signal_directed(c->thread, ev.sigev_signo);
	return pass(c);
}

long
linux_rt_tgsigqueueinfo(struct call *c)
{
	signal_directed(c->thread, (int)c->arg[2]);
	return pass(c);
}

/* A descriptor tells one thread of its input by a signal of the program's choice. */
static void
owner_note(struct call *c)
{
	struct thread_block *t = c->thread;
	struct owner o = { OWNER_TID + 1, 0 };
	long sig;

	if (HOST3(t, HOST_NR_fcntl, c->arg[0], F_GETOWN_EX, &o) < 0 ||
	    o.type != OWNER_TID)
		return;
	sig = HOST2(t, HOST_NR_fcntl, c->arg[0], F_GETSIG);
	signal_directed(t, sig > 0 ? (int)sig : SIGIO);
}

long
linux_fcntl(struct call *c)
{
	long ret = pass(c);

	if (ret >= 0 && (c->arg[1] == F_SETSIG || c->arg[1] == F_SETOWN_EX))
		owner_note(c);
	return ret;
}
