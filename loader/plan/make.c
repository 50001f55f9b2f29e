/* SPDX-License-Identifier: ISC */
/* Makes a plan of a program and its layer: tables first, then strings. */
#include <elf.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "planner.h"

#define STRINGS_MAX	65536u
#define MAPS_MAX	(3 * SEGMENTS_MAX + 1)

struct maker {
	struct plan plan;
	struct plan_image images[PLAN_IMAGES_MAX];
	struct plan_file files[PLAN_FILES_MAX];
	struct plan_map maps[MAPS_MAX];
	uint32_t nstrings;
	bool full;
	char strings[STRINGS_MAX];
};

static uint32_t
string(struct maker *m, const char *s)
{
	size_t n = strlen(s) + 1;
	uint32_t off = m->nstrings;

	if (n > STRINGS_MAX - m->nstrings) {
		m->full = true;
		return 0;
	}
	memcpy(m->strings + off, s, n);
	m->nstrings += (uint32_t)n;
	return off;
}

static uint32_t
add_file(struct maker *m, const struct image_file *f)
{
	struct plan_file *pf = &m->files[m->plan.nfiles];

	pf->magic = MAGIC_PLAN_FILE;
	pf->version = VERSION_PLAN_FILE;
	pf->size = sizeof(*pf);
	pf->path = string(m, f->named[0] != '\0' ? f->named : f->path);
	pf->head = f->head;
	pf->dev = f->dev;
	pf->ino = f->ino;
	pf->bytes = f->size;
	pf->mtime_sec = f->mtime_sec;
	pf->mtime_nsec = f->mtime_nsec;
	pf->ctime_nsec = f->ctime_nsec;
	return m->plan.nfiles++;
}

static struct plan_image *
add_image(struct maker *m, const struct image_file *f, uint32_t flags,
    uint64_t base, uint64_t span)
{
	struct plan_image *im = &m->images[m->plan.nimages++];

	im->magic = MAGIC_PLAN_IMAGE;
	im->version = VERSION_PLAN_IMAGE;
	im->size = sizeof(*im);
	im->flags = flags;
	im->file = add_file(m, f);
	if ((flags & PLAN_ARENA) == 0)	/* layers have a digest and are not written in place */
		m->files[im->file].flags = PLAN_FILE_HEAD;
	im->base = base;
	im->span = span;
	im->align = PAGE;
	im->text = PLAN_NONE;
	im->text_fd = PLAN_NONE;
	im->slots = base;
	im->first_map = m->plan.nmaps;
	return im;
}

static struct plan_map *
add_map(struct maker *m, struct plan_image *im)
{
	struct plan_map *pm = &m->maps[m->plan.nmaps++];

	pm->magic = MAGIC_PLAN_MAP;
	pm->version = VERSION_PLAN_MAP;
	pm->size = sizeof(*pm);
	im->nmaps++;
	return pm;
}

/* Pages of one segment; the bytes between its file part and the page's end are cleared as the kernel does. */
static void
map_segment(struct maker *m, struct plan_image *im, const struct segment *s,
    uint64_t shift)
{
	struct plan_map *pm = add_map(m, im);
	uint64_t start = PAGE_DOWN(s->vaddr), file_end = s->vaddr + s->filesz;
	uint64_t end = PAGE_UP(s->vaddr + s->memsz);

	pm->addr = start + shift;
	pm->prot = (uint32_t)s->prot;
	if (s->filesz > 0) {
		pm->len = file_end - start;
		pm->off = PAGE_DOWN(s->off);
		if (s->memsz > s->filesz && file_end % PAGE != 0) {
			pm->zero = file_end + shift;
			pm->zero_len = PAGE_UP(file_end) - file_end;
		}
	}
	pm->anon_len = end - start - PAGE_UP(pm->len);
}

static void
describe(struct plan_image *im, const struct elf_info *e)
{
	size_t i;

	im->entry = e->entry;
	im->phdr = e->phdr;
	im->phnum = e->phnum;
	im->phent = sizeof(Elf64_Phdr);
	im->code_start = UINT64_MAX;
	for (i = 0; i < e->nsegments; i++) {
		const struct segment *s = &e->segments[i];
		uint64_t end = s->vaddr + s->filesz;

		if ((s->prot & PROT_EXEC) && s->vaddr < im->code_start)
			im->code_start = s->vaddr;
		if ((s->prot & PROT_EXEC) && end > im->code_end)
			im->code_end = end;
		if (s->vaddr >= im->data_start) {
			im->data_start = s->vaddr;
			im->data_end = end;
		}
		im->end = s->vaddr + s->memsz;
	}
	if (im->code_end == 0)
		im->code_start = im->code_end = e->segments[0].vaddr;
}

static uint32_t
add_elf(struct maker *m, const struct image_file *f, const struct elf_info *e,
    uint32_t flags, uint64_t shift)
{
	const struct segment *last = &e->segments[e->nsegments - 1];
	uint64_t base = PAGE_DOWN(e->segments[0].vaddr);
	uint64_t end = PAGE_UP(last->vaddr + last->memsz);
	struct plan_image *im;
	size_t i;

	im = add_image(m, f, flags, base + shift, end - base);
	if (e->align > PAGE)
		im->align = e->align;
	for (i = 0; i < e->nsegments; i++)
		map_segment(m, im, &e->segments[i], shift);
	describe(im, e);
	return m->plan.nimages - 1;
}

/*
 * Copies hold the pages that no patch touches as well, so they must not outlive a change of those.  On
 * these file systems a store through a mapping leaves every time as it is.
 */
static bool
times_tell(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type != TMPFS_MAGIC &&
	    fs.f_type != RAMFS_MAGIC && fs.f_type != HUGETLBFS_MAGIC;
}

/* What enter needs to use the image's text entry. */
static void
add_text(struct maker *m, uint32_t image, const struct text_ref *r)
{
	struct plan_image *im = &m->images[image];
	const struct text *t = r->text;
	const struct text_segment *s;
	uint32_t i, k;

	if (t == NULL || t->nslots == 0 || (r->file.path[0] == '\0' &&
	    r->fd < 0))
		return;
	if (r->file.path[0] != '\0')
		im->text = add_file(m, &r->file);
	else
		im->text_fd = (uint32_t)r->fd;
	im->slots = t->slots;
	im->slots_len = t->slots_len;
	im->slots_off = t->slots_off;
	im->nslots = t->nslots;
	im->npatches = t->npatches;
	s = (const void *)((const char *)t + t->segments_off);
	if (!times_tell(m->strings + m->files[im->file].path))
		return;
	for (i = 0; i < t->nsegments; i++)
		for (k = 0; k < im->nmaps; k++)
			if (m->maps[im->first_map + k].addr == s[i].addr)
				m->maps[im->first_map + k].text_off =
				    s[i].copy_off;
}

static void
add_stubs(struct plan *p, const struct elf_info *e, uint32_t image)
{
	if (!e->stub.there)
		return;
	p->stub_addr[p->nstubs] = e->stub.addr;
	p->stub_size[p->nstubs] = e->stub.size;
	p->stub_image[p->nstubs] = image;
	p->nstubs++;
}

/* The gate's page is mapped with the body, whose file holds it. */
static uint32_t
add_gate(struct maker *m, const struct image_file *body)
{
	add_image(m, body, PLAN_ARENA, ARENA_GATE, PAGE);
	return m->plan.nimages - 1;
}

/* A body's file is one mapping, which a fork copies and a fault brings as one: what is read can be executed, too. */
static void
join_segments(struct maker *m, struct plan_image *im)
{
	struct plan_map *first = &m->maps[im->first_map];
	const struct plan_map *last = first + im->nmaps - 1;

	first->len = last->addr + last->len - first->addr;
	first->prot = PROT_READ | PROT_EXEC;
	m->plan.nmaps -= im->nmaps - 1;
	im->nmaps = 1;
}

static uint64_t
file_offset(const struct elf_info *e, uint64_t addr)
{
	size_t i;

	for (i = 0; i < e->nsegments; i++)
		if (addr >= e->segments[i].vaddr &&
		    addr - e->segments[i].vaddr < e->segments[i].filesz)
			return e->segments[i].off +
			    (addr - e->segments[i].vaddr);
	return 0;
}

static void
fill_layer(struct maker *m, const struct layer_choice *lc)
{
	const struct layer_note *n = &lc->elf.layer;
	struct plan *p = &m->plan;

	p->personality = n->personality;
	p->layer_version = n->layer_version;
	p->osreldate = n->osreldate;
	p->body_vector = n->vector;
	p->stubs_off = n->stubs_off;
	p->stubs_size = n->stubs_size;
	p->stubs_file_off = file_offset(&lc->elf, n->stubs_off);
	memcpy(p->digest, n->digest, sizeof(p->digest));
	p->body = add_elf(m, &lc->file, &lc->elf, PLAN_ARENA, ARENA_BODY);
	join_segments(m, &m->images[p->body]);
	p->gate = add_gate(m, &lc->file);
}

/* A Linux program's children run under its layer, so the settings that they inherit must name it. */
static void
fill_settings(struct maker *m, const struct program *pr,
    const struct layer *layer)
{
	char text[80];

	if (pr->personality != PERSONALITY_LINUX || layer == NULL)
		return;
	snprintf(text, sizeof(text), "layer=%s", layer->name);
	m->plan.settings = string(m, text);
}

static bool
sets_gs(const struct program *pr)
{
	const struct text *t = pr->text.text, *i = pr->interp_text.text;

	return (t != NULL && (t->flags & TEXT_SETS_GS) != 0) ||
	    (i != NULL && (i->flags & TEXT_SETS_GS) != 0);
}

static void
fill_program(struct maker *m, const struct program *pr)
{
	const struct elf_info *e = &pr->elf;
	struct plan *p = &m->plan;
	size_t i;

	p->program = add_elf(m, &pr->file, e,
	    e->type == ET_EXEC ? PLAN_FIXED : PLAN_PIE, 0);
	if (sets_gs(pr))
		p->flags |= PLAN_SETS_GS;
	else
		add_text(m, p->program, &pr->text);
	add_stubs(p, e, p->program);
	p->interp = PLAN_NONE;
	if (pr->interp.data != NULL) {
		p->interp = add_elf(m, &pr->interp, &pr->interp_elf,
		    pr->interp_elf.type == ET_EXEC ? PLAN_FIXED : PLAN_SHARED,
		    0);
		if ((p->flags & PLAN_SETS_GS) == 0)
			add_text(m, p->interp, &pr->interp_text);
		add_stubs(p, &pr->interp_elf, p->interp);
	}
	p->abi_min = pr->asked_min;
	p->abi_max = pr->asked_max;
	p->tls_addr = e->tls_addr;
	p->tls_filesz = e->tls_filesz;
	p->tls_memsz = e->tls_memsz;
	p->tls_align = e->tls_align;
	p->tls_room = e->stub.tls_room;
	p->exe = string(m, pr->file.path);
	p->nprefix = (uint32_t)pr->nprefix;
	for (i = 0; i < pr->nprefix; i++) {
		uint32_t off = string(m, pr->prefix[i]);

		if (i == 0)
			p->prefix = off;
	}
}

/* A file or directory that nothing is mapped from, as it is now. */
static void
add_check(struct maker *m, const char *path)
{
	struct image_file f = { 0 };
	struct plan_file *pf;
	struct stat st;

	if (stat(path, &st) != 0)
		return;
	snprintf(f.path, sizeof(f.path), "%s", path);
	f.size = (size_t)st.st_size;
	f.dev = st.st_dev;
	f.ino = st.st_ino;
	f.mtime_sec = (uint64_t)st.st_mtim.tv_sec;
	f.mtime_nsec = (uint64_t)st.st_mtim.tv_nsec;
	f.ctime_nsec = (uint64_t)st.st_ctim.tv_sec * 1000000000ul +
	    (uint64_t)st.st_ctim.tv_nsec;
	pf = &m->files[add_file(m, &f)];
	pf->flags = PLAN_FILE_CHECK |
	    (S_ISDIR(st.st_mode) ? PLAN_FILE_DIR : 0u);
}

/*
 * What else the plan depends on: the scripts on the way, whether the program's own name still
 * leads to it, which layers there are, and who planned.
 */
static void
fill_checks(struct maker *m, const struct program *pr)
{
	char path[4096];
	size_t i;

	for (i = 0; i < pr->nscripts; i++)
		m->files[add_file(m, &pr->scripts[i])].flags =
		    PLAN_FILE_CHECK | PLAN_FILE_HEAD;
	if (strcmp(pr->file.named, pr->file.path) != 0)
		add_check(m, pr->file.path);
	if (where_layers(path, sizeof(path)) == 0)
		add_check(m, path);
	if (where_self(path, sizeof(path)) == 0)
		add_check(m, path);
}

static struct plan *
pack(const struct maker *m)
{
	struct plan *p, head = m->plan;
	uint64_t at = sizeof(head);
	char *out;

	head.magic = MAGIC_PLAN;
	head.version = VERSION_PLAN;
	head.size = sizeof(head);
	head.images_off = (uint32_t)at;
	at += head.nimages * sizeof(m->images[0]);
	head.files_off = (uint32_t)at;
	at += head.nfiles * sizeof(m->files[0]);
	head.maps_off = (uint32_t)at;
	at += head.nmaps * sizeof(m->maps[0]);
	head.strings_off = (uint32_t)at;
	head.strings_size = m->nstrings;
	head.total = at + m->nstrings;
	out = malloc(head.total);
	if (out == NULL)
		return NULL;
	p = (struct plan *)(void *)out;
	memcpy(p, &head, sizeof(head));
	memcpy(out + head.images_off, m->images,
	    head.nimages * sizeof(m->images[0]));
	memcpy(out + head.files_off, m->files,
	    head.nfiles * sizeof(m->files[0]));
	memcpy(out + head.maps_off, m->maps, head.nmaps * sizeof(m->maps[0]));
	memcpy(out + head.strings_off, m->strings, m->nstrings);
	return p;
}

struct plan *
plan_make(const struct program *pr, const struct layer_choice *lc,
    const char *name, struct problem *p)
{
	struct maker *m = calloc(1, sizeof(*m));
	struct plan *plan = NULL;
	const char *base = strrchr(name, '/');
	char front[4096];

	if (m == NULL) {
		problem_set(p, EXIT_VENEER, "out of memory");
		return NULL;
	}
	m->nstrings = 1;	/* the empty string */
	if (where_front(front, sizeof(front)) != 0)
		front[0] = '\0';
	m->plan.front = string(m, front);
	m->plan.comm = string(m, base != NULL ? base + 1 : name);
	fill_program(m, pr);
	fill_layer(m, lc);
	fill_settings(m, pr, lc->layer);
	fill_checks(m, pr);
	if (m->full)
		problem_set(p, EXIT_VENEER, "the names are too long");
	else if ((plan = pack(m)) == NULL)
		problem_set(p, EXIT_VENEER, "out of memory");
	free(m);
	return plan;
}

const char *
plan_string(const struct plan *plan, uint32_t off)
{
	return (const char *)plan + plan->strings_off + off;
}
