/* SPDX-License-Identifier: ISC */
/* Processes: making them, replacing them, ending them. */
#include <linux/sched.h>
#include <linux/fcntl.h>
#include <asm/signal.h>

#include "freebsd.h"
#include "fbsd_state.h"
#include "hostdef.h"
#include "kqueue.h"
#include "sigset.h"

/* A child that starts where its parent's call returns: 0 in rax, 1 in rdx. */
static long
fork_run(struct call *c, uint64_t flags)
{
	struct clone_request req = { .flags = flags };

	req.child = *c;
	freebsd_success(&req.child, 0, 1);
	long ret = thread_clone(c, &req);
	if (ret > 0) {
		c->ret2 = 0;
		c->flags |= CALL_RET2;
	}
	return ret;
}

CALL(fork)
{
	return fork_run(c, SIGCHLD);
}

CALL(vfork)
{
	return fork_run(c, CLONE_VM | CLONE_VFORK | SIGCHLD);
}

/* As vfork, and the child has no handlers: the host has no such flag for this call. */
static long
spawn(struct call *c)
{
	struct thread_block *t = call_thread(c);
	long ret;

	t->priv[FREEBSD_THREAD_SPAWN] = 1;
	ret = fork_run(c, CLONE_VM | CLONE_VFORK | SIGCHLD);
	t->priv[FREEBSD_THREAD_SPAWN] = 0;
	return ret;
}

/* Processes only.  Sharing memory needs a parent that waits, since the call names no stack. */
CALL(rfork)
{
	uint32_t flags = (uint32_t)c->arg[0];
	uint32_t known = FREEBSD_RFFDG | FREEBSD_RFPROC;

	if (flags == FREEBSD_RFSPAWN)
		return spawn(c);
	if ((flags & ~known) || !(flags & FREEBSD_RFPROC))
		return -EINVAL;
	/* Its kqueues would be two processes' without a common memory for their knotes. */
	if ((flags & FREEBSD_RFFDG) == 0 && kq_root(call_thread(c)) != NULL)
		return -EINVAL;
	return fork_run(c, SIGCHLD | ((flags & FREEBSD_RFFDG) ? 0 : CLONE_FILES));
}

CALL(execve)
{
	return exec_guest(c, AT_FDCWD, arg_ptr(c, 0), arg_ptr(c, 1),
	    arg_ptr(c, 2), 0);
}

CALL(fexecve)
{
	static const char empty[] = "";

	return exec_guest(c, arg_int(c, 0), guest((uint64_t)(uintptr_t)empty),
	    arg_ptr(c, 1), arg_ptr(c, 2), AT_EMPTY_PATH);
}

CALL(exit)
{
	process_exit(call_thread(c), arg_int(c, 0));
}

CALL(getpid)
{
	return (long)call_thread(c)->pid;
}

PASS(getppid, getppid)
PASS(getpgrp, getpgrp)
PASS(getpgid, getpgid)
PASS(setpgid, setpgid)
PASS(getsid, getsid)
PASS(setsid, setsid)

CALL(kill)
{
	int sig = arg_int(c, 1), host = freebsd_sig_to_host(sig);

	if (sig != 0 && host == 0)
		return -EINVAL;
	return HOST(c, kill, c->arg[0], host);
}

/* The host counts from 40 down to 1, this system from -20 to 20. */
CALL(getpriority)
{
	long ret = HOST(c, getpriority, c->arg[0], c->arg[1]);

	if (ret < 0)
		return ret;
	/* A negative result that is not an error: the record is written here. */
	freebsd_success(c, 20 - ret, c->rdx);
	return -EJUSTRETURN;
}

CALL(setpriority)
{
	int v = arg_int(c, 2);

	v = v < -20 ? -20 : v > 19 ? 19 : v;
	return HOST(c, setpriority, c->arg[0], c->arg[1], v);
}
