/* SPDX-License-Identifier: ISC */
/* The layer's portable parts against a host that records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../layer/fake_host.h"
#include "arena.h"
#include "host_nr.h"

#define AT_FDCWD (-100)
#define SIGBIT(n) (1ul << ((n) - 1))

static struct fake_host fake;

static int
setup(void **state)
{
	(void)state;
	fake_host_init(&fake);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fake_host_fini(&fake);
	return 0;
}

static long
exec_content(const void *content, size_t n)
{
	static char *argv[] = { (char *)(uintptr_t)"prog", NULL };

	fake.content = content;
	fake.content_len = n;
	return exec_guest(&fake.thread.call, AT_FDCWD,
	    guest((uint64_t)"/bin/prog"), guest((uint64_t)argv), guest(0), 0);
}

static void
elf_head(unsigned char *h, unsigned osabi)
{
	memset(h, 0, 256);
	memcpy(h, "\177ELF\2\1\1", 7);
	h[7] = (unsigned char)osabi;
	h[16] = 2;
	h[18] = 62;
	h[32] = 64;	/* e_phoff */
	h[54] = 56;	/* e_phentsize */
	h[56] = 1;	/* e_phnum */
}

static void
exec_of_a_host_program_is_the_kernels(void **state)
{
	unsigned char h[256];

	(void)state;
	fake.mm.settings = (uint64_t)"log=/dev/null;follow=0";
	elf_head(h, 0);
	fake.mm.settings = (uint64_t)"follow=0";
	assert_int_equal(exec_content(h, sizeof(h)), -8);
	assert_true(fake.execveat_called);
	assert_int_equal(fake.opens, fake.closes);
}

static void
exec_of_a_linux_program_goes_through_the_front(void **state)
{
	unsigned char h[256];

	(void)state;
	elf_head(h, 0);
	assert_int_equal(exec_content(h, sizeof(h)), -2);
	assert_false(fake.execveat_called);
	assert_string_equal(fake.exec_path, "/bin/prog");
	assert_int_equal(fake.opens, fake.closes);
}

static void
exec_of_a_branded_program_goes_through_the_front(void **state)
{
	unsigned char h[256];

	(void)state;
	elf_head(h, 9);
	assert_int_equal(exec_content(h, sizeof(h)), -2);
	assert_false(fake.execveat_called);
	assert_string_equal(fake.exec_path, "/bin/prog");
	assert_int_equal(fake.opens, fake.closes);
}

static void
exec_finds_a_note_past_the_first_page(void **state)
{
	static unsigned char h[8192];

	(void)state;
	elf_head(h, 0);
	h[64] = 4;			/* PT_NOTE */
	h[64 + 8 + 1] = 0x18;		/* p_offset 0x1800 */
	h[64 + 32] = 24;		/* p_filesz */
	h[0x1800] = 8;
	h[0x1804] = 4;
	h[0x1808] = 1;
	memcpy(h + 0x180c, "FreeBSD", 8);
	assert_int_equal(exec_content(h, sizeof(h)), -2);
	assert_false(fake.execveat_called);
}

/* What the planner would refuse after the point of no return. */
static void
exec_of_a_branded_program_that_cannot_start_fails(void **state)
{
	unsigned char h[256];

	(void)state;
	elf_head(h, 9);
	h[16] = 1;			/* an object file */
	assert_int_equal(exec_content(h, sizeof(h)), -8);
	elf_head(h, 9);
	h[56] = 0;
	assert_int_equal(exec_content(h, sizeof(h)), -8);
	elf_head(h, 9);
	h[64] = 1;			/* PT_LOAD: 256 bytes at 8 */
	h[64 + 8] = 8;
	h[64 + 33] = h[64 + 41] = 1;
	assert_int_equal(exec_content(h, sizeof(h)), -8);
	assert_false(fake.execveat_called);
	assert_string_equal(fake.exec_path, "");
	assert_int_equal(fake.opens, fake.closes);
}

static void
exec_of_a_script_of_a_host_interpreter_is_the_kernels(void **state)
{
	/* Every name has this content, so the chain ends by its depth. */
	static const char s[] = "#! /bin/sh -e\n";

	(void)state;
	exec_content(s, sizeof(s) - 1);
	assert_true(fake.execveat_called);
	assert_int_equal(fake.opens, fake.closes);
}

static void
exec_that_cannot_look_asks_the_planner(void **state)
{
	(void)state;
	fake.open_answer = -24;		/* EMFILE */
	exec_content("x", 1);
	assert_false(fake.execveat_called);
	assert_string_equal(fake.exec_path, "/bin/prog");
}

static void
exec_errors_leave_no_page_behind(void **state)
{
	unsigned char h[256];
	uint32_t used;

	(void)state;
	elf_head(h, 9);
	exec_content(h, sizeof(h));
	used = fake.mm.pool_next;
	for (int i = 0; i < 1000; i++)
		exec_content(h, sizeof(h));
	assert_int_equal(fake.mm.pool_next, used);
}

static void
maps_hide_the_arena_and_unname_the_stubs(void **state)
{
	static char maps[1024];
	int n;

	(void)state;
	fake.mm.stubs[0] = 0x40a000;
	fake.mm.nstubs = 1;
	n = snprintf(maps, sizeof(maps),
	    "00400000-00401000 r--p 00000000 fe:00 7    /bin/prog\n"
	    "0040a000-0040e000 r-xp 00009000 fe:00 9    /layers/native-1.so\n"
	    "%lx-%lx r-xp 00000000 fe:00 8    /layers/gate\n"
	    "7fff0000-7fff2000 r-xp 00000000 00:00 0    [vdso]\n",
	    (unsigned long)fake.mm.arena + ARENA_GATE,
	    (unsigned long)fake.mm.arena + ARENA_GATE + ARENA_GATE_SIZE);
	fake.content = (unsigned char *)maps;
	fake.content_len = (size_t)n;
	fake.link = "/proc/77/task/78/maps";
	assert_int_equal(maps_filter(&fake.thread, 9, "/proc/self/maps"), 9);
	fake.out[fake.out_len] = '\0';
	assert_string_equal(fake.out,
	    "00400000-00401000 r--p 00000000 fe:00 7    /bin/prog\n"
	    "0040a000-0040e000 r-xp 00000000 00:00 0 \n");
	assert_true(fake_host_called(&fake, HOST_NR_dup3));
}

static void
maps_of_another_process_stay_as_they_are(void **state)
{
	(void)state;
	fake.link = "/proc/770/maps";
	assert_int_equal(maps_filter(&fake.thread, 9, "/proc/770/maps"), 9);
	assert_false(fake_host_called(&fake, HOST_NR_memfd_create));
	fake.link = "/home/x/maps";
	assert_int_equal(maps_filter(&fake.thread, 9, "maps"), 9);
	assert_false(fake_host_called(&fake, HOST_NR_memfd_create));
}

static void
masks_are_lazy_until_they_matter(void **state)
{
	struct thread_block *t = &fake.thread;

	(void)state;
	mask_set(t, SIGBIT(10));
	assert_false(fake_host_called(&fake, HOST_NR_rt_sigprocmask));
	mask_sync(t);
	assert_true(fake.host_mask == SIGBIT(10));
	mask_set(t, 0);		/* what the kernel blocks is let through at once */
	assert_true(fake.host_mask == 0);
}

static void
masks_never_block_the_layers_signals_in_the_host(void **state)
{
	struct thread_block *t = &fake.thread;

	(void)state;
	mask_set(t, ~0ul);
	mask_sync(t);
	assert_true((fake.host_mask & I9_SIGNALS) == 0);
	assert_true((t->vmask & I9_SIGNALS) == I9_SIGNALS);
	assert_true((t->vmask & (SIGBIT(9) | SIGBIT(19))) == 0);
}

static void
masks_stay_full_while_a_signal_is_noted(void **state)
{
	struct thread_block *t = &fake.thread;

	(void)state;
	t->attention = ATT_SIGNAL;
	t->hmask = ~I9_SIGNALS;
	mask_set(t, 0);
	mask_sync(t);
	assert_false(fake_host_called(&fake, HOST_NR_rt_sigprocmask));
}

static void
a_held_signal_raises_attention_when_it_is_unblocked(void **state)
{
	struct thread_block *t = &fake.thread;

	(void)state;
	mask_set(t, SIGBIT(11));
	t->held = SIGBIT(11);
	assert_int_equal(t->attention, 0);
	mask_set(t, 0);
	assert_int_equal(t->attention, ATT_HELD);
}

static void
slots_are_reused_before_new_ones_are_made(void **state)
{
	struct thread_block *a, *b, *c;

	(void)state;
	a = arena_thread_alloc(&fake.thread);
	b = arena_thread_alloc(&fake.thread);
	assert_non_null(a);
	assert_non_null(b);
	assert_ptr_not_equal(a, b);
	a->state = THREAD_FREE;
	c = arena_thread_alloc(&fake.thread);
	assert_ptr_equal(a, c);
	assert_int_equal((uint64_t)a & 0x1ffff, (fake.mm.arena +
	    SLOT_BLOCK) & 0x1ffff);
}

static void
an_arena_without_room_answers_null(void **state)
{
	unsigned n = 0;

	(void)state;
	while (arena_thread_alloc(&fake.thread) != NULL)
		n++;
	assert_int_equal(n, (ARENA_SLOTS_END - ARENA_SLOTS) / SLOT_SIZE);
	assert_null(arena_alloc(&fake.thread, 1u << 20));
	assert_null(arena_alloc(&fake.thread, 0));
}

static void
overlap_leaves_wrapping_ranges_to_the_kernel(void **state)
{
	uint64_t a = fake.mm.arena + ARENA_FIRST;

	(void)state;
	assert_true(arena_overlaps(&fake.mm, a, 1));
	assert_true(arena_overlaps(&fake.mm, a - 1, 2));
	assert_false(arena_overlaps(&fake.mm, a - 1, 1));
	assert_false(arena_overlaps(&fake.mm, a + fake.mm.arena_size, 4096));
	assert_false(arena_overlaps(&fake.mm, 4096, ~0ul));
}

static void
settings_are_found_by_whole_keys(void **state)
{
	char v[16];

	(void)state;
	assert_true(settings_get(&fake.thread, "key", v, sizeof(v)));
	assert_string_equal(v, "value");
	assert_false(settings_get(&fake.thread, "ke", v, sizeof(v)));
	assert_true(settings_get(&fake.thread, "key", v, 3));
	assert_string_equal(v, "va");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(exec_of_a_host_program_is_the_kernels),
		T(exec_of_a_linux_program_goes_through_the_front),
		T(exec_of_a_branded_program_goes_through_the_front),
		T(exec_finds_a_note_past_the_first_page),
		T(exec_of_a_branded_program_that_cannot_start_fails),
		T(exec_of_a_script_of_a_host_interpreter_is_the_kernels),
		T(exec_that_cannot_look_asks_the_planner),
		T(exec_errors_leave_no_page_behind),
		T(maps_hide_the_arena_and_unname_the_stubs),
		T(maps_of_another_process_stay_as_they_are),
		T(masks_are_lazy_until_they_matter),
		T(masks_never_block_the_layers_signals_in_the_host),
		T(masks_stay_full_while_a_signal_is_noted),
		T(a_held_signal_raises_attention_when_it_is_unblocked),
		T(slots_are_reused_before_new_ones_are_made),
		T(an_arena_without_room_answers_null),
		T(overlap_leaves_wrapping_ranges_to_the_kernel),
		T(settings_are_found_by_whole_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
