/* SPDX-License-Identifier: ISC */
/*
 * mach_call: every Mach routine but mach_msg.  The slot holds the routine's number, its
 * arguments, where its results come back, and words behind them; the answer is how many
 * bytes of it the layer copies out, the routine's own result stands inside.
 *
 * The target's name is null for the caller's own task.  Rights go by name here: those that
 * a routine wants are taken from the caller's space before it runs, those that it gives
 * are named after it.
 */
#include "routine.h"
#include "waits.h"
#include "rpc_kern.h"

enum { WORDS = MACH_CALL_WORDS };

int64_t
mach_answer(struct kern *k, struct call *c, int kr)
{
	int error = k->hooks->window_write(k->host, c->thread->task, c->slot,
	    offsetof(struct mach_call, kr), &kr, sizeof(kr));

	return error ? -error : (int64_t)offsetof(struct mach_call, word);
}

/* The port that the caller's name stands for, borrowed; NULL for its own task. */
static int
named(struct in *in, const struct routine *r, struct port **out)
{
	uint32_t name = N(r->word);
	struct entry *e;
	int kr;

	*out = NULL;
	kr = right_lookup(in->s, name, &e);
	if (kr != KERN_SUCCESS)
		return kr;
	if (e->type & MACH_PORT_TYPE_SEND_RIGHTS)
		right_check(in->k, in->s, e);
	if (e->type & MACH_PORT_TYPE_DEAD_NAME)
		return KERN_TERMINATED;
	if (!(e->type & MACH_PORT_TYPE_SEND))
		return KERN_INVALID_ARGUMENT;
	*out = e->object.port;
	return KERN_SUCCESS;
}

static int
find_target(struct in *in, const struct routine *r)
{
	bool of_task = r->target >= TARGET_SPACE &&
	    r->target <= TARGET_TASK_NAME;
	struct port *p;
	int kr;

	in->target = in->s;
	if (r->target == TARGET_SELF || (of_task && N(r->word) == 0))
		return KERN_SUCCESS;
	kr = named(in, r, &p);
	if (kr != KERN_SUCCESS)
		return r->target <= TARGET_SPACE_INSPECT ? KERN_INVALID_TASK :
		    kr;
	return routine_target(in, r, p);
}

static int
take_right(struct in *in, const struct routine_arg *a, struct right *r)
{
	uint32_t disposition = a->disposition == 0 ? MACH_MSG_TYPE_COPY_SEND :
	    N(a->disposition);
	uint32_t want = a->type == ROUTINE_SONCE ? MACH_MSG_TYPE_PORT_SEND_ONCE :
	    MACH_MSG_TYPE_PORT_SEND;
	uint32_t type = right_copyin_type(disposition);

	if (type == 0 || (a->type != ROUTINE_ANY && type != want))
		return KERN_INVALID_VALUE;
	return right_copyin_name(in->k, in->s, N(a->word), disposition, r);
}

/* Names in the words behind become rights. */
static int
take_rights(struct in *in)
{
	uint32_t i, n = in->m->n;
	int kr = routine_rights(in, n);

	for (i = 0; kr == KERN_SUCCESS && i < n; i++)
		kr = right_copyin_name(in->k, in->s, in->m->word[i],
		    MACH_MSG_TYPE_COPY_SEND, &in->rights[i]);
	return kr;
}

/* Whether words behind are arguments. */
static bool
has_words(const struct routine *r)
{
	uint16_t i;

	for (i = 0; i < r->nargs; i++)
		if (!routine_arg(r, i)->out &&
		    (routine_arg(r, i)->type == ROUTINE_V ||
		    routine_arg(r, i)->type == ROUTINE_A))
			return true;
	return false;
}

static int
take(struct in *in, const struct routine *r)
{
	const struct routine_arg *a;
	int kr = KERN_SUCCESS, n = 0;
	uint16_t i;

	if (!has_words(r))
		in->m->n = 0;
	for (i = 0; i < r->nargs && kr == KERN_SUCCESS; i++) {
		a = routine_arg(r, i);
		if (a->out)
			continue;
		if (a->type >= ROUTINE_SEND)
			kr = take_right(in, a, &in->right[n++]);
		else if (a->type == ROUTINE_A)
			kr = take_rights(in);
	}
	return kr;
}

/* Rights become names of the caller's. */
static int
give(struct in *in, const struct routine *r)
{
	const struct routine_arg *a;
	uint32_t name, j;
	int kr = KERN_SUCCESS;
	uint16_t i;

	for (i = 0; i < r->nargs && kr == KERN_SUCCESS; i++) {
		a = routine_arg(r, i);
		if (!a->out || a->type < ROUTINE_A)
			continue;
		if (a->type == ROUTINE_A) {
			for (j = 0; j < in->nrights && j < WORDS; j++) {
				(void)right_copyout(in->k, in->s,
				    &in->rights[j], &in->m->word[j]);
				in->rights[j].port = NULL;
			}
			if (in->m->n < j)
				in->m->n = j;
			A(0) = j;
			continue;
		}
		A(a->disposition) = in->out.type;
		kr = right_copyout(in->k, in->s, &in->out, &name);
		in->out.port = NULL;
		if (kr == KERN_INVALID_CAPABILITY)
			kr = KERN_SUCCESS;
		A(a->word) = name;
	}
	return kr;
}

static int
run(struct in *in, const struct routine *r)
{
	int kr = find_target(in, r);

	if (kr == KERN_SUCCESS)
		kr = take(in, r);
	if (kr == KERN_SUCCESS)
		kr = r->fn(in);
	routine_drop_in(in);
	if (kr == KERN_SUCCESS)
		kr = give(in, r);
	routine_drop_out(in);
	return kr;
}

int64_t
sys_mach_call(struct kern *k, struct call *c)
{
	struct task *t = c->thread->task;
	const struct routine *r;
	struct mach_call m;
	struct in in = { .k = k, .c = c, .m = &m };
	size_t n = c->arg[0] < sizeof(m) ? (size_t)c->arg[0] : sizeof(m);
	int error;

	memset(&m, 0, sizeof(m));
	error = k->hooks->window_read(k->host, t, c->slot, 0, &m, n);
	if (error)
		return -error;
	in.s = task_space(k, t);
	if (in.s == NULL)
		return -RPC_ENOMEM;
	r = routine_by_number(m.routine);
	if (r == NULL)
		return -RPC_EOPNOTSUPP;
	if (m.n > WORDS)
		return -RPC_EINVAL;
	m.kr = run(&in, r);
	if (m.kr == ROUTINE_PARKED)
		return KERN_PARKED;
	n = offsetof(struct mach_call, word) + 4 * (size_t)m.n;
	error = k->hooks->window_write(k->host, t, c->slot, 0, &m, n);
	return error ? -error : (int64_t)n;
}
