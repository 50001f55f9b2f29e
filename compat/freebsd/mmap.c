/* SPDX-License-Identifier: ISC */
/*
 * Memory.  Addresses and lengths are rounded here, where the host would refuse; what touches the
 * arena is refused as if nobody could map there.
 */
#include <linux/mman.h>

#include "freebsd.h"
#include "hostdef.h"
#include "mapping.h"

#define PAGE 4096ul
#define PAGE_MASK_ (PAGE - 1)
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static const struct flag_pair map_flags[] = {
	{ FREEBSD_MAP_SHARED, MAP_SHARED }, { FREEBSD_MAP_PRIVATE, MAP_PRIVATE },
	FREEBSD_MAP_PAIRS
	{ FREEBSD_MAP_STACK, MAP_PRIVATE | MAP_ANONYMOUS },
	{ FREEBSD_MAP_GUARD, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE },
	{ FREEBSD_MAP_HASSEMAPHORE, 0 },	/* about caches that the host keeps in step */
	{ FREEBSD_MAP_NOSYNC, 0 },		/* a wish about when to write */
	{ FREEBSD_MAP_NOCORE, 0 },		/* done after the mapping is there */
	{ FREEBSD_MAP_EXCL, 0 },
};

struct mapping {
	uint64_t addr, len, off;
	uint32_t prot, flags, host, align;
	int fd;
};

static long
map_check(struct mapping *m)
{
	uint32_t both = FREEBSD_MAP_SHARED | FREEBSD_MAP_PRIVATE;
	uint32_t rest;

	m->align = m->flags >> FREEBSD_MAP_ALIGNMENT_SHIFT;
	m->flags &= (1u << FREEBSD_MAP_ALIGNMENT_SHIFT) - 1;
	m->prot = (m->prot & 7) | 0;
	m->host = flags_to_host(map_flags, COUNT(map_flags), m->flags, &rest);
	if (rest != 0 || m->len == 0 || (m->flags & both) == both)
		return -EINVAL;
	if ((m->flags & FREEBSD_MAP_EXCL) && !(m->flags & FREEBSD_MAP_FIXED))
		return -EINVAL;
	if (m->flags & FREEBSD_MAP_STACK) {
		if (m->fd != -1 || (m->prot & 3) != 3)
			return -EINVAL;
		m->off = 0;
	}
	if (m->flags & FREEBSD_MAP_GUARD) {
		if (m->prot != 0 || m->fd != -1 || m->off != 0 || (m->flags &
		    (FREEBSD_MAP_SHARED | FREEBSD_MAP_PRIVATE |
		    FREEBSD_MAP_ANON | FREEBSD_MAP_STACK)))
			return -EINVAL;
	}
	if ((m->flags & FREEBSD_MAP_ANON) && m->fd != -1)
		return -EINVAL;
	if (!(m->host & (MAP_SHARED | MAP_PRIVATE)))
		m->host |= MAP_PRIVATE;
	if (m->align != 0 && m->align != 1 && (m->align < 12 || m->align > 47))
		return -EINVAL;
	return 0;
}

/* Room with a free border, then the mapping inside it, then the borders go. */
static long
map_aligned(struct call *c, const struct mapping *m)
{
	uint64_t align = 1ul << (m->align == 1 ? 21 : m->align);
	uint64_t len = (m->len + PAGE_MASK_) & ~PAGE_MASK_;
	bool taken = arena_overlaps(thread_mm(call_thread(c)), m->addr, len + align);
	long base = HOST(c, mmap, taken ? 0 : m->addr, len + align, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (m->host & MAP_32BIT),
	    -1, 0);

	if (base < 0 && base >= -4095)
		return base;
	uint64_t lo = (uint64_t)base, at = (lo + align - 1) & ~(align - 1);
	long ret = guest_mmap(call_thread(c), at, len, m->prot,
	    (m->host & ~(uint32_t)MAP_32BIT) | MAP_FIXED, m->fd, m->off);
	if (ret < 0 && ret >= -4095) {
		HOST(c, munmap, lo, len + align);
		return ret;
	}
	if (at > lo)
		HOST(c, munmap, lo, at - lo);
	if (lo + align > at)
		HOST(c, munmap, at + len, lo + align - at);
	return ret;
}

static long
map_fixed(struct call *c, struct mapping *m)
{
	if (m->addr & PAGE_MASK_)
		return -EINVAL;
	if (arena_overlaps(thread_mm(call_thread(c)), m->addr, m->len))
		return -ENOMEM;
	if (m->flags & FREEBSD_MAP_EXCL)
		m->host = (m->host & ~(uint32_t)MAP_FIXED) | MAP_FIXED_NOREPLACE;
	long ret = guest_mmap(call_thread(c), m->addr, m->len, m->prot, m->host,
	    m->fd, m->off);
	return ret == -EEXIST ? -ENOMEM : ret;
}

static long
map_run(struct call *c, struct mapping *m)
{
	long ret = map_check(m);
	uint64_t skew = m->off & PAGE_MASK_;

	if (ret < 0)
		return ret;
	m->off -= skew;
	m->len += skew;
	if (m->flags & FREEBSD_MAP_FIXED) {
		m->addr -= skew;
		ret = map_fixed(c, m);
	} else if (m->align != 0) {
		ret = map_aligned(c, m);
	} else {
		m->addr &= ~PAGE_MASK_;
		ret = guest_mmap(call_thread(c), m->addr, m->len, m->prot,
		    m->host, m->fd, m->off);
	}
	if (ret < 0 && ret >= -4095)
		return ret;
	if (m->flags & FREEBSD_MAP_NOCORE)
		HOST(c, madvise, ret, m->len, MADV_DONTDUMP);
	return ret + (long)skew;
}

CALL(mmap)
{
	struct mapping m = {
		.addr = c->arg[0], .len = c->arg[1],
		.prot = (uint32_t)c->arg[2], .flags = (uint32_t)c->arg[3],
		.fd = arg_int(c, 4), .off = c->arg[5],
	};

	return map_run(c, &m);
}

/* The form with a hole before the offset, which lies on the stack. */
CALL(freebsd6_mmap)
{
	struct mapping m = {
		.addr = c->arg[0], .len = c->arg[1],
		.prot = (uint32_t)c->arg[2], .flags = (uint32_t)c->arg[3],
		.fd = arg_int(c, 4),
	};

	if (freebsd_stack_arg(c, 6, &m.off) < 0)
		return -EFAULT;
	return map_run(c, &m);
}

/* Down to the start of its page, up to the end of its last; false when it wraps. */
static bool
whole_pages(uint64_t *addr, uint64_t *len)
{
	uint64_t end;

	if (__builtin_add_overflow(*addr, *len, &end) ||
	    __builtin_add_overflow(end, PAGE_MASK_, &end))
		return false;
	*addr &= ~PAGE_MASK_;
	*len = (end & ~PAGE_MASK_) - *addr;
	return true;
}

static bool
ours(struct call *c, uint64_t addr, uint64_t len)
{
	return arena_overlaps(thread_mm(call_thread(c)), addr, len);
}

CALL(munmap)
{
	uint64_t addr = c->arg[0], len = c->arg[1];

	if (len == 0 || !whole_pages(&addr, &len) || ours(c, addr, len))
		return -EINVAL;
	return guest_munmap(call_thread(c), addr, len);
}

CALL(mprotect)
{
	uint64_t addr = c->arg[0], len = c->arg[1];

	if (!whole_pages(&addr, &len))
		return -EINVAL;
	if (ours(c, addr, len))
		return -ENOMEM;
	return guest_mprotect(call_thread(c), HOST_NR_mprotect, addr, len,
	    c->arg[2] & 7, 0);
}

/* DONTNEED keeps what is there, which the host's does not; FREE may drop it. */
CALL(madvise)
{
	static const struct flag_pair advice[] = {
		FREEBSD_MADV_PAIRS
		{ FREEBSD_MADV_NOSYNC, MADV_NORMAL },
		{ FREEBSD_MADV_AUTOSYNC, MADV_NORMAL },
	};
	uint64_t addr = c->arg[0], len = c->arg[1];
	int host = value_to_host(advice, COUNT(advice), (uint32_t)c->arg[2]);

	if ((uint32_t)c->arg[2] == FREEBSD_MADV_PROTECT)
		return -EPERM;
	if (host < 0 || !whole_pages(&addr, &len) || ours(c, addr, len))
		return -EINVAL;
	long ret = guest_madvise(call_thread(c), addr, len, host);
	/* Advice is taken for every kind of memory and for holes. */
	return ret == -EINVAL || ret == -ENOMEM ? 0 : ret;
}

CALL(mincore)
{
	uint64_t addr = c->arg[0], len = c->arg[1];

	if (!whole_pages(&addr, &len))
		return -ENOMEM;
	return HOST(c, mincore, addr, len, c->arg[2]);
}

CALL(msync)
{
	uint64_t addr = c->arg[0], len = c->arg[1];
	uint32_t flags = (uint32_t)c->arg[2], host = MS_SYNC;
	uint32_t both = FREEBSD_MS_ASYNC | FREEBSD_MS_INVALIDATE;

	if (!whole_pages(&addr, &len) || (flags & both) == both ||
	    (flags & ~both) != 0)
		return -EINVAL;
	if (flags & FREEBSD_MS_ASYNC)
		host = MS_ASYNC;
	else if (flags & FREEBSD_MS_INVALIDATE)
		host = MS_SYNC | MS_INVALIDATE;
	return INTR(c, msync, addr, len, host);
}

CALL(mlock)
{
	uint64_t addr = c->arg[0], len = c->arg[1];

	if (!whole_pages(&addr, &len))
		return -EINVAL;
	return HOST(c, mlock, addr, len);
}

CALL(munlock)
{
	uint64_t addr = c->arg[0], len = c->arg[1];

	if (!whole_pages(&addr, &len))
		return -EINVAL;
	return HOST(c, munlock, addr, len);
}

CALL(mlockall)
{
	uint32_t how = (uint32_t)c->arg[0];

	if (how == 0 || (how & ~3u) != 0)
		return -EINVAL;
	return HOST(c, mlockall, how);	/* current 1, future 2: the same */
}

PASS(munlockall, munlockall)

CALL(minherit)
{
	static const struct flag_pair inherit[] = {
		{ FREEBSD_INHERIT_COPY, MADV_DOFORK },
		{ FREEBSD_INHERIT_NONE, MADV_DONTFORK },
		{ FREEBSD_INHERIT_ZERO, MADV_WIPEONFORK },
	};
	uint64_t addr = c->arg[0], len = c->arg[1];
	int host = value_to_host(inherit, COUNT(inherit), (uint32_t)c->arg[2]);

	if (host < 0 || !whole_pages(&addr, &len) || ours(c, addr, len))
		return -EINVAL;
	return guest_madvise(call_thread(c), addr, len, host);
}

/* The end of the data segment: 0 instead of where it is. */
CALL(break)
{
	long ret = HOST(c, brk, c->arg[0]);

	return (uint64_t)ret == c->arg[0] ? 0 : -ENOMEM;
}
