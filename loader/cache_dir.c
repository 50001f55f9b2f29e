/* SPDX-License-Identifier: ISC */
#include "cache_dir.h"

/* The value of "NAME=value", NULL when s is of another name. */
static const char *
value_of(const char *s, const char *name)
{
	for (; *name != '\0'; s++, name++)
		if (*s != *name)
			return NULL;
	return *s == '=' ? s + 1 : NULL;
}

static const char *
env_find(char *const *envp, const char *name)
{
	const char *v;

	for (; envp != NULL && *envp != NULL; envp++)
		if ((v = value_of(*envp, name)) != NULL)
			return v;
	return NULL;
}

/* buf := the string up to end or its own end, then tail. */
static bool
put(char *buf, size_t size, const char *s, char end, const char *tail)
{
	size_t n = 0;

	if (s == NULL || *s != '/')
		return false;
	for (; *s != '\0' && *s != end && n < size; s++)
		buf[n++] = *s;
	for (; *tail != '\0' && n < size; tail++)
		buf[n++] = *tail;
	if (n >= size)
		return false;
	buf[n] = '\0';
	return true;
}

bool
cache_dir(char *buf, size_t size, char *const *envp, const char *settings)
{
	const char *s, *v;

	s = env_find(envp, "VENEER_CACHE");
	if (s != NULL && *s != '\0')
		return put(buf, size, s, '\0', "") || (buf[0] = '\0');
	for (s = settings; s != NULL && *s != '\0'; s += *s == ';') {
		v = value_of(s, "cache");
		if (v != NULL)
			return put(buf, size, v, ';', "") || (buf[0] = '\0');
		while (*s != '\0' && *s != ';')
			s++;
	}
	if (put(buf, size, env_find(envp, "XDG_CACHE_HOME"), '\0', "/veneer") ||
	    put(buf, size, env_find(envp, "HOME"), '\0', "/.cache/veneer"))
		return true;
	buf[0] = '\0';
	return false;
}
