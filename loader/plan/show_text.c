/* SPDX-License-Identifier: ISC */
/* veneer plan: which calls of an image are rewritten, and why others are not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"
#include "sites/sites.h"

static const char *const parts[] = { "site", "padding" };
static const char strategies[] = " ABC";

static json_t *
json_patches(const struct text *t)
{
	const struct text_patch *p = text_patches(t);
	json_t *all = json_array();
	char strategy[2] = "";
	uint32_t i;

	for (i = 0; i < t->npatches; i++, p++) {
		strategy[0] = strategies[p->strategy & 3];
		json_array_append_new(all, json_pack(
		    "{s:o, s:o, s:i, s:s, s:s, s:o}", "addr", show_hex(p->addr),
		    "site", show_hex(p->site), "bytes", (int)p->len,
		    "strategy", strategy, "part", parts[p->part & 1],
		    "slot", show_hex(t->slots + p->slot * SITE_SLOT_SIZE)));
	}
	return all;
}

static json_t *
json_skips(const struct text *t)
{
	const struct text_skip *s = text_skips(t);
	json_t *all = json_array();
	uint32_t i;

	for (i = 0; i < t->nskips; i++)
		json_array_append_new(all, json_pack("{s:o, s:s}", "addr",
		    show_hex(s[i].addr), "reason",
		    text_reason_words((enum text_reason)s[i].reason)));
	return all;
}

static json_t *
json_text(const struct text *t)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o}",
	    "candidates", (int)t->ncandidates, "a", (int)t->nsites_a,
	    "b", (int)t->nsites_b, "c", (int)t->nsites_c,
	    "rewritten", (int)t->nslots, "pages", (int)t->npages,
	    "patches", json_patches(t), "sigsys", json_skips(t));
}

json_t *
show_sites(const struct image_file *f, const struct elf_info *e,
    struct problem *p)
{
	struct text_choice c = { .mode = TEXT_ALL };
	const char *mode = getenv("VENEER_REWRITE");
	struct text *t;
	json_t *j;

	if (mode != NULL && *mode != '\0' && text_choice_read(mode, &c) != 0) {
		problem_set(p, EXIT_VENEER, "VENEER_REWRITE=%.100s: it is all,"
		    " none or half:SEED", mode);
		return NULL;
	}
	if (c.mode == TEXT_OFF)
		return json_null();
	t = text_make(f, e, &c, p);
	if (t == NULL)
		return NULL;
	j = json_text(t);
	free(t);
	return j;
}

static int
number(json_t *j, const char *key)
{
	return (int)json_integer_value(json_object_get(j, key));
}

void
show_print_sites(json_t *sites)
{
	json_t *s;
	size_t i;

	if (!json_is_object(sites))
		return;
	printf("    calls: %d rewritten (A %d, B %d, C %d) on %d pages,"
	    " %d of %d places left alone\n", number(sites, "rewritten"),
	    number(sites, "a"), number(sites, "b"), number(sites, "c"),
	    number(sites, "pages"),
	    (int)json_array_size(json_object_get(sites, "sigsys")),
	    number(sites, "candidates"));
	json_array_foreach(json_object_get(sites, "sigsys"), i, s)
		printf("    %-14s %s\n",
		    json_string_value(json_object_get(s, "addr")),
		    json_string_value(json_object_get(s, "reason")));
}
