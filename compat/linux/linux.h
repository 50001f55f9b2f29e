/* SPDX-License-Identifier: ISC */
/* Calls as Linux has them; compat/native answers most of its calls by these too. Handlers: linux_<row>. */
#ifndef VENEER_LINUX_H
#define VENEER_LINUX_H

#include <asm/errno.h>

#include "freestanding.h"
#include "host.h"
#include "layer.h"
#include "linux_nr.h"

#define LINUX_EPERM (-(long)EPERM)
#define LINUX_EINTR (-(long)EINTR)
#define LINUX_E2BIG (-(long)E2BIG)
#define LINUX_ENOMEM (-(long)ENOMEM)
#define LINUX_EFAULT (-(long)EFAULT)
#define LINUX_EINVAL (-(long)EINVAL)
#define LINUX_ERANGE (-(long)ERANGE)
#define LINUX_ENOSYS (-(long)ENOSYS)
#define SIGSET_BYTES 8

enum {	/* thread_block.priv */
	PRIV_CLEAR,	/* 1 while a child is to clear its handlers */
	PRIV_LEFT,	/* 1: the thread has left the layer */
	PRIV_TRAPNO,	/* of the last fault: later frames show it too, as the kernel's */
	PRIV_TRAP_ERR,
	PRIV_CR2,
};

call_fn linux_pass, linux_nosys;

/* exe.c: the call, with a path argument that names a guest's link to its program naming the program's file. */
long linux_follow_exe(struct call *c, int arg);
/* execve of another guest's link: as of the program's file; false: it is none. */
bool linux_exec_other(struct call *c, uint64_t path, uint64_t argv, uint64_t envp, long *ret);
/* Does the path name the link to the program's own file? What the link says. */
bool linux_is_exe_link(struct call *c, uint64_t path);
long linux_exe_link(struct call *c, uint64_t buf, uint64_t size);

/* memory.c: is anything in the range the layer's? Stub sections and vDSO in it are gone. */
bool linux_ours(struct call *c, uint64_t addr, uint64_t len);
void linux_forget(struct call *c, uint64_t addr, uint64_t len);

/* seccomp.c, dispatch.c: prctl's part of them. May the call be made?  1, or what it answers. */
long linux_prctl_seccomp(struct call *c);
long linux_prctl_dispatch(struct call *c);
long linux_dispatch_judge(struct call *c);

/* vdso.c: for the program whose initial stack is at sp. */
void linux_vdso_start(struct thread_block *t, uint64_t *sp);

/* signal.c: is sp on the alternate stack? Set another: 0 or -errno. */
bool linux_on_altstack(const struct thread_block *t, uint64_t sp);
long linux_altstack_set(struct thread_block *t, const stack_t *ss, uint64_t sp);

/* The call as it is, in the guest's own thread. */
static inline long
pass(struct call *c)
{
	return host_call_intr(c->thread, c->nr, (long)c->arg[0], (long)c->arg[1],
	    (long)c->arg[2], (long)c->arg[3], (long)c->arg[4], (long)c->arg[5]);
}

#endif
