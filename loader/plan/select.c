/* SPDX-License-Identifier: ISC */
/*
 * Which layer runs a program.  First hit wins: the command line, the program's note, the
 * default of its format.  Versions are ranges and compared, never guessed: newer layers
 * carry older programs, older layers do not carry newer ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner.h"

/* Ready for "needs %s": "native@2", "native@1 to native@2", "freebsd@12 or newer", "freebsd". */
static void
wanted(const struct program *pr, char *buf, size_t size)
{
	const char *name = personality_name(pr->personality);

	if (pr->asked_min == 0)
		snprintf(buf, size, "%s", name);
	else if (pr->asked_max > pr->asked_min)
		snprintf(buf, size, "%s@%u to %s@%u", name, pr->asked_min, name,
		    pr->asked_max);
	else if (pr->asked_max == pr->asked_min)
		snprintf(buf, size, "%s@%u", name, pr->asked_min);
	else
		snprintf(buf, size, "%s@%u or newer", name, pr->asked_min);
}

static int
none_fits(const struct layers *ls, const struct program *pr,
    struct problem *p)
{
	char want[96], have[256];

	wanted(pr, want, sizeof(want));
	return problem_set(p, EXIT_VENEER, "%.512s: is for %s and needs a layer"
	    " %s, which is not installed; installed: %s", pr->file.path,
	    personality_title(pr->personality), want,
	    layers_names(ls, have, sizeof(have)));
}

static int
select_asked(const struct layers *ls, const struct program *pr,
    const char *asked, const struct layer **out, struct problem *p)
{
	const char *at = strchr(asked, '@');
	size_t len = at != NULL ? (size_t)(at - asked) : strlen(asked), i;
	enum personality_id id = personality_by_name(asked, len);
	unsigned long version = 0;
	char *end = NULL, text[256];

	if (at != NULL)
		version = strtoul(at + 1, &end, 10);
	if (id == PERSONALITY_NONE || (at != NULL && (at[1] < '0' ||
	    at[1] > '9' || *end != '\0' || version == 0)))
		return problem_set(p, EXIT_VENEER, "--layer: '%.200s' is not"
		    " PERSONALITY[@VERSION]; installed: %s", asked,
		    layers_names(ls, text, sizeof(text)));
	if (id != pr->personality)
		return problem_set(p, EXIT_VENEER, "%.512s: is for %s (%s);"
		    " layer %s cannot run it", pr->file.path,
		    personality_title(pr->personality), pr->why, asked);
	if (at == NULL)
		return 1;
	for (i = 0; i < ls->n; i++)
		if (ls->v[i].personality == id && ls->v[i].version == version)
			break;
	if (i == ls->n)
		return problem_set(p, EXIT_VENEER, "layer %.100s is not"
		    " installed; installed: %s", asked,
		    layers_names(ls, text, sizeof(text)));
	if (id == PERSONALITY_NATIVE && version < pr->asked_min) {
		wanted(pr, text, sizeof(text));
		return problem_set(p, EXIT_VENEER, "%.512s: needs %s; layer %s"
		    " is older", pr->file.path, text, asked);
	}
	*out = &ls->v[i];
	return 0;
}

/* A layer's rank for this program, 0 when it does not fit; the highest wins. */
static uint64_t
rank(const struct program *pr, const struct layer *l)
{
	uint64_t v = l->version, top = 1ul << 32;

	if (l->personality != pr->personality || v < pr->asked_min)
		return 0;
	if (pr->asked_min == 0)
		return v;
	if (pr->asked_max != 0)		/* native: the newest it knows, else the next newer */
		return v <= pr->asked_max ? top + v : top - v;
	return top - v;			/* exact, else the next newer */
}

int
layer_select(const struct layers *ls, const struct program *pr,
    const char *asked, const struct layer **out, struct problem *p)
{
	uint64_t best = 0, r;
	size_t i;
	int ret = 1;

	*out = NULL;
	if (asked != NULL)
		ret = select_asked(ls, pr, asked, out, p);
	if (ret <= 0)
		return ret;
	for (i = 0; i < ls->n; i++) {
		r = rank(pr, &ls->v[i]);
		if (r > best) {
			best = r;
			*out = &ls->v[i];
		}
	}
	return *out != NULL ? 0 : none_fits(ls, pr, p);
}
