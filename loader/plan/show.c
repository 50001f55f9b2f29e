/* SPDX-License-Identifier: ISC */
/* veneer plan, veneer which, veneer layers: what would happen, without doing it. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "show.h"

struct show {
	bool json;
	const char *layer;
	const char *program;
};

int
show_json(json_t *j)
{
	int ret = json_dumpf(j, stdout, JSON_INDENT(2));

	putchar('\n');
	json_decref(j);
	return ret == 0 && fflush(stdout) == 0 ? 0 : EXIT_VENEER;
}

json_t *
show_hex(uint64_t n)
{
	return json_sprintf("0x%lx", (unsigned long)n);
}

json_t *
show_text(const char *s)
{
	json_t *j = json_string(s);
	char *copy, *c;

	if (j != NULL || (copy = strdup(s)) == NULL)
		return j;
	for (c = copy; *c != '\0'; c++)
		if ((unsigned char)*c >= 128)
			*c = '?';
	j = json_string(copy);
	free(copy);
	return j;
}

static int
show_layers(const struct show *s, struct problem *p)
{
	struct problem wrong;
	struct image_file f;
	struct elf_info info;
	struct layers ls;
	json_t *array = json_array(), *j;
	size_t i;
	bool ok;
	int status = 0;

	if (layers_list(&ls, p) != 0)
		return p->status;
	for (i = 0; i < ls.n; i++) {
		const struct layer *l = &ls.v[i];

		ok = layer_check(l, &f, &info, &wrong) == 0;
		if (ok)
			file_unmap(&f);
		else
			status = EXIT_VENEER;
		j = json_pack("{s:s, s:s, s:i, s:o, s:b}", "layer", l->name,
		    "personality", personality_name(l->personality), "version",
		    (int)l->version, "file", show_text(l->path), "usable", ok);
		if (!ok)
			json_object_set_new(j, "problem", show_text(wrong.text));
		json_array_append_new(array, j);
		if (!s->json)
			printf("%-16s %s%s%s\n", l->name, l->path,
			    ok ? "" : "\n    ", ok ? "" : wrong.text);
	}
	layers_free(&ls);
	if (s->json && show_json(array) != 0)
		status = EXIT_VENEER;
	if (!s->json)
		json_decref(array);
	return status;
}

static json_t *
json_which(const struct program *pr, const struct layer *l)
{
	json_t *prefix = json_array();
	size_t i;

	for (i = 0; i < pr->nprefix; i++)
		json_array_append_new(prefix, show_text(pr->prefix[i]));
	return json_pack("{s:o, s:s, s:s, s:s, s:i, s:i, s:o}", "program",
	    show_text(pr->file.path), "personality",
	    personality_name(pr->personality), "told_by", pr->why, "layer",
	    l->name, "asked_min", (int)pr->asked_min, "asked_max",
	    (int)pr->asked_max, "script", prefix);
}

static const char *
prot_text(uint32_t prot)
{
	static const char *const names[] = {
		"---", "r--", "-w-", "rw-", "--x", "r-x", "-wx", "rwx"
	};

	return names[prot & (PROT_READ | PROT_WRITE | PROT_EXEC)];
}

static json_t *
json_image(const struct plan *plan, uint32_t i)
{
	const struct plan_image *im = (const struct plan_image *)(const void *)
	    ((const char *)plan + plan->images_off) + i;
	const struct plan_file *f = (const struct plan_file *)(const void *)
	    ((const char *)plan + plan->files_off) + im->file;
	const struct plan_map *m = (const struct plan_map *)(const void *)
	    ((const char *)plan + plan->maps_off) + im->first_map;
	json_t *maps = json_array();
	uint32_t k;

	for (k = 0; k < im->nmaps; k++, m++)
		json_array_append_new(maps, json_pack(
		    "{s:o, s:o, s:o, s:s, s:o}", "addr", show_hex(m->addr),
		    "bytes", show_hex(m->len), "offset", show_hex(m->off), "prot",
		    prot_text(m->prot), "anonymous", show_hex(m->anon_len)));
	return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o}", "file",
	    show_text(plan_string(plan, f->path)), "role",
	    i == plan->program ? "program" : i == plan->interp ? "interpreter" :
	    i == plan->body ? "body" : "gate", "place",
	    im->flags & PLAN_ARENA ? "arena" :
	    im->flags & PLAN_FIXED ? "fixed" : "anywhere",
	    "base", show_hex(im->base), "span", show_hex(im->span), "entry",
	    show_hex(im->entry), "maps", maps);
}

static json_t *
json_plan(const struct plan *plan)
{
	json_t *images = json_array(), *stubs = json_array();
	uint32_t i;

	for (i = 0; i < plan->nimages; i++)
		json_array_append_new(images, json_image(plan, i));
	for (i = 0; i < plan->nstubs; i++)
		json_array_append_new(stubs, json_pack("{s:i, s:o, s:o}",
		    "image", (int)plan->stub_image[i], "addr",
		    show_hex(plan->stub_addr[i]), "bytes",
		    show_hex(plan->stub_size[i])));
	return json_pack("{s:I, s:s, s:i, s:o, s:o, s:o}", "bytes",
	    (json_int_t)plan->total, "comm", plan_string(plan, plan->comm),
	    "osreldate", (int)plan->osreldate, "tls_bytes",
	    show_hex(plan->tls_memsz), "images", images, "stubs", stubs);
}

static void
print_plan(json_t *plan)
{
	json_t *im, *m;
	size_t i, k;

	json_array_foreach(json_object_get(plan, "images"), i, im) {
		printf("%s %s, %s, %s\n",
		    json_string_value(json_object_get(im, "role")),
		    json_string_value(json_object_get(im, "file")),
		    json_string_value(json_object_get(im, "place")),
		    json_string_value(json_object_get(im, "entry")));
		json_array_foreach(json_object_get(im, "maps"), k, m)
			printf("    %-14s %s file %-9s at %-9s anonymous %s\n",
			    json_string_value(json_object_get(m, "addr")),
			    json_string_value(json_object_get(m, "prot")),
			    json_string_value(json_object_get(m, "bytes")),
			    json_string_value(json_object_get(m, "offset")),
			    json_string_value(json_object_get(m, "anonymous")));
		show_print_sites(json_object_get(im, "sites"));
	}
	json_array_foreach(json_object_get(plan, "stubs"), i, m)
		printf("stub table at %s, %s bytes\n",
		    json_string_value(json_object_get(m, "addr")),
		    json_string_value(json_object_get(m, "bytes")));
}

/* Images of the program and its interpreter get their sites. */
static int
add_sites(json_t *plan, const struct program *pr, struct problem *p)
{
	json_t *images = json_object_get(plan, "images");
	json_t *sites;

	sites = show_sites(&pr->file, &pr->elf, p);
	if (sites == NULL)
		return -1;
	json_object_set_new(json_array_get(images, 0), "sites", sites);
	if (pr->interp.data == NULL)
		return 0;
	sites = show_sites(&pr->interp, &pr->interp_elf, p);
	if (sites == NULL)
		return -1;
	json_object_set_new(json_array_get(images, 1), "sites", sites);
	return 0;
}

static int
show_program(const struct show *s, bool whole, const struct program *pr,
    const struct layer *l, struct problem *p)
{
	struct layer_choice lc = { .layer = l };
	json_t *j = json_which(pr, l), *pj = NULL;
	struct plan *plan = NULL;

	if (!s->json)
		printf("%s: layer %s (%s)\n", pr->file.path, l->name, pr->why);
	if (whole) {
		if (layer_check(l, &lc.file, &lc.elf, p) != 0 ||
		    (plan = plan_make(pr, &lc, s->program, p)) == NULL)
			return p->status;
		pj = json_plan(plan);
		if (add_sites(pj, pr, p) != 0)
			return p->status;
		if (!s->json)
			print_plan(pj);
		json_object_set_new(j, "plan", pj);
		free(plan);
	}
	if (s->json)
		return show_json(j);
	json_decref(j);
	return 0;
}

static int
show_which(const struct show *s, bool whole, struct problem *p)
{
	struct program *pr = calloc(1, sizeof(*pr));
	const struct layer *l;
	struct layers ls = { 0 };
	int status = EXIT_VENEER;

	if (pr == NULL)
		return problem_set(p, EXIT_VENEER, "out of memory"), status;
	if (program_read(pr, s->program, p) != 0 || layers_list(&ls, p) != 0 ||
	    layer_select(&ls, pr, s->layer, &l, p) != 0 ||
	    program_read_interp(pr, l, p) != 0)
		status = p->status;
	else
		status = show_program(s, whole, pr, l, p);
	layers_free(&ls);
	program_free(pr);
	free(pr);
	return status;
}

/* As the front does for run: a name without a slash is looked for in PATH. */
static const char *
search(const char *name, char *buf, size_t size)
{
	const char *path = getenv("PATH"), *end;

	if (strchr(name, '/') != NULL || path == NULL)
		return name;
	for (; ; path = end + 1) {
		end = strchrnul(path, ':');
		snprintf(buf, size, "%.*s/%s", end == path ? 1 :
		    (int)(end - path), end == path ? "." : path, name);
		if (access(buf, X_OK) == 0)
			return buf;
		if (*end == '\0')
			return name;
	}
}

static int
bad_usage(struct problem *p, const char *cmd)
{
	problem_set(p, EXIT_VENEER, "usage: veneer %s [--json]%s", cmd,
	    strcmp(cmd, "layers") == 0 ? "" :
	    " [--layer PERSONALITY[@VERSION]] PROGRAM");
	return p->status;
}

int
show_main(int argc, char **argv, struct problem *p)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "layer", required_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	struct show s = { false, NULL, NULL };
	bool layers = strcmp(argv[0], "layers") == 0;
	char found[4096];
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c == 'j')
			s.json = true;
		else if (c == 'l' && !layers)
			s.layer = optarg;
		else
			return bad_usage(p, argv[0]);
	}
	if (optind + (layers ? 0 : 1) != argc)
		return bad_usage(p, argv[0]);
	if (layers)
		return show_layers(&s, p);
	s.program = search(argv[optind], found, sizeof(found));
	return show_which(&s, strcmp(argv[0], "plan") == 0, p);
}
