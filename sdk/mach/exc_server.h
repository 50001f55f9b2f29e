/* SPDX-License-Identifier: ISC */
/* exc_server and mach_exc_server, which differ in the width of codes: CODE, FIRST, NAME(x). */
#include <string.h>

#include <mach/exc.h>

enum { STATE_WORDS = 224, CODES = 2 };

#pragma pack(push, 4)
struct codes {
	int exception;
	mach_msg_type_number_t n;
	CODE code[CODES];
};
struct state {
	int flavor;
	mach_msg_type_number_t n;
	natural_t word[STATE_WORDS];
};
struct identity {
	mach_msg_body_t body;
	mach_msg_port_descriptor_t thread, task;
};
struct answer {
	mach_msg_header_t head;
	NDR_record_t ndr;
	kern_return_t kr;
	struct state state;
};
#pragma pack(pop)

/* What stands in the request, which is checked to be all of that. */
struct request {
	struct identity id;
	struct codes codes;
	struct state state;
};

static boolean_t
parse(const mach_msg_header_t *h, int how, struct request *q)
{
	const char *p = (const char *)(h + 1), *end = (const char *)h +
	    h->msgh_size;
	size_t n = how == EXCEPTION_STATE ? 0 : sizeof(q->id);

	memset(q, 0, sizeof(*q));
	if (n > (size_t)(end - p) || !MACH_MSGH_BITS_IS_COMPLEX(h->msgh_bits) !=
	    (n == 0))
		return 0;
	memcpy(&q->id, p, n);
	p += n;
	if ((size_t)(end - p) < sizeof(NDR_record_t) + sizeof(q->codes))
		return 0;
	p += sizeof(NDR_record_t);
	memcpy(&q->codes, p, sizeof(q->codes));
	p += sizeof(q->codes);
	if (q->codes.n != CODES || how == EXCEPTION_DEFAULT)
		return q->codes.n == CODES && p == end;
	if ((size_t)(end - p) < 8 || (size_t)(end - p) > sizeof(q->state))
		return 0;
	memcpy(&q->state, p, (size_t)(end - p));
	return q->state.n <= STATE_WORDS &&
	    (size_t)(end - p) == 8 + 4 * (size_t)q->state.n;
}

static kern_return_t
catch(const mach_msg_header_t *h, int how, struct request *q, struct answer *a)
{
	mach_port_t port = h->msgh_local_port;

	a->state.flavor = q->state.flavor;
	a->state.n = STATE_WORDS;
	if (how == EXCEPTION_DEFAULT)
		return NAME(raise)(port, q->id.thread.name, q->id.task.name,
		    q->codes.exception, q->codes.code, q->codes.n);
	if (how == EXCEPTION_STATE)
		return NAME(raise_state)(port, q->codes.exception,
		    q->codes.code, q->codes.n, &a->state.flavor, q->state.word,
		    q->state.n, a->state.word, &a->state.n);
	return NAME(raise_state_identity)(port, q->id.thread.name,
	    q->id.task.name, q->codes.exception, q->codes.code, q->codes.n,
	    &a->state.flavor, q->state.word, q->state.n, a->state.word,
	    &a->state.n);
}

static boolean_t
serve(mach_msg_header_t *in, mach_msg_header_t *out)
{
	struct answer *a = (struct answer *)out;
	int how = in->msgh_id - FIRST;
	struct request q;

	mig_reply_setup(in, out);
	if (how < EXCEPTION_DEFAULT || how > EXCEPTION_STATE_IDENTITY)
		return 0;
	a->kr = MIG_BAD_ARGUMENTS;
	if (parse(in, how, &q))
		a->kr = catch(in, how, &q, a);
	if (a->kr == KERN_SUCCESS && how != EXCEPTION_DEFAULT)
		out->msgh_size += 8 + 4 * a->state.n;
	return 1;
}
