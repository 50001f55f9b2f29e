/* SPDX-License-Identifier: ISC */
/* Processes and threads. */
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <asm/prctl.h>

#include "native.h"

static long
clone_common(struct call *c, struct clone_request *r, uint64_t stack)
{
	r->child = *c;
	r->child.rax = 0;
	if (stack != 0)
		r->child.rsp = stack;
	return thread_clone(c, r);
}

long
native_clone(struct call *c)
{
	struct clone_request r = { .flags = c->arg[0], .ptid = c->arg[2],
	    .ctid = c->arg[3], .tls = c->arg[4] };

	return clone_common(c, &r, c->arg[1]);
}

long
native_fork(struct call *c)
{
	struct clone_request r = { .flags = SIGCHLD };

	return clone_common(c, &r, 0);
}

long
native_vfork(struct call *c)
{
	struct clone_request r = { .flags = CLONE_VM | CLONE_VFORK | SIGCHLD };

	return clone_common(c, &r, 0);
}

long
native_execve(struct call *c)
{
	return exec_guest(c, AT_FDCWD, guest(c->arg[0]), guest(c->arg[1]),
	    guest(c->arg[2]), 0);
}

long
native_execveat(struct call *c)
{
	return exec_guest(c, (int)c->arg[0], guest(c->arg[1]), guest(c->arg[2]),
	    guest(c->arg[3]), (int)c->arg[4]);
}

long
native_exit(struct call *c)
{
	thread_exit(c->thread, (int)c->arg[0]);
}

long
native_exit_group(struct call *c)
{
	process_exit(c->thread, (int)c->arg[0]);
}

long
native_veneer_unmapself(struct call *c)
{
	if (arena_overlaps(thread_mm(c->thread), c->arg[0], c->arg[1]))
		return NATIVE_EPERM;
	thread_exit_unmap(c->thread, c->arg[0], c->arg[1]);
}

long
native_arch_prctl(struct call *c)
{
	struct thread_block *t = c->thread;

	switch (c->arg[0]) {
	case ARCH_SET_GS:	/* the SDK's programs have %gs from us */
		return NATIVE_EPERM;
	case ARCH_GET_GS:
		return copyout(guest(c->arg[1]), &t->guest_gs, 8);
	default:
		return pass(c);
	}
}

/* Syscall User Dispatch is ours, and cannot be the guest's at the same time. */
long
native_prctl(struct call *c)
{
	if (c->arg[0] == 59)
		return NATIVE_EINVAL;
	return pass(c);
}

static void
ids_refresh(struct thread_block *t)
{
	t->uid = (uint32_t)HOST0(t, HOST_NR_getuid);
	t->euid = (uint32_t)HOST0(t, HOST_NR_geteuid);
	t->gid = (uint32_t)HOST0(t, HOST_NR_getgid);
	t->egid = (uint32_t)HOST0(t, HOST_NR_getegid);
	t->cred_valid = 1;
}

/* A call that changes who we are: what the stubs answer from follows at once. */
static long
changes_ids(struct call *c)
{
	long ret = pass(c);

	ids_refresh(c->thread);
	return ret;
}

#define CHANGES_IDS(name) \
	long \
	native_##name(struct call *c) \
	{ \
		return changes_ids(c); \
	}
CHANGES_IDS(setuid)
CHANGES_IDS(setgid)
CHANGES_IDS(setreuid)
CHANGES_IDS(setregid)
CHANGES_IDS(setresuid)
CHANGES_IDS(setresgid)
CHANGES_IDS(setfsuid)
CHANGES_IDS(setfsgid)
CHANGES_IDS(unshare)
CHANGES_IDS(setns)

long
native_getpid(struct call *c)
{
	return (long)call_thread(c)->pid;
}

long
native_gettid(struct call *c)
{
	return (long)call_thread(c)->tid;
}

long
native_getuid(struct call *c)
{
	return (long)call_thread(c)->uid;
}

long
native_geteuid(struct call *c)
{
	return (long)call_thread(c)->euid;
}

long
native_getgid(struct call *c)
{
	return (long)call_thread(c)->gid;
}

long
native_getegid(struct call *c)
{
	return (long)call_thread(c)->egid;
}

long
native_set_tid_address(struct call *c)
{
	pass(c);
	return (long)call_thread(c)->tid;
}
