/* SPDX-License-Identifier: ISC */
/* veneer-plan: started by veneer, never by hand. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "cache_entry.h"
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
	int status;

	if (sodium_init() < 0)
		return EXIT_VENEER;
	if (argc >= 6 && strncmp(argv[1], "--start-", 8) == 0) {
		plan_start(argv[1], argv[2], argv[3], argv + 4, &p);
		return complain(&p);
	}
	/* A layer asks for the entry of text that its guest maps; where the cache cannot hold it, in the memfd at 3. */
	if ((argc == 4 || argc == 5) && strcmp(argv[1], "--text") == 0)
		return text_main(argv[2], argv[3], argc == 5 ? 3 : -1, &p) == 0 ?
		    0 : complain(&p);
	/* The front gives "plan", "which", "layers" or "cache" as our name. */
	if (argc > 0 && (strcmp(argv[0], "plan") == 0 ||
	    strcmp(argv[0], "which") == 0 || strcmp(argv[0], "layers") == 0)) {
		status = show_main(argc, argv, &p);
		if (p.text[0] != '\0')
			complain(&p);
		return status;
	}
	if (argc > 0 && strcmp(argv[0], "cache") == 0) {
		status = cache_main(argc, argv, &p);
		if (p.text[0] != '\0')
			complain(&p);
		return status;
	}
	problem_set(&p, EXIT_VENEER, "veneer-plan is started by veneer,"
	    " not by hand");
	return complain(&p);
}
