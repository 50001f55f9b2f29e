/* SPDX-License-Identifier: ISC */
/*
 * Messages to kernel ports, in the layouts of Darwin's MIG: packed to 4 bytes, descriptors,
 * then an NDR record and what goes inline, in the order of the routine's description.  A
 * reply has the request's id plus 100; an error is the return code alone.  The routine's
 * row of abi/mach/routines.tbl is all that is known about its layout.  Runs in the call
 * that sends; xnu: ipc_kobject_server.
 */
#include "msg.h"
#include "routine.h"

enum { MIG_REPLY = 100, NDR_BYTES = 8, QUEUED_MAX = 4 };

/* ---- the request ---- */
struct reader {
	const struct msg *m;
	uint32_t at, desc, right;
};

static bool
take_word(struct reader *in, uint32_t *word)
{
	if (in->m->data_used - in->at < sizeof(*word))
		return false;
	memcpy(word, in->m->data + in->at, sizeof(*word));
	in->at += sizeof(*word);
	return true;
}

static bool
take_words(struct reader *in, uint32_t n, uint32_t *to)
{
	if (n > MACH_CALL_WORDS || (in->m->data_used - in->at) / 4 < n)
		return false;
	memcpy(to, in->m->data + in->at, 4 * (size_t)n);
	in->at += 4 * n;
	return true;
}

static int
take_right(struct reader *r, struct in *in, const struct routine_arg *a)
{
	struct descriptor *d = &r->m->descs[r->desc++];

	if (d->type != MACH_MSG_PORT_DESCRIPTOR)
		return MIG_TYPE_ERROR;
	if ((a->type == ROUTINE_SEND &&
	    d->right.type != MACH_MSG_TYPE_PORT_SEND) ||
	    (a->type == ROUTINE_SONCE &&
	    d->right.type != MACH_MSG_TYPE_PORT_SEND_ONCE))
		return MIG_TYPE_ERROR;
	in->right[r->right++] = d->right;
	d->right.port = NULL;
	return KERN_SUCCESS;
}

/* Rights out of line, and their number inline. */
static int
take_rights(struct reader *r, struct in *in)
{
	struct descriptor *d = &r->m->descs[r->desc++];
	uint32_t n, i;
	int kr;

	if (d->type != MACH_MSG_OOL_PORTS_DESCRIPTOR ||
	    right_copyin_type(d->disposition) != MACH_MSG_TYPE_PORT_SEND)
		return MIG_TYPE_ERROR;
	if (!take_word(r, &n) || n != d->n)
		return MIG_BAD_ARGUMENTS;
	kr = routine_rights(in, n);
	for (i = 0; kr == KERN_SUCCESS && i < n; i++) {
		in->rights[i] = d->rights[i];
		d->rights[i].port = NULL;
	}
	return kr;
}

static int
take_inline(struct reader *r, struct in *in, const struct routine_arg *a)
{
	uint32_t low = 0, high = 0;
	bool ok = take_word(r, &low);

	switch (a->type) {
	case ROUTINE_Q:
		ok = ok && take_word(r, &high);
		break;
	case ROUTINE_S:
		r->at -= ok ? 4 : 0;
		ok = take_words(r, a->count, in->m->word);
		return ok ? KERN_SUCCESS : MIG_BAD_ARGUMENTS;
	case ROUTINE_V:
		ok = ok && low <= a->count && take_words(r, low, in->m->word);
		in->m->n = low;
		return ok ? KERN_SUCCESS : MIG_BAD_ARGUMENTS;
	case ROUTINE_C:
		low = low < a->count ? low : a->count;
		break;
	default:
		break;
	}
	in->m->arg[a->word] = (uint64_t)high << 32 | low;
	return ok ? KERN_SUCCESS : MIG_BAD_ARGUMENTS;
}

/* How many descriptors the request has, or the reply. */
static uint32_t
descriptors(const struct routine *r, bool out)
{
	const struct routine_arg *a;
	uint32_t n = 0;
	uint16_t i;

	for (i = 0; i < r->nargs; i++) {
		a = routine_arg(r, i);
		if (a->out == out && a->type >= ROUTINE_O)
			n++;
	}
	return n;
}

/* The request has something behind its descriptors, which starts with an NDR record. */
static bool
has_inline(const struct routine *r, bool out)
{
	const struct routine_arg *a;
	uint16_t i;

	for (i = 0; i < r->nargs; i++) {
		a = routine_arg(r, i);
		if ((a->out == out && a->type < ROUTINE_SEND) ||
		    (!out && a->type == ROUTINE_C))
			return true;
	}
	return false;
}

static int
unmarshal(struct in *in, const struct routine *r, struct msg *m)
{
	struct reader rd = { .m = m };
	const struct routine_arg *a;
	int kr = KERN_SUCCESS;
	uint16_t i;

	if (m->ndescs != descriptors(r, false) ||
	    m->complex != (m->ndescs > 0))
		return MIG_BAD_ARGUMENTS;
	if (has_inline(r, false)) {
		if (m->data_used < NDR_BYTES)
			return MIG_BAD_ARGUMENTS;
		rd.at = NDR_BYTES;
	}
	for (i = 0; i < r->nargs && kr == KERN_SUCCESS; i++) {
		a = routine_arg(r, i);
		if (a->out && a->type != ROUTINE_C)
			continue;
		if (a->type >= ROUTINE_SEND)
			kr = take_right(&rd, in, a);
		else if (a->type == ROUTINE_A)
			kr = take_rights(&rd, in);
		else
			kr = take_inline(&rd, in, a);
	}
	return kr == KERN_SUCCESS && rd.at != m->data_used ?
	    MIG_BAD_ARGUMENTS : kr;
}

/* ---- the reply ---- */
struct writer {
	struct msg *m;
	uint32_t desc, memory;
};

static void
put_words(struct writer *w, const void *words, uint32_t n)
{
	memcpy(w->m->data + w->m->data_used, words, 4 * (size_t)n);
	w->m->data_used += 4 * n;
}

static void
put_word(struct writer *w, uint32_t word)
{
	put_words(w, &word, 1);
}

/* xnu's stubs know no offset: it is 0. */
static void
put_string(struct writer *w, const uint32_t *word)
{
	uint32_t n = (uint32_t)strlen((const char *)word) + 1;

	put_word(w, 0);
	put_word(w, n);
	put_words(w, word, (n + 3) / 4);
}

static void
put_inline(struct writer *w, struct in *in, const struct routine_arg *a)
{
	const struct mach_call *m = in->m;
	uint32_t n = m->n < a->count ? m->n : a->count;

	switch (a->type) {
	case ROUTINE_W:
		put_word(w, (uint32_t)m->arg[a->word]);
		break;
	case ROUTINE_Q:
		put_words(w, &m->arg[a->word], 2);
		break;
	case ROUTINE_S:
		put_words(w, m->word, a->count);
		break;
	case ROUTINE_C:
	case ROUTINE_V:
		put_word(w, n);
		put_words(w, m->word, n);
		break;
	case ROUTINE_Z:
		put_string(w, m->word);
		break;
	case ROUTINE_O:
		put_word(w, in->nmemory[w->memory++]);
		break;
	case ROUTINE_A:
		put_word(w, in->nrights);
		break;
	default:
		break;
	}
}

/* A receive right is on its way as in any message. */
static void
put_right(struct writer *w, struct right *r)
{
	struct descriptor *d = &w->m->descs[w->desc++];
	struct port *dest = w->m->remote.port;

	d->type = MACH_MSG_PORT_DESCRIPTOR;
	d->disposition = (uint8_t)(r->type != 0 ? r->type :
	    MACH_MSG_TYPE_PORT_SEND);
	d->right = *r;
	r->port = NULL;
	if (d->right.port != NULL && dest != NULL &&
	    d->right.type == MACH_MSG_TYPE_PORT_RECEIVE &&
	    port_enter_transit(d->right.port, dest) != TRANSIT_ENTERED)
		w->m->circular = true;
}

static void
put_memory(struct writer *w, struct in *in, uint32_t i,
    const struct routine_arg *a)
{
	struct descriptor *d = &w->m->descs[w->desc++];

	d->type = MACH_MSG_OOL_DESCRIPTOR;
	d->copy = MACH_MSG_VIRTUAL_COPY;
	d->deallocate = true;
	d->n = in->nmemory[i] * 4 * a->count;
	d->memory = in->memory[i];
	d->bulk = in->bulk[i];
	in->memory[i] = NULL;
	in->bulk[i] = 0;
}

static void
put_rights(struct writer *w, struct in *in)
{
	struct descriptor *d = &w->m->descs[w->desc++];

	d->type = MACH_MSG_OOL_PORTS_DESCRIPTOR;
	d->copy = MACH_MSG_VIRTUAL_COPY;
	d->deallocate = true;
	d->disposition = MACH_MSG_TYPE_PORT_SEND;
	d->n = in->nrights;
	d->rights = in->rights;
	in->rights = NULL;
}

static void
put_descriptors(struct writer *w, struct in *in, const struct routine *r)
{
	const struct routine_arg *a;
	uint32_t memory = 0;
	uint16_t i;

	for (i = 0; i < r->nargs; i++) {
		a = routine_arg(r, i);
		if (!a->out)
			continue;
		if (a->type >= ROUTINE_SEND)
			put_right(w, &in->out);
		else if (a->type == ROUTINE_A)
			put_rights(w, in);
		else if (a->type == ROUTINE_O)
			put_memory(w, in, memory++, a);
	}
}

/* Bytes of the reply's data, at most. */
static uint32_t
room(const struct routine *r)
{
	const struct routine_arg *a;
	uint32_t n = NDR_BYTES + 4;
	uint16_t i;

	for (i = 0; r != NULL && i < r->nargs; i++) {
		a = routine_arg(r, i);
		if (a->out)
			n += 8 + (a->type == ROUTINE_Z ? a->count :
			    a->type == ROUTINE_O ? 0 : 4u * a->count);
	}
	return n;
}

static void
marshal(struct writer *w, struct in *in, const struct routine *r, int kr)
{
	static const unsigned char ndr[NDR_BYTES] = { 0, 0, 0, 0, 1 };
	struct msg *m = w->m;
	uint16_t i;

	m->complex = m->ndescs > 0;
	if (m->complex)
		put_descriptors(w, in, r);
	if (!m->complex || has_inline(r, true))
		put_words(w, ndr, NDR_BYTES / 4);
	if (!m->complex)
		put_word(w, (uint32_t)kr);
	for (i = 0; kr == KERN_SUCCESS && i < r->nargs; i++)
		if (routine_arg(r, i)->out)
			put_inline(w, in, routine_arg(r, i));
	m->size = SIZEOF_MSG_HEADER + m->data_used +
	    (m->complex ? SIZEOF_MSG_BODY : 0);
	for (i = 0; i < m->ndescs; i++)
		m->size += m->descs[i].type == MACH_MSG_PORT_DESCRIPTOR ?
		    (uint32_t)SIZEOF_PORT_DESCRIPTOR :
		    (uint32_t)SIZEOF_OOL_DESCRIPTOR;
}

/* Nobody to answer is no error.  A guest that does not fetch its answers gets no more. */
static void
send(struct kern *k, struct msg *m)
{
	struct port *p = m->remote.port;

	if (p == NULL || port_in_kernel(p) || m->circular ||
	    (m->remote.type == MACH_MSG_TYPE_PORT_SEND &&
	    p->msgcount >= p->qlimit + QUEUED_MAX))
		msg_destroy(k, m);
	else
		msg_post(k, m);
}

/* Memory of the reply is on the account of who asked for it. */
static int
bear(struct in *in, const struct routine *r)
{
	const struct routine_arg *a;
	uint32_t memory = 0;
	uint16_t i;

	for (i = 0; i < r->nargs; i++) {
		a = routine_arg(r, i);
		if (a->type != ROUTINE_O)
			continue;
		in->bulk[memory] = 4ull * a->count * in->nmemory[memory];
		if (!account_bulk(in->s->account, in->bulk[memory])) {
			in->bulk[memory] = 0;
			return KERN_RESOURCE_SHORTAGE;
		}
		memory++;
	}
	return KERN_SUCCESS;
}

static void
reply(struct in *in, const struct routine *r, struct msg *request, int kr)
{
	struct kern *k = in->k;
	struct msg *m = msg_new(k, in->s->account, kr == KERN_SUCCESS ?
	    descriptors(r, true) : 0, room(r));
	struct writer w = { .m = m };

	if (m == NULL)
		return;		/* its send-once right says that none comes */
	m->rights_in = m->kernel = true;
	m->remote = request->local;
	request->local.port = NULL;
	m->id = request->id + MIG_REPLY;
	m->subject = k->subject;
	marshal(&w, in, r, kr);
	send(k, m);
}

void
mig_server(struct kern *k, struct call *c, struct msg *request)
{
	const struct routine *r = routine_by_id(request->id);
	struct mach_call words;
	struct in in = {
		.k = k, .c = c, .s = c->thread->task->space, .m = &words,
		.by_message = true,
	};
	int kr = r == NULL ? MIG_BAD_ID : KERN_SUCCESS;

	if (request->remote.port->kind == PORT_REPLY) {
		exception_reply(k, request);
		msg_consume_remote(k, request);
		msg_destroy(k, request);
		return;
	}
	memset(&words, 0, sizeof(words));
	if (kr == KERN_SUCCESS)
		kr = unmarshal(&in, r, request);
	if (kr == KERN_SUCCESS)
		kr = routine_target(&in, r, request->remote.port);
	if (kr == KERN_SUCCESS)
		kr = r->fn(&in);
	routine_drop_in(&in);
	if (kr == KERN_SUCCESS)
		kr = bear(&in, r);
	reply(&in, r, request, kr);
	routine_drop_out(&in);
	msg_consume_remote(k, request);
	msg_destroy(k, request);
}
