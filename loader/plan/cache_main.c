/* SPDX-License-Identifier: ISC */
/* veneer cache ls|purge|verify. */
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cache_dir.h"
#include "cache_entry.h"
#include "show.h"

#define STATUS_WRONG 1	/* verify found something */

struct ask {
	bool json, stale;
	const char *program;
};

static void
day(int64_t when, char *buf, size_t size)
{
	time_t t = (time_t)when;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL ||
	    strftime(buf, size, "%Y-%m-%d", &tm) == 0)
		snprintf(buf, size, "?");
}

static void
layer_of(const struct cached *c, char *buf, size_t size)
{
	if (c->plan == NULL)
		snprintf(buf, size, "?");
	else
		snprintf(buf, size, "%s@%u", personality_name(
		    (enum personality_id)c->plan->personality),
		    c->plan->layer_version);
}

static json_t *
json_entry(const struct cached *c)
{
	char layer[64];

	layer_of(c, layer, sizeof(layer));
	return json_pack("{s:s, s:o, s:s, s:I, s:I, s:I, s:s}", "key",
	    c->entry.name, "program", show_text(cached_program(c)), "layer",
	    layer, "bytes", (json_int_t)(c->entry.bytes + c->text_bytes),
	    "sites", (json_int_t)c->sites, "used", (json_int_t)c->entry.used,
	    "problem", c->wrong);
}

static void
print_entry(const struct cached *c)
{
	char layer[64], used[32];

	layer_of(c, layer, sizeof(layer));
	day(c->entry.used, used, sizeof(used));
	printf("%-12s %9lu %6lu  %s  %s%s%s\n", layer,
	    (unsigned long)(c->entry.bytes + c->text_bytes),
	    (unsigned long)c->sites, used, cached_program(c),
	    c->wrong[0] != '\0' ? ": " : "", c->wrong);
}

/* All of them, or with wrong those that have a problem. */
static int
print_all(const struct cached_list *list, const struct ask *ask, bool wrong)
{
	json_t *array = json_array();
	size_t i;

	if (!ask->json && !wrong)
		printf("%-12s %9s %6s  %-10s  %s\n", "LAYER", "BYTES", "SITES",
		    "USED", "PROGRAM");
	for (i = 0; i < list->n; i++) {
		const struct cached *c = &list->v[i];

		if (wrong && c->wrong[0] == '\0')
			continue;
		if (ask->json)
			json_array_append_new(array, json_entry(c));
		else
			print_entry(c);
	}
	if (ask->json)
		return show_json(array);
	json_decref(array);
	return fflush(stdout) == 0 ? 0 : EXIT_VENEER;
}

static void
mark_stale(struct cached_list *list)
{
	const char *file;
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->v[i].wrong[0] == '\0' &&
		    (file = cached_stale(&list->v[i])) != NULL)
			snprintf(list->v[i].wrong, sizeof(list->v[i].wrong),
			    "stale: %.400s has changed", file);
}

static int
verify(struct cached_list *list, const struct ask *ask)
{
	bool wrong = false;
	size_t i;
	int ret;

	mark_stale(list);
	for (i = 0; i < list->n; i++) {
		if (list->v[i].wrong[0] == '\0')
			cached_verify(&list->v[i], list->texts);
		wrong = wrong || list->v[i].wrong[0] != '\0';
	}
	ret = print_all(list, ask, true);
	return ret != 0 ? ret : wrong ? STATUS_WRONG : 0;
}

static bool
chosen(const struct cached *c, const struct ask *ask)
{
	char real[PATH_MAX];

	if (ask->program == NULL)
		return !ask->stale || c->wrong[0] != '\0';
	if (c->plan == NULL)
		return false;
	return strcmp(cached_program(c), ask->program) == 0 ||
	    (realpath(ask->program, real) != NULL &&
	    (strcmp(cached_program(c), real) == 0 ||
	    strcmp(plan_string(c->plan, c->plan->exe), real) == 0));
}

static bool
text_kept(const struct cached_list *list, const char *name)
{
	size_t i, k;

	for (i = 0; i < list->n; i++)
		for (k = 0; list->v[i].entry.name[0] != '\0' &&
		    k < list->v[i].ntexts; k++)
			if (strcmp(list->v[i].text[k], name) == 0)
				return true;
	return false;
}

/* Plans that are chosen, then texts that no plan names any more. */
static int
purge(struct cached_list *list, const struct ask *ask)
{
	struct entries texts = { 0 };
	size_t i, n = 0;

	if (ask->stale)
		mark_stale(list);
	for (i = 0; i < list->n; i++)
		if (chosen(&list->v[i], ask) &&
		    unlinkat(list->plans, list->v[i].entry.name, 0) == 0) {
			list->v[i].entry.name[0] = '\0';
			n++;
		}
	if (list->texts >= 0 && entries_list(list->texts, &texts) == 0)
		for (i = 0; i < texts.n; i++)
			if (!text_kept(list, texts.v[i].name) &&
			    texts.v[i].name[0] != '.')
				unlinkat(list->texts, texts.v[i].name, 0);
	entries_free(&texts);
	if (ask->program != NULL && n == 0)
		fprintf(stderr, "veneer: cache: nothing is kept of %s\n",
		    ask->program);
	return 0;
}

static int
usage(struct problem *p)
{
	problem_set(p, EXIT_VENEER, "usage: veneer cache ls [--json] |"
	    " purge [--stale] [PROGRAM] | verify [--json]");
	return p->status;
}

static int
run(const char *what, const struct ask *ask, struct problem *p)
{
	struct cached_list list;
	char dir[3072];
	int ret;

	if (!cache_dir(dir, sizeof(dir), environ, NULL)) {
		problem_set(p, EXIT_VENEER, "cache: there is none: set"
		    " VENEER_CACHE or HOME to an absolute path");
		return p->status;
	}
	if (cached_read(dir, &list) != 0) {
		problem_set(p, EXIT_VENEER, "cache: cannot read %s", dir);
		return p->status;
	}
	ret = strcmp(what, "ls") == 0 ? print_all(&list, ask, false) :
	    strcmp(what, "verify") == 0 ? verify(&list, ask) :
	    purge(&list, ask);
	cached_free(&list);
	return ret;
}

int
cache_main(int argc, char **argv, struct problem *p)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "stale", no_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	struct ask ask = { false, false, NULL };
	const char *what = argc > 1 ? argv[1] : "";
	bool purging = strcmp(what, "purge") == 0;
	int c;

	if (!purging && strcmp(what, "ls") != 0 && strcmp(what, "verify") != 0)
		return usage(p);
	opterr = 0;
	while ((c = getopt_long(argc - 1, argv + 1, "", options, NULL)) != -1) {
		if (c == 'j' && !purging)
			ask.json = true;
		else if (c == 's' && purging)
			ask.stale = true;
		else
			return usage(p);
	}
	if (optind + 1 < argc && purging)
		ask.program = argv[1 + optind++];
	if (optind + 1 != argc || (ask.stale && ask.program != NULL))
		return usage(p);
	return run(what, &ask, p);
}
