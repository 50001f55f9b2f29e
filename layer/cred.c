/* SPDX-License-Identifier: ISC */
/*
 * Credentials of a process, for personalities that have no others: the host's belong to a thread.
 *
 * Whoever changes them writes down the outcome and raises ATT_CRED in the other threads of the process.  A
 * thread follows before its next call begins, as a BSD kernel gives a thread the process's credentials when it
 * enters: a call in progress ends with the old ones there, too.  Thread and record count changes, so a thread
 * that is born meanwhile follows before it runs.
 */
#include <linux/signal.h>
#include <asm/errno.h>

#include "arena.h"
#include "cred.h"
#include "freestanding.h"
#include "host.h"
#include "internal.h"

#define GROUPS_MAX 1024u	/* of the host's 65536; what does not fit is refused */
#define CREDS_PAGES 2

struct creds {
	uint32_t lock, changes;
	uint32_t pid;		/* whose they are: a vfork child has its own, which nobody shares */
	uint32_t uid[3], gid[3];	/* real, effective, saved */
	uint32_t ngroups;
	uint32_t groups[GROUPS_MAX];
};
_Static_assert(sizeof(struct creds) <= CREDS_PAGES * 4096, "pages");

static struct creds *
creds_of(struct thread_block *t)
{
	struct mm_block *mm = t->mm;

	return __atomic_load_n(&mm->creds, __ATOMIC_ACQUIRE);
}

static struct creds *
creds_get(struct thread_block *t)
{
	struct mm_block *mm = t->mm;
	struct creds *new = creds_of(t);
	void *none = NULL;

	if (new != NULL)
		return new;
	new = arena_alloc(t, CREDS_PAGES);
	if (new == NULL || __atomic_compare_exchange_n(&mm->creds, &none, (void *)new,
	    false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return new;
	arena_free(t, new, CREDS_PAGES);
	return none;
}

static void
ids_now(struct thread_block *t, uint32_t uid[3], uint32_t gid[3])
{
	HOST3(t, HOST_NR_getresuid, &uid[0], &uid[1], &uid[2]);
	HOST3(t, HOST_NR_getresgid, &gid[0], &gid[1], &gid[2]);
}

/* Become what the record says: the groups while that is allowed, the user last. */
static void
follow_locked(struct thread_block *t, const struct creds *r)
{
	uint32_t uid[3], gid[3];

	attention_clear(t, ATT_CRED);
	if (r->pid != t->pid || r->changes == t->cred_changes)
		return;
	t->cred_changes = r->changes;
	t->cred_valid = 0;
	HOST3(t, HOST_NR_setresuid, -1, 0, -1);	/* where it is the real or saved one */
	HOST2(t, HOST_NR_setgroups, r->ngroups, r->groups);
	HOST3(t, HOST_NR_setresgid, r->gid[0], r->gid[1], r->gid[2]);
	HOST3(t, HOST_NR_setresuid, r->uid[0], r->uid[1], r->uid[2]);
	ids_now(t, uid, gid);
	if (memcmp(uid, r->uid, sizeof(uid)) == 0 && memcmp(gid, r->gid, sizeof(gid)) == 0)
		return;
	log_missing(&t->call, "a thread cannot have its process's credentials: killed");
	for (;;)
		HOST2(t, HOST_NR_kill, t->pid, SIGKILL);
}

void
cred_follow(struct thread_block *t)
{
	struct creds *r = creds_of(t);

	if (r == NULL)
		return;
	layer_lock(t, &r->lock);
	follow_locked(t, r);
	layer_unlock(t, &r->lock);
}

static void
raise_others(struct thread_block *t)
{
	const struct mm_block *mm = t->mm;
	uint32_t n = __atomic_load_n(&mm->slot_next, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < n; i++) {
		struct thread_block *o = (struct thread_block *)(mm->arena +
		    ARENA_SLOTS + i * SLOT_SIZE + SLOT_BLOCK);

		if (o != t && o->state == THREAD_USED && o->pid == t->pid)
			attention_raise(o, ATT_CRED);
	}
}

long
cred_change(struct thread_block *t, long nr, long a, long b, long c)
{
	struct creds *r = creds_get(t);
	long ret, n;

	if (r == NULL)
		return -ENOMEM;
	layer_lock(t, &r->lock);
	follow_locked(t, r);
	if (nr == HOST_NR_setgroups && (unsigned long)a > GROUPS_MAX)
		ret = -EINVAL;
	else
		ret = HOST3(t, nr, a, b, c);
	t->cred_valid = 0;
	if (ret == 0 && t->vfork_parent == NULL) {	/* whose child has its own, alone */
		n = HOST2(t, HOST_NR_getgroups, GROUPS_MAX, r->groups);
		r->ngroups = n > 0 ? (uint32_t)n : 0;
		ids_now(t, r->uid, r->gid);
		r->pid = t->pid;
		r->changes = t->cred_changes = r->changes + 1;
		raise_others(t);
	}
	layer_unlock(t, &r->lock);
	return ret;
}

void
cred_fork_child(struct thread_block *t)
{
	struct creds *r = creds_of(t);

	if (r == NULL)
		return;
	r->lock = 0;	/* of another thread, which is not here */
	r->pid = t->pid;
	r->changes = t->cred_changes;
	attention_clear(t, ATT_CRED);
}
