/* SPDX-License-Identifier: ISC */
/* One call of the guest, from the record to the record. */
#include "cred.h"
#include "filter.h"
#include "host.h"
#include "internal.h"

#define STUB_ENTRY_BYTES 16
#define CALL_REL32_BYTES 5

void
host_call_prepare(struct thread_block *t)
{
	if (t->attention & ATT_CRED)
		cred_follow(t);
	mask_sync(t);
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

void
call_special(struct thread_block *t, long ret, void (*put)(struct call *, long))
{
	if (ret == -ETRAPPED && (t->attention & ATT_SIGNAL))
		ret = -ERESTARTSYS;	/* one signal at a time: this one comes again */
	if (ret == -ERESTARTSYS)
		call_rewind(t);
	else if (ret == -ETRAPPED)
		filter_signal(t);
	else if (ret != -EJUSTRETURN)
		put(&t->call, ret);
}

__attribute__((weak)) const bool personality_carry = false;

__attribute__((weak)) enum pass_level
personality_pass_level(struct thread_block *t)
{
	(void)t;
	return PASS_ALL;
}

__attribute__((weak)) long
personality_result(struct call *c, long raw)
{
	(void)c;
	return raw;
}

/* A call passed through the gate and failed, or answers what looks like an error, or met a signal. */
void
call_passed(struct thread_block *t, long raw)
{
	struct call *c = &t->call;

	c->nr = (uint32_t)t->site_rax;
	c->flags = 0;
	personality_return(c, personality_result(c, raw));
}

/* BODY_RESULT */
void
call_result(struct thread_block *t)
{
	call_passed(t, (long)t->call.rax);
}

static bool
may_pass(const struct thread_block *t)
{
	return t->attention == 0 && t->hmask == (t->vmask & ~I9_SIGNALS);
}

/* Nothing is to hinder the gate from passing calls through any more, or so it seems. */
void
pass_find(struct thread_block *t)
{
	enum pass_level level;

	while (may_pass(t)) {
		level = personality_pass_level(t);
		__atomic_store_n(&t->pass, (void *)(uintptr_t)(sysent_pass +
		    sysent_pass_bytes * (1u + (unsigned)level)), __ATOMIC_SEQ_CST);
		if (may_pass(t) && personality_pass_level(t) == level)
			return;
		pass_drop(t);
	}
}

void
pass_drop_all(struct thread_block *t)
{
	const struct mm_block *mm = t->mm;
	uint32_t n = __atomic_load_n(&mm->slot_next, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < n; i++) {
		struct thread_block *o = (struct thread_block *)(mm->arena +
		    ARENA_SLOTS + i * SLOT_SIZE + SLOT_BLOCK);

		if (o->state == THREAD_USED)
			pass_drop(o);
	}
}
