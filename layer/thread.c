/* SPDX-License-Identifier: ISC */
/*
 * fork, vfork and clone in all sharing forms.  A child that shares memory gets its own thread block
 * first and begins in thread_child_start on its own layer stack; one that does not share continues in
 * a copy of everything, on the copy of this very stack.  All signals are blocked around the host
 * call, in the child until it has its %gs, its signal stack and Syscall User Dispatch again.
 */
#include <linux/prctl.h>
#include <linux/sched.h>
#include <asm/errno.h>
#include <asm/prctl.h>

#include "arena.h"
#include "cred.h"
#include "freestanding.h"
#include "host.h"
#include "internal.h"
#include "trap.h"

#define PR_SET_SUD 59
#define PR_SUD_OFF 0
#define PR_SUD_ON 1

typedef long gate_clone_fn(uint64_t flags, uint64_t stack, uint64_t ptid, uint64_t ctid,
    uint64_t tls, struct thread_block *child);
typedef long gate_clone3_fn(struct clone_args *args, uint64_t size, struct thread_block *child);
typedef void gate_thread_exit_fn(uint32_t *state, long code, uint64_t addr, uint64_t len, long nr,
    long before);

#define PAGE_BYTES 4096ul
#define TID_PLACES (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)

void
thread_arm(struct thread_block *t)
{
	struct mm_block *mm = t->mm;

	HOST5(t, HOST_NR_prctl, PR_SET_SUD, PR_SUD_ON, mm->gate, ARENA_GATE_SIZE, 0);
}

void
thread_set_gs(struct thread_block *t)
{
	const struct mm_block *mm = t->mm;

	if (mm->flags & MM_FSGSBASE)
		__asm__ volatile("wrgsbase %0" : : "r"(t));
	else
		HOST2(t, HOST_NR_arch_prctl, ARCH_SET_GS, t);
}

void
thread_disarm(struct thread_block *t)
{
	HOST5(t, HOST_NR_prctl, PR_SET_SUD, PR_SUD_OFF, 0, 0, 0);
}

void
thread_ids(struct thread_block *t)
{
	t->pid = (uint32_t)HOST0(t, HOST_NR_getpid);
	t->tid = (uint32_t)HOST0(t, HOST_NR_gettid);
	t->call.thread = t;
}

/* ---- blocks of the sharing units ---- */

static void *
block_copy(struct thread_block *t, void *block, size_t size)
{
	uint32_t *old = block;	/* magic, version and size, refs, lock */
	uint32_t *new = arena_alloc(t, 1);

	if (new == NULL)
		return NULL;
	layer_lock(t, &old[3]);
	memcpy(new, old, size);
	layer_unlock(t, &old[3]);
	new[2] = 1;
	new[3] = 0;
	return new;
}

static void *
block_share(void *block)
{
	__atomic_add_fetch((uint32_t *)block + 2, 1, __ATOMIC_RELAXED);
	return block;
}

static void
block_rele(struct thread_block *t, void *block)
{
	if (block != NULL &&
	    __atomic_sub_fetch((uint32_t *)block + 2, 1, __ATOMIC_ACQ_REL) == 0 &&
	    ((uint64_t)block & (PAGE_BYTES - 1)) == 0)	/* else one of the first: arena_small */
		arena_free(t, block, 1);
}

static void
blocks_rele(struct thread_block *t, struct thread_block *of)
{
	block_rele(t, of->fs);
	block_rele(t, of->files);
	block_rele(t, of->sighand);	/* last: whoever sees it gone sees no lock taken (alone) */
	of->sighand = of->files = of->fs = NULL;
}

/* What a slot's task had when it left by exec or was killed; nobody else knows of it any more. */
static void
remains_free(struct thread_block *t, struct thread_block *of)
{
	blocks_rele(t, of);
	if (of->exec_vector != 0)
		HOST2(t, HOST_NR_munmap, of->exec_vector, of->exec_vector_size);
	of->exec_vector = 0;
}

static struct thread_block *
slot_at(const struct mm_block *mm, uint32_t i)
{
	return (struct thread_block *)(mm->arena + ARENA_SLOTS + i * SLOT_SIZE +
	    SLOT_BLOCK);
}

/*
 * Children that share memory, but have no parent that waits: the kernel clears their slot's state when they
 * are gone, by exec or a kill too, and here the slot is given back with what else they had.
 */
static void
children_collect(struct thread_block *t)
{
	struct mm_block *mm = t->mm;

	if (__atomic_load_n(&mm->vm_children, __ATOMIC_RELAXED) == 0)
		return;
	for (uint32_t i = 0; i < mm->slot_next; i++) {
		struct thread_block *o = slot_at(mm, i);
		uint32_t free = THREAD_FREE;

		if (!o->kernel_frees ||
		    !__atomic_compare_exchange_n(&o->state, &free, THREAD_EXITING,
		    false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			continue;
		remains_free(t, o);
		o->kernel_frees = 0;
		__atomic_sub_fetch(&mm->vm_children, 1, __ATOMIC_RELAXED);
		__atomic_store_n(&o->state, THREAD_FREE, __ATOMIC_RELEASE);
	}
}

static bool
blocks_inherit(struct thread_block *t, struct thread_block *n, uint64_t flags)
{
	n->sighand = flags & CLONE_SIGHAND ? block_share(t->sighand)
	    : block_copy(t, t->sighand, SIZEOF_SIGHAND_BLOCK);
	n->files = flags & CLONE_FILES ? block_share(t->files)
	    : block_copy(t, t->files, SIZEOF_FILES_BLOCK);
	n->fs = flags & CLONE_FS ? block_share(t->fs)
	    : block_copy(t, t->fs, SIZEOF_FS_BLOCK);
	if (n->sighand != NULL && n->files != NULL && n->fs != NULL)
		return true;
	blocks_rele(t, n);
	return false;
}

static void
set_registers(struct call *to, const struct call *from)
{
	memcpy(&to->rax, &from->rax,
	    offsetof(struct call, arg) - offsetof(struct call, rax));
}

/* Filters go along with every new task, Syscall User Dispatch with none. */
static void
guards_inherit(struct thread_block *n, uint32_t guards)
{
	n->guards = guards & GUARD_FILTER;
	thread_ways(n);
}

static struct thread_block *
thread_new(struct thread_block *t, const struct clone_request *r)
{
	struct mm_block *mm = t->mm;
	struct thread_block *n;

	children_collect(t);
	n = arena_thread_alloc(t);
	if (n == NULL)
		return NULL;
	memcpy(&n->gate_call, &t->gate_call, offsetof(struct thread_block, vec) -
	    offsetof(struct thread_block, gate_call));
	n->gate_raw = t->gate_raw;
	n->gate_raw_intr = t->gate_raw_intr;
	pass_drop(n);
	n->vec = t->vec;
	n->mm = t->mm;
	n->commpage = t->commpage;
	n->pid = r->flags & CLONE_THREAD ? t->pid : 0;	/* 0: another process, which asks */
	n->uid = t->uid;
	n->euid = t->euid;
	n->gid = t->gid;
	n->egid = t->egid;
	n->cred_valid = t->cred_valid;
	n->cred_changes = t->cred_changes;
	n->vmask = t->vmask;
	n->inside = 1;
	n->filter = t->filter;
	n->guest_gs = t->guest_gs;
	guards_inherit(n, t->guards);
	memcpy(n->priv, t->priv, sizeof(n->priv));
	if (r->flags & CLONE_VFORK) {	/* as the kernel: the alternate stack goes along */
		n->altstack_sp = t->altstack_sp;
		n->altstack_size = t->altstack_size;
		n->altstack_flags = t->altstack_flags;
		n->vfork_parent = t;
	} else
		n->altstack_flags = 2;	/* SS_DISABLE */
	set_registers(&n->call, &r->child);
	if (!blocks_inherit(t, n, r->flags)) {
		n->state = THREAD_FREE;
		return NULL;
	}
	if ((r->flags & (CLONE_THREAD | CLONE_VFORK)) == 0)
		mm->shared = 1;
	if ((r->flags & (CLONE_VFORK | CLONE_THREAD | CLONE_CHILD_CLEARTID)) == 0) {
		n->kernel_frees = 1;
		__atomic_add_fetch(&mm->vm_children, 1, __ATOMIC_RELAXED);
	}
	return n;
}

struct clone_places {
	uint64_t flags, ptid, ctid;
};

/* The host's call: n the block of a child that shares memory, or NULL. */
static long
clone_host(struct thread_block *t, const struct clone_request *r, const struct clone_places *p,
    struct thread_block *n)
{
	const struct mm_block *mm = t->mm;
	struct clone_args *a = r->args3;

	if (a == NULL)
		return ((gate_clone_fn *)t->gate_clone)(p->flags,
		    n != NULL ? n->stack_top : 0, p->ptid, p->ctid, r->tls, n);
	a->stack = n != NULL ? n->stack_top - PAGE_BYTES : 0;
	a->stack_size = n != NULL ? PAGE_BYTES : 0;
	return ((gate_clone3_fn *)(mm->gate + gate_of(mm)->off_clone3))(a,
	    r->args3_size, n);
}

static long
clone_shared(struct thread_block *t, const struct clone_request *r)
{
	struct clone_places p = { r->flags, r->ptid, r->ctid };
	struct thread_block *n = thread_new(t, r);
	long ret;

	if (n == NULL)
		return -EAGAIN;	/* as when the kernel has no more threads */
	/* Through a place that the guest leaves free the kernel tells a thread its id, before it runs. */
	if (t->guards != 0)
		n->tid = 0;
	else if ((p.flags & CLONE_THREAD) && (p.flags & CLONE_PARENT_SETTID) == 0) {
		p.flags |= CLONE_PARENT_SETTID;
		p.ptid = (uint64_t)&n->tid;
	} else if ((p.flags & CLONE_THREAD) && (p.flags & TID_PLACES) == 0) {
		p.flags |= CLONE_CHILD_SETTID;
		p.ctid = (uint64_t)&n->tid;
	}
	ret = clone_host(t, r, &p, n);
	if (ret > 0 && (r->flags & CLONE_THREAD) == 0)
		trap_fork_parent(t, ret);
	if (ret < 0 || (r->flags & CLONE_VFORK)) {
		/* It never was, or it has ended or become another program. */
		remains_free(t, n);
		__atomic_store_n(&n->state, THREAD_FREE, __ATOMIC_RELEASE);
	}
	return ret;
}

/* BODY_CHILD, on the layer stack of the new block. */
void
thread_child_start(struct thread_block *t)
{
	const struct mm_block *mm = t->mm;

	thread_set_gs(t);
	signal_thread_start(t);
	thread_arm(t);
	if (t->pid == 0)
		thread_ids(t);
	else if (t->tid == 0)
		t->tid = (uint32_t)HOST0(t, HOST_NR_gettid);
	if (t->kernel_frees)
		HOST1(t, HOST_NR_set_tid_address, &t->state);
	t->hmask = t->vmask & ~I9_SIGNALS;	/* so that nothing sets it before the end */
	if (mm->creds != NULL)
		cred_follow(t);
	personality_child_start(t);
	HOST4(t, HOST_NR_rt_sigprocmask, SIG_SETMASK, &t->hmask, 0, 8);
}

static void
block_own(void *block)
{
	uint32_t *refs = (uint32_t *)block + 2;

	if (*refs != 1)
		*refs = 1;
}

/* The other threads exist in the parent alone.  What is right already is not written, since that copies its page. */
static void
fork_forget_threads(struct thread_block *t)
{
	struct mm_block *mm = t->mm;

	for (uint32_t i = 0; i < mm->slot_next; i++) {
		struct thread_block *o = slot_at(mm, i);

		if (o != t && (o->state != THREAD_FREE || o->kernel_frees)) {
			o->state = THREAD_FREE;
			o->kernel_frees = 0;
		}
	}
	t->kernel_frees = 0;
	t->vfork_parent = NULL;
	if (t->guards & GUARD_DISPATCH)
		guards_inherit(t, t->guards);
	if (mm->shared != 0 || mm->vm_children != 0)
		mm->shared = mm->vm_children = 0;
	block_own(t->sighand);
	block_own(t->files);
	block_own(t->fs);
}

/* Nobody else has this memory: then nobody holds a lock, and a fork leaves every block's page as it is. */
static bool
alone(const struct thread_block *t)
{
	const struct mm_block *mm = t->mm;
	const struct sighand_block *sh = t->sighand;

	return mm->shared == 0 && t->vfork_parent == NULL &&
	    __atomic_load_n(&sh->refs, __ATOMIC_ACQUIRE) == 1;
}

/* In the child no other thread is left that could release a lock. */
static void
locks_take(struct thread_block *t)
{
	layer_lock(t, &((struct mm_block *)t->mm)->text_lock);
	layer_lock(t, &((struct files_block *)t->files)->lock);
	layer_lock(t, &((struct fs_block *)t->fs)->lock);
	layer_lock(t, &((struct sighand_block *)t->sighand)->lock);
	layer_lock(t, &((struct mm_block *)t->mm)->lock);
}

static void
locks_release(struct thread_block *t)
{
	layer_unlock(t, &((struct mm_block *)t->mm)->lock);
	layer_unlock(t, &((struct sighand_block *)t->sighand)->lock);
	layer_unlock(t, &((struct fs_block *)t->fs)->lock);
	layer_unlock(t, &((struct files_block *)t->files)->lock);
	layer_unlock(t, &((struct mm_block *)t->mm)->text_lock);
}

static long
clone_copied(struct thread_block *t, const struct clone_request *r)
{
	struct clone_places p = { r->flags, r->ptid, r->ctid };
	bool told = r->args3 == NULL && t->guards == 0 &&
	    (r->flags & TID_PLACES) == 0, only = alone(t);
	uint32_t tid = t->tid;
	long ret;

	if (told) {	/* the kernel writes the child's id into the child's copy */
		p.flags |= CLONE_CHILD_SETTID;
		p.ctid = (uint64_t)&t->tid;
	}
	if (!only)
		locks_take(t);
	arena_trim(t);
	ret = clone_host(t, r, &p, NULL);
	if (ret == 0) {
		thread_arm(t);
		if (told && t->tid != tid)
			t->pid = t->tid;
		else
			thread_ids(t);
		fork_forget_threads(t);
		if (!only)
			locks_release(t);
		cred_fork_child(t);
		trap_fork_child(t);
		t->held = 0;
		set_registers(&t->call, &r->child);
		personality_fork_child(t);
		return 0;
	}
	if (!only)
		locks_release(t);
	if (ret > 0)
		trap_fork_parent(t, ret);
	return ret;
}

long
thread_clone(struct call *c, struct clone_request *r)
{
	struct thread_block *t = c->thread;
	bool noted = (t->attention & ATT_SIGNAL) != 0;
	long ret;

	if (!noted) {	/* once nothing can be noted any more: a copy of it would be delivered twice */
		mask_full(t);
		noted = (t->attention & ATT_SIGNAL) != 0;
	}
	if (noted)
		ret = -ERESTARTSYS;	/* as the kernel: signals first */
	else if (r->flags & CLONE_VM)
		ret = clone_shared(t, r);
	else
		ret = clone_copied(t, r);
	t->hmask = (noted ? FULL_MASK : t->vmask) & ~I9_SIGNALS;
	HOST4(t, HOST_NR_rt_sigprocmask, SIG_SETMASK, &t->hmask, 0, 8);
	return ret;
}

/* ---- the end ---- */

static void
leave(struct thread_block *t, int code, uint64_t addr, uint64_t len, bool group)
{
	struct mm_block *mm = t->mm;
	uint32_t *state = &t->state;
	long before = HOST_NR_munmap;

	if (!group) {	/* what comes while a whole process leaves goes with it */
		mask_full(t);
		trap_thread_end(t);
		signal_give_back(t);
	}
	if (t->vfork_parent != NULL)
		state = NULL;	/* the waiting parent releases everything */
	else {
		if (!group || mm->shared)	/* else the memory goes, too */
			blocks_rele(t, t);
		if (t->kernel_frees)
			state = NULL;
		else
			t->state = THREAD_EXITING;
		if (!group && t->slot_index < mm->slot_free)	/* a hint: low slots first, for arena_trim */
			mm->slot_free = t->slot_index;
		if (state != NULL && len == 0 && !group && t->slot_index >= WARM_SLOTS) {
			/* The block keeps its page: a zero there would give the slot away too early. */
			HOST3(t, HOST_NR_madvise, (char *)t - SLOT_BLOCK +
			    SLOT_SIGSTACK, SLOT_SIZE - SLOT_SIGSTACK, 4);
			addr = (uint64_t)t - SLOT_BLOCK + SLOT_STACK;
			len = (SLOT_BLOCK & ~4095ul) - SLOT_STACK;
			before = HOST_NR_madvise;
		}
	}
	((gate_thread_exit_fn *)t->gate_thread_exit)(state, code, addr, len,
	    group ? HOST_NR_exit_group : HOST_NR_exit, before);
	__builtin_unreachable();
}

_Noreturn void
thread_exit(struct thread_block *t, int code)
{
	leave(t, code, 0, 0, false);
	__builtin_unreachable();
}

_Noreturn void
thread_exit_unmap(struct thread_block *t, uint64_t addr, uint64_t len)
{
	leave(t, 0, addr, len, false);
	__builtin_unreachable();
}

_Noreturn void
process_exit(struct thread_block *t, int code)
{
	leave(t, code, 0, 0, true);
	__builtin_unreachable();
}
