/* SPDX-License-Identifier: ISC */
/*
 * The first thread.  enter calls body_start on the kernel's initial stack; as soon as there is a
 * thread block the work goes on on the layer stack (start_second), because enter goes away.
 */
#include <linux/auxvec.h>
#include <linux/mman.h>
#include <asm/prctl.h>

#include "arena.h"
#include "filter.h"
#include "freestanding.h"
#include "host.h"
#include "internal.h"
#include "trace.h"

#define AT_HWCAP2_HOST 26


static _Noreturn void
early_exit(const struct start *s)
{
	const struct gate_header *g = (const void *)s->gate;
	gate_call_fn *call = (gate_call_fn *)(s->gate + g->off_call);
	static const char msg[] = "veneer: no memory for the layer's blocks: "
	    "raise the address space limit (ulimit -v)\n";

	call(HOST_NR_write, 2, (long)msg, sizeof(msg) - 1, 0, 0, 0);
	for (;;)
		call(HOST_NR_exit_group, 125, 0, 0, 0, 0, 0);
}

static void
mm_init(struct mm_block *mm, const struct start *s)
{
	const uint32_t *v = (const uint32_t *)(s->body + s->body_vector);

	mm->magic = MAGIC_MM_BLOCK;
	mm->version = VERSION_MM_BLOCK;
	mm->size = SIZEOF_MM_BLOCK;
	mm->refs = 1;
	for (int i = 0; i < BODY_ENTRIES; i++)
		mm->vec[i] = s->body + v[i];
	mm->arena = s->arena;
	mm->arena_size = s->arena_size;
	mm->gate = s->gate;
	mm->body = s->body;
	mm->body_size = s->body_size;
	mm->personality = s->personality;
	mm->layer_version = s->layer_version;
	mm->exe_entry = s->exe_entry;
	mm->exe_base = s->exe_base;
	mm->interp_base = s->interp_base;
	mm->phdr = s->phdr;
	mm->phnum = s->phnum;
	mm->stubs_file_off = s->stubs_off;
	mm->stubs_size = s->stubs_size;
	mm->nstubs = s->nstubs;
	memcpy(mm->stubs, s->stubs, sizeof(s->stubs));
	mm->nsite_regions = s->nsite_regions;
	for (uint32_t i = 0; i < s->nsite_regions; i++) {
		mm->site_region[2 * i] = s->site_region[i];
		mm->site_region[2 * i + 1] = s->site_bytes[i];
	}
	mm->brk_start = mm->brk = s->brk_start;
	mm->osreldate = s->osreldate;
	mm->abi_min = s->abi_min;
	mm->abi_max = s->abi_max;
	mm->trace_ring = s->trace_ring;
	mm->trace_size = s->trace_size;
	if (s->witness)
		mm->flags |= MM_WITNESS;
}

/* A tracer wants to see every call, a guard to judge it. */
void
thread_ways(struct thread_block *t)
{
	struct mm_block *mm = t->mm;
	const struct gate_header *g = gate_of(mm);

	if (mm->trace_ring != 0 || (t->guards & GUARD_DISPATCH)) {
		t->gate_stub = mm->gate + g->off_stub_long;
		t->gate_site = mm->gate + g->off_site_trace;
	} else {
		t->gate_stub = mm->gate + g->off_stub;
		t->gate_site = mm->gate + (personality_carry ?
		    g->off_site_carry : g->off_site);
	}
}

static void
gate_bind(struct thread_block *t, struct mm_block *mm)
{
	const struct gate_header *g = gate_of(mm);

	t->gate_call = mm->gate + g->off_call;
	t->gate_call_intr = mm->gate + g->off_call_intr;
	t->gate_raw = mm->gate + g->off_call_raw;
	t->gate_raw_intr = mm->gate + g->off_intr_begin;
	pass_drop(t);
	if (mm->trace_ring != 0)
		mm->vec[BODY_CALL] = mm->vec[BODY_TRACED];
	t->mm = mm;
	thread_ways(t);
	t->gate_exit = mm->gate + g->off_exit;
	t->gate_sigreturn = mm->gate + g->off_sigreturn;
	t->gate_clone = mm->gate + g->off_clone;
	t->gate_thread_exit = mm->gate + g->off_thread_exit;
	t->vec = mm->vec;
	t->commpage = (void *)(mm->arena + ARENA_COMMPAGE);
}

_Noreturn void
body_start(const struct start *s)
{
	struct mm_block *mm = (void *)(s->arena + ARENA_MM);
	struct thread_block *t;

	/* All this memory is accessible: enter has made it so. */
	mm_init(mm, s);
	t = arena_slot_init(mm, 0);
	t->state = THREAD_USED;
	t->inside = 1;
	mm->slot_next = 1;
	gate_bind(t, mm);
	start_switch(t, s);
}

/* A string that enter or the plan holds, kept; 0 for none. */
static uint64_t
keep(struct thread_block *t, const struct start *s, uint64_t string)
{
	size_t n = string != 0 ? strlen((const char *)string) + 1 : 0;
	void *at;

	if (n == 0)
		return 0;
	at = arena_small(t, n);
	if (at == NULL)
		early_exit(s);
	memcpy(at, (const char *)string, n);
	return (uint64_t)at;
}

static void
keep_strings(struct thread_block *t, const struct start *s)
{
	struct mm_block *mm = t->mm;

	mm->front = keep(t, s, s->front);
	mm->layer_file = keep(t, s, s->layer_file);
	mm->exe_path = keep(t, s, s->exe_path);
	mm->settings = keep(t, s, s->settings);
	mm->execfn = keep(t, s, s->execfn);
}

static void *
block_new(struct thread_block *t, const struct start *s, uint32_t magic, uint16_t version, uint16_t size)
{
	uint32_t *b = arena_small(t, size);

	if (b == NULL)
		early_exit(s);
	b[0] = magic;
	b[1] = version | (uint32_t)size << 16;
	b[2] = 1;
	return b;
}

static void
read_auxv(struct thread_block *t, const struct start *s)
{
	struct mm_block *mm = t->mm;
	const uint64_t *p = (const uint64_t *)s->sp;
	uint64_t hwcap2 = 0;

	p += p[0] + 2;		/* argc, argv and its end */
	while (*p != 0)
		p++;
	for (p++; p[0] != AT_NULL; p += 2) {
		if (p[0] == AT_SYSINFO_EHDR)
			mm->vdso = p[1];
		else if (p[0] == AT_HWCAP2_HOST)
			hwcap2 = p[1];
		else if (p[0] == AT_UID)
			t->uid = (uint32_t)p[1];
		else if (p[0] == AT_EUID)
			t->euid = (uint32_t)p[1];
		else if (p[0] == AT_GID)
			t->gid = (uint32_t)p[1];
		else if (p[0] == AT_EGID)
			t->egid = (uint32_t)p[1];
	}
	t->cred_valid = 1;
	cpu_probe(mm, hwcap2);
}

/* Debuggers find it by the kernel's auxiliary vector (enter), in a core dump too. */
static void
unwind_publish(struct thread_block *t)
{
	struct mm_block *mm = t->mm;
	void *page = (void *)(mm->arena + ARENA_UNWIND);

	memcpy(page, unwind_image, (size_t)(unwind_image_end - unwind_image));
}

/* On the layer stack; returns to gate_exit, which goes to the guest's first instruction. */
void
start_second(struct thread_block *t, const struct start *given)
{
	struct start s = *given;
	struct mm_block *mm = t->mm;

	read_auxv(t, &s);
	thread_set_gs(t);
	t->tid = t->pid = (uint32_t)HOST0(t, HOST_NR_getpid);	/* exec leaves one thread, the leader */
	t->sighand = block_new(t, &s, MAGIC_SIGHAND_BLOCK, VERSION_SIGHAND_BLOCK,
	    SIZEOF_SIGHAND_BLOCK);
	t->files = block_new(t, &s, MAGIC_FILES_BLOCK, VERSION_FILES_BLOCK,
	    SIZEOF_FILES_BLOCK);
	t->fs = block_new(t, &s, MAGIC_FS_BLOCK, VERSION_FS_BLOCK,
	    SIZEOF_FS_BLOCK);
	keep_strings(t, &s);
	filter_start(t);
	unwind_publish(t);
	text_start(t, &s);
	signal_start(t);
	t->call.rip = s.entry;
	t->call.rsp = s.sp;
	t->call.rflags = 0x202;
	personality_start(t, &s);
	if (s.plan_size != 0)
		HOST2(t, HOST_NR_munmap, s.plan, s.plan_size);
	if (s.enter_size != 0)
		HOST2(t, HOST_NR_munmap, s.enter_base, s.enter_size);
	if (HOST_NR_mseal > 0)	/* where the kernel can (6.10): the answer does not matter */
		HOST3(t, HOST_NR_mseal, mm->body, mm->body_size, 0);
	if (mm->trace_ring != 0)
		trace_start(t);
	if ((s.witness & WITNESS_UNARMED) == 0)
		thread_arm(t);
	if (s.witness & WITNESS_FILTER)
		witness_install(t);
}
