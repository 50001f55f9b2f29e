/* SPDX-License-Identifier: ISC */
/* #! lines, by the kernel's rules: 256 bytes are looked at, one argument, blanks at its ends do not count. */
#include <stdlib.h>
#include <string.h>

#include "planner.h"

#define LINE_MAX_BYTES	256

static bool
blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

int
script_read(const uint8_t *data, size_t size, char **interp, char **arg,
    struct problem *p)
{
	size_t n = size < LINE_MAX_BYTES ? size : LINE_MAX_BYTES, i = 2, j, end;
	const uint8_t *nl;

	*interp = *arg = NULL;
	if (n < 2 || data[0] != '#' || data[1] != '!')
		return 0;
	nl = memchr(data, '\n', n);
	end = nl != NULL ? (size_t)(nl - data) : n;
	while (i < end && blank(data[i]))
		i++;
	for (j = i; j < end && !blank(data[j]) && data[j] != '\0'; j++)
		;
	if (j == i)
		return problem_set(p, EXIT_NOEXEC,
		    "its #! line names no interpreter");
	/* A name that reaches the end of what is looked at may be cut off. */
	if (j == end && nl == NULL && size >= LINE_MAX_BYTES)
		return problem_set(p, EXIT_NOEXEC, "its #! line is longer than"
		    " %d bytes", LINE_MAX_BYTES);
	*interp = strndup((const char *)data + i, j - i);
	if (*interp == NULL)
		return problem_set(p, EXIT_VENEER, "out of memory");
	while (j < end && blank(data[j]))
		j++;
	while (end > j && blank(data[end - 1]))
		end--;
	if (j == end || data[j] == '\0')
		return 1;
	*arg = strndup((const char *)data + j, end - j);
	if (*arg == NULL) {
		free(*interp);
		return problem_set(p, EXIT_VENEER, "out of memory");
	}
	return 1;
}
