/* SPDX-License-Identifier: ISC */
/* Errors in words, which are those of their names. */
#include <stdio.h>

#include <mach/mach.h>

static const struct {
	mach_error_t code;
	char words[44];
} errors[] = {
#include "mach_error_names.h"
};

char *
mach_error_string(mach_error_t code)
{
	static _Thread_local char text[48];
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].code == code)
			return (char *)errors[i].words;
	snprintf(text, sizeof(text), "unknown error code %#x", (unsigned)code);
	return text;
}

const char *
mach_error_type(mach_error_t code)
{
	switch (err_get_system(code)) {
	case 0:
		return err_get_sub(code) == 0 ? "(os/kern)" : "(os/?)";
	case 4:
		return "(ipc)";
	default:
		return "(?/?)";
	}
}

void
mach_error(const char *what, mach_error_t code)
{
	fprintf(stderr, "%s %s (%#x)\n", what, mach_error_string(code),
	    (unsigned)code);
}
