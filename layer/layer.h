/* SPDX-License-Identifier: ISC */
/*
 * What every file of a body sees: the blocks (from abi/layer/layout.tbl), the call
 * record, host calls, and the hooks between layer/ and a personality.
 *
 * Freestanding: no libc, no writable data, no relocations.  Never put a pointer in a
 * constant table; the link fails.  State lives in the blocks.
 */
#ifndef VENEER_LAYER_H
#define VENEER_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

/* Internal results beside -errno; never seen by a guest. */
#define ERESTARTSYS	512	/* nothing happened: deliver signals, restart at the site */
#define EJUSTRETURN	514	/* the record holds the guest's next registers */
#define ETRAPPED	516	/* SIGSYS for the guest instead of the call: thread_block.trapped */

enum body_entry {	/* index into the body's vector and mm_block.vec */
	BODY_START,	/* enter calls it: noreturn (struct start *) */
	BODY_CALL,	/* from gate_site: %rdi thread block, on the layer stack */
	BODY_SIGNAL,	/* from gate_signal: (sig, info, ucontext, thread block) */
	BODY_CHILD,	/* first code of a new thread: %rdi its thread block */
	BODY_ATTENTION,	/* from gate_exit: %rdi thread block */
	BODY_PASS,	/* no code: sysent_pass */
	BODY_RESULT,	/* from gate_site and gate_stub: the record's rax is such a call's raw result */
	BODY_TRACED,	/* takes the place of BODY_CALL while somebody traces */
	BODY_END
};
_Static_assert(BODY_END == BODY_ENTRIES, "abi/layer/layout.tbl counts the vector's entries");

enum call_entry { ENTRY_STUB, ENTRY_SITE, ENTRY_SIGSYS };

enum call_flags {
	CALL_RESTART	= 1 << 0,	/* ended with -ERESTARTSYS: rip is the site again */
	CALL_RET2	= 1 << 1,	/* ret2 goes to rdx */
};

enum attention {
	ATT_SIGNAL	= 1 << 0,	/* noted_sig waits */
	ATT_SAFEPOINT	= 1 << 1,
	ATT_SUSPEND	= 1 << 2,
	ATT_SWAP	= 1 << 3,
	ATT_EXCEPTION	= 1 << 4,
	ATT_TRACED	= 1 << 5,
	ATT_HELD	= 1 << 6,	/* an I9 signal in `held` is unblocked */
	ATT_CRED	= 1 << 8,	/* other threads set it: the process's credentials have changed */
	ATT_STEP	= 1 << 7,	/* the guest steps itself (TF): it goes on when the call ends */
};

/* Who may be in it; what is valid.
 * FREE      nobody: any thread of the mm may claim it by compare-and-swap to USED
 * USED      its thread
 * EXITING   its thread, on the way to gate_thread_exit, which stores FREE
 */
enum thread_state { THREAD_FREE, THREAD_USED, THREAD_EXITING };

enum start_flags {
	START_SETS_GS	= 1 << 0,	/* = PLAN_SETS_GS: the program sets %gs itself; nothing is rewritten */
};

enum mm_flags {
	MM_FSGSBASE	= 1 << 0,	/* rdgsbase and wrgsbase work */
	MM_XSAVE	= 1 << 1,	/* xfeatures and xsave_size are known: cpu_vector */
	MM_WITNESS	= 1 << 2,
	MM_VDSO		= 1 << 3,	/* vdso_clock_gettime is there */
	MM_FILTERED	= 1 << 4,	/* a guest's filter judges calls: no helpers, no lazy masks */
	MM_OWN_GS	= 1 << 5,	/* the guest has %gs: no text is rewritten (layer/gs.c) */
};

/* What is asked before a call of the thread is made. */
enum thread_guards {
	GUARD_FILTER	= 1 << 0,	/* filters of the guest's */
	GUARD_DISPATCH	= 1 << 1,	/* its Syscall User Dispatch */
};

enum witness {	/* struct start's `witness` */
	WITNESS_FILTER	= 1 << 0,	/* a call from outside the gate kills */
	WITNESS_UNARMED	= 1 << 1,	/* no dispatch: a planted call reaches the witness */
};

/*
 * sysent_pass: tables of what the gate passes through, sysent_pass_bytes each: first an empty one, then one for each
 * level (personality_pass_level), each passing less than the one before.  A thread's `pass` points to one.  It is
 * dropped to the empty one when an attention bit is raised, a mask becomes lazy, or the level rises, and found again at
 * the end of a call, which looks at all three again after it has stored the pointer: so who drops a thread's, having
 * changed what it follows from, need not ask what the thread does.
 */
extern const char sysent_pass[];
extern const uint32_t sysent_pass_bytes;
enum pass_level {
	PASS_ALL,
	PASS_KEEPS_FDS,	/* not what closes or doubles a descriptor (rows marked pass0) */
	PASS_NO_FDS	/* nothing that names one: some are ours */
};
/* The level has risen: of every thread in this memory. */
void pass_drop_all(struct thread_block *t);

static inline void
pass_drop(struct thread_block *t)
{
	__atomic_store_n(&t->pass, (void *)(uintptr_t)sysent_pass, __ATOMIC_SEQ_CST);
}

static inline bool
pass_dropped(const struct thread_block *t)
{
	return t->pass == (const void *)sysent_pass;
}

/* Other threads raise bits, too: no plain read and write. */
static inline void
attention_raise(struct thread_block *t, uint32_t bits)
{
	__atomic_or_fetch(&t->attention, bits, __ATOMIC_SEQ_CST);
	pass_drop(t);
}

static inline void
attention_clear(struct thread_block *t, uint32_t bits)
{
	__atomic_and_fetch(&t->attention, ~bits, __ATOMIC_SEQ_CST);
}

/* A guest address: never dereferenced, only given to copyin, copyout and the host. */
typedef struct { uint64_t a; } gaddr;
static inline gaddr
guest(uint64_t a)
{
	return (gaddr){ a };
}

/* sysent: generated by abi/gen/sysent.awk; fn counts from sysent_base. */
struct sysent {
	int32_t fn;
	uint8_t nargs;
	uint8_t route;
	uint8_t status;
	uint8_t fds;	/* bit n: argument n is a descriptor */
};
extern const char sysent_base[];
extern const struct sysent sysent[];
extern const uint32_t sysent_count;
enum route { ROUTE_LAYER, ROUTE_HOST, ROUTE_GLUE, ROUTE_NONE };
enum status { STATUS_FULL, STATUS_PART, STATUS_NONE };

/* Handlers: raw result; -4095..-1 a host errno, or -ERESTARTSYS, -EJUSTRETURN.
 * Arguments are c->arg[0..5], the thread is call_thread(c). */
typedef long call_fn(struct call *c);

/* Run the handler of a row. */
static inline long
sysent_run(const struct sysent *e, struct call *c)
{
	return ((call_fn *)((uint64_t)sysent_base + (uint64_t)(int64_t)e->fn))(c);
}

static inline struct thread_block *
call_thread(struct call *c)
{
	return c->thread;
}

static inline struct mm_block *
thread_mm(struct thread_block *t)
{
	return t->mm;
}

/* ---- host calls (layer/host.h has the named ones) ---- */
#include "host_call.h"

/* ---- guest memory: 0 or -EFAULT ---- */
long copyin(void *dst, gaddr src, size_t n);
long copyout(gaddr dst, const void *src, size_t n);
/* Bytes of the string without its end, -EFAULT, or -ENAMETOOLONG when no end within n. */
long copyinstr(char *dst, gaddr src, size_t n);
/* A word that other threads of the guest change: one access. *old: what stood there. */
long load32_user(gaddr src, uint32_t *dst);
long load64_user(gaddr src, uint64_t *dst);
long cas32_user(gaddr word, uint32_t expected, uint32_t new, uint32_t *old);

/* ---- arena (layer/arena.c) ---- */
bool arena_overlaps(const struct mm_block *mm, uint64_t addr, uint64_t len);
/* npages zeroed, contiguous pages, or NULL.  arena_free takes the same count. */
void *arena_alloc(struct thread_block *t, size_t npages);
void arena_free(struct thread_block *t, void *p, size_t npages);
/* At start only: a piece of a page that is never freed, or NULL. */
void *arena_small(struct thread_block *t, size_t size);
struct thread_block *arena_thread_alloc(struct thread_block *t);

/* ---- locks: futex, not recursive; held only while `inside` ---- */
void layer_lock(struct thread_block *t, uint32_t *lock);
void layer_unlock(struct thread_block *t, uint32_t *lock);

/* ---- masks (layer/mask.c); host numbering, bit n-1 ---- */
#define I9_SIGNALS ((1ul << 30) | (1ul << 10) | (1ul << 6) | (1ul << 3) | (1ul << 7) | (1ul << 4))
/* SIGSYS 31, SEGV 11, BUS 7, ILL 4, FPE 8, TRAP 5 */
void mask_set(struct thread_block *t, uint64_t vmask);	/* lazily where that is safe */
void mask_sync(struct thread_block *t);			/* kernel's mask := virtual mask less I9 */
/* sigsuspend, ppoll, pselect: vmask becomes tmp until the handler's frame is built or the call ends. */
void mask_swap(struct thread_block *t, uint64_t tmp);
void mask_unswap(struct thread_block *t);	/* the call ended without a handler */

/* ---- signals (layer/signal.c) ---- */
struct siginfo_host { int32_t signo, err, code, pad; uint64_t f[14]; };	/* the host's 128 bytes */
_Static_assert(sizeof(struct siginfo_host) == 128, "siginfo");

/* One signal to one guest handler. Host numbering throughout. */
struct delivery {
	int sig;
	struct sigact act;		/* a copy: SA_RESETHAND has been applied to the block */
	struct siginfo_host info;
	struct call *regs;		/* the guest's registers; the hook changes them to the handler's entry */
	uint64_t oldmask;		/* what sigreturn restores */
	void *fpstate;			/* the host's, to copy and then to begin anew, or NULL: live registers */
	uint64_t trapno, err, cr2;	/* of the host's frame, 0 for asynchronous ones */
};
/* sigaction by host number; old and new may be NULL.  0 or -errno. */
long signal_action(struct thread_block *t, int sig, const struct sigact *act, struct sigact *old);
/* From now on somebody may send this signal to one thread, and its siginfo does not tell (timers, queues, io). */
void signal_directed(struct thread_block *t, int sig);
/* Every handler becomes the default, as exec has it; in a child whose signals are all blocked still. */
void signal_drop_caught(struct thread_block *t);
/* Restore a context that a personality's sigreturn has unpacked into c (general registers), the mask and,
 * when fp is not NULL, fplen bytes of vector state in host format.  Answers -EJUSTRETURN. */
long signal_return(struct call *c, uint64_t mask, const void *fp, size_t fplen);
/* The vector state of the thread in host format (512-byte legacy area, sw_reserved filled, then extended).
 * dst is guest memory, 64-byte aligned; answers bytes or -EFAULT. */
long fpstate_save(struct delivery *d, gaddr dst);
size_t fpstate_size(struct delivery *d);
/* From now on the calling thread has the kernel to itself. */
void signal_leave(struct thread_block *t);
/* Before mm->xfeatures (0: legacy state alone) and mm->xsave_size are read. */
void cpu_vector(struct mm_block *mm);
/* Virtual alternate stack: where a frame starts, given the action and the guest's rsp. */
uint64_t altstack_pick(struct thread_block *t, const struct sigact *act, uint64_t rsp, uint64_t redzone);

/* ---- threads (layer/thread.c) ---- */
struct clone_request {
	uint64_t flags;		/* host CLONE_ flags and exit signal */
	uint64_t ptid, ctid;	/* guest addresses, 0 none */
	uint64_t tls;		/* %fs base with CLONE_SETTLS */
	struct call child;	/* only registers are read: the child's first registers */
	struct clone_args *args3;	/* clone3: a copy in the layer's memory, or NULL; its stack is replaced */
	uint64_t args3_size;
};
/* pid or tid in the parent, or -errno. The child starts with req->child's registers. */
long thread_clone(struct call *c, struct clone_request *req);
_Noreturn void thread_exit(struct thread_block *t, int code);
_Noreturn void process_exit(struct thread_block *t, int code);

/* Munmap the range (the caller's own stack), then exit the thread. */
_Noreturn void thread_exit_unmap(struct thread_block *t, uint64_t addr, uint64_t len);

/* A signal for the calling thread, delivered on the way out of this call. */
void signal_post(struct thread_block *t, int sig, const struct siginfo_host *info);

/* Host clock ids; by the vDSO where that makes no call. ts: seconds, nanoseconds. 0 or -errno. */
long clock_read(struct thread_block *t, int clock, int64_t ts[2]);

/* ---- exec (layer/exec.c): paths and vectors are guest addresses in host layout ---- */
long exec_guest(struct call *c, int dirfd, gaddr path, gaddr argv, gaddr envp, int flags);

/* ---- the guest's view of itself (layer/maps.c): fd was opened for reading by the name path; answers fd ---- */
long maps_filter(struct thread_block *t, long fd, const char *path);

/* ---- log (layer/log.c): one line to --log, never guest data ---- */
void log_missing(struct call *c, const char *why);
/* Before a guest's ptrace: what it attaches to will have to ask who traces it when it execs. */
void traced_mark(struct thread_block *t, long request, long pid);

/* Value of `key=` in the settings, copied; false when it is not there. */
bool settings_get(struct thread_block *t, const char *key, char *value, size_t room);

/* ---- hooks that a personality in compat/ defines ---- */
extern const bool personality_carry;		/* success clears the carry flag (default: it does not) */
void personality_start(struct thread_block *t, const struct start *s);	/* auxv, TLS, first registers in t->call */
/* call_dispatch and call_dispatch_traced: layer/dispatch.h, with what decodes a number. */
/* The pass table that the process may use; a weak one says PASS_ALL. */
enum pass_level personality_pass_level(struct thread_block *t);
/* What its handler would make of the raw result of a call that passed; a weak one leaves it. */
long personality_result(struct call *c, long raw);
/* Put ret (raw) into registers; not called for -EJUSTRETURN and -ERESTARTSYS. */
void personality_return(struct call *c, long ret);
/* 0; 1 when no handler is to run after all; -EFAULT (guest is killed by SIGSEGV) */
int personality_sigframe(struct thread_block *t, struct delivery *d);
/* The handler as the guest knows it: 0 and 1 are what a program that it execs inherits. */
uint64_t personality_exec_handler(const struct sigact *act);
void personality_fork_child(struct thread_block *t);	/* in the child: drop what is not inherited (kqueues, ...) */
void personality_child_start(struct thread_block *t);	/* first code of a new thread, before the guest runs */

#endif
