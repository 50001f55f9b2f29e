/* SPDX-License-Identifier: ISC */
/* libgcc's unwinder finds main from a handler: through the signal frame and a stub's caller. */
#include <signal.h>
#include <stdint.h>
#include <unwind.h>

#include "t.h"

int main(void);

static volatile int found, depth;

static _Unwind_Reason_Code
frame(struct _Unwind_Context *c, void *arg)
{
	(void)arg;
	depth++;
	if (_Unwind_FindEnclosingFunction((void *)(_Unwind_GetIP(c) - 1)) ==
	    (void *)main)
		found = 1;
	return depth < 60 ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static void
on_signal(int sig)
{
	(void)sig;
	depth = 0;
	_Unwind_Backtrace(frame, NULL);
}

__attribute__((__noinline__)) static void
in_own_code(void)
{
	while (!found)
		;
}

int
main(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	unsigned i;
	int p[2];
	char b;

	sigaction(SIGALRM, &sa, NULL);
	CHECK(pipe(p) == 0);
	raise(SIGALRM);
	CHECK(found);
	found = 0;
	ualarm(20000, 0);
	in_own_code();
	found = 0;
	ualarm(20000, 20000);	/* one that comes before the call is not the last */
	CHECK(read(p[0], &b, 1) == -1 && errno == EINTR && found);
	ualarm(0, 0);
	sa.sa_flags = SA_RESETHAND;
	for (i = 1; i < 20; i++) {
		found = 0;
		sigaction(SIGALRM, &sa, NULL);
		ualarm(20000 * i, 0);
		if (sleep(5) > 0)
			break;
		CHECK(found);	/* it came before the sleep */
	}
	CHECK(i < 20 && found);
	CHECK(depth >= 4 && depth < 60);
	return 0;
}
