/* SPDX-License-Identifier: ISC */
/* A case of a probe in a child of its own: what it prints, then how it ended, less the mark of a core file. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void
child(const char *name, void (*run)(void))
{
	int st;
	pid_t p;

	printf("%s:\n", name);
	p = fork();
	if (p == 0) {
		run();
		_exit(0);
	}
	waitpid(p, &st, 0);
	printf("\t%x\n", (unsigned)st & ~0x80u);
}
