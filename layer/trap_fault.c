/* SPDX-License-Identifier: ISC */
/*
 * A fault of the guest's, before it becomes a signal: in a process that has joined, or whose
 * parent had, the supervisor asks the exception ports of thread, task and host.  The thread
 * waits here, on the layer's signal stack, until a handler has answered.  What none takes
 * is delivered as ever.
 */
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/sigcontext.h>

#include "freestanding.h"
#include "internal.h"
#include "mach_const.h"
#include "mach_layout.h"
#include "sigcontext.h"
#include "trap.h"

enum {
	X86_DIVIDE = 0, X86_DEBUG = 1, X86_GP = 13, X86_PAGE = 14,
	PAGE_PRESENT = 1,
};

/* Darwin's exception and codes (osfmk/i386/trap.c); false: none. */
static bool
name_fault(int sig, const struct siginfo_host *info, const struct sigcontext *sc,
    struct exception_call *x)
{
	switch (sig) {
	case SIGSEGV:
		x->exception = EXC_BAD_ACCESS;
		x->code[0] = sc->trapno == X86_GP ? EXC_I386_GPFLT :
		    sc->err & PAGE_PRESENT ? KERN_PROTECTION_FAILURE :
		    KERN_INVALID_ADDRESS;
		x->code[1] = sc->trapno == X86_PAGE ? sc->cr2 : 0;
		return true;
	case SIGBUS:
		x->exception = EXC_BAD_ACCESS;
		x->code[0] = KERN_MEMORY_ERROR;
		x->code[1] = info->f[0];
		return true;
	case SIGILL:
		x->exception = EXC_BAD_INSTRUCTION;
		x->code[0] = EXC_I386_INVOP;
		return true;
	case SIGFPE:
		x->exception = EXC_ARITHMETIC;
		x->code[0] = sc->trapno == X86_DIVIDE ? EXC_I386_DIV :
		    EXC_I386_EXTERR;
		return true;
	case SIGTRAP:
		x->exception = EXC_BREAKPOINT;
		x->code[0] = sc->trapno == X86_DEBUG ? EXC_I386_SGL :
		    EXC_I386_BPT;
		return true;
	default:
		return false;
	}
}

/* x86_thread_state64_t, in its order; the segments are what a 64-bit program has. */
enum { STATE_RIP = 16, STATE_CS = 18, STATE_REGS = 21 };
_Static_assert(STATE_REGS * 2 == x86_THREAD_STATE64_COUNT, "state");

static void
state_get(const struct call *c, uint64_t *r)
{
	const uint64_t all[STATE_REGS] = {
		c->rax, c->rbx, c->rcx, c->rdx, c->rdi, c->rsi, c->rbp, c->rsp,
		c->r8, c->r9, c->r10, c->r11, c->r12, c->r13, c->r14, c->r15,
		c->rip, c->rflags, 0x33, 0, 0,
	};

	memcpy(r, all, sizeof(all));
}

static void
state_set(struct call *c, const uint64_t *r)
{
	uint64_t *all[STATE_CS] = {
		&c->rax, &c->rbx, &c->rcx, &c->rdx, &c->rdi, &c->rsi, &c->rbp,
		&c->rsp, &c->r8, &c->r9, &c->r10, &c->r11, &c->r12, &c->r13,
		&c->r14, &c->r15, &c->rip, &c->rflags,
	};
	int i;

	for (i = 0; i < STATE_CS; i++)
		*all[i] = r[i];
}

static bool
asks(const struct thread_block *t)
{
	const struct mm_block *mm = t->mm;

	return mm->supervisor == SUPERVISOR_JOINED ||
	    mm->supervisor == SUPERVISOR_INHERITED;
}

bool
trap_fault(struct thread_block *t, int sig, const struct siginfo_host *info,
    struct sigcontext *sc, enum place place)
{
	struct exception_call x = { .kr = KERN_FAILURE,
		.flavor = x86_THREAD_STATE64, .nstate = x86_THREAD_STATE64_COUNT };
	uint64_t was[STATE_REGS], is[STATE_REGS];
	uint32_t inside = t->inside;
	gaddr at = { (uint64_t)&x };
	long r;

	if (!asks(t) || !name_fault(sig, info, sc, &x))
		return false;
	t->inside = 1;
	place_registers(t, sc, place);
	state_get(&t->call, was);
	memcpy(x.state, was, sizeof(was));
	r = glue_exception(t, at, at, sizeof(x));
	t->inside = inside;
	if (r < 0 || x.kr != KERN_SUCCESS)
		return false;
	memcpy(is, x.state, sizeof(is));
	if (memcmp(is, was, STATE_CS * sizeof(*is)) == 0)
		return true;	/* the instruction again, wherever it is */
	state_set(&t->call, is);
	if (is[STATE_RIP] == was[STATE_RIP] && place != PLACE_EXIT)
		t->call.rip = sc->rip;
	regs_to_host(&t->call, sc);
	return true;
}
