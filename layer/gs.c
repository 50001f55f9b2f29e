/* SPDX-License-Identifier: ISC */
/*
 * Programs that set %gs themselves.  Rewritten text finds the layer by %gs, so a process that takes %gs for itself
 * has its text put back as it was, and its calls come by SIGSYS alone, which finds the block by the signal stack.
 * While the layer runs for such a thread %gs is the layer's; the guest's value is noted when it comes in and set again
 * by the last instructions on every way out: exit_gs (x86_64/entry.S), or the end of a host handler.
 */
#include <asm/errno.h>

#include "freestanding.h"
#include "gs.h"
#include "host.h"
#include "internal.h"
#include "mapping.h"
#include "sigcontext.h"
#include "text.h"

#define CLOCK_MONOTONIC_HOST 1
#define TASK_TOP 0x7ffffffff000ul

extern const char exit_gs[], exit_gs_end[];

static uint64_t
gs_read(void)
{
	uint64_t gs;

	__asm__ volatile("rdgsbase %0" : "=r"(gs));
	return gs;
}

static void
gs_write(uint64_t gs)
{
	__asm__ volatile("wrgsbase %0" : : "r"(gs));
}

static bool
in_arena(const struct mm_block *mm, uint64_t pc)
{
	return arena_overlaps(mm, pc, 1);
}

/* From now on each way out of the layer sets the guest's value. */
static void
own(struct thread_block *t, uint64_t value)
{
	t->guest_gs = value;
	t->gate_exit = (uint64_t)exit_gs;
}

/* The vDSO needs the kernel's functions from now on. */
static void
taken(struct thread_block *t)
{
	struct mm_block *mm = t->mm;
	int64_t ts[2];

	clock_read(t, CLOCK_MONOTONIC_HOST, ts);
	__atomic_or_fetch(&mm->flags, MM_OWN_GS, __ATOMIC_RELAXED);
}

/* Is nothing of the process rewritten, and will nothing be? */
static bool
text_untouched(struct thread_block *t)
{
	const struct text_block *b = thread_mm(t)->texts;
	char mode[8];

	if (b != NULL)
		return b->mode == TEXT_OFF && b->nregions == 0;
	return settings_get(t, "rewrite", mode, sizeof(mode)) && strcmp(mode, "none") == 0;
}

long
gs_take(struct thread_block *t, uint64_t value)
{
	struct mm_block *mm = t->mm;
	long ret;

	if (value >= TASK_TOP)
		return -EPERM;
	if ((mm->flags & MM_OWN_GS) == 0) {
		ret = mm->flags & MM_FSGSBASE ? text_give_up(t) : -EPERM;
		if (ret != 0) {
			log_missing(&t->call, "%gs stays the layer's");
			return -EPERM;
		}
		taken(t);
	}
	own(t, value);
	return 0;
}

bool
gs_is_exit(uint64_t pc)
{
	return pc >= (uint64_t)exit_gs && pc < (uint64_t)exit_gs_end;
}

uint64_t
gs_enter(struct thread_block *t, const struct sigcontext *sc)
{
	const struct mm_block *mm = t->mm;
	uint64_t gs;

	if ((mm->flags & MM_FSGSBASE) == 0)
		return (uint64_t)t;
	gs = gs_read();
	if (gs == (uint64_t)t)
		return gs;
	gs_write((uint64_t)t);
	if (in_arena(mm, sc->rip))
		return gs;
	if ((mm->flags & MM_OWN_GS) == 0 && mm->personality == PERSONALITY_LINUX && text_untouched(t))
		taken(t);	/* by the instruction alone: nothing finds the layer by %gs but itself */
	if (mm->flags & MM_OWN_GS)
		own(t, gs);
	return gs;
}

void
gs_leave(struct thread_block *t, const struct sigcontext *sc, uint64_t pc, uint64_t found)
{
	const struct mm_block *mm = t->mm;

	if ((mm->flags & MM_OWN_GS) == 0 || t->gate_exit != (uint64_t)exit_gs)
		return;
	if (sc->rip == pc)
		gs_write(found);	/* it goes on */
	else if (!in_arena(mm, sc->rip))
		gs_write(t->guest_gs);
}
