/* SPDX-License-Identifier: ISC */
/*
 * Starting veneerd from inside a guest that must not notice.  A first child, whose end
 * sends no signal and which only __WCLONE waits see, closes the guest's descriptors,
 * starts a second that becomes veneerd, and tells by its exit status how that went.
 * veneerd forks once more before it serves, so nothing of it stays a child of the guest,
 * not even when the guest adopts orphans.
 */
#include <asm/errno.h>
#include <linux/prctl.h>
#include <linux/sched.h>

#include "host_nr.h"
#include "spawn.h"
#include "trap_join.h"

typedef long gate_clone_fn(long flags, long stack, long ptid, long ctid,
    long tls, long block);

/* A fork without a signal at its end, that a tracer of the guest does not follow. */
static long
quiet_fork(struct thread_block *t)
{
	return ((gate_clone_fn *)t->gate_clone)(CLONE_UNTRACED, 0, 0, 0, 0, 0);
}

static _Noreturn void
leave(struct thread_block *t, long status)
{
	for (;;)
		host_call(t, HOST_NR_exit_group, status, 0, 0, 0, 0, 0);
}

static _Noreturn void
become_veneerd(struct thread_block *t, const char *runtime)
{
	static const char key[] = "XDG_RUNTIME_DIR=";
	const char *front = (const char *)thread_mm(t)->front;
	char path[SPAWN_PATH], env[256], name[] = "veneerd";
	char *argv[] = { name, NULL }, *envp[] = { env, NULL };
	size_t n;

	for (n = 0; n < sizeof(key) - 1; n++)
		env[n] = key[n];
	while (*runtime != '\0' && n + 1 < sizeof(env))
		env[n++] = *runtime++;
	env[n] = '\0';
	for (int try = 0; spawn_path(path, front, name, try); try++)
		host_call(t, HOST_NR_execve, (long)path, (long)argv,
		    (long)envp, 0, 0, 0);
	leave(t, SPAWN_FAILED);
}

static _Noreturn void
middle(struct thread_block *t, const char *runtime)
{
	long pid;

	host_call(t, HOST_NR_close_range, 0, ~0u, 0, 0, 0, 0);
	pid = quiet_fork(t);
	if (pid == 0)
		become_veneerd(t, runtime);
	leave(t, pid < 0 ? SPAWN_FAILED : spawn_wait(t, pid));
}

long
trap_spawn(struct thread_block *t, const char *runtime)
{
	uint64_t all = ~0ul, old = 0;
	int adopts = 0;
	long pid, r;

	if (thread_mm(t)->front == 0)
		return -ENOENT;
	host_call(t, HOST_NR_rt_sigprocmask, 2, (long)&all, (long)&old,
	    sizeof(old), 0, 0);
	host_call(t, HOST_NR_prctl, PR_GET_CHILD_SUBREAPER, (long)&adopts, 0,
	    0, 0, 0);
	if (adopts)
		host_call(t, HOST_NR_prctl, PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0,
		    0);
	pid = quiet_fork(t);
	if (pid == 0)
		middle(t, runtime);
	r = pid < 0 ? pid : spawn_wait(t, pid);
	if (adopts)
		host_call(t, HOST_NR_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0,
		    0);
	host_call(t, HOST_NR_rt_sigprocmask, 2, (long)&old, 0, sizeof(old), 0,
	    0);
	return r > 0 ? -ECONNREFUSED : r == -ECHILD ? 0 : r;
}
