/* SPDX-License-Identifier: ISC */
/* One call of the guest, from the record to the record. */
#include "cred.h"
#include "filter.h"
#include "host.h"
#include "internal.h"
#include "trace.h"

#define STUB_ENTRY_BYTES 16
#define CALL_REL32_BYTES 5

long
host_call_intr(struct thread_block *t, long nr, long a, long b, long c, long d, long e, long f)
{
	if (t->attention & ATT_CRED)
		cred_follow(t);
	mask_sync(t);
	return ((gate_call_fn *)t->gate_call_intr)(nr, a, b, c, d, e, f);
}

/*
 * Make the record show the call as not yet made, as the kernel does for a restart.  At a stub the
 * frame shows the `call`; one that is not a plain e8 call (a pointer to a stub) cannot be backed
 * out of, so the program counter goes to the stub, with the return address where it was.
 */
static void
call_rewind(struct thread_block *t)
{
	struct call *c = &t->call;
	struct mm_block *mm = t->mm;
	uint8_t op = 0;

	c->flags |= CALL_RESTART;
	if (c->entry != ENTRY_STUB) {
		c->rip -= 2;
		c->rcx = t->site_rcx;
		c->r11 = t->site_r11;
		return;
	}
	if (copyin(&op, guest(c->rip - CALL_REL32_BYTES), 1) == 0 && op == 0xe8) {
		c->rip -= CALL_REL32_BYTES;
		return;
	}
	c->rsp -= 8;
	c->rip = mm->stubs[0] + STUB_ENTRY_BYTES * (uint64_t)c->nr;
}

static void
call_count(struct thread_block *t, uint32_t entry)
{
	if (entry == ENTRY_STUB)
		t->count_stub++;
	else if (entry == ENTRY_SITE)
		t->count_site++;
	else
		t->count_sigsys++;
}

__attribute__((weak)) const bool personality_carry = false;

/* BODY_RESULT: a call that passed through the gate failed, or answers what looks like an error. */
void
call_result(struct thread_block *t)
{
	struct call *c = &t->call;

	c->nr = (uint32_t)t->site_rax;
	c->flags = 0;
	personality_return(c, (long)c->rax);
}

/* BODY_CALL: the record is complete, the stack is the layer's, the way out is gate_exit. */
void
call_dispatch(struct thread_block *t)
{
	struct call *c = &t->call;
	struct mm_block *mm = t->mm;
	long ret;

	c->nr = (uint32_t)c->rax;
	c->arg[0] = c->rdi;
	c->arg[1] = c->rsi;
	c->arg[2] = c->rdx;
	c->arg[3] = c->r10;
	c->arg[4] = c->r8;
	c->arg[5] = c->r9;
	c->ret2 = 0;
	c->flags = 0;
	c->site_len = 2;
	call_count(t, c->entry);
	if (mm->trace_ring != 0)
		trace_enter(c);
	ret = personality_call(c);
	if (t->saved_mask_valid && (t->attention & ATT_SIGNAL) == 0)
		mask_unswap(t);
	if (mm->trace_ring != 0)
		trace_leave(c, ret);
	if (ret == -ETRAPPED && (t->attention & ATT_SIGNAL))
		ret = -ERESTARTSYS;	/* one signal at a time: this one comes again */
	if (ret == -ERESTARTSYS)
		call_rewind(t);
	else if (ret == -ETRAPPED)
		filter_signal(t);
	else if (ret != -EJUSTRETURN)
		personality_return(c, ret);
}
