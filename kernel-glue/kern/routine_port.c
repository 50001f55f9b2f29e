/* SPDX-License-Identifier: ISC */
/* mach_port_x, as routines. */
#include "routine.h"

enum { WORDS = MACH_CALL_WORDS, NAMES_FIRST = 64 };

int
r_port_allocate(struct in *in)
{
	uint32_t name = 0;
	int kr = kern_port_allocate(in->k, in->target, N(1), &name);

	return result(in, name, kr);
}

int
r_port_allocate_name(struct in *in)
{
	return kern_port_allocate_name(in->k, in->target, N(1), N(2));
}

int
r_port_construct(struct in *in)
{
	struct port_options o = { .flags = N(1), .qlimit = N(2) };
	uint32_t name = 0;
	int kr = kern_port_construct(in->k, in->target, &o, A(3), &name);

	return result(in, name, kr);
}

int
r_port_destruct(struct in *in)
{
	return kern_port_destruct(in->k, in->target, N(1), (int32_t)A(2),
	    A(3));
}

int
r_port_deallocate(struct in *in)
{
	return kern_port_deallocate(in->k, in->target, N(1));
}

int
r_port_destroy(struct in *in)
{
	return kern_port_destroy(in->k, in->target, N(1));
}

int
r_port_mod_refs(struct in *in)
{
	return kern_port_mod_refs(in->k, in->target, N(1), N(2),
	    (int32_t)A(3));
}

int
r_port_rename(struct in *in)
{
	return kern_port_rename(in->k, in->target, N(1), N(2));
}

int
r_port_type(struct in *in)
{
	uint32_t type = 0;
	int kr = kern_port_type(in->k, in->target, N(1), &type);

	return result(in, type, kr);
}

int
r_port_get_refs(struct in *in)
{
	uint32_t refs = 0;
	int kr = kern_port_get_refs(in->k, in->target, N(1), N(2), &refs);

	return result(in, refs, kr);
}

int
r_port_insert_member(struct in *in)
{
	return kern_port_insert_member(in->k, in->target, N(1), N(2));
}

int
r_port_extract_member(struct in *in)
{
	return kern_port_extract_member(in->k, in->target, N(1), N(2));
}

int
r_port_move_member(struct in *in)
{
	return kern_port_move_member(in->k, in->target, N(1), N(2));
}

int
r_port_get_attributes(struct in *in)
{
	uint32_t count = N(3) < WORDS ? N(3) : WORDS;
	int kr = kern_port_get_attributes(in->k, in->target, N(1),
	    (int)A(2), in->m->word, &count);

	in->m->n = kr == KERN_SUCCESS ? count : 0;
	return result(in, count, kr);
}

int
r_port_set_attributes(struct in *in)
{
	return kern_port_set_attributes(in->k, in->target, N(1), (int)A(2),
	    in->m->word, in->m->n);
}

int
r_port_set_mscount(struct in *in)
{
	return kern_port_set_mscount(in->k, in->target, N(1), N(2));
}

int
r_port_set_seqno(struct in *in)
{
	return kern_port_set_seqno(in->k, in->target, N(1), N(2));
}

int
r_port_get_context(struct in *in)
{
	uint64_t context = 0;
	int kr = kern_port_get_context(in->k, in->target, N(1), &context);

	return result(in, context, kr);
}

int
r_port_set_context(struct in *in)
{
	return kern_port_set_context(in->k, in->target, N(1), A(2));
}

int
r_port_guard(struct in *in)
{
	return kern_port_guard_with_flags(in->k, in->target, N(1), A(2), A(3));
}

int
r_port_unguard(struct in *in)
{
	return kern_port_unguard(in->k, in->target, N(1), A(2));
}

int
r_port_swap_guard(struct in *in)
{
	return kern_port_swap_guard(in->k, in->target, N(1), A(2), A(3));
}

int
r_port_peek(struct in *in)
{
	struct peek_info p = { .seqno = N(3) };
	uint32_t room = N(4);
	int kr = kern_port_peek(in->k, in->target, N(1), N(2), &room, &p);

	A(1) = p.size;
	A(2) = p.id;
	A(3) = room;
	if (kr == KERN_SUCCESS) {	/* behind type, size and sequence number */
		in->m->n = 10;
		in->m->word[0] = p.sender.uid;
		in->m->word[1] = p.sender.gid;
		memcpy(in->m->word + 2, &p.sender, sizeof(p.sender));
	}
	return result(in, p.seqno, kr);
}

int
r_port_kobject(struct in *in)
{
	uint32_t type = 0;
	uint64_t address = 0;
	int kr = kern_port_kobject(in->k, in->target, N(1), &type, &address);

	A(1) = address;
	return result(in, type, kr);
}

/* ---- arrays: words behind for a trap, memory for a message ---- */

/* A memory object of n elements; NULL counts as none when n is 0. */
static int
array(struct in *in, int which, uint32_t n, size_t size, void *out)
{
	unsigned char **p = out;

	*p = NULL;
	in->nmemory[which] = n;
	if (n == 0)
		return KERN_SUCCESS;
	in->memory[which] = in->k->hooks->memory_new(in->k->host, n * size);
	if (in->memory[which] == NULL)
		return KERN_RESOURCE_SHORTAGE;
	*p = in->k->hooks->memory_bytes(in->k->host, in->memory[which]);
	return KERN_SUCCESS;
}

static int
names_by_message(struct in *in)
{
	uint32_t *name, *type, cursor = 0, i, n = in->target->count;
	int kr = array(in, 0, n, sizeof(*name), &name);

	if (kr == KERN_SUCCESS)
		kr = array(in, 1, n, sizeof(*type), &type);
	for (i = 0; kr == KERN_SUCCESS && i < n; i++)
		kr = kern_port_names(in->k, in->target, &cursor, &name[i],
		    &type[i]);
	return kr;
}

/* By trap as many as fit, from the cursor in arg[1] on, which comes back: ask again. */
int
r_port_names(struct in *in)
{
	uint32_t cursor = N(1), n = 0;
	int kr = KERN_SUCCESS;

	if (in->by_message)
		return names_by_message(in);
	while (n + 2 <= WORDS) {
		kr = kern_port_names(in->k, in->target, &cursor,
		    &in->m->word[n], &in->m->word[n + 1]);
		if (kr != KERN_SUCCESS)
			break;
		n += 2;
	}
	in->m->n = n;
	A(0) = kr == KERN_FAILURE ? 0 : cursor;
	return kr == KERN_FAILURE ? KERN_SUCCESS : kr;
}

int
r_port_get_set_status(struct in *in)
{
	uint32_t n = 0, *members;
	int kr = kern_port_get_set_status(in->k, in->target, N(1),
	    in->m->word, WORDS, &n);

	in->m->n = n < WORDS ? n : WORDS;
	if (!in->by_message || kr != KERN_SUCCESS)
		return result(in, n, kr);
	in->m->n = 0;
	kr = array(in, 0, n, sizeof(*members), &members);
	if (kr != KERN_SUCCESS || n == 0)
		return kr;
	return kern_port_get_set_status(in->k, in->target, N(1), members, n,
	    &n);
}

int
r_port_space_info(struct in *in)
{
	struct space_info info;
	struct name_info *table;
	uint32_t cursor = 0, i, n = in->target->count;
	int kr = kern_port_space_info(in->k, in->target, &info);

	if (kr != KERN_SUCCESS)
		return kr;
	memcpy(in->m->word, &info, sizeof(info));
	in->m->n = sizeof(info) / 4;
	if (!in->by_message)
		return kr;
	kr = array(in, 0, n, sizeof(*table), &table);
	for (i = 0; kr == KERN_SUCCESS && i < n; i++)
		kr = kern_port_space_name(in->k, in->target, &cursor,
		    &table[i]);
	return kr;
}

int
r_port_space_basic_info(struct in *in)
{
	struct space_info info;
	int kr = kern_port_space_info(in->k, in->target, &info);
	uint32_t basic[6] = { info.genno_mask, info.table_size,
		info.table_next, in->target->count };

	memcpy(in->m->word, basic, sizeof(basic));
	in->m->n = 6;
	return kr;
}

/* ---- rights ---- */
int
r_port_insert_right(struct in *in)
{
	return kern_port_insert(in->k, in->target, N(1), &in->right[0]);
}

int
r_port_extract_right(struct in *in)
{
	return kern_port_extract(in->k, in->target, N(1), N(2), &in->out);
}

int
r_port_request_notification(struct in *in)
{
	return kern_port_request(in->k, in->target, N(1), N(2), N(3),
	    &in->right[0], &in->out);
}

int
r_port_guard_strict(struct in *in)
{
	return kern_port_guard(in->k, in->target, N(1), A(2), A(3) != 0);
}

int
r_port_get_srights(struct in *in)
{
	struct port *p;
	int kr = right_receive(in->target, N(1), &p);

	return kr != KERN_SUCCESS ? kr : result(in, p->srights, kr);
}

int
r_port_dnrequest_info(struct in *in)
{
	struct port *p;
	int kr = right_receive(in->target, N(1), &p);

	if (kr != KERN_SUCCESS)
		return kr;
	A(1) = p->nrequests;
	return result(in, p->nrequests, kr);
}
