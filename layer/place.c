/* SPDX-License-Identifier: ISC */
/*
 * Where a signal met the thread, and the guest's registers there.  A guest never sees an address of
 * ours: in a slot or on the gate's short way it is at its site, or at its `call` of a stub, before
 * or after the call.
 */
#include "arena.h"
#include "freestanding.h"
#include "gs.h"
#include "host.h"
#include "internal.h"
#include "sigcontext.h"
#include "text_entry.h"

#define STUB_ENTRY_BYTES 16
#define CALL_BYTES 5		/* e8 rel32 */
#define CALL_OPCODE 0xe8
#define JUMP_OPCODE 0xe9
#define JUMP_BYTES 5
#define SYSCALL_BYTES 2
#define HOST_EINTR 4

static bool
in_regions(const uint64_t *region, uint32_t n, uint64_t pc)
{
	for (uint32_t i = 0; i < n; i++) {
		/* Another thread may change it: bytes are 0 while the address is not right. */
		uint64_t bytes = __atomic_load_n(&region[2 * i + 1],
		    __ATOMIC_ACQUIRE);

		if (pc - __atomic_load_n(&region[2 * i], __ATOMIC_ACQUIRE) <
		    bytes)
			return true;
	}
	return false;
}

static bool
in_slots(const struct mm_block *mm, uint64_t pc)
{
	const struct site_regions *more = mm->site_more;

	if (in_regions(mm->site_region, mm->nsite_regions, pc))
		return true;
	for (; more != NULL; more = more->more)
		if (in_regions(more->region, more->count, pc))
			return true;
	return false;
}

static enum place
place_in_gate(const struct gate_header *g, uint64_t off)
{
	uint64_t site = off - (off >= g->off_site_carry ?
	    g->off_site_carry : g->off_site);

	if (off >= g->off_exit && off < g->off_exit_end)
		return PLACE_EXIT;
	if (off >= g->off_intr_begin && off <= g->off_intr_syscall)
		return PLACE_INTR;
	if (off >= g->off_stub && off < GATE_STUBS_END)
		return off <= g->off_stub_syscall ? PLACE_STUB_CALL :
		    PLACE_STUB_RET;
	if (off >= g->off_site_trace && off < GATE_STUBS)
		return PLACE_SITE;
	if (off >= g->off_site && site < g->site_end)
		return site <= g->site_syscall ? PLACE_SITE : PLACE_SITE_RET;
	if (off == g->off_site_long || off == g->off_sigsys)
		return PLACE_SITE;
	if (off == g->off_site_error)
		return PLACE_SITE_RET;
	if (off == g->off_stub_long)
		return PLACE_STUB_CALL;
	return off == g->off_stub_error ? PLACE_STUB_RET : PLACE_INSIDE;
}

struct slot_tail {
	int32_t ret;
	uint8_t moved, back, strategy, mark;
};
_Static_assert(sizeof(struct slot_tail) == SITE_SLOT_SIZE - SITE_SLOT_RET,
    "the end of a slot");

static bool
slot_of(uint64_t pc, uint64_t *slot, struct slot_tail *tail)
{
	*slot = pc & ~(SITE_SLOT_SIZE - 1);
	return copyin(tail, guest(*slot + SITE_SLOT_RET), sizeof(*tail)) == 0 &&
	    tail->mark == SITE_SLOT_MAGIC;
}

/* The slot that the jump at pc goes to, 0 when there is none. */
static uint64_t
padding_slot(const struct mm_block *mm, uint64_t pc)
{
	struct slot_tail tail;
	uint8_t jump[JUMP_BYTES];
	uint64_t slot, target;
	int32_t distance;

	if ((mm->nsite_regions == 0 && mm->site_more == NULL) ||
	    copyin(jump, guest(pc), sizeof(jump)) != 0 ||
	    jump[0] != JUMP_OPCODE)
		return 0;
	memcpy(&distance, jump + 1, sizeof(distance));
	target = pc + JUMP_BYTES + (uint64_t)(int64_t)distance;
	if (!in_slots(mm, target) || !slot_of(target, &slot, &tail) ||
	    tail.strategy != TEXT_B || target != slot)
		return 0;
	return slot;
}

enum place
place_of(struct thread_block *t, uint64_t pc)
{
	struct mm_block *mm = t->mm;
	uint64_t off = pc - mm->gate;

	if (off < ARENA_GATE_SIZE)
		return place_in_gate(gate_of(mm), off);
	if (gs_is_exit(pc))
		return PLACE_EXIT;
	if (t->inside || (arena_overlaps(mm, pc, 1) &&
	    pc - mm->sigcode >= mm->sigcode_size))
		return PLACE_INSIDE;
	for (uint32_t i = 0; i < mm->nstubs; i++)
		if (pc - mm->stubs[i] < mm->stubs_size)
			return PLACE_STUB;
	if (in_slots(mm, pc))
		return PLACE_SLOT;
	return padding_slot(mm, pc) != 0 ? PLACE_PAD : PLACE_GUEST;
}

bool
place_between(uint64_t pc)
{
	struct slot_tail tail;
	uint64_t slot;

	return slot_of(pc, &slot, &tail) && pc - slot < tail.moved &&
	    pc != slot;
}

bool
place_moved(uint64_t pc)
{
	struct slot_tail tail;
	uint64_t slot;

	return slot_of(pc, &slot, &tail) && tail.moved != 0 &&
	    pc - slot == tail.moved;
}

/* Before the moved instructions: the first of them; behind them: the site. */
static void
slot_back_out(struct thread_block *t, struct call *c)
{
	struct slot_tail tail;
	uint64_t slot, off, loaded;

	if (!slot_of(c->rip, &slot, &tail))
		return;
	off = c->rip - slot;
	loaded = tail.moved + (uint64_t)(SITE_SLOT_SAVE + SITE_SLOT_LEA);
	c->rip = slot + (uint64_t)(int64_t)tail.ret;
	if (off < tail.moved)
		c->rip += off - tail.back;
	else
		c->rip -= SYSCALL_BYTES;
	if (off >= loaded)
		c->rcx = t->site_rcx;
}

/* At a `syscall` that has not been made. */
static void
site_back_out(struct thread_block *t, struct call *c)
{
	struct mm_block *mm = t->mm;
	const struct gate_header *g = gate_of(mm);
	uint64_t off = c->rip - mm->gate, ret = t->site_ret;

	if (off - g->off_site < g->site_noted ||
	    off - g->off_site_carry < g->site_noted ||
	    off - g->off_site_trace < g->site_noted)
		ret = c->rcx;
	else {
		c->rax = t->site_rax;
		c->r11 = t->site_r11;
	}
	c->rip = ret - SYSCALL_BYTES;
	c->rcx = t->site_rcx;
}

/*
 * In a stub nothing has happened yet: show the `call`.  A stub that was reached in another way stays where it is;
 * from the gate the way back is its beginning.
 */
static void
stub_back_out(struct thread_block *t, struct call *c)
{
	struct mm_block *mm = t->mm;
	uint64_t ret;
	uint8_t op;

	if (copyin(&ret, guest(c->rsp), 8) == 0 &&
	    copyin(&op, guest(ret - CALL_BYTES), 1) == 0 &&
	    op == CALL_OPCODE) {
		c->rip = ret - CALL_BYTES;
		c->rsp += 8;
	} else if (c->rip - mm->gate < ARENA_GATE_SIZE)
		c->rip = mm->stubs[0] + STUB_ENTRY_BYTES * (uint64_t)
		    (uint32_t)c->rax;
}

/* The call has been made: the guest's registers after it. */
static void
result(struct thread_block *t, struct call *c, enum place place, long raw)
{
	if (place == PLACE_SITE_RET) {
		c->entry = ENTRY_SITE;
		c->rip = c->rcx = t->site_ret;
	} else {
		c->entry = ENTRY_STUB;
		(void)copyin(&c->rip, guest(c->rsp), 8);
		c->rsp += 8;
	}
	call_passed(t, raw);
}

/*
 * The kernel gave up a call to continue it in a way of its own, as it does after a stop; a handler that comes
 * before ends that: EINTR.
 */
static bool
ended_by_handler(const struct mm_block *mm, const struct call *c)
{
	const struct gate_header *g = gate_of(mm);
	uint64_t off = c->rip - mm->gate;

	return c->rax == HOST_NR_restart_syscall &&
	    (off == g->off_stub_syscall ||
	    off - g->off_site == g->site_syscall ||
	    off - g->off_site_carry == g->site_syscall);
}

void
place_registers(struct thread_block *t, const struct sigcontext *sc,
    enum place place)
{
	struct mm_block *mm = t->mm;
	struct call *c = &t->call;

	if (place == PLACE_EXIT)
		return;
	regs_from_host(c, sc);
	if (place == PLACE_PAD)
		c->rip = padding_slot(mm, c->rip);
	if (place == PLACE_SLOT || place == PLACE_PAD)
		slot_back_out(t, c);
	else if (place == PLACE_STUB)
		stub_back_out(t, c);
	else if (place == PLACE_SITE_RET || place == PLACE_STUB_RET)
		result(t, c, place, (long)c->rax);
	else if (place == PLACE_SITE || place == PLACE_STUB_CALL) {
		if (ended_by_handler(mm, c))
			result(t, c, place == PLACE_SITE ? PLACE_SITE_RET :
			    PLACE_STUB_RET, -HOST_EINTR);
		else if (place == PLACE_SITE)
			site_back_out(t, c);
		else {
			if (c->rip != t->gate_stub)
				c->rax = t->site_rax;
			stub_back_out(t, c);
		}
	}
}
