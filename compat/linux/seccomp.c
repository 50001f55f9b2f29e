/* SPDX-License-Identifier: ISC */
/*
 * seccomp(2) and prctl(PR_SET_SECCOMP).  Flags, rights and chains are the kernel's to judge: it gets the guest's
 * call, with our prologue in front of the program (layer/filter.c).
 */
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include "filter.h"
#include "linux.h"

#define PAGE_BYTES 4096ul
#define PAGES_OF(n) (((n) * sizeof(struct sock_filter) + PAGE_BYTES - 1) / PAGE_BYTES)

/* struct sock_fprog, with its padding. */
struct program {
	uint16_t len;
	uint16_t pad[3];
	uint64_t code;
};
_Static_assert(sizeof(struct program) == sizeof(struct sock_fprog), "the kernel's");

/* The guest's call with another program: raw result. */
static long
install(struct call *c, struct filter *f)
{
	uint64_t fprog[2];

	filter_program(f, fprog);
	if (c->nr == LINUX_SYS_prctl)
		return host_call_intr(c->thread, c->nr, (long)c->arg[0],
		    SECCOMP_MODE_FILTER, (long)fprog, 0, 0, 0);
	return host_call_intr(c->thread, c->nr, SECCOMP_SET_MODE_FILTER,
	    (long)c->arg[1], (long)fprog, 0, 0, 0);
}

/* f, or another's error.  A positive answer to TSYNC alone names a thread that cannot follow. */
static long
attach(struct call *c, struct filter *f, uint64_t flags)
{
	bool all = (flags & SECCOMP_FILTER_FLAG_TSYNC) != 0;
	long ret = install(c, f);

	if (ret < 0 || (ret > 0 && all &&
	    (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) == 0))
		filter_drop(c->thread, f);
	else
		filter_attach(c->thread, f, all);
	return ret;
}

/* What is wrong with the program, its address or the flags is the kernel's to say. */
static long
set_filter(struct call *c, uint64_t address, uint64_t flags)
{
	struct thread_block *t = c->thread;
	struct program p;
	struct sock_filter *code;
	struct filter *f = NULL;
	size_t pages;
	long ret;

	if (copyin(&p, guest(address), sizeof(p)) != 0 || p.len == 0 ||
	    p.len > BPF_MAXINSNS)
		return pass(c);
	pages = PAGES_OF(p.len);
	code = arena_alloc(t, pages);
	if (code == NULL)
		return LINUX_ENOMEM;
	ret = copyin(code, guest(p.code), p.len * sizeof(*code));
	if (ret == 0 && filter_valid(code, p.len))
		f = filter_new(t, code, p.len, &ret);
	else
		ret = 0;
	arena_free(t, code, pages);
	if (f == NULL)
		return ret != 0 ? ret : pass(c);
	return attach(c, f, flags);
}

/* Strict mode would kill the layer's own calls, so it is a filter here, which /proc/PID/status shows. */
static long
set_strict(struct call *c)
{
	struct thread_block *t = c->thread;
	uint64_t fprog[2];
	struct filter *f;
	long ret;

	if (HOST1(t, HOST_NR_prctl, PR_GET_SECCOMP) != 0)
		return LINUX_EINVAL;	/* a mode does not change */
	f = filter_strict(t);
	if (f == NULL)
		return LINUX_ENOMEM;
	filter_program(f, fprog);
	ret = HOST5(t, HOST_NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (ret == 0)
		ret = HOST3(t, HOST_NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, fprog);
	if (ret < 0)
		filter_drop(t, f);
	else
		filter_attach(t, f, false);
	return ret;
}

long
linux_seccomp(struct call *c)
{
	uint32_t op = (uint32_t)c->arg[0];

	if (op == SECCOMP_SET_MODE_FILTER)
		return set_filter(c, c->arg[2], (uint32_t)c->arg[1]);
	if (op == SECCOMP_SET_MODE_STRICT && (uint32_t)c->arg[1] == 0 && c->arg[2] == 0)
		return set_strict(c);
	return pass(c);
}

/* prctl(PR_SET_SECCOMP): the mode, and a program. */
long
linux_prctl_seccomp(struct call *c)
{
	if (c->arg[1] == SECCOMP_MODE_FILTER)
		return set_filter(c, c->arg[2], 0);
	return c->arg[1] == SECCOMP_MODE_STRICT ? set_strict(c) : LINUX_EINVAL;
}
