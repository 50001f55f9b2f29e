/* SPDX-License-Identifier: ISC */
#include <stdio.h>

static __thread int x = 42;

int
main(int argc, char **argv)
{
	printf("hello %d %s\n", x, argc > 1 ? argv[1] : "");
	return 3;
}
