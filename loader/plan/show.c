/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "planner.h"

int
show_main(int argc, char **argv)
{
	(void)argc;
	fprintf(stderr, "veneer: %s: not there\n", argv[0]);
	return EXIT_VENEER;
}
