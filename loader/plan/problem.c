/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "planner.h"

int
problem_set(struct problem *p, int status, const char *fmt, ...)
{
	va_list ap;

	p->status = status;
	va_start(ap, fmt);
	vsnprintf(p->text, sizeof(p->text), fmt, ap);
	va_end(ap);
	return -1;
}

static const struct {
	const char *name, *title;
} personalities[PERSONALITIES] = {
	[PERSONALITY_NONE] = { "none", "no system that Veneer knows" },
	[PERSONALITY_NATIVE] = { "native", "Veneer" },
	[PERSONALITY_FREEBSD] = { "freebsd", "FreeBSD" },
	[PERSONALITY_LINUX] = { "linux", "Linux" },
	[PERSONALITY_DRAGONFLY] = { "dragonfly", "DragonFly BSD" },
	[PERSONALITY_NETBSD] = { "netbsd", "NetBSD" },
	[PERSONALITY_OPENBSD] = { "openbsd", "OpenBSD" },
	[PERSONALITY_DARWIN] = { "darwin", "macOS" },
	[PERSONALITY_SOLARIS] = { "solaris", "Solaris" },
};

const char *
personality_name(enum personality_id id)
{
	return personalities[id < PERSONALITIES ? id : 0].name;
}

const char *
personality_title(enum personality_id id)
{
	return personalities[id < PERSONALITIES ? id : 0].title;
}

enum personality_id
personality_by_name(const char *name, size_t len)
{
	unsigned i;

	for (i = PERSONALITY_NATIVE; i < PERSONALITIES; i++)
		if (strlen(personalities[i].name) == len &&
		    memcmp(personalities[i].name, name, len) == 0)
			return (enum personality_id)i;
	return PERSONALITY_NONE;
}
