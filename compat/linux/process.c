/* SPDX-License-Identifier: ISC */
/* Processes and threads. */
#include <linux/fcntl.h>
#include <linux/sched.h>

#include "linux.h"

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
linux_clone(struct call *c)
{
	struct clone_request r = { .flags = c->arg[0], .ptid = c->arg[2],
	    .ctid = c->arg[3], .tls = c->arg[4] };

	return clone_common(c, &r, c->arg[1]);
}

long
linux_fork(struct call *c)
{
	struct clone_request r = { .flags = SIGCHLD };

	return clone_common(c, &r, 0);
}

long
linux_vfork(struct call *c)
{
	struct clone_request r = { .flags = CLONE_VM | CLONE_VFORK | SIGCHLD };

	return clone_common(c, &r, 0);
}

long
linux_execve(struct call *c)
{
	long ret;

	if (linux_exec_other(c, c->arg[0], c->arg[1], c->arg[2], &ret))
		return ret;
	return exec_guest(c, AT_FDCWD, guest(c->arg[0]), guest(c->arg[1]),
	    guest(c->arg[2]), 0);
}

long
linux_execveat(struct call *c)
{
	return exec_guest(c, (int)c->arg[0], guest(c->arg[1]), guest(c->arg[2]),
	    guest(c->arg[3]), (int)c->arg[4]);
}

long
linux_exit(struct call *c)
{
	thread_exit(c->thread, (int)c->arg[0]);
}

long
linux_exit_group(struct call *c)
{
	process_exit(c->thread, (int)c->arg[0]);
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
	linux_##name(struct call *c) \
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
linux_getpid(struct call *c)
{
	return (long)call_thread(c)->pid;
}

long
linux_gettid(struct call *c)
{
	return (long)call_thread(c)->tid;
}

long
linux_set_tid_address(struct call *c)
{
	pass(c);
	return (long)call_thread(c)->tid;
}
