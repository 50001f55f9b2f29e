/* SPDX-License-Identifier: ISC */
/* errors.tbl, a test per row. */
#include "kobject.h"
#include "pair.h"

struct names {
	uint32_t p, sr, s, so, d, ps, g;
};

static void
prepare(struct fixture *f, struct names *n)
{
	struct port_options o = { .flags = MPO_CONTEXT_AS_GUARD | MPO_STRICT };
	uint32_t other = new_port(f, f->b), type;

	n->p = new_port(f, f->a);
	n->sr = new_port(f, f->a);
	kern_port_insert_right(f->k, f->a, n->sr, f->a, n->sr, MAKE_SEND);
	kern_port_extract_right(f->k, f->b, other, MAKE_SEND, f->a, &n->s,
	    &type);
	kern_port_extract_right(f->k, f->b, other, MAKE_SO, f->a, &n->so,
	    &type);
	kern_port_allocate(f->k, f->a, MACH_PORT_RIGHT_DEAD_NAME, &n->d);
	kern_port_allocate(f->k, f->a, MACH_PORT_RIGHT_PORT_SET, &n->ps);
	kern_port_construct(f->k, f->a, &o, 77, &n->g);
}

/* The next allocation fails. */
static void
starve(struct fixture *f)
{
	f->rig->fail_at = f->rig->allocs + 1;
}

static int
construct(struct fixture *f, uint32_t flags, uint32_t qlimit)
{
	struct port_options o = { .flags = flags, .qlimit = qlimit };
	uint32_t n;

	return kern_port_construct(f->k, f->a, &o, 0, &n);
}

static int
attributes(struct fixture *f, uint32_t name, int flavor, uint32_t count)
{
	uint32_t info[20];

	return kern_port_get_attributes(f->k, f->a, name, flavor, info,
	    &count);
}

static int
limit(struct fixture *f, uint32_t name, uint32_t n)
{
	return kern_port_set_attributes(f->k, f->a, name,
	    MACH_PORT_LIMITS_INFO, &n, 1);
}

static int
peek(struct fixture *f, uint32_t name, uint32_t elements, uint32_t room)
{
	struct peek_info info = { 0 };

	return kern_port_peek(f->k, f->a, name, elements << 24, &room, &info);
}

static int
notify(struct fixture *f, uint32_t name, uint32_t id, uint32_t sync)
{
	uint32_t to = 0, previous;

	if (kern_port_allocate(f->k, f->a, MACH_PORT_RIGHT_RECEIVE, &to))
		return KERN_RESOURCE_SHORTAGE;
	return kern_port_request_notification(f->k, f->a, name, id, sync,
	    f->a, to, MAKE_SO, &previous);
}

#define CELL \
	struct fixture *f = *state; \
	struct kern *k = f->k; \
	struct space *a = f->a; \
	struct names all; \
	uint32_t p, sr, s, so, d, ps, g, x = 0x77703, n = 0, type = 0; \
	uint64_t wide = 0; \
	prepare(f, &all); \
	p = all.p, sr = all.sr, s = all.s, so = all.so, d = all.d; \
	ps = all.ps, g = all.g; \
	(void)k, (void)a, (void)p, (void)sr, (void)s, (void)so, (void)d; \
	(void)ps, (void)g, (void)x, (void)n, (void)type, (void)wide

#include "mach_errors.h"

int
main(void)
{
	return cmocka_run_group_tests(cells, NULL, NULL);
}
