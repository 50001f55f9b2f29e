/* SPDX-License-Identifier: ISC */
/* What belongs to the processor, and odds of the process that it controls about itself. */
#include <asm/prctl.h>
#include <linux/prctl.h>

#include "freebsd.h"
#include "hostdef.h"
#include "sigset.h"

/* The guest's %gs is the layer's: its base can be read, 0 until then, but not set. */
CALL(sysarch)
{
	uint64_t base;
	struct thread_block *t = call_thread(c);

	switch (arg_int(c, 0)) {
	case FREEBSD_AMD64_GET_FSBASE:
		return HOST(c, arch_prctl, ARCH_GET_FS, c->arg[1]);
	case FREEBSD_AMD64_SET_FSBASE:
		if (copyin(&base, arg_ptr(c, 1), sizeof(base)) < 0)
			return -EFAULT;
		return base >= 0x7ffffffff000ul ? -EINVAL :
		    HOST(c, arch_prctl, ARCH_SET_FS, base);
	case FREEBSD_AMD64_GET_GSBASE:
		return copyout(arg_ptr(c, 1), &t->guest_gs, sizeof(t->guest_gs));
	default:
		return -EINVAL;
	}
}

/* ---- procctl ---- */

static long
flag_out(struct call *c, int32_t v)
{
	return copyout(arg_ptr(c, 3), &v, sizeof(v));
}

static long
death_signal_set(struct call *c)
{
	int32_t sig;

	if (copyin(&sig, arg_ptr(c, 3), sizeof(sig)) < 0)
		return -EFAULT;
	if (sig != 0 && freebsd_sig_to_host(sig) == 0)
		return -EINVAL;
	return HOST(c, prctl, PR_SET_PDEATHSIG, freebsd_sig_to_host(sig));
}

static long
death_signal_get(struct call *c)
{
	int32_t sig = 0;
	long ret = HOST(c, prctl, PR_GET_PDEATHSIG, &sig);

	return ret < 0 ? ret : flag_out(c, freebsd_sig_from_host(sig));
}

static long
trace_set(struct call *c)
{
	int32_t v;

	if (copyin(&v, arg_ptr(c, 3), sizeof(v)) < 0)
		return -EFAULT;
	if (v < 1 || v > 3)	/* enable, disable, disable over exec */
		return -EINVAL;
	return HOST(c, prctl, PR_SET_DUMPABLE, v == 1);
}

static long
no_new_privs_set(struct call *c)
{
	int32_t v;

	if (copyin(&v, arg_ptr(c, 3), sizeof(v)) < 0)
		return -EFAULT;
	return v != 1 ? -EINVAL : HOST(c, prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static long
control(struct call *c)
{
	long ret;

	switch (arg_int(c, 2)) {
	case FREEBSD_PROC_REAP_ACQUIRE:
		return HOST(c, prctl, PR_SET_CHILD_SUBREAPER, 1);
	case FREEBSD_PROC_REAP_RELEASE:
		return HOST(c, prctl, PR_SET_CHILD_SUBREAPER, 0);
	case FREEBSD_PROC_TRACE_CTL:
		return trace_set(c);
	case FREEBSD_PROC_TRACE_STATUS:
		ret = HOST(c, prctl, PR_GET_DUMPABLE);
		return ret < 0 ? ret : flag_out(c, ret ? 0 : -1);
	case FREEBSD_PROC_PDEATHSIG_CTL:
		return death_signal_set(c);
	case FREEBSD_PROC_PDEATHSIG_STATUS:
		return death_signal_get(c);
	case FREEBSD_PROC_NO_NEW_PRIVS_CTL:
		return no_new_privs_set(c);
	case FREEBSD_PROC_NO_NEW_PRIVS_STATUS:
		ret = HOST(c, prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
		return ret < 0 ? ret : flag_out(c, ret ? 1 : 2);
	default:
		return -EINVAL;
	}
}

/* Only a process about itself. */
CALL(procctl)
{
	struct thread_block *t = call_thread(c);

	if (arg_int(c, 0) != FREEBSD_P_PID)
		return -EINVAL;
	if (c->arg[1] != 0 && c->arg[1] != t->pid)
		return HOST(c, kill, c->arg[1], 0) == -ESRCH ? -ESRCH : -EPERM;
	return control(c);
}

/* A traced guest would stop at every call that is caught: no process may debug here, as the kernel says
 * when security.bsd.unprivileged_proc_debug is 0. */
CALL(ptrace)
{
	(void)c;
	return -EPERM;
}

CALL(getrandom)
{
	return INTR(c, getrandom, c->arg[0], c->arg[1], c->arg[2]);
}

/* What a kernel without capability mode answers. */
ABSENT(cap_enter)
ABSENT(cap_getmode)
ABSENT(cap_rights_limit)
ABSENT(__cap_rights_get)
ABSENT(cap_ioctls_limit)
ABSENT(cap_ioctls_get)
ABSENT(cap_fcntls_limit)
ABSENT(cap_fcntls_get)

/* Without ktrace a note to it goes nowhere. */
CALL(utrace)
{
	(void)c;
	return 0;
}

CALL(uuidgen)
{
	uint8_t id[16];
	int n = arg_int(c, 1);

	if (n < 1 || n > 2048)
		return -EINVAL;
	for (int i = 0; i < n; i++) {
		long ret = HOST(c, getrandom, id, sizeof(id), 0);
		if (ret < 0)
			return ret;
		id[7] = (uint8_t)((id[7] & 0x0f) | 0x10);	/* the version is in a little-endian field */
		id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
		id[10] |= 1;	/* a node that is no network address */
		if (copyout(guest(c->arg[0] + 16ul * (uint32_t)i), id, sizeof(id)) < 0)
			return -EFAULT;
	}
	return 0;
}
