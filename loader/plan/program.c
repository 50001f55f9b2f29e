/* SPDX-License-Identifier: ISC */
/* What a program is: follows #! lines, reads the ELF file and its interpreter, tells the system that it is for. */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "planner.h"

#ifndef ELFOSABI_OPENBSD
#define ELFOSABI_OPENBSD 12
#endif

static const struct {
	uint8_t osabi;
	enum personality_id id;
	const char *why;
} osabis[] = {
	{ ELFOSABI_FREEBSD, PERSONALITY_FREEBSD, "EI_OSABI" },
	{ ELFOSABI_NETBSD, PERSONALITY_NETBSD, "EI_OSABI" },
	{ ELFOSABI_OPENBSD, PERSONALITY_OPENBSD, "EI_OSABI" },
	{ ELFOSABI_SOLARIS, PERSONALITY_SOLARIS, "EI_OSABI" },
	{ ELFOSABI_LINUX, PERSONALITY_LINUX, "EI_OSABI" },
};

static const struct {
	const char *path;
	enum personality_id id;
} interps[] = {
	{ "/libexec/ld-elf.so.1", PERSONALITY_FREEBSD },
	{ "/usr/libexec/ld-elf.so.2", PERSONALITY_DRAGONFLY },
	{ "/libexec/ld-elf.so.2", PERSONALITY_DRAGONFLY },
	{ "/usr/libexec/ld.so", PERSONALITY_OPENBSD },
	{ "/usr/libexec/ld.elf_so", PERSONALITY_NETBSD },
	{ "/libexec/ld.elf_so", PERSONALITY_NETBSD },
	{ "/lib/amd64/ld.so.1", PERSONALITY_SOLARIS },
	{ "/usr/lib/amd64/ld.so.1", PERSONALITY_SOLARIS },
};

/* Go says what it built for in its build information; DragonFly has nothing else. */
static enum personality_id
by_go(const struct image_file *f)
{
	static const char magic[] = "\xff Go buildinf:", key[] = "build\tGOOS=";
	const uint8_t *at, *os, *end = f->data + f->size;
	size_t n;

	at = memmem(f->data, f->size, magic, sizeof(magic) - 1);
	if (at == NULL)
		return PERSONALITY_NONE;
	n = (size_t)(end - at);
	os = memmem(at, n < 65536 ? n : 65536, key, sizeof(key) - 1);
	if (os == NULL)
		return PERSONALITY_NONE;
	os += sizeof(key) - 1;
	for (n = 0; os + n < end && os[n] > ' '; n++)
		;
	if (n == 7 && memcmp(os, "illumos", n) == 0)
		return PERSONALITY_SOLARIS;
	return personality_by_name((const char *)os, n);
}

static void
set(struct program *pr, enum personality_id id, const char *why)
{
	pr->personality = id;
	pr->why = why;
}

static void
classify_elf(struct program *pr)
{
	const struct elf_info *e = &pr->elf;
	size_t i;

	if (e->stub.there) {
		set(pr, PERSONALITY_NATIVE, "Veneer note");
		pr->asked_min = e->stub.abi_min;
		pr->asked_max = e->stub.abi_max;
		return;
	}
	if (e->freebsd != 0) {
		set(pr, PERSONALITY_FREEBSD, "FreeBSD ABI note");
		pr->asked_min = e->freebsd / 100000;
		return;
	}
	if (e->noted != PERSONALITY_NONE) {
		set(pr, e->noted, "ABI note");
		return;
	}
	for (i = 0; i < sizeof(osabis) / sizeof(osabis[0]); i++)
		if (e->osabi == osabis[i].osabi) {
			set(pr, osabis[i].id, osabis[i].why);
			return;
		}
	for (i = 0; i < sizeof(interps) / sizeof(interps[0]); i++)
		if (strcmp(e->interp, interps[i].path) == 0) {
			set(pr, interps[i].id, "interpreter");
			return;
		}
	set(pr, by_go(&pr->file), "Go build information");
	if (pr->personality == PERSONALITY_NONE)
		set(pr, PERSONALITY_LINUX, "default of ELF");
}

static bool
is_macho(const uint8_t *d, size_t size)
{
	uint32_t magic, n;

	if (size < 32)
		return false;
	memcpy(&magic, d, 4);
	if (magic == 0xfeedfacf || magic == 0xfeedface)
		return true;
	/* A fat file; Java class files begin alike but count far more. */
	memcpy(&n, d + 4, 4);
	return magic == 0xbebafeca && __builtin_bswap32(n) < 20;
}

int
program_classify(struct program *pr, struct problem *p)
{
	const uint8_t *d = pr->file.data;

	if (is_macho(d, pr->file.size)) {
		set(pr, PERSONALITY_DARWIN, "Mach-O");
		return 0;
	}
	if (pr->file.size >= 64 && memcmp(d, "MZ", 2) == 0)
		return problem_set(p, EXIT_NOEXEC,
		    "is a Windows program; there is no layer for Windows");
	if (pr->file.size < 4 || memcmp(d, "\177ELF", 4) != 0)
		return problem_set(p, EXIT_NOEXEC,
		    "is in no format that can be executed");
	if (elf_read(d, pr->file.size, &pr->elf, p) != 0)
		return -1;
	classify_elf(pr);
	return 0;
}

static int
push(struct program *pr, size_t at, char *s)
{
	if (pr->nprefix >= SCRIPT_ARGS)
		return -1;
	memmove(pr->prefix + at + 1, pr->prefix + at,
	    (pr->nprefix - at) * sizeof(pr->prefix[0]));
	pr->prefix[at] = s;
	pr->nprefix++;
	return 0;
}

/* A script's ARGV0 becomes: interpreter, its argument, the script's path. */
static int
follow_script(struct program *pr, const char *path, char *interp, char *arg,
    struct problem *p)
{
	char *copy;
	size_t at = 0;

	if (pr->nprefix == 0) {
		copy = strdup(path);
		if (copy == NULL || push(pr, 0, copy) != 0)
			return problem_set(p, EXIT_VENEER, "out of memory");
	}
	if (push(pr, at++, interp) != 0 ||
	    (arg != NULL && push(pr, at, arg) != 0))
		return problem_set(p, EXIT_NOEXEC, "too many nested scripts");
	return 0;
}

static int
read_file(struct program *pr, const char *path, struct problem *p)
{
	struct problem inner = { 0 };
	char *interp, *arg, name[4096];
	int depth, ret;

	snprintf(name, sizeof(name), "%s", path);
	for (depth = 0; ; depth++) {
		if (file_map(&pr->file, name, p) != 0) {
			if (depth > 0)
				p->status = EXIT_NOEXEC;
			return -1;
		}
		ret = script_read(pr->file.data, pr->file.size, &interp, &arg,
		    &inner);
		if (ret < 0)
			return problem_set(p, inner.status, "%s: %.900s", name,
			    inner.text);
		if (ret == 0)
			return 0;
		if (depth == SCRIPT_DEPTH) {
			free(interp);
			free(arg);
			return problem_set(p, EXIT_NOEXEC,
			    "%s: more than %d #! lines lead to each other",
			    path, SCRIPT_DEPTH);
		}
		file_unmap(&pr->file);
		pr->scripts[pr->nscripts++] = pr->file;
		ret = follow_script(pr, name, interp, arg, p);
		if (ret != 0)
			return ret;
		snprintf(name, sizeof(name), "%s", interp);
	}
}

/* The interpreters of Darwin's programs belong to their layer. */
static int
read_interp(struct program *pr, struct problem *p)
{
	struct problem inner = { 0 };

	if (pr->elf.interp[0] == '\0' || pr->personality == PERSONALITY_DARWIN)
		return 0;
	if (file_map(&pr->interp, pr->elf.interp, &inner) != 0 &&
	    pr->personality != PERSONALITY_LINUX &&
	    pr->personality != PERSONALITY_NATIVE)
		return problem_set(p, EXIT_NOEXEC, "its interpreter %.500s is"
		    " missing or unusable: it is part of %s, so copy it from"
		    " there to this path, and the libraries that the program"
		    " needs to where LD_LIBRARY_PATH points", pr->elf.interp,
		    personality_title(pr->personality));
	if (pr->interp.data == NULL)
		return problem_set(p, EXIT_NOEXEC,
		    "its interpreter %.700s is missing or unusable",
		    pr->elf.interp);
	if (elf_read(pr->interp.data, pr->interp.size, &pr->interp_elf,
	    &inner) != 0)
		return problem_set(p, EXIT_NOEXEC, "its interpreter %.500s %.400s",
		    pr->elf.interp, inner.text);
	return 0;
}

int
program_read(struct program *pr, const char *path, struct problem *p)
{
	struct problem inner = { 0 };

	memset(pr, 0, sizeof(*pr));
	if (read_file(pr, path, p) != 0)
		return -1;
	if (program_classify(pr, &inner) != 0)
		return problem_set(p, inner.status, "%.500s: %.500s",
		    pr->file.path, inner.text);
	return 0;
}

/* A native program's interpreter makes calls through stubs as well, under the same layer. */
static int
check_interp(const struct program *pr, const struct layer *l,
    struct problem *p)
{
	const struct stub_note *s = &pr->interp_elf.stub;

	if (pr->interp.data == NULL || pr->personality != PERSONALITY_NATIVE)
		return 0;
	if (!s->there)
		return problem_set(p, EXIT_NOEXEC, "its interpreter %.500s is"
		    " not native; link it with veneer-cc", pr->elf.interp);
	if (l->version < s->abi_min)
		return problem_set(p, EXIT_VENEER, "its interpreter %.500s"
		    " needs native@%u; layer %s is older", pr->elf.interp,
		    s->abi_min, l->name);
	return 0;
}

int
program_read_interp(struct program *pr, const struct layer *l,
    struct problem *p)
{
	struct problem inner = { 0 };

	if (read_interp(pr, &inner) != 0 || check_interp(pr, l, &inner) != 0)
		return problem_set(p, inner.status, "%.200s: %.800s",
		    pr->file.path, inner.text);
	return 0;
}

void
text_ref_free(struct text_ref *r)
{
	free(r->text);
	r->text = NULL;
	if (r->fd > 2)
		close(r->fd);
	r->fd = -1;
}

void
program_free(struct program *pr)
{
	size_t i;

	for (i = 0; i < pr->nprefix; i++)
		free(pr->prefix[i]);
	file_unmap(&pr->file);
	file_unmap(&pr->interp);
	text_ref_free(&pr->text);
	text_ref_free(&pr->interp_text);
}
