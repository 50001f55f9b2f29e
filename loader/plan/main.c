/* SPDX-License-Identifier: ISC */
/* veneer-plan: started by veneer, never by hand. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "planner.h"

/* One line: names from outside must not draw on the terminal. */
static int
complain(struct problem *p)
{
	unsigned char *s;

	for (s = (unsigned char *)p->text; *s != '\0'; s++)
		if (*s < ' ' || *s == 127)
			*s = '?';
	fprintf(stderr, "veneer: %s\n", p->text);
	return p->status;
}

int
main(int argc, char **argv)
{
	struct problem p = { .status = EXIT_VENEER };

	if (sodium_init() < 0)
		return EXIT_VENEER;
	if (argc >= 5 && strncmp(argv[1], "--start-", 8) == 0) {
		plan_start(argv[1], argv[2], argv[3], argv + 4, &p);
		return complain(&p);
	}
	return show_main(argc, argv);
}
