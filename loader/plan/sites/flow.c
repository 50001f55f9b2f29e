/* SPDX-License-Identifier: ISC */
/*
 * What control flow reaches in a function.  From its start: fall through, both ways of a
 * branch, behind a call, and where jump tables lead that the function takes the address
 * of.  Two readings of the same bytes, an instruction that is none, or one that the end
 * cuts: the bounds or the reading are wrong, and nothing in it is believed.
 *
 * Bytes that nothing reaches are never called instructions, so data between code stays
 * data even where it would decode.
 */
#include <stdlib.h>
#include <string.h>

#include "planner.h"
#include "sites.h"

#define TABLE_MAX	4096	/* entries of a jump table that are read */

/* What is known where control goes on: what an index was compared with, and which address was taken, last. */
struct hint {
	uint64_t limit, table;	/* 0: nothing */
};

struct follower {
	const struct view *v;
	struct flow *f;
	struct words work;	/* address, limit, table in turn */
	struct hint hint;
	bool idle;		/* the last instruction was a call, which may never return, or padding behind it */
	bool want_leaving;
};

static void
go_to(struct follower *w, uint64_t addr)
{
	struct flow *f = w->f;

	if (addr < f->start || addr >= f->end) {
		if (w->want_leaving)
			words_add(&f->leaving, addr);
		return;
	}
	if ((f->mark[addr - f->start] & MARK_QUEUED) != 0)
		return;
	f->mark[addr - f->start] |= MARK_QUEUED;
	if (!words_add(&w->work, addr) ||
	    !words_add(&w->work, w->hint.limit) ||
	    !words_add(&w->work, w->hint.table))
		f->sound = false;
}

static void
branch_to(struct follower *w, uint64_t addr)
{
	if (addr >= w->f->start && addr < w->f->end)
		w->f->mark[addr - w->f->start] |= MARK_TARGET;
	go_to(w, addr);
}

/* A branch that leaves out a lock prefix, as glibc has them, is no contradiction. */
static bool
after_lock(const struct flow *f, uint64_t at)
{
	return at > 0 && f->code[at - 1] == 0xf0;
}

/* Marks an instruction; false when its bytes were read otherwise before. */
static bool
mark(struct flow *f, uint64_t at, unsigned len)
{
	unsigned i;

	if ((f->mark[at] & MARK_BODY) != 0 && !after_lock(f, at))
		return false;
	f->mark[at] |= MARK_START;
	for (i = 1; i < len; i++) {
		if ((f->mark[at + i] & MARK_START) != 0 &&
		    !(i == 1 && after_lock(f, at + 1)))
			return false;
		f->mark[at + i] |= MARK_BODY;
	}
	return true;
}

static uint64_t
table_entry(const uint8_t *p, uint64_t table, unsigned width)
{
	uint64_t target;
	int32_t rel;

	if (width == 8) {
		memcpy(&target, p, 8);
		return target;
	}
	memcpy(&rel, p, 4);
	return table + (uint64_t)(int64_t)rel;
}

/*
 * Entries that all lead into the function: 4 bytes from the table's start, or 8-byte
 * addresses.  What follows them and would lead there too is not followed, but counts as
 * the target of a branch: should the table be longer, then nothing lands where it must not.
 */
static bool
read_table(struct follower *w, uint64_t table, uint64_t entries,
    unsigned width)
{
	struct flow *f = w->f;
	const uint8_t *p;
	uint64_t avail, target, i;

	p = view_at(w->v, table, &avail);
	if (p == NULL || avail / width < entries)
		return false;
	for (i = 0; i < avail / width && i < TABLE_MAX; i++, p += width) {
		target = table_entry(p, table, width);
		if (target < f->start || target >= f->end)
			return i >= entries;
		if (i < entries)
			branch_to(w, target);
		else
			f->mark[target - f->start] |= MARK_TARGET;
	}
	return true;
}

/*
 * An indirect jump.  Behind a comparison with a constant and an address taken it is a
 * switch, whose table is as long as the comparison says; otherwise nobody knows where it
 * goes.
 */
static void
jump_table(struct follower *w, const struct insn *in)
{
	uint64_t n = w->hint.limit + 1;
	uint64_t table = in->table != 0 ? in->table : w->hint.table;
	if (w->hint.limit == 0 || table == 0 || n > TABLE_MAX ||
	    (!read_table(w, table, n, 4) && !read_table(w, table, n, 8)))
		w->f->hidden = true;
}

static bool
spend(const struct view *v, uint64_t n)
{
	if (v->budget == NULL)
		return true;
	if (*v->budget < n) {
		*v->budget = 0;
		return false;
	}
	*v->budget -= n;
	return true;
}

/* One instruction; true when control falls through to *next. */
static bool
step(struct follower *w, uint64_t addr, uint64_t *next)
{
	struct flow *f = w->f;
	struct insn in;

	if (!spend(w->v, 1) || !insn_decode(f->code + (addr - f->start),
	    f->end - addr, addr, &in) || !mark(f, addr - f->start, in.len)) {
		f->sound = false;
		return false;
	}
	*next = addr + in.len;
	w->idle = in.filler || in.flow == FLOW_CALL;
	if (in.compared != 0)
		w->hint.limit = in.compared;
	if (in.lea) {
		w->hint.table = in.target;
		if (in.target >= f->start && in.target < f->end)
			f->mark[in.target - f->start] |= MARK_TARGET;
		if (w->want_leaving)
			words_add(&f->taken, in.target);
	}
	if (in.flow == FLOW_BRANCH || in.flow == FLOW_JUMP)
		branch_to(w, in.target);
	else if (in.flow == FLOW_CALL && in.rip_disp == 0 && in.target != 0)
		branch_to(w, in.target);
	else if (in.flow == FLOW_INDIRECT && in.rip_disp == 0)
		jump_table(w, &in);
	return in.flow != FLOW_JUMP && in.flow != FLOW_INDIRECT &&
	    in.flow != FLOW_STOP;
}

static void
drain(struct follower *w)
{
	uint64_t addr, next = 0;
	struct flow *f = w->f;

	while (f->sound && w->work.n > 0) {
		w->work.n -= 3;
		addr = w->work.v[w->work.n];
		w->hint.limit = w->work.v[w->work.n + 1];
		w->hint.table = w->work.v[w->work.n + 2];
		if ((f->mark[addr - f->start] & MARK_BODY) != 0 &&
		    !after_lock(f, addr - f->start))
			f->sound = false;
		while (f->sound && addr < f->end &&
		    (f->mark[addr - f->start] & MARK_START) == 0 &&
		    step(w, addr, &next))
			addr = next;
		if (addr >= f->end && !w->idle)
			f->open = true;
	}
}

bool
flow_follow(const struct view *v, uint64_t start, uint64_t end,
    bool want_leaving, struct flow *f)
{
	struct follower w = { .v = v, .f = f, .want_leaving = want_leaving };
	uint64_t avail;

	memset(f, 0, sizeof(*f));
	f->code = view_at(v, start, &avail);
	if (f->code == NULL || end <= start)
		return false;
	f->start = start;
	f->end = end - start > avail ? start + avail : end;
	if (f->end - start > FUNCTION_MAX)
		f->end = start + FUNCTION_MAX;
	/* What a function costs even when little of it is reached. */
	if (!spend(v, 64 + (f->end - start) / 1024))
		return false;
	f->mark = calloc(1, f->end - start);
	if (f->mark == NULL)
		return false;
	f->sound = true;
	go_to(&w, start);
	drain(&w);
	free(w.work.v);
	return true;
}

void
flow_free(struct flow *f)
{
	free(f->mark);
	free(f->leaving.v);
	free(f->taken.v);
	f->mark = NULL;
	f->leaving.v = f->taken.v = NULL;
}
