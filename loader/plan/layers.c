/* SPDX-License-Identifier: ISC */
/* The installed layers: which there are, and whether one's file can be trusted to be what it was built as. */
#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "planner.h"

/* "freebsd-14.so" -> personality and version. */
static bool
parse_name(const char *name, struct layer *l)
{
	const char *dash = strchr(name, '-');
	char *end;
	unsigned long v;

	if (dash == NULL || dash[1] < '0' || dash[1] > '9')
		return false;
	l->personality = personality_by_name(name, (size_t)(dash - name));
	v = strtoul(dash + 1, &end, 10);
	if (l->personality == PERSONALITY_NONE || strcmp(end, ".so") != 0 ||
	    v == 0 || v > 1000000)
		return false;
	l->version = (uint32_t)v;
	snprintf(l->name, sizeof(l->name), "%s@%u",
	    personality_name(l->personality), l->version);
	return true;
}

static int
by_name(const void *a, const void *b)
{
	const struct layer *x = a, *y = b;

	if (x->personality != y->personality)
		return x->personality < y->personality ? -1 : 1;
	return x->version < y->version ? -1 : x->version > y->version;
}

static int
add(struct layers *ls, const struct layer *l)
{
	struct layer *v = realloc(ls->v, (ls->n + 1) * sizeof(*v));

	if (v == NULL)
		return -1;
	ls->v = v;
	ls->v[ls->n++] = *l;
	return 0;
}

int
layers_list(struct layers *ls, struct problem *p)
{
	struct dirent *de;
	struct layer l;
	DIR *d;
	int ret = 0;

	memset(ls, 0, sizeof(*ls));
	if (where_layers(ls->dir, sizeof(ls->dir)) != 0)
		return problem_set(p, EXIT_VENEER,
		    "cannot read /proc/self/exe: %s; mount /proc",
		    strerror(errno));
	d = opendir(ls->dir);
	if (d == NULL)
		return problem_set(p, EXIT_VENEER,
		    "cannot read the layers in %s: %s", ls->dir,
		    strerror(errno));
	while ((de = readdir(d)) != NULL) {
		memset(&l, 0, sizeof(l));
		if (!parse_name(de->d_name, &l))
			continue;
		snprintf(l.path, sizeof(l.path), "%s/%s", ls->dir, de->d_name);
		if (add(ls, &l) != 0) {
			ret = problem_set(p, EXIT_VENEER, "out of memory");
			break;
		}
	}
	closedir(d);
	if (ls->n > 0)
		qsort(ls->v, ls->n, sizeof(*ls->v), by_name);
	return ret;
}

void
layers_free(struct layers *ls)
{
	free(ls->v);
	memset(ls, 0, sizeof(*ls));
}

const char *
layers_names(const struct layers *ls, char *buf, size_t size)
{
	size_t i, n = 0;

	snprintf(buf, size, "none");
	for (i = 0; i < ls->n && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s%s",
		    i == 0 ? "" : ", ", ls->v[i].name);
	return buf;
}

void
layer_digest(const uint8_t *data, size_t size, uint64_t digest_off,
    uint8_t out[32])
{
	static const uint8_t zero[32];
	crypto_generichash_state st;

	crypto_generichash_init(&st, NULL, 0, 32);
	crypto_generichash_update(&st, data, digest_off);
	crypto_generichash_update(&st, zero, sizeof(zero));
	crypto_generichash_update(&st, data + digest_off + 32,
	    size - digest_off - 32);
	crypto_generichash_final(&st, out, 32);
}

/* The gate is the first page of a body's text. */
static bool
gate_sound(const struct image_file *f, uint64_t off)
{
	struct gate_header h;

	if (off > f->size || f->size - off < PAGE)
		return false;
	memcpy(&h, f->data + off, sizeof(h));
	return h.magic == MAGIC_GATE_HEADER && h.size == sizeof(h) &&
	    h.abi == GATE_ABI;
}

static const char *
shape_wrong(const struct image_file *f, const struct elf_info *info)
{
	const struct layer_note *n = &info->layer;
	uint64_t end = 0, text = 0, text_end = 0;
	bool apart = false;
	size_t i;

	for (i = 0; i < info->nsegments; i++) {
		const struct segment *s = &info->segments[i];

		if (s->prot & PROT_WRITE)
			return "has a writable segment";
		if (s->filesz != s->memsz)
			return "has uninitialised memory";
		if (s->prot & PROT_EXEC) {
			text = s->vaddr;
			text_end = s->vaddr + s->memsz;
		}
		end = s->vaddr + s->memsz;
		apart |= s->off != s->vaddr;
	}
	if (apart)
		return "does not lie in its file as in memory";
	if (info->segments[0].vaddr != 0 || end > ARENA_UNWIND - ARENA_BODY)
		return "does not fit into the arena";
	if (text != ARENA_GATE - ARENA_BODY || !gate_sound(f, text))
		return "has no gate";
	if (info->segments[0].off != 0 ||
	    n->vector % 4 != 0 || n->vector > info->segments[0].filesz ||
	    info->segments[0].filesz - n->vector < BODY_ENTRIES * 4ul)
		return "has no vector";
	if (n->stubs_off % PAGE != 0 || n->stubs_size % PAGE != 0 ||
	    (n->stubs_size != 0 && (n->stubs_off < text ||
	    n->stubs_off > PAGE_UP(text_end) ||
	    n->stubs_size > PAGE_UP(text_end) - n->stubs_off)))
		return "has a stub table in the wrong place";
	return NULL;
}

static const char *
file_wrong(const struct layer *l, const struct image_file *f,
    struct elf_info *info, struct problem *p)
{
	const struct layer_note *n = &info->layer;
	uint8_t digest[32];

	if (elf_read(f->data, f->size, info, p) != 0)
		return p->text;
	if (!n->there || n->digest_off > f->size - sizeof(digest))
		return "has no Veneer note";
	layer_digest(f->data, f->size, n->digest_off, digest);
	if (memcmp(digest, n->digest, sizeof(digest)) != 0)
		return "its digest does not match its contents";
	if (n->version != 1)
		return "its note is of an unknown version";
	if (n->personality != (uint32_t)l->personality ||
	    n->layer_version != l->version)
		return "its note names another layer";
	if (info->type != 3 /* ET_DYN */)
		return "is no shared object";
	return shape_wrong(f, info);
}

int
layer_check(const struct layer *l, struct image_file *f,
    struct elf_info *info, struct problem *p)
{
	struct problem inner = { 0 };
	const char *wrong;
	char text[512];

	if (file_map(f, l->path, &inner) != 0)
		return problem_set(p, EXIT_VENEER,
		    "layer %s is unusable: %.700s; install it again", l->name,
		    inner.text);
	wrong = file_wrong(l, f, info, &inner);
	if (wrong == NULL && info->layer.gate_abi != GATE_ABI) {
		snprintf(text, sizeof(text), "it was made for gate ABI %u,"
		    " this is gate ABI %u", info->layer.gate_abi, GATE_ABI);
		wrong = text;
	}
	if (wrong == NULL)
		return 0;
	problem_set(p, EXIT_VENEER, "layer %s is damaged: %s: %.512s; install it"
	    " again", l->name, l->path, wrong);
	file_unmap(f);
	return -1;
}
