/* SPDX-License-Identifier: ISC */
/*
 * Seccomp filters of the guest's own.  The kernel judges what the gate calls in the guest's name.  In front of the
 * guest's program stands a prologue: a few calls that the layer itself cannot be without pass when they come from one
 * place of the gate (GATE_OWN).  A program that jumps there wins nothing but its own memory, signals and threads: no
 * descriptor, path, other process or executable page is among them.
 *
 * Whatever else the layer calls for itself is asked of a copy of the filter first, and not made when that would not
 * allow it: a guest is not killed for what it did not do.  Calls that the layer answers are asked in the same way.
 */
#include <asm/errno.h>
#include <asm/prctl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include "filter.h"
#include "filter_bpf.h"
#include "freestanding.h"
#include "host.h"
#include "internal.h"
#include "sigcontext.h"

#define PAGE_BYTES	4096ul
#define SELF_THREAD	(-10000)	/* PIDFD_SELF_THREAD, Linux 6.14 */
#define TO_GROUP	2		/* PIDFD_SIGNAL_THREAD_GROUP */
#define PR_SET_SUD	59
#define ARENA_HI_MASK	0xfffffff8u	/* upper halves of the addresses that an arena can have, at either place */
#define STRICT_MARK	0x5643u
#define SYS_SECCOMP_CODE 1

enum how { ANY, EQUAL, CLEAR };

/* The layer's own calls. arg: which argument must be equal to the value, or have none of its bits. */
static const struct own {
	uint16_t nr;
	uint8_t how, arg;
	uint32_t value;
} own[] = {
	{ HOST_NR_rt_sigreturn, ANY, 0, 0 },
	{ HOST_NR_rt_sigprocmask, ANY, 0, 0 },
	{ HOST_NR_rt_sigaction, ANY, 0, 0 },
	{ HOST_NR_rt_sigpending, ANY, 0, 0 },
	{ HOST_NR_sigaltstack, ANY, 0, 0 },
	{ HOST_NR_futex, ANY, 0, 0 },
	{ HOST_NR_getpid, ANY, 0, 0 },
	{ HOST_NR_gettid, ANY, 0, 0 },
	{ HOST_NR_set_tid_address, ANY, 0, 0 },
	{ HOST_NR_munmap, ANY, 0, 0 },
	{ HOST_NR_madvise, ANY, 0, 0 },
	{ HOST_NR_exit, ANY, 0, 0 },
	{ HOST_NR_exit_group, ANY, 0, 0 },
	{ HOST_NR_epoll_wait_old, ANY, 0, 0 },	/* the trap: to the supervisor, or nobody */
	{ HOST_NR_mmap, CLEAR, 2, PROT_EXEC },
	{ HOST_NR_mprotect, CLEAR, 2, PROT_EXEC },
	{ HOST_NR_prctl, EQUAL, 0, PR_SET_SUD },
	{ HOST_NR_arch_prctl, EQUAL, 0, ARCH_SET_GS },
	{ HOST_NR_pidfd_send_signal, EQUAL, 0, (uint32_t)SELF_THREAD },
};
#define NOWN (sizeof(own) / sizeof(own[0]))
#define PROLOGUE (1 + 3 * NOWN + 1 + 10 + 1)	/* at most */

struct filter {
	const struct filter *older;
	uint32_t pages, strict;
	uint32_t begin, len;	/* of what the kernel gets, in `code`: the prologue ends at PROLOGUE */
	struct sock_filter code[];
};

#define AT(field) ((uint32_t)offsetof(struct seccomp_data, field))

static uint32_t
own_count(void)
{
	uint32_t n = 2;

	for (uint32_t i = 0; i < NOWN; i++)
		n += own[i].how == ANY ? 1 : 3;
	return n;
}

/* Where it is a call of the list: allowed when it comes from GATE_OWN. */
static void
emit_place(struct sock_filter *f)
{
	const uint32_t place = (ARENA_GATE + GATE_OWN) & (ARENA_STEP - 1);
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 8),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(instruction_pointer) + 4),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ARENA_HI_MASK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(ARENA_BASE >> 32), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(ARENA_ABOVE >> 32), 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(instruction_pointer)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K,
		    (uint32_t)(ARENA_STEP - 1) & ~(GATE_OWN_SIZE - 1u)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, place, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0),	/* the guest's program begins with A = 0 */
	};

	memcpy(f, code, sizeof(code));
}
#define PLACE_LEN 11u
#define PLACE_OUT 10u	/* its last instruction */

/* Numbers that are not in the list take no look at where they come from, so the kernel can remember the answer. */
static uint32_t
emit_prologue(struct sock_filter *end)
{
	const uint32_t n = own_count(), all = n + PLACE_LEN;
	struct sock_filter *f = end - all;
	uint32_t k = 0;

	f[k++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(nr));
	for (uint32_t i = 0; i < NOWN; i++) {
		uint8_t in = (uint8_t)(n - k - 1), out = (uint8_t)(n + PLACE_OUT - k - 3);

		if (own[i].how == ANY) {
			f[k++] = (struct sock_filter)BPF_JUMP(
			    BPF_JMP | BPF_JEQ | BPF_K, own[i].nr, in, 0);
			continue;
		}
		f[k++] = (struct sock_filter)BPF_JUMP(
		    BPF_JMP | BPF_JEQ | BPF_K, own[i].nr, 0, 2);
		f[k++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    AT(args) + 8u * own[i].arg);
		in = (uint8_t)(in - 2);
		if (own[i].how == EQUAL)
			f[k++] = (struct sock_filter)BPF_JUMP(
			    BPF_JMP | BPF_JEQ | BPF_K, own[i].value, in, out);
		else
			f[k++] = (struct sock_filter)BPF_JUMP(
			    BPF_JMP | BPF_JSET | BPF_K, own[i].value, out, in);
	}
	f[k] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, n + PLACE_OUT - k - 1);
	emit_place(f + n);
	return all;
}

static bool
is_own(const struct seccomp_data *d)
{
	for (uint32_t i = 0; i < NOWN; i++) {
		uint32_t arg = (uint32_t)d->args[own[i].arg];

		if (own[i].nr == d->nr && (own[i].how == ANY ||
		    (own[i].how == EQUAL ? arg == own[i].value :
		    (arg & own[i].value) == 0)))
			return true;
	}
	return false;
}

struct filter *
filter_new(struct thread_block *t, const struct sock_filter *code, uint32_t len, long *error)
{
	uint64_t bytes = sizeof(struct filter) +
	    (PROLOGUE + (uint64_t)len) * sizeof(*code);
	uint32_t pages = (uint32_t)((bytes + PAGE_BYTES - 1) / PAGE_BYTES);
	struct filter *f;

	*error = -EINVAL;
	if (own_count() + PLACE_LEN + len > BPF_MAXINSNS) {
		log_missing(&t->call, "a filter with no room for ours in front");
		return NULL;
	}
	*error = -ENOMEM;
	f = arena_alloc(t, pages);
	if (f == NULL)
		return NULL;
	f->older = t->filter;
	f->pages = pages;
	f->strict = 0;
	memcpy(f->code + PROLOGUE, code, len * sizeof(*code));
	f->len = emit_prologue(f->code + PROLOGUE);
	f->begin = (uint32_t)PROLOGUE - f->len;
	f->len += len;
	return f;
}

void
filter_drop(struct thread_block *t, struct filter *f)
{
	arena_free(t, f, f->pages);
}

void
filter_program(struct filter *f, uint64_t fprog[2])
{
	fprog[0] = f->len;
	fprog[1] = (uint64_t)(f->code + f->begin);
}

struct filter *
filter_strict(struct thread_block *t)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HOST_NR_read, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HOST_NR_write, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HOST_NR_exit, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HOST_NR_rt_sigreturn, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP | STRICT_MARK),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	long error;
	struct filter *f = filter_new(t, code, sizeof(code) / sizeof(code[0]), &error);

	if (f != NULL)
		f->strict = 1;
	return f;
}

/* The strongest of all, as the kernel takes it. */
static uint32_t
verdict(const struct thread_block *t, const struct seccomp_data *d)
{
	uint32_t best = SECCOMP_RET_ALLOW;

	for (const struct filter *f = t->filter; f != NULL; f = f->older) {
		uint32_t v = filter_run(f->code + PROLOGUE, d);

		if ((int32_t)(v & SECCOMP_RET_ACTION_FULL) <
		    (int32_t)(best & SECCOMP_RET_ACTION_FULL))
			best = v;
	}
	return best;
}

/* Signals to ourselves, which filters often refuse to send: by a name that can mean nobody else. */
static long
signal_self(struct thread_block *t, gate_call_fn *gate, const struct seccomp_data *d)
{
	uint32_t self = d->nr == HOST_NR_rt_sigqueueinfo ? t->tid : t->pid;

	if (d->nr == HOST_NR_rt_sigqueueinfo && d->args[0] == self)
		return gate(HOST_NR_pidfd_send_signal, SELF_THREAD,
		    (long)d->args[1], (long)d->args[2], TO_GROUP, 0, 0);
	if ((d->nr == HOST_NR_tgkill || d->nr == HOST_NR_rt_tgsigqueueinfo) &&
	    d->args[0] == self && d->args[1] == t->tid)
		return gate(HOST_NR_pidfd_send_signal, SELF_THREAD,
		    (long)d->args[2], d->nr == HOST_NR_tgkill ? 0 :
		    (long)d->args[3], 0, 0, 0);
	return -ENOSYS;
}

static bool
allowed(const struct thread_block *t, const struct seccomp_data *d)
{
	uint32_t v = verdict(t, d) & SECCOMP_RET_ACTION_FULL;

	/* Who is to be asked about the guest's own call is asked by the kernel. */
	return v == SECCOMP_RET_ALLOW || v == SECCOMP_RET_LOG ||
	    ((v == SECCOMP_RET_USER_NOTIF || v == SECCOMP_RET_TRACE) &&
	    d->nr == (int)t->call.nr);
}

/* What gate_raw comes to for a thread under a filter (x86_64/entry.S). */
long filtered_call(long nr, long a, long b, long c, long d, long e, long f);
extern const char filtered_raw[];
long
filtered_call(long nr, long a, long b, long c, long d, long e, long f)
{
	struct thread_block *t;
	struct mm_block *mm;
	gate_call_fn *gate;
	struct seccomp_data data = { (int)nr, AUDIT_ARCH_X86_64, 0,
		{ (uint64_t)a, (uint64_t)b, (uint64_t)c, (uint64_t)d,
		(uint64_t)e, (uint64_t)f } };
	long ret;

	__asm__("mov %%gs:0, %0" : "=r"(t));
	mm = t->mm;
	gate = (gate_call_fn *)(mm->gate + gate_of(mm)->off_call);
	data.instruction_pointer = (uint64_t)gate;
	if (!is_own(&data)) {
		ret = signal_self(t, gate, &data);
		if (ret != -ENOSYS && ret != -EBADF)
			return ret;
		if (!allowed(t, &data))
			return -EPERM;
	}
	return gate(nr, a, b, c, d, e, f);
}

static void
guard(struct thread_block *t)
{
	t->gate_raw = (uint64_t)filtered_raw;
	t->guards |= GUARD_FILTER;
}

#define SETTING "filtered=1"

/* What is started from now on is to know. */
static void
settings_mark(struct thread_block *t)
{
	struct mm_block *mm = t->mm;
	const char *old = mm->settings != 0 ? (const char *)mm->settings : "";
	size_t n = strlen(old);
	char *new;

	if (mm->flags & MM_FILTERED)
		return;
	__atomic_or_fetch(&mm->flags, MM_FILTERED, __ATOMIC_RELAXED);
	if (n + sizeof(SETTING) + 1 > PAGE_BYTES || (new = arena_alloc(t, 1)) == NULL)
		return;
	memcpy(new, old, n);
	if (n != 0)
		new[n++] = ';';
	memcpy(new + n, SETTING, sizeof(SETTING));
	mm->settings = (uint64_t)new;
}

void
filter_attach(struct thread_block *t, struct filter *f, bool all)
{
	struct mm_block *mm = t->mm;

	settings_mark(t);
	guard(t);
	t->filter = f;
	for (uint32_t i = 0; all && i < mm->slot_next; i++) {
		struct thread_block *o = (struct thread_block *)(mm->arena +
		    ARENA_SLOTS + i * SLOT_SIZE + SLOT_BLOCK);

		if (o == t || o->state != THREAD_USED || o->pid != t->pid)
			continue;
		o->filter = f;
		guard(o);
	}
}

void
filter_start(struct thread_block *t)
{
	struct mm_block *mm = t->mm;
	char value[4];

	if (!settings_get(t, "filtered", value, sizeof(value)))
		return;
	__atomic_or_fetch(&mm->flags, MM_FILTERED, __ATOMIC_RELAXED);
	guard(t);
}

/* Strict mode kills the thread, which takes its process along when it is the last. */
static _Noreturn void
strict_end(struct thread_block *t)
{
	const struct sighand_block *sh = t->sighand;

	if (sh->refs == 1)
		HOST5(t, HOST_NR_pidfd_send_signal, SELF_THREAD, SIGKILL, 0,
		    TO_GROUP, 0);
	thread_exit(t, 128 + SIGKILL);
}

static bool
is_strict(const struct thread_block *t)
{
	const struct filter *f = t->filter;

	return f != NULL && f->strict;
}

long
filter_judge(struct call *c)
{
	struct thread_block *t = c->thread;
	struct seccomp_data d = { (int)c->nr, AUDIT_ARCH_X86_64, c->rip,
		{ c->arg[0], c->arg[1], c->arg[2], c->arg[3], c->arg[4], c->arg[5] } };
	uint32_t v = verdict(t, &d), data = v & SECCOMP_RET_DATA;

	switch (v & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
		return 1;
	case SECCOMP_RET_ERRNO:
		return -(long)(data < 4095 ? data : 4095);
	case SECCOMP_RET_TRAP:
		if (is_strict(t))
			strict_end(t);
		t->trapped = SYS_SECCOMP_CODE;
		t->trapped_errno = data;
		return -ETRAPPED;
	default:	/* the kernel is to kill, as it sees fit */
		return host_call_intr(t, c->nr, (long)c->arg[0], (long)c->arg[1],
		    (long)c->arg[2], (long)c->arg[3], (long)c->arg[4],
		    (long)c->arg[5]);
	}
}

/* What front, planner and body call until a guest runs, as the usual arguments have it. */
bool
filter_allows_start(struct thread_block *t)
{
	static const struct { uint16_t nr; uint32_t a0, a2; } start[] = {
		{ HOST_NR_execve, 0, 0 }, { HOST_NR_open, 0, 0 }, { HOST_NR_openat, 0, 0 },
		{ HOST_NR_read, 0, 0 }, { HOST_NR_pread64, 0, 0 }, { HOST_NR_fstat, 0, 0 },
		{ HOST_NR_statx, 0, 0 }, { HOST_NR_close, 0, 0 },
		{ HOST_NR_mmap, 0, PROT_READ | PROT_EXEC },
		{ HOST_NR_mprotect, 0, PROT_READ | PROT_EXEC }, { HOST_NR_munmap, 0, 0 },
		{ HOST_NR_prctl, PR_SET_MM, 0 }, { HOST_NR_readlink, 0, 0 },
		{ HOST_NR_getrandom, 0, 0 }, { HOST_NR_rt_sigaction, 0, 0 },
		{ HOST_NR_rt_sigprocmask, 0, 0 }, { HOST_NR_sigaltstack, 0, 0 },
		{ HOST_NR_getpid, 0, 0 }, { HOST_NR_gettid, 0, 0 },
		{ HOST_NR_prctl, PR_SET_SUD, 0 }, { HOST_NR_mremap, 0, 0 },
	};

	for (uint32_t i = 0; i < sizeof(start) / sizeof(start[0]); i++) {
		struct seccomp_data d = { start[i].nr, AUDIT_ARCH_X86_64, 0,
			{ start[i].a0, 0, start[i].a2, 0, 0, 0 } };

		if (!allowed(t, &d))
			return false;
	}
	return true;
}

/*
 * A call that the gate made for a handler.  In the guest's name: the handler's answer is that the guest gets the
 * signal.  In our own: an error.
 */
bool
filter_trapped(struct thread_block *t, const struct siginfo_host *info, struct sigcontext *sc)
{
	const struct mm_block *mm = t->mm;

	if (is_strict(t))
		strict_end(t);
	if (!t->inside)
		return false;
	if (sc->rip - mm->gate - GATE_OWN < GATE_OWN_SIZE) {
		sc->rax = (uint64_t)-EPERM;
		return true;
	}
	t->trapped = SYS_SECCOMP_CODE;
	t->trapped_errno = (uint32_t)info->err;
	sc->rax = (uint64_t)-ETRAPPED;
	return true;
}

/* As the kernel forces it: who blocks or ignores it dies of it. */
void
filter_signal(struct thread_block *t)
{
	struct sighand_block *sh = t->sighand;
	struct call *c = &t->call;
	struct siginfo_host info = { SIGSYS, (int)t->trapped_errno,
		(int)t->trapped, 0, { c->rip,
		c->nr | (uint64_t)AUDIT_ARCH_X86_64 << 32 } };

	if ((t->vmask & 1ul << (SIGSYS - 1)) || sh->action[SIGSYS].handler <= 1)
		die_by_signal(t, SIGSYS);
	signal_post(t, SIGSYS, &info);
}
