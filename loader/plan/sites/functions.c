/* SPDX-License-Identifier: ISC */
/* Which functions lie near candidates, from every source that a file has. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "planner.h"
#include "sites.h"

#define ROUNDS	64	/* of following calls */

struct near {
	const struct words *candidates;
	struct functions *out;
};

void
functions_add(struct functions *fs, const struct function *f)
{
	size_t room = fs->room == 0 ? 256 : 2 * fs->room;
	struct function *v;

	if (fs->n == fs->room) {
		v = reallocarray(fs->v, room, sizeof(*v));
		if (v == NULL) {
			fs->failed = true;
			return;
		}
		fs->v = v;
		fs->room = room;
	}
	fs->v[fs->n++] = *f;
}

static void
see(void *arg, const struct function *f)
{
	struct near *near = arg;
	uint64_t from = f->start < SITE_NEAR ? 0 : f->start - SITE_NEAR;
	size_t i = words_find(near->candidates, from);

	if (f->source == FUNCTION_UNWIND || f->source == FUNCTION_GO)
		near->out->described += f->end - f->start;
	if (i < near->candidates->n &&
	    near->candidates->v[i] < f->end + SITE_NEAR)
		functions_add(near->out, f);
}

static int
compare(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return (int)x->source - (int)y->source;
}

/* By start, the same bounds once. */
static void
sort(struct functions *fs)
{
	size_t i, n = 0;

	if (fs->n == 0)
		return;
	qsort(fs->v, fs->n, sizeof(*fs->v), compare);
	for (i = 0; i < fs->n; i++)
		if (n == 0 || fs->v[i].start != fs->v[n - 1].start ||
		    fs->v[i].end != fs->v[n - 1].end)
			fs->v[n++] = fs->v[i];
	fs->n = n;
}

void
functions_near(const struct view *v, const struct words *candidates,
    struct functions *out)
{
	struct near near = { candidates, out };

	unwind_functions(v, see, &near);
	symbol_functions(v, see, &near);
	go_functions(v, see, &near);
	sort(out);
}

void
functions_free(struct functions *fs)
{
	free(fs->v);
	fs->v = NULL;
	fs->n = fs->room = 0;
}

static void
see_start(void *arg, const struct function *f)
{
	words_add(arg, f->start);
}

static bool
in_text(const struct view *v, uint64_t addr)
{
	size_t i;

	for (i = 0; i < v->elf->nsegments; i++) {
		const struct segment *s = &v->elf->segments[i];

		if ((s->prot & 4) != 0 && addr >= s->vaddr &&
		    addr - s->vaddr < s->filesz)
			return true;
	}
	return false;
}

struct callers {
	const struct view *v;
	struct words starts, done;	/* starts found, those followed */
	struct words taken;		/* addresses in text that code or data name */
};

static bool
holds(const struct words *w, uint64_t word)
{
	size_t i = words_find(w, word);

	return i < w->n && w->v[i] == word;
}

static uint64_t
end_of(const struct words *starts, uint64_t start)
{
	size_t i = words_find(starts, start + 1);

	return i < starts->n && starts->v[i] - start < FUNCTION_MAX ?
	    starts->v[i] : start + FUNCTION_MAX;
}

/* Follows every start that has not been followed, adds what their code calls.  False when nothing was new. */
static bool
follow_new(struct callers *c)
{
	struct words found = { 0 };
	struct flow f;
	size_t i, k;

	for (i = 0; i < c->starts.n; i++) {
		if (holds(&c->done, c->starts.v[i]) ||
		    !flow_follow(c->v, c->starts.v[i], end_of(&c->starts,
		    c->starts.v[i]), true, &f))
			continue;
		for (k = 0; f.sound && k < f.leaving.n; k++)
			if (in_text(c->v, f.leaving.v[k]))
				words_add(&found, f.leaving.v[k]);
		for (k = 0; f.sound && k < f.taken.n; k++)
			if (in_text(c->v, f.taken.v[k]))
				words_add(&c->taken, f.taken.v[k]);
		flow_free(&f);
	}
	c->done.n = 0;
	for (i = 0; i < c->starts.n; i++)
		words_add(&c->done, c->starts.v[i]);
	for (i = 0; i < found.n; i++)
		words_add(&c->starts, found.v[i]);
	free(found.v);
	words_sort(&c->starts);
	return c->starts.n > c->done.n;
}

/* Pointers that the dynamic linker makes: what their addends name in text. */
static void
take_pointers(struct callers *c)
{
	struct section s;
	Elf64_Rela r;
	uint64_t at;

	if (!view_section(c->v, ".rela.dyn", &s))
		return;
	for (at = 0; s.len - at >= sizeof(r); at += sizeof(r)) {
		memcpy(&r, c->v->data + s.off + at, sizeof(r));
		if (ELF64_R_TYPE(r.r_info) == R_X86_64_RELATIVE &&
		    in_text(c->v, (uint64_t)r.r_addend))
			words_add(&c->taken, (uint64_t)r.r_addend);
	}
}

/* Does the code before addr end there: padding, or an instruction that never falls through? */
static bool
ends_before(const struct callers *c, uint64_t addr)
{
	size_t i = words_find(&c->starts, addr);
	uint64_t avail, p;
	const uint8_t *byte = view_at(c->v, addr - 1, &avail);
	struct insn in;
	struct flow f;
	bool ok = false;

	if (byte != NULL && (*byte == 0x90 || *byte == 0xcc || *byte == 0))
		return true;
	if (i == 0 || !flow_follow(c->v, c->starts.v[i - 1], addr, false, &f))
		return false;
	for (p = f.end < 16 ? f.start : f.end - 16; f.sound && p < addr; p++)
		if (p >= f.start && p < f.end &&
		    (f.mark[p - f.start] & MARK_START) != 0 &&
		    insn_decode(f.code + (p - f.start), f.end - p, p, &in) &&
		    p + in.len == addr)
			ok = in.flow == FLOW_JUMP || in.flow == FLOW_STOP ||
			    in.flow == FLOW_INDIRECT;
	flow_free(&f);
	return ok;
}

/*
 * An address that is taken may be a function's or a table's.  It is a function when it is
 * aligned as one, what stands before it ends there, everything that it reaches makes
 * sense, and it ends.
 */
static bool
is_function(const struct callers *c, uint64_t addr)
{
	struct flow f;
	uint64_t k;
	bool ok;

	if (addr % 16 != 0 || holds(&c->starts, addr) ||
	    !ends_before(c, addr) ||
	    !flow_follow(c->v, addr, end_of(&c->starts, addr), true, &f))
		return false;
	ok = f.sound && !f.open && !f.hidden;
	for (k = 0; ok && k < f.leaving.n; k++)
		ok = in_text(c->v, f.leaving.v[k]);
	flow_free(&f);
	return ok;
}

static bool
add_taken(struct callers *c)
{
	struct words more = { 0 };
	size_t i;

	words_sort(&c->taken);
	for (i = 0; i < c->taken.n; i++)
		if (is_function(c, c->taken.v[i]))
			words_add(&more, c->taken.v[i]);
	for (i = 0; i < more.n; i++)
		words_add(&c->starts, more.v[i]);
	c->taken.n = 0;
	words_sort(&c->starts);
	i = more.n;
	free(more.v);
	return i > 0;
}

/*
 * For files without unwind entries whose local symbols were stripped (musl's libc.so):
 * from the functions that are known, what proven code calls or jumps to is a function too,
 * and so may be what it takes the address of.  One ends where the next begins.
 */
void
functions_called(const struct view *v, const struct words *candidates,
    struct functions *out)
{
	struct callers c = { .v = v };
	struct near near = { candidates, out };
	struct function f = { .source = FUNCTION_CALLED };
	size_t i;

	unwind_functions(v, see_start, &c.starts);
	symbol_functions(v, see_start, &c.starts);
	if (in_text(v, v->elf->entry))
		words_add(&c.starts, v->elf->entry);
	words_sort(&c.starts);
	take_pointers(&c);
	for (i = 0; i < ROUNDS; i++)
		if (!follow_new(&c) && !add_taken(&c))
			break;
	for (i = 0; i < c.starts.n; i++) {
		f.start = c.starts.v[i];
		f.end = end_of(&c.starts, f.start);
		see(&near, &f);
	}
	free(c.starts.v);
	free(c.done.v);
	free(c.taken.v);
	sort(out);
}
