/* SPDX-License-Identifier: ISC */
/*
 * What every file of the FreeBSD personality shares.  A handler converts its arguments, makes
 * host calls, converts the answer.  Calls that may block use INTR, so that -ERESTARTSYS reaches
 * the way out untouched; all others use HOST.
 */
#ifndef VENEER_FREEBSD_H
#define VENEER_FREEBSD_H

#include <asm/errno.h>

#include "layer.h"
#include "freebsd_errno.h"
#include "freebsd_flags.h"
#include "freestanding.h"
#include "freebsd_layout.h"
#include "freebsd_nr.h"
#include "host_nr.h"

/* A handler of the generated sysent: freebsd_<name of the row>. */
#define CALL(name)					\
	long freebsd_##name(struct call *c);		\
	long freebsd_##name(struct call *c)

#define HOST_ARGS_(fn, t, nr, a, b, c_, d, e, f, ...)				\
	fn(t, nr, (long)(a), (long)(b), (long)(c_), (long)(d), (long)(e), (long)(f))
#define HOST_ARGS(...) HOST_ARGS_(__VA_ARGS__)
#define HOST(c, name, ...) \
	HOST_ARGS(host_call, call_thread(c), HOST_NR_##name, __VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define INTR(c, name, ...) \
	HOST_ARGS(host_call_intr, call_thread(c), HOST_NR_##name, __VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

/* A call that the host makes with the same meaning: arguments pass as they are. */
#define PASS(name, host) CALL(name)						\
{										\
	return HOST(c, host, c->arg[0], c->arg[1], c->arg[2], c->arg[3],	\
	    c->arg[4], c->arg[5]);						\
}
#define PASS_INTR(name, host) CALL(name)					\
{										\
	return INTR(c, host, c->arg[0], c->arg[1], c->arg[2], c->arg[3],	\
	    c->arg[4], c->arg[5]);						\
}
/* The calls that a FreeBSD kernel built without the option answers with ENOSYS, but no signal. */
#define ABSENT(name) CALL(name)			\
{						\
	(void)c;				\
	return -ENOSYS;				\
}

static inline int
arg_int(const struct call *c, int i)
{
	return (int)(uint32_t)c->arg[i];
}

static inline gaddr
arg_ptr(const struct call *c, int i)
{
	return guest(c->arg[i]);
}

static inline uint32_t
layer_version(struct call *c)
{
	return thread_mm(call_thread(c))->layer_version;
}

/* One flag of two systems. */
struct flag_pair {
	uint32_t freebsd, host;
};
/* Both return the converted flags; what no row of the map knows is left in *rest. */
uint32_t flags_to_host(const struct flag_pair *map, size_t n, uint32_t v, uint32_t *rest);
uint32_t flags_from_host(const struct flag_pair *map, size_t n, uint32_t v);
/* Values rather than bits; -1 when there is none. */
int value_to_host(const struct flag_pair *map, size_t n, uint32_t v);
int value_from_host(const struct flag_pair *map, size_t n, uint32_t v);
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Arguments beyond the sixth lie on the guest's stack. */
long freebsd_stack_arg(struct call *c, unsigned i, uint64_t *v);
/* A result that is an error which the host does not have; it lies beyond the host's numbers. */
#define FREEBSD_ONLY(e) (-(FREEBSD_ONLY_BASE + (long)(e)))
#define FREEBSD_ONLY_BASE 2048
/* The FreeBSD number of a raw error. */
long freebsd_error(long ret);
/* Calls that answer the error as their result: 0 or a FreeBSD number; restarts pass. */
long freebsd_posix_error(long ret);
void freebsd_success(struct call *c, long ret, uint64_t ret2);
long freebsd_nosys(struct call *c);

/* open.c */
uint32_t open_flags_to_host(uint32_t flags, uint32_t *rest);
uint32_t open_flags_from_host(uint32_t flags);
long at_flags_to_host(uint32_t flags, uint32_t allowed);

/* kqueue.h has the rest: before a descriptor is closed or replaced; after it got a second name;
 * whether it is the layer's own. */
void freebsd_kq_fd_closed(struct thread_block *t, int fd);
void freebsd_kq_fd_duped(struct thread_block *t, int from, int to);
bool freebsd_kq_fd_hidden(struct thread_block *t, int fd);
/* mask: of the arguments that are descriptors; one of ours among them is not there for the guest. */
bool freebsd_kq_names_own(struct call *c, uint32_t mask);
/* An entry of a directory that is to be left out. */
bool freebsd_kq_entry_hidden(struct thread_block *t, int dirfd, const char *name);
long freebsd_kq_close_range(struct thread_block *t, unsigned first, unsigned last, unsigned flags);

#endif
