/* SPDX-License-Identifier: ISC */
/*
 * Signals.  Every host handler is ours (gate_signal -> body_signal) and runs on the layer's signal
 * stack with all but the I9 signals masked.  It never runs guest code: it changes the interrupted
 * context, or builds the guest's frame and points the context at the guest's handler, and leaves by
 * sigreturn.  docs/architecture.md, 'Signals', has the table of program counters that `place` is.
 */
#include "arena.h"
#include "cred.h"
#include "filter.h"
#include "freestanding.h"
#include "gs.h"
#include "host.h"
#include "internal.h"
#include "sigcontext.h"
#include "trace.h"

#define ARCH_X86_64 0xc000003eu
#define SYS_SECCOMP_CODE 1
#define SYS_USER_DISPATCH_CODE 2
#define TRAP_TRACE_CODE 2
#define EFLAGS_TF 0x100ul
#define VDSO_BYTES 0x2000ul
#define CLOCK_MONOTONIC_HOST 1
#define HOST_ENOSYS_RAX ((uint64_t)-38L)

static inline uint64_t
bit_of(int sig)
{
	return 1ul << (sig - 1);
}

/* Syscall User Dispatch: go on at gate_sigsys with what the `syscall` instruction leaves. */
static void
catch_call(struct thread_block *t, struct siginfo_host *info, struct sigcontext *sc)
{
	struct mm_block *mm = t->mm;

	if ((uint32_t)(info->f[1] >> 32) != ARCH_X86_64) {
		sc->rax = HOST_ENOSYS_RAX;
		return;
	}
	if (t->inside) {	/* the vDSO's own slow path, called by the layer */
		/* The host's clock source needs calls: make them without the detour. */
		__atomic_and_fetch(&mm->flags, ~(uint32_t)MM_VDSO,
		    __ATOMIC_RELAXED);
		sc->rax = (uint64_t)HOST6(t, (long)sc->rax, sc->rdi, sc->rsi,
		    sc->rdx, sc->r10, sc->r8, sc->r9);
		return;
	}
	if (sc->rip - mm->vdso < VDSO_BYTES && sc->rax == HOST_NR_clock_gettime &&
	    sc->rdi <= CLOCK_MONOTONIC_HOST)	/* this host's clocks need calls: from now on they go to the gate */
		__atomic_and_fetch(&mm->flags, ~(uint32_t)MM_VDSO,
		    __ATOMIC_RELAXED);
	t->site_rcx = sc->rcx;
	t->site_r11 = sc->r11;
	t->site_rax = sc->rax;
	t->site_ret = sc->rip;
	sc->rip = mm->gate + gate_of(mm)->off_sigsys;
}

void
signal_directed(struct thread_block *t, int sig)
{
	struct mm_block *mm = t->mm;

	if (sig > 0 && sig <= 64)
		__atomic_or_fetch(&mm->directed, bit_of(sig), __ATOMIC_RELAXED);
}

/* Was it sent to this thread rather than to the process?  The kernel does not say. */
static bool
is_directed(const struct thread_block *t, int sig, const struct siginfo_host *info)
{
	const struct mm_block *mm = t->mm;

	return info->code == SI_TKILL || ((mm->directed & bit_of(sig)) != 0 &&
	    info->code != SI_USER && info->code != SI_KERNEL);
}

/*
 * Send it again, blocked in this thread, to whom it was meant.  To the process by this thread's own number: that is
 * the one case in which the kernel takes any siginfo, and it finds the thread group by it.
 */
static void
requeue(struct thread_block *t, int sig, struct siginfo_host *info)
{
	if (is_directed(t, sig, info))
		HOST4(t, HOST_NR_rt_tgsigqueueinfo, t->pid, t->tid, sig, info);
	else
		HOST3(t, HOST_NR_rt_sigqueueinfo, t->tid, sig, info);
}

/* This thread ends with everything blocked: what was noted and meant for the process goes to another. */
void
signal_give_back(struct thread_block *t)
{
	struct siginfo_host info;

	if ((t->attention & ATT_SIGNAL) == 0)
		return;
	memcpy(&info, t->noted_info, sizeof(info));
	attention_clear(t, ATT_SIGNAL);
	if (!is_directed(t, (int)t->noted_sig, &info))
		requeue(t, (int)t->noted_sig, &info);
}

static void
note(struct thread_block *t, int sig, struct siginfo_host *info, uint64_t *hostmask)
{
	if (t->attention & ATT_SIGNAL) {
		if (I9_SIGNALS & bit_of(sig)) {
			t->held |= bit_of(sig);
			attention_raise(t, ATT_HELD);
			return;
		}
		/* The first came just before a change of the kernel's mask: back in the queue, as it is. */
		t->hmask = ~I9_SIGNALS;
		*hostmask = ~I9_SIGNALS;
		requeue(t, sig, info);
		return;
	}
	t->noted_sig = (uint32_t)sig;
	memcpy(t->noted_info, info, sizeof(*info));
	attention_raise(t, ATT_SIGNAL);
	t->hmask = ~I9_SIGNALS;
	*hostmask = ~I9_SIGNALS;
}

void
signal_post(struct thread_block *t, int sig, const struct siginfo_host *info)
{
	struct siginfo_host copy = *info;
	uint64_t mask = ~I9_SIGNALS;

	/* First the mask: a signal in the middle of note() would be mixed with this one. */
	HOST4(t, HOST_NR_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8);
	note(t, sig, &copy, &mask);
}

static void
host_default(struct thread_block *t, int sig)
{
	struct sigact dfl = { 0 };

	signal_host_action(t, sig, &dfl, true);
}

void
die_by_signal(struct thread_block *t, int sig)
{
	uint64_t none = 0;

	host_default(t, sig);
	HOST4(t, HOST_NR_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
	HOST3(t, HOST_NR_tgkill, t->pid, t->tid, sig);
	for (;;)
		HOST1(t, HOST_NR_exit_group, 128 + sig);
}

static bool
default_ignores(int sig)
{
	return sig == SIGCHLD || sig == SIGURG || sig == SIGWINCH || sig == SIGCONT;
}

static bool
default_stops(int sig)
{
	return sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

/* The guest has no handler (any more). Returns when the guest lives on. */
static void
deliver_default(struct thread_block *t, int sig)
{
	if (default_ignores(sig))
		return;
	if (default_stops(sig)) {
		HOST3(t, HOST_NR_tgkill, t->pid, t->tid, SIGSTOP);
		return;
	}
	die_by_signal(t, sig);
}

/* Build the guest's frame over t->call. false: no handler runs. */
static bool
deliver(struct thread_block *t, struct delivery *d)
{
	struct sighand_block *sh = t->sighand;
	static const struct siginfo_host segv = { SIGSEGV, 0, SI_KERNEL, 0, { 0 } };
	int built;

	layer_lock(t, &sh->lock);	/* never held here: no handler runs inside the layer */
	d->act = sh->action[d->sig];
	layer_unlock(t, &sh->lock);
	if (d->act.handler == 0) {
		deliver_default(t, d->sig);
		return false;
	}
	if (d->act.handler == 1)
		return false;
	if (d->act.flags & SA_RESETHAND) {
		struct sigact dfl = d->act;

		dfl.handler = 0;
		signal_action(t, d->sig, &dfl, NULL);
	}
	d->regs = &t->call;
	d->oldmask = t->saved_mask_valid ? t->saved_mask : t->vmask;
	built = personality_sigframe(t, d);
	if (built > 0)
		return false;
	if (built < 0) {
		if (d->sig == SIGSEGV || (t->vmask & bit_of(SIGSEGV)))
			die_by_signal(t, SIGSEGV);
		d->sig = SIGSEGV;
		d->info = segv;
		return deliver(t, d);
	}
	if (((struct mm_block *)t->mm)->trace_ring != 0)
		trace_signal(t, d);
	fpstate_init(d);
	t->saved_mask_valid = 0;
	t->vmask |= d->act.mask & ~(bit_of(SIGKILL) | bit_of(SIGSTOP));
	if ((d->act.flags & SA_NODEFER) == 0)
		t->vmask |= bit_of(d->sig);
	return true;
}

/* The guest was interrupted: its handler is what the context goes to. */
static void
deliver_now(struct thread_block *t, int sig, struct siginfo_host *info,
    struct ucontext *uc, enum place place)
{
	struct sigcontext *sc = &uc->uc_mcontext;
	struct delivery d = { 0 };

	t->inside = 1;
	place_registers(t, sc, place);
	d.sig = sig;
	d.info = *info;
	if (place == PLACE_SLOT && info->f[0] == sc->rip)
		d.info.f[0] = t->call.rip;	/* si_addr of ILL, FPE, TRAP */
	d.fpstate = sc->fpstate;
	d.trapno = sc->trapno;
	d.err = sc->err;
	d.cr2 = sc->cr2;
	deliver(t, &d);
	regs_to_host(&t->call, sc);
	t->hmask = t->vmask & ~I9_SIGNALS;
	if (t->attention != 0) {	/* noted meanwhile: the way out handles it */
		sc->rip = t->gate_exit;
		sc->rsp = t->stack_top;
		if (t->attention & ATT_SIGNAL)
			t->hmask = ~I9_SIGNALS;
	} else
		t->inside = 0;
	memcpy(&uc->uc_sigmask, &t->hmask, 8);
}

/* A fault that the guest does not handle: again, with nobody in the way, at the guest's own place. */
static void
die_in_place(struct thread_block *t, int sig, struct ucontext *uc, enum place place)
{
	uint64_t none = 0;

	if (place == PLACE_EXIT)
		regs_to_host(&t->call, &uc->uc_mcontext);
	host_default(t, sig);
	if (sig == SIGTRAP || sig == SIGSYS)
		HOST3(t, HOST_NR_tgkill, t->pid, t->tid, sig);
	memcpy(&uc->uc_sigmask, &none, 8);
}

/*
 * The guest steps itself (TF).  What it steps into is ours and shall not show: the flag goes while a call is made and
 * comes back with the record.  The one place of a slot that the guest knows is where its moved instruction is done.
 */
static bool
stepped(struct thread_block *t, struct sigcontext *sc, enum place place)
{
	if (place == PLACE_GUEST || place == PLACE_STUB)
		return false;
	if (place == PLACE_EXIT) {
		regs_to_host(&t->call, sc);
		return true;
	}
	if (place == PLACE_SLOT && place_between(sc->rip))
		return true;
	if (place == PLACE_SLOT && place_moved(sc->rip))
		return false;
	sc->eflags &= ~EFLAGS_TF;
	attention_raise(t, ATT_STEP);
	return true;
}

static void
fault(struct thread_block *t, int sig, struct siginfo_host *info, struct ucontext *uc, bool repaired)
{
	struct sigcontext *sc = &uc->uc_mcontext;
	struct sighand_block *sh = t->sighand;
	enum place place = place_of(t, sc->rip);
	uint64_t pc = sc->rip;

	if (sig == SIGTRAP && info->code == TRAP_TRACE_CODE &&
	    stepped(t, sc, place))
		return;
	if (repaired && (place == PLACE_SLOT || place == PLACE_SITE ||
	    place == PLACE_STUB || place == PLACE_STUB_CALL))
		return;		/* a site's first use of %gs: again */
	if (pc >= (uint64_t)copy_begin && pc < (uint64_t)copy_end) {
		sc->rip = (uint64_t)copy_fault;
		return;
	}
	if (t->inside && (place == PLACE_INSIDE || place == PLACE_INTR)) {
		log_line(t, "veneer: fault inside the layer (our bug)", sig, pc);
		die_by_signal(t, sig);
	}
	if (place != PLACE_STUB && place != PLACE_EXIT && place != PLACE_SLOT)
		place = PLACE_GUEST;	/* the guest jumped into the arena */
	if (trap_fault(t, sig, info, sc, place))
		return;
	if ((t->vmask & bit_of(sig)) || sh->action[sig].handler <= 1) {
		die_in_place(t, sig, uc, place);
		return;
	}
	deliver_now(t, sig, info, uc, place);
}

static void
asynchronous(struct thread_block *t, int sig, struct siginfo_host *info, struct ucontext *uc)
{
	struct sigcontext *sc = &uc->uc_mcontext;
	struct mm_block *mm = t->mm;
	enum place place = place_of(t, sc->rip);
	uint64_t mask;

	if (t->vmask & bit_of(sig)) {
		if (I9_SIGNALS & bit_of(sig)) {
			t->held |= bit_of(sig);
			return;
		}
		mask = t->vmask & ~I9_SIGNALS;
		t->hmask = mask;
		memcpy(&uc->uc_sigmask, &mask, 8);
		requeue(t, sig, info);
		return;
	}
	if (place != PLACE_INTR && place != PLACE_INSIDE &&
	    (place != PLACE_SLOT || !place_between(sc->rip))) {
		deliver_now(t, sig, info, uc, place);
		return;
	}
	if (place == PLACE_INTR)
		sc->rip = mm->gate + gate_of(mm)->off_intr_out;
	memcpy(&mask, &uc->uc_sigmask, 8);
	note(t, sig, info, &mask);
	memcpy(&uc->uc_sigmask, &mask, 8);
}

/* A filter's SIGSYS, at a call that passed through the gate: the guest's registers after it, and its own number. */
static void
trapped(struct thread_block *t, struct siginfo_host *info, struct ucontext *uc)
{
	struct sigcontext *sc = &uc->uc_mcontext;
	struct sighand_block *sh = t->sighand;
	enum place place;

	if (filter_trapped(t, info, sc))
		return;
	place = place_of(t, sc->rip);
	if (place != PLACE_SITE_RET && place != PLACE_STUB_RET)
		place = PLACE_GUEST;
	else
		info->f[1] = (info->f[1] & ~0xfffffffful) | (uint32_t)t->site_rax;
	if (place == PLACE_SITE_RET)
		info->f[0] = t->site_ret;
	if ((t->vmask & bit_of(SIGSYS)) || sh->action[SIGSYS].handler <= 1)
		die_in_place(t, SIGSYS, uc, place);
	else
		deliver_now(t, SIGSYS, info, uc, place);
}

/* BODY_SIGNAL */
void
body_signal(int sig, struct siginfo_host *info, void *context, struct thread_block *t)
{
	struct ucontext *uc = context;
	const struct sigcontext *sc = &uc->uc_mcontext;
	uint64_t pc = sc->rip, gs = gs_enter(t, sc);

	if (sig == SIGSYS && info->code == SYS_USER_DISPATCH_CODE)
		catch_call(t, info, &uc->uc_mcontext);
	else if (sig == SIGSYS && info->code == SYS_SECCOMP_CODE)
		trapped(t, info, uc);
	else if ((I9_SIGNALS & bit_of(sig)) && info->code > 0)
		fault(t, sig, info, uc, gs != (uint64_t)t);
	else
		asynchronous(t, sig, info, uc);
	gs_leave(t, sc, pc, gs);
}

static void
attention_held(struct thread_block *t)
{
	uint64_t held = t->held & ~t->vmask;

	attention_clear(t, ATT_HELD);
	t->held &= ~held;
	for (int sig = 1; held != 0; sig++, held >>= 1) {
		struct siginfo_host info = { sig, 0, SI_USER, 0, { 0 } };

		if ((held & 1) == 0)
			continue;
		info.f[0] = t->pid | (uint64_t)t->uid << 32;
		if (t->attention & ATT_SIGNAL) {
			t->held |= bit_of(sig);	/* one at a time; tried again below */
			continue;
		}
		signal_post(t, sig, &info);
	}
}

/* BODY_ATTENTION: the record holds the guest's next registers. */
void
attention_handle(struct thread_block *t)
{
	struct delivery d = { 0 };

	if (t->attention & ATT_STEP) {
		attention_clear(t, ATT_STEP);
		t->call.rflags |= EFLAGS_TF;
	}
	if (t->attention & ATT_CRED)
		cred_follow(t);
	if (t->attention & ATT_HELD)
		attention_held(t);
	if ((t->attention & ATT_SIGNAL) == 0)
		return;
	d.sig = (int)t->noted_sig;
	memcpy(&d.info, t->noted_info, sizeof(d.info));
	deliver(t, &d);
	t->noted_sig = 0;
	attention_clear(t, ATT_SIGNAL);
	if (t->saved_mask_valid)
		mask_unswap(t);
	mask_sync(t);
	if (t->held & ~t->vmask)
		attention_raise(t, ATT_HELD);
}
