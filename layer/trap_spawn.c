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
#include <linux/wait.h>

#include "host_nr.h"
#include "trap_join.h"

enum { PATH_BYTES = 4096, EXEC_FAILED = 127 };

typedef long gate_clone_fn(long flags, long stack, long ptid, long ctid,
    long tls, long block);

/* A fork without a signal at its end, that a tracer of the guest does not follow. */
static long
quiet_fork(struct thread_block *t)
{
	return ((gate_clone_fn *)t->gate_clone)(CLONE_UNTRACED, 0, 0, 0, 0, 0);
}

/* The exit status, or -errno. */
static long
wait_for(struct thread_block *t, long pid)
{
	int status = 0;
	long r;

	do
		r = host_call(t, HOST_NR_wait4, pid, (long)&status, __WALL, 0,
		    0, 0);
	while (r == -EINTR);
	if (r < 0)
		return r;
	return (status & 0x7f) != 0 ? EXEC_FAILED : status >> 8 & 0xff;
}

/* dir of `front` + tail; false: too long. */
static bool
beside(char *buf, const char *front, const char *tail)
{
	size_t n = 0, slash = 0;

	for (; front[n] != '\0'; n++) {
		if (n + 1 >= PATH_BYTES)
			return false;
		buf[n] = front[n];
		if (front[n] == '/')
			slash = n + 1;
	}
	for (n = slash; *tail != '\0'; n++) {
		if (n + 1 >= PATH_BYTES)
			return false;
		buf[n] = *tail++;
	}
	buf[n] = '\0';
	return true;
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
	char path[PATH_BYTES], env[256], name[] = "veneerd";
	char *argv[] = { name, NULL }, *envp[] = { env, NULL };
	size_t n;

	for (n = 0; n < sizeof(key) - 1; n++)
		env[n] = key[n];
	while (*runtime != '\0' && n + 1 < sizeof(env))
		env[n++] = *runtime++;
	env[n] = '\0';
	if (beside(path, front, "veneerd"))
		host_call(t, HOST_NR_execve, (long)path, (long)argv,
		    (long)envp, 0, 0, 0);
	if (beside(path, front, "../libexec/veneer/veneerd"))
		host_call(t, HOST_NR_execve, (long)path, (long)argv,
		    (long)envp, 0, 0, 0);
	leave(t, EXEC_FAILED);
}

static _Noreturn void
middle(struct thread_block *t, const char *runtime)
{
	long pid;

	host_call(t, HOST_NR_close_range, 0, ~0u, 0, 0, 0, 0);
	pid = quiet_fork(t);
	if (pid == 0)
		become_veneerd(t, runtime);
	leave(t, pid < 0 ? EXEC_FAILED : wait_for(t, pid));
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
	r = pid < 0 ? pid : wait_for(t, pid);
	if (adopts)
		host_call(t, HOST_NR_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0,
		    0);
	host_call(t, HOST_NR_rt_sigprocmask, 2, (long)&old, 0, sizeof(old), 0,
	    0);
	return r > 0 ? -ECONNREFUSED : r == -ECHILD ? 0 : r;
}
