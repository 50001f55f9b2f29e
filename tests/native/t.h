/* SPDX-License-Identifier: ISC */
/* For the guests of tests/native: CHECK ends the program with what did not hold. */
#ifndef T_H
#define T_H
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(cond) do { \
	if (!(cond)) { \
		dprintf(2, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, \
		    #cond, errno); \
		_exit(1); \
	} \
} while (0)
#endif
