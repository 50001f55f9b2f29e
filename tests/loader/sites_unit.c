/* SPDX-License-Identifier: ISC */
/* Sites in made-up code: each case is some bytes, the functions that are said to be there, and what must come of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "planner.h"
#include "slot.h"

#define BASE	0x401000ul
#define SIZE	0x3000u

/* A file of one executable segment at BASE, full of int3. */
struct made {
	uint8_t bytes[SIZE];
	struct elf_info elf;
	struct view view;
	struct function function[4];
	struct functions functions;
	struct words candidates;
	struct chooser chooser;
	struct site site;
};

static struct made *
made(void)
{
	struct made *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	memset(m->bytes, 0xcc, sizeof(m->bytes));
	m->elf.nsegments = 1;
	m->elf.type = 2;
	m->elf.segments[0] = (struct segment){ BASE, SIZE, 0, SIZE, 5 };
	m->view = (struct view){ m->bytes, SIZE, &m->elf, NULL };
	m->functions.v = m->function;
	m->chooser.v = &m->view;
	m->chooser.functions = &m->functions;
	m->chooser.candidates = &m->candidates;
	return m;
}

static void
done(struct made *m)
{
	free(m->candidates.v);
	free(m->chooser.taken.v);
	free(m->chooser.landings.v);
	free(m);
}

static void
put(struct made *m, uint64_t at, const char *bytes, size_t n)
{
	memcpy(m->bytes + at, bytes, n);
}

#define PUT(m, at, s)	put(m, at, s, sizeof(s) - 1)

static void
function(struct made *m, uint64_t start, uint64_t end)
{
	m->function[m->functions.n++] = (struct function){ BASE + start,
		BASE + end, FUNCTION_SYMBOL };
}

static enum text_reason
choose(struct made *m, uint64_t at)
{
	words_add(&m->candidates, BASE + at);
	words_sort(&m->candidates);
	return site_choose(&m->chooser, BASE + at, &m->site);
}

static void
mov_before_is_a(void **state)
{
	struct made *m = made();

	(void)state;
	PUT(m, 0, "\xb8\x14\0\0\0\x0f\x05\xc3");
	function(m, 0, 8);
	assert_int_equal(choose(m, 5), 0);
	assert_int_equal(m->site.strategy, TEXT_A);
	assert_int_equal(m->site.from, BASE);
	PUT(m, 0x40, "\x48\xc7\xc0\x14\0\0\0\x0f\x05\xc3");
	function(m, 0x40, 0x4a);
	assert_int_equal(choose(m, 0x47), 0);
	assert_int_equal(m->site.strategy, TEXT_A);
	assert_int_equal(m->site.from, BASE + 0x40);
	done(m);
}

static void
one_neighbour_is_c(void **state)
{
	struct made *m = made();

	(void)state;
	PUT(m, 0, "\x48\x8b\x44\x24\x08\x0f\x05\xc3");
	function(m, 0, 8);
	assert_int_equal(choose(m, 5), 0);
	assert_int_equal(m->site.strategy, TEXT_C);
	assert_int_equal(m->site.ninsns, 1);
	done(m);
}

static void
several_neighbours_are_c(void **state)
{
	struct made *m = made();

	(void)state;
	/* mov (%rdi),%eax; mov %rsi,%rdi; syscall */
	PUT(m, 0, "\x8b\x07\x48\x89\xf7\x0f\x05\xc3");
	function(m, 0, 8);
	assert_int_equal(choose(m, 5), 0);
	assert_int_equal(m->site.strategy, TEXT_C);
	assert_int_equal(m->site.ninsns, 2);
	assert_int_equal(m->site.from, BASE);
	done(m);
}

static void
second_load_may_not_move(void **state)
{
	struct made *m = made();

	(void)state;
	/* mov %rsi,%rdi; mov (%rdi),%eax; syscall; ret: int3 padding follows */
	PUT(m, 0, "\x48\x89\xf7\x8b\x07\x0f\x05\xc3");
	function(m, 0, 8);
	assert_int_equal(choose(m, 5), 0);
	assert_int_equal(m->site.strategy, TEXT_B);
	assert_int_equal(m->site.pad, BASE + 8);
	done(m);
}

static void
branch_to_the_middle(void **state)
{
	struct made *m = made();

	(void)state;
	/* 0: mov (%rdi),%eax; 2: mov %rsi,%rdi; syscall; je 2; ret */
	PUT(m, 0, "\x8b\x07\x48\x89\xf7\x0f\x05\x74\xf9\xc3");
	function(m, 0, 10);
	assert_int_equal(choose(m, 5), 0);
	assert_int_equal(m->site.strategy, TEXT_B);
	done(m);
}

static void
far_branch_to_the_middle(void **state)
{
	struct made *m = made();

	(void)state;
	PUT(m, 0, "\x8b\x07\x48\x89\xf7\x0f\x05\xc3");
	function(m, 0, 8);
	/* jmp rel32 to 2, in bytes that no function holds */
	PUT(m, 0x2000, "\xe9\xfd\xdf\xff\xff");
	assert_int_equal(choose(m, 5), 0);
	assert_int_equal(m->site.strategy, TEXT_B);
	done(m);
}

static void
short_branch_from_a_neighbour(void **state)
{
	struct made *m = made();

	(void)state;
	PUT(m, 0, "\x8b\x07\x48\x89\xf7\x0f\x05\xc3");
	function(m, 0, 8);
	PUT(m, 0x20, "\xeb\xe0");	/* to 2, in bytes that no function holds */
	assert_int_equal(choose(m, 5), 0);
	assert_int_equal(m->site.strategy, TEXT_B);
	done(m);
}

static void
branch_to_the_syscall(void **state)
{
	struct made *m = made();

	(void)state;
	/* mov $1,%eax; 5: syscall; je 5; ret: who lands there meets it as it was */
	PUT(m, 0, "\xb8\x01\0\0\0\x0f\x05\x74\xfc\xc3");
	function(m, 0, 10);
	assert_int_equal(choose(m, 5), 0);
	assert_int_equal(m->site.strategy, TEXT_A);
	assert_int_equal(m->bytes[5], 0x0f);
	done(m);
}

static void
hidden_jump_forbids_several(void **state)
{
	struct made *m = made();

	(void)state;
	/* mov (%rdi),%eax; mov %rsi,%rdi; syscall; jmp *%rax */
	PUT(m, 0, "\x8b\x07\x48\x89\xf7\x0f\x05\xff\xe0");
	function(m, 0, 9);
	assert_int_equal(choose(m, 5), 0);
	assert_int_equal(m->site.strategy, TEXT_B);
	done(m);
}

static void
data_inside_an_instruction(void **state)
{
	struct made *m = made();

	(void)state;
	PUT(m, 0, "\xb8\x0f\x05\0\0\xc3");	/* mov $0x50f,%eax */
	function(m, 0, 6);
	assert_int_equal(choose(m, 1), TEXT_DATA);
	done(m);
}

static void
data_behind_a_jump(void **state)
{
	struct made *m = made();

	(void)state;
	/* jmp 9; mov $1,%eax; syscall (data that looks like code); 9: ret */
	PUT(m, 0, "\xeb\x07\xb8\x01\0\0\0\x0f\x05\xc3");
	function(m, 0, 10);
	assert_int_equal(choose(m, 7), TEXT_UNPROVEN);
	done(m);
}

static void
data_between_functions(void **state)
{
	struct made *m = made();

	(void)state;
	PUT(m, 0, "\xc3");
	PUT(m, 1, "\xb8\x01\0\0\0\x0f\x05\xc3");
	function(m, 0, 1);
	assert_int_equal(choose(m, 6), TEXT_NO_FUNCTION);
	done(m);
}

static void
two_readings(void **state)
{
	struct made *m = made();

	(void)state;
	/* jne into the mov's immediate */
	PUT(m, 0, "\x75\x01\xb8\x90\x90\x90\x90\x0f\x05\xc3");
	function(m, 0, 10);
	assert_int_equal(choose(m, 7), TEXT_UNPROVEN);
	done(m);
}

static void
cut_by_the_end(void **state)
{
	struct made *m = made();

	(void)state;
	PUT(m, 0, "\xb8\x01\0\0\0\x0f\x05\xe8\0\0");
	function(m, 0, 9);
	assert_int_equal(choose(m, 5), TEXT_UNPROVEN);
	done(m);
}

static void
lock_prefix_left_out(void **state)
{
	struct made *m = made();

	(void)state;
	/* je 3; lock 3: cmpxchg %ecx,(%rdi); mov $1,%eax; syscall; ret */
	PUT(m, 0, "\x74\x01\xf0\x0f\xb1\x0f\xb8\x01\0\0\0\x0f\x05\xc3");
	function(m, 0, 14);
	assert_int_equal(choose(m, 11), 0);
	assert_int_equal(m->site.strategy, TEXT_A);
	done(m);
}

static void
two_starts_do_not_move(void **state)
{
	struct made *m = made();

	(void)state;
	/* je 3; lock 3: decl 0x100(%rdi); syscall; ret: whoever leaves out the prefix lands inside */
	PUT(m, 0, "\x74\x01\xf0\xff\x8f\0\x01\0\0\x0f\x05\xc3");
	function(m, 0, 12);
	assert_int_equal(choose(m, 9), 0);
	assert_int_equal(m->site.strategy, TEXT_B);
	done(m);
}

static void
jump_table_in_text(void **state)
{
	struct made *m = made();

	(void)state;
	/*
	 * 00 cmp $1,%edi; 03 ja 1d; 05 lea 0x20(%rip)->2c; 0c movslq (%rdx,%rdi,4),%rax;
	 * 10 add %rdx,%rax; 13 jmp *%rax; 15 mov $1,%eax; 1a syscall; 1c nop; 1d ret;
	 * 1e data that looks like a call; 2c table
	 */
	PUT(m, 0, "\x83\xff\x01\x77\x18\x48\x8d\x15\x20\0\0\0\x48\x63\x04\xba"
	    "\x48\x01\xd0\xff\xe0\xb8\x01\0\0\0\x0f\x05\x90\xc3"
	    "\xb8\x01\0\0\0\x0f\x05\0\0\0\0\0\0\0\xe9\xff\xff\xff\xf1\xff\xff\xff");
	function(m, 0, 0x34);
	assert_int_equal(choose(m, 0x1a), 0);
	assert_int_equal(m->site.strategy, TEXT_A);
	assert_int_equal(choose(m, 0x23), TEXT_UNPROVEN);
	done(m);
}

static void
sigreturn_stays(void **state)
{
	struct made *m = made();

	(void)state;
	PUT(m, 0, "\x48\xc7\xc0\x0f\0\0\0\x0f\x05\xc3");
	function(m, 0, 10);
	assert_int_equal(choose(m, 7), TEXT_SIGRETURN);
	done(m);
}

static void
padding_belongs_to_nobody(void **state)
{
	struct made *m = made();

	(void)state;
	memset(m->bytes, 0xc3, SIZE);
	/* inc %eax; syscall; ret; five nops, then a function */
	PUT(m, 8, "\xff\xc0\x0f\x05\xc3\x90\x90\x90\xc3");
	function(m, 8, 13);
	/* three bytes are too few, and ret is no padding */
	assert_int_equal(choose(m, 10), TEXT_NO_ROOM);
	PUT(m, 0x100, "\xff\xc0\x0f\x05\xc3\x0f\x1f\x80\0\0\0\0\x90\x90\x90\x90");
	function(m, 0x100, 0x105);
	assert_int_equal(choose(m, 0x102), 0);
	assert_int_equal(m->site.strategy, TEXT_B);
	assert_int_equal(m->site.pad, BASE + 0x105);
	/* a nop that is a function's first instruction is not padding */
	PUT(m, 0x200, "\xff\xc0\x0f\x05\xc3\x0f\x1f\x80\0\0\0\0\xc3");
	function(m, 0x200, 0x205);
	function(m, 0x205, 0x20d);
	assert_int_equal(choose(m, 0x202), 0);
	assert_int_equal(m->site.pad, BASE + 0x207);
	done(m);
}

static void
pieces_are_used_once(void **state)
{
	struct made *m = made();
	uint64_t first;

	(void)state;
	PUT(m, 0, "\xff\xc0\x0f\x05\xff\xc0\x0f\x05\xc3");
	function(m, 0, 9);
	assert_int_equal(choose(m, 2), 0);
	first = m->site.pad;
	assert_int_equal(choose(m, 6), 0);
	assert_true(m->site.pad >= first + 5 || m->site.pad + 5 <= first);
	done(m);
}

/* A nop of 7 bytes between two sites: the first one's padding, and the neighbour that the second would move. */
static void
padding_beside_a_neighbour(void **state)
{
	static const int orders[2][2] = { { 2, 11 }, { 11, 2 } };
	struct made *m;
	uint64_t from[2], to[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		m = made();
		memset(m->bytes, 0xc3, SIZE);
		/* inc %eax; syscall; nopl 0(%rax); syscall; ret */
		PUT(m, 0, "\xff\xc0\x0f\x05\x0f\x1f\x80\0\0\0\0\x0f\x05\xc3");
		function(m, 0, 14);
		for (int k = 0; k < 2; k++) {
			from[k] = to[k] = 0;
			if (choose(m, (uint64_t)orders[i][k]) != 0)
				continue;
			from[k] = m->site.strategy == TEXT_B ?
			    m->site.pad_from : m->site.from;
			to[k] = m->site.strategy == TEXT_B ?
			    m->site.pad_from + m->site.pad_len :
			    m->site.addr + 2;
		}
		assert_true(to[0] != 0);
		assert_true(from[0] >= to[1] || from[1] >= to[0]);
		done(m);
	}
}

/* Applies a site's patches and answers the slot. */
static void
apply(struct made *m, uint64_t place, uint8_t slot[SITE_SLOT_SIZE])
{
	struct text_patch p[2];
	unsigned n, i;

	assert_true(slot_fill(&m->view, &m->site, place, slot));
	n = slot_patches(&m->view, &m->site, place, p);
	for (i = 0; i < n; i++) {
		assert_memory_equal(m->bytes + p[i].off, p[i].old, p[i].len);
		memcpy(m->bytes + p[i].off, p[i].new, p[i].len);
	}
}

static uint64_t
jump_target(const struct made *m, uint64_t at)
{
	int32_t rel;

	assert_int_equal(m->bytes[at], 0xe9);
	memcpy(&rel, m->bytes + at + 1, 4);
	return BASE + at + 5 + (uint64_t)(int64_t)rel;
}

static void
slot_of_a(void **state)
{
	struct made *m = made();
	uint8_t slot[SITE_SLOT_SIZE];
	int32_t ret;

	(void)state;
	PUT(m, 0x10, "\x48\xc7\xc0\x14\0\0\0\x0f\x05\xc3");
	function(m, 0x10, 0x1a);
	assert_int_equal(choose(m, 0x17), 0);
	apply(m, BASE - 0x1000, slot);
	assert_int_equal(jump_target(m, 0x10), BASE - 0x1000);
	assert_memory_equal(m->bytes + 0x15, "\x66\x90\x0f\x05\xc3", 5);
	assert_memory_equal(slot, "\x48\xc7\xc0\x14\0\0\0\x65\x48\x89\x0c\x25", 12);
	memcpy(&ret, slot + SITE_SLOT_RET, 4);
	assert_int_equal(BASE - 0x1000 + (uint64_t)(int64_t)ret, BASE + 0x19);
	assert_int_equal(slot[SITE_SLOT_N], 7);
	assert_int_equal(slot[SITE_SLOT_BACK], 9);
	assert_int_equal(slot[SITE_SLOT_STRATEGY], TEXT_A);
	assert_int_equal(slot[SITE_SLOT_MARK], SITE_SLOT_MAGIC);
	done(m);
}

static void
slot_of_b(void **state)
{
	struct made *m = made();
	uint8_t slot[SITE_SLOT_SIZE];

	(void)state;
	PUT(m, 0, "\xff\xc0\x0f\x05\xc3");
	function(m, 0, 5);
	assert_int_equal(choose(m, 2), 0);
	apply(m, BASE - 64, slot);
	assert_int_equal(m->bytes[2], 0xeb);
	assert_int_equal(4 + m->bytes[3] + BASE, m->site.pad);
	assert_int_equal(jump_target(m, m->site.pad - BASE), BASE - 64);
	assert_int_equal(slot[SITE_SLOT_N], 0);
	assert_int_equal(slot[SITE_SLOT_BACK], 2);
	done(m);
}

static void
slot_of_a_nop_that_runs(void **state)
{
	struct made *m = made();
	uint8_t slot[SITE_SLOT_SIZE];

	(void)state;
	memset(m->bytes, 0xc3, SIZE);
	/* nopl 0(%rax) of 7 bytes; inc %eax; syscall; ret */
	PUT(m, 0, "\x0f\x1f\x80\0\0\0\0\xff\xc0\x0f\x05\xc3");
	function(m, 0, 12);
	assert_int_equal(choose(m, 9), 0);
	assert_int_equal(m->site.strategy, TEXT_B);
	apply(m, BASE - 64, slot);
	assert_memory_equal(m->bytes, "\xeb\x05\xe9", 3);
	assert_int_equal(jump_target(m, 2), BASE - 64);
	assert_memory_equal(m->bytes + 9, "\xeb\xf7\xc3", 3);
	done(m);
}

static void
slot_refits_displacements(void **state)
{
	struct made *m = made();
	uint8_t slot[SITE_SLOT_SIZE];
	struct insn in;

	(void)state;
	/* mov 0x1000(%rip),%eax; syscall; ret */
	PUT(m, 0, "\x8b\x05\0\x10\0\0\x0f\x05\xc3");
	function(m, 0, 9);
	assert_int_equal(choose(m, 6), 0);
	assert_int_equal(m->site.strategy, TEXT_C);
	apply(m, BASE - 0x1000, slot);
	assert_true(insn_decode(slot, 15, BASE - 0x1000, &in));
	assert_int_equal(in.len, 6);
	assert_int_equal(in.target, BASE + 6 + 0x1000);
	done(m);
}

static void
slots_touch_no_stack(void **state)
{
	static const char allowed[] = "\x65\x48\x89\x0c\x25";
	struct made *m = made();
	uint8_t slot[SITE_SLOT_SIZE];

	(void)state;
	PUT(m, 0, "\xff\xc0\x0f\x05\xc3");
	function(m, 0, 5);
	assert_int_equal(choose(m, 2), 0);
	apply(m, BASE - 64, slot);
	assert_memory_equal(slot, allowed, 5);
	assert_memory_equal(slot + 9, "\x48\x8d\x0d", 3);
	assert_memory_equal(slot + 16, "\x65\xff\x24\x25", 4);
	assert_int_equal(slot[24], 0xcc);
	done(m);
}

/* The whole way, on a file that has no function tables: everything is left alone. */
static struct text *
whole(struct made *m)
{
	struct image_file f = { .data = m->bytes, .size = SIZE };
	struct text_choice c = { .mode = TEXT_ALL };
	struct problem p = { 0 };

	m->elf.entry = BASE;
	return text_make(&f, &m->elf, &c, &p);
}

static uint32_t
only_reason(struct made *m)
{
	struct text *t = whole(m);
	uint32_t r;

	assert_non_null(t);
	assert_int_equal(t->nslots, 0);
	assert_int_equal(t->nskips, 1);
	assert_true(text_sound(t, t->total));
	r = text_skips(t)->reason;
	free(t);
	return r;
}

static void
files_left_alone(void **state)
{
	struct made *m = made();
	struct text *t;

	(void)state;
	PUT(m, 0, "\xb8\x14\0\0\0\x0f\x05\xc3");
	t = whole(m);
	assert_non_null(t);
	assert_int_equal(t->nslots, 1);
	free(t);
	m->elf.segments[0].prot = 7;
	assert_int_equal(only_reason(m), TEXT_WRITABLE);
	m->elf.segments[0].prot = 5;
	m->elf.segments[0].vaddr = 0x10000;
	m->elf.entry = 0x10000;
	PUT(m, 0x100, "\xf3\x48\x0f\xae\xd8");
	assert_int_equal(only_reason(m), TEXT_OWN_GS);
	done(m);
}

static void
no_room_below(void **state)
{
	struct made *m = made();
	struct image_file f = { .data = m->bytes, .size = SIZE };
	struct text_choice c = { .mode = TEXT_ALL };
	struct problem p = { 0 };
	struct text *t;

	(void)state;
	PUT(m, 0, "\xb8\x14\0\0\0\x0f\x05\xc3");
	m->elf.segments[0].vaddr = m->elf.entry = 0x10000;
	t = text_make(&f, &m->elf, &c, &p);
	assert_non_null(t);
	assert_int_equal(t->nslots, 0);
	assert_int_equal(text_skips(t)->reason, TEXT_NO_SLOTS);
	free(t);
	done(m);
}

static void
across_a_page_end(void **state)
{
	struct made *m = made();
	struct text *t;
	const struct text_page *pg;

	(void)state;
	/* The entry jumps to a mov that ends one page and a syscall that starts in it and ends in the next. */
	PUT(m, 0, "\xe9\xf5\x0f\0\0");
	PUT(m, 0xffa, "\xb8\x14\0\0\0\x0f\x05\xc3");
	t = whole(m);
	assert_non_null(t);
	assert_int_equal(t->nslots, 1);
	assert_int_equal(t->npages, 1);
	free(t);
	memset(m->bytes, 0xcc, SIZE);
	PUT(m, 0, "\xe9\xf7\x0f\0\0");
	PUT(m, 0xffc, "\xb8\x14\0\0\0\x0f\x05\xc3");
	t = whole(m);
	assert_non_null(t);
	assert_int_equal(t->nslots, 1);
	assert_int_equal(t->npages, 2);
	pg = (const void *)((const char *)t + t->pages_off);
	assert_int_equal(pg[0].addr, BASE);
	assert_int_equal(pg[1].addr, BASE + PAGE);
	free(t);
	done(m);
}

static void
copies_are_the_patched_text(void **state)
{
	struct made *m = made();
	struct image_file f = { .data = m->bytes, .size = SIZE };
	struct text *t, *all;
	struct text_pieces tp;
	uint64_t at = 0;
	uint8_t *copy;
	int i;

	(void)state;
	PUT(m, 0, "\xe9\xf7\x0f\0\0");
	PUT(m, 0xffc, "\xb8\x14\0\0\0\x0f\x05\xc3");
	t = whole(m);
	assert_non_null(t);
	assert_int_equal(text_pieces_make(t, &f, TEXT_COPIES, &tp), 0);
	all = calloc(1, t->total + SIZE);
	assert_non_null(all);
	for (i = 0; i < tp.n; i++) {
		memcpy((char *)all + at, tp.v[i].iov_base, tp.v[i].iov_len);
		at += tp.v[i].iov_len;
	}
	assert_int_equal(at, t->total + SIZE);
	assert_true(text_sound(all, at));
	copy = (uint8_t *)all + text_segments(all)->copy_off;
	assert_int_equal(copy[0xffc], 0xe9);
	for (i = 0; i < (int)SIZE; i++)
		if (i < 0xffc || i > 0x1000)
			assert_int_equal(copy[i], m->bytes[i]);
	text_pieces_free(&tp);
	free(all);
	free(t);
	done(m);
}

static void
half_is_the_same_half(void **state)
{
	struct text_choice a, b;

	(void)state;
	assert_int_equal(text_choice_read("half:7", &a), 0);
	assert_int_equal(a.mode, TEXT_HALF);
	assert_int_equal(a.seed, 7);
	assert_int_equal(text_choice_read("all", &b), 0);
	assert_int_equal(text_choice_read("half", &b), -1);
	assert_int_equal(text_choice_read("half:x", &b), -1);
	assert_int_equal(text_choice_read("half:1x", &b), -1);
	assert_int_equal(text_choice_read("some", &b), -1);
}

#define T(f, title)	{ title, f, NULL, NULL, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(mov_before_is_a, "A: mov $nr before a syscall becomes the jump, of 5 or 7 bytes"),
		T(one_neighbour_is_c, "C: one instruction of 5 bytes moves to the slot"),
		T(several_neighbours_are_c, "C: several move together when nothing lands between them"),
		T(second_load_may_not_move, "C: only the first that moves may touch memory, else a fault has no address"),
		T(branch_to_the_middle, "a branch to the middle of what would move forbids it"),
		T(far_branch_to_the_middle, "a branch from code that nobody knows counts too"),
		T(short_branch_from_a_neighbour, "so does a short one from next door"),
		T(branch_to_the_syscall, "a branch to the syscall itself finds it as it was"),
		T(hidden_jump_forbids_several, "a jump whose targets are not known forbids to move several"),
		T(data_inside_an_instruction, "data bytes 0f 05 inside an instruction stay"),
		T(data_behind_a_jump, "data bytes in a function that nothing reaches stay, though they look like code"),
		T(data_between_functions, "data bytes between functions stay"),
		T(two_readings, "bytes that can be read in two ways prove nothing"),
		T(cut_by_the_end, "a function whose end cuts an instruction proves nothing"),
		T(lock_prefix_left_out, "a branch past a lock prefix is no second reading"),
		T(two_starts_do_not_move, "C: an instruction that a branch enters behind its lock prefix stays"),
		T(jump_table_in_text, "a jump table in text leads to its cases and is not code"),
		T(sigreturn_stays, "a sigreturn sequence stays: unwinders know its bytes"),
		T(padding_belongs_to_nobody, "B: padding is what nobody runs, up to the next function"),
		T(pieces_are_used_once, "B: two sites do not share a piece of padding"),
		T(padding_beside_a_neighbour, "no nop is one site's padding and another's neighbour, whoever comes first"),
		T(slot_of_a, "slot of A: the mov, the gate, the way back; 0f 05 stays"),
		T(slot_of_b, "slot of B: the short jump leads to the long one"),
		T(slot_of_a_nop_that_runs, "slot of B in a nop that runs: it is jumped over"),
		T(slot_refits_displacements, "what is named relative to the instruction stays what it was"),
		T(slots_touch_no_stack, "a slot touches neither stack nor red zone, only %rcx"),
		T(files_left_alone, "writable text and files that set %gs are left alone"),
		T(no_room_below, "an image without room below keeps its text"),
		T(across_a_page_end, "a call across a page end is one patch of two pages"),
		T(copies_are_the_patched_text, "an entry's copy of the text differs from the file in its patches alone"),
		T(half_is_the_same_half, "rewrite= takes all, none and half:SEED, nothing else"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
