/* SPDX-License-Identifier: ISC */
/*
 * Values as the personality writes them.  Everything that is not an argument's own word comes from
 * a record's data, which a hostile guest may have written: each length is checked here.
 */
#include <inttypes.h>
#include <string.h>

#include "format.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define OWN_ERRORS 2048		/* raw results beyond: an error that the host does not have */
#define HOST_RTMIN 34

/* One piece of a record's data. */
struct piece {
	const uint8_t *p;
	size_t n;
	unsigned flags;
};

const struct trace_personality *
personality_find(uint32_t id)
{
	static const struct trace_personality *const all[] = {
		&trace_native, &trace_freebsd, &trace_linux,
	};
	size_t i;

	for (i = 0; i < COUNT(all); i++)
		if (all[i]->id == id)
			return all[i];
	return &trace_native;
}

const struct trace_row *
row_find(const struct trace_personality *p, uint32_t nr, uint32_t version)
{
	unsigned lo = 0, hi = p->nrows, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (p->rows[mid].nr < nr)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < p->nrows && p->rows[lo].nr == nr; lo++)
		if (p->rows[lo].since <= version && version <= p->rows[lo].until)
			return &p->rows[lo];
	return NULL;
}

const char *
format_route(uint32_t route)
{
	static const char *const names[] = { "layer", "host", "glue", "none" };

	return route < COUNT(names) ? names[route] : "?";
}

const char *
format_entry(uint32_t entry)
{
	static const char *const names[] = { "stub", "site", "SIGSYS" };

	return entry < COUNT(names) ? names[entry] : "?";
}

/* Piece number `skip` of an argument. */
static int
piece_find(const struct trace_record *r, unsigned arg, unsigned skip, struct piece *out)
{
	size_t at = 0, n;

	if (r == NULL)
		return 0;
	while (at + 4 <= r->data_len) {
		n = r->data[at + 2] | (size_t)r->data[at + 3] << 8;
		if (n > r->data_len - at - 4)
			return 0;
		if (r->data[at] == arg && skip-- == 0) {
			out->p = r->data + at + 4;
			out->n = n;
			out->flags = r->data[at + 1];
			return 1;
		}
		at += 4 + n;
	}
	return 0;
}

void
format_text(FILE *f, const uint8_t *s, size_t n)
{
	static const char special[] = "\n\t\r\"\\", letter[] = "ntr\"\\";
	const char *e;
	size_t i;

	for (i = 0; i < n; i++) {
		e = s[i] != '\0' ? strchr(special, s[i]) : NULL;
		if (e != NULL)
			fprintf(f, "\\%c", letter[e - special]);
		else if (s[i] >= ' ' && s[i] < 0x7f)
			putc(s[i], f);
		else
			fprintf(f, "\\%03o", s[i]);
	}
}

static void
show_quoted(FILE *f, const struct piece *d)
{
	putc('"', f);
	format_text(f, d->p, d->n);
	fputs(d->flags & PIECE_CUT ? "\"..." : "\"", f);
}

static void
show_set(FILE *f, const struct trace_personality *p, const struct trace_group *g, uint32_t v)
{
	uint32_t rest = v, mask = (uint32_t)g->mask, value;
	const char *sep = "";
	unsigned i;

	for (i = g->first; i < g->first + g->count; i++) {
		value = (uint32_t)p->names[i].value;
		if ((value & ~mask) == 0 && mask != 0) {
			if (value != (v & mask))
				continue;
			rest &= ~mask;
		} else if (value == 0 || (rest & value) != value)
			continue;
		rest &= ~value;
		fprintf(f, "%s%s", sep, p->names[i].name);
		sep = "|";
	}
	if (rest != 0) {
		fprintf(f, "%s%#" PRIx32, sep, rest);
	} else if (*sep == '\0') {
		for (i = g->first; i < g->first + g->count; i++)
			if (p->names[i].value == 0) {
				fputs(p->names[i].name, f);
				return;
			}
		putc('0', f);
	}
}

static void
show_group(FILE *f, const struct trace_personality *p, int group, uint64_t v)
{
	const struct trace_group *g = &p->groups[group];
	unsigned i;

	if (g->is_set) {
		show_set(f, p, g, (uint32_t)v);
		return;
	}
	for (i = g->first; i < g->first + g->count; i++)
		if ((uint32_t)p->names[i].value == (uint32_t)v) {
			fputs(p->names[i].name, f);
			return;
		}
	if (v > 0xffff)
		fprintf(f, "%#" PRIx32, (uint32_t)v);
	else
		fprintf(f, "%d", (int)v);
}

static int
group_find(const struct trace_personality *p, const char *name)
{
	unsigned i;

	for (i = 0; i < p->ngroups; i++)
		if (strcmp(p->groups[i].name, name) == 0)
			return (int)i;
	return -1;
}

void
format_signal(FILE *f, const struct trace_personality *p, uint32_t sig)
{
	if (sig < 65 && p->host_signals[sig][1] != 0)
		fputs(p->names[p->host_signals[sig][1] - 1].name, f);
	else if (sig >= HOST_RTMIN && sig < 65)
		fprintf(f, "SIGRTMIN+%" PRIu32, sig - HOST_RTMIN);
	else
		fprintf(f, "signal %" PRIu32, sig);
}

static void
show_plain(FILE *f, const struct trace_personality *p, enum trace_value_kind kind, uint64_t v)
{
	int group;

	switch (kind) {
	case KIND_DIRFD:
		if ((int)v == -100)
			fputs("AT_FDCWD", f);
		else
			fprintf(f, "%d", (int)v);
		break;
	case KIND_SIG:
		group = group_find(p, "SIG");
		if (group >= 0 && (int)v > 0)
			show_group(f, p, group, v);
		else
			fprintf(f, "%d", (int)v);
		break;
	case KIND_PTR:
		if (v == 0)
			fputs("NULL", f);
		else
			fprintf(f, "%#" PRIx64, v);
		break;
	case KIND_HEX:
		fprintf(f, "%#" PRIx64, v);
		break;
	case KIND_MODE:
		fprintf(f, "%#" PRIo32, (uint32_t)v);
		break;
	case KIND_UINT: case KIND_UID:
		if ((uint32_t)v == 0xffffffff)
			fputs("-1", f);
		else
			fprintf(f, "%" PRIu32, (uint32_t)v);
		break;
	case KIND_ULONG: case KIND_SIZE:
		fprintf(f, "%" PRIu64, v);
		break;
	case KIND_LONG: case KIND_OFF:
		fprintf(f, "%" PRId64, (int64_t)v);
		break;
	case KIND_INT: case KIND_FD: case KIND_PID: case KIND_VOID: case KIND_COUNT: case KIND_FLAGS:
	case KIND_STRING: case KIND_STRINGS: case KIND_BYTES: case KIND_STRUCT:
	case KIND_SIGNEDS: case KIND_UNSIGNEDS:
	default:
		fprintf(f, "%d", (int)v);
		break;
	}
}

static uint64_t
load(const uint8_t *p, unsigned bytes, int is_signed)
{
	uint64_t v = 0;

	memcpy(&v, p, bytes);
	if (is_signed && bytes < 8 && (v >> (8 * bytes - 1) & 1))
		v |= ~0ul << (8 * bytes);
	return v;
}

static void show_struct(FILE *f, const struct trace_personality *p, const struct trace_struct *s,
    const uint8_t *d, size_t n);

static void
show_ip6(FILE *f, const uint8_t *d)
{
	unsigned i;

	for (i = 0; i < 16; i += 2)
		fprintf(f, "%s%x", i ? ":" : "", (unsigned)(d[i] << 8 | d[i + 1]));
}

/* Bit n-1 is signal n. A set that holds most signals is shown by those that are missing. */
static void
show_sigset(FILE *f, const struct trace_personality *p, const struct trace_field *x, const uint8_t *d)
{
	unsigned bits = 8 * x->bytes * (x->count ? x->count : 1), i, set = 0;
	int group = group_find(p, "SIG"), without;
	const char *sep = "";

	for (i = 0; i < bits; i++)
		set += d[i / 8] >> i % 8 & 1u;
	without = set > bits / 2;
	fputs(without ? "~[" : "[", f);
	for (i = 0; i < bits; i++)
		if ((d[i / 8] >> i % 8 & 1) != without) {
			fputs(sep, f);
			show_group(f, p, group, i + 1);
			sep = " ";
		}
	putc(']', f);
}

static void
show_element(FILE *f, const struct trace_personality *p, const struct trace_field *x, const uint8_t *d)
{
	uint64_t v;

	if (x->sub >= 0) {
		show_struct(f, p, &p->structs[x->sub], d, x->bytes);
		return;
	}
	v = load(d, x->bytes, x->type == 1);
	if (x->group >= 0)
		show_group(f, p, x->group, v);
	else if (x->show == SHOW_HEX)
		show_plain(f, p, KIND_HEX, v);
	else if (x->show == SHOW_MODE)
		show_plain(f, p, KIND_MODE, v);
	else if (x->show == SHOW_BE16)
		fprintf(f, "%u", (unsigned)(d[0] << 8 | d[1]));
	else if (x->show == SHOW_IP4)
		fprintf(f, "%u.%u.%u.%u", d[0], d[1], d[2], d[3]);
	else
		show_plain(f, p, x->type == 1 ? KIND_LONG : KIND_ULONG, v);
}

static void
show_field(FILE *f, const struct trace_personality *p, const struct trace_field *x, const uint8_t *d, size_t room)
{
	unsigned i;

	fprintf(f, "%s=", x->name);
	if (x->type == 2) {
		size_t n = x->count < room ? x->count : room;

		putc('"', f);
		format_text(f, d, strnlen((const char *)d, n));
		putc('"', f);
		return;
	}
	if (x->show == SHOW_IP6) {
		show_ip6(f, d);
		return;
	}
	if (x->show == SHOW_SIGSET) {
		show_sigset(f, p, x, d);
		return;
	}
	if (x->count == 0) {
		show_element(f, p, x, d);
		return;
	}
	for (i = 0; i < x->count; i++) {
		fputs(i ? ", " : "[", f);
		show_element(f, p, x, d + i * (size_t)x->bytes);
	}
	putc(']', f);
}

static void
show_struct(FILE *f, const struct trace_personality *p, const struct trace_struct *s, const uint8_t *d, size_t n)
{
	const struct trace_field *x = &p->fields[s->first];
	const char *sep = "";
	size_t size;
	unsigned i;

	putc('{', f);
	for (i = 0; i < s->count; i++, x++) {
		size = x->bytes * (size_t)(x->count ? x->count : 1);
		if (x->off >= n || (x->off + size > n && x->type != 2)) {
			fprintf(f, "%s...", sep);
			break;
		}
		fputs(sep, f);
		show_field(f, p, x, d + x->off, n - x->off);
		sep = ", ";
	}
	putc('}', f);
}

/* A socket address is one of several structures, by its family. */
static const struct trace_struct *
sockaddr_struct(const struct trace_personality *p, const struct trace_struct *s, const struct piece *d)
{
	static const char *const forms[][2] = {
		{ "AF_INET", "sockaddr_in" }, { "AF_INET6", "sockaddr_in6" },
		{ "AF_UNIX", "sockaddr_un" },
	};
	const struct trace_field *x = &p->fields[s->first + s->count - 2];
	const struct trace_group *g;
	uint64_t family;
	unsigned i, k;

	if (strcmp(s->name, "sockaddr") != 0 || x->group < 0 || d->n < x->off + x->bytes)
		return s;
	family = load(d->p + x->off, x->bytes, 0);
	g = &p->groups[x->group];
	for (i = g->first; i < g->first + g->count; i++)
		for (k = 0; k < COUNT(forms); k++)
			if ((uint64_t)p->names[i].value == family &&
			    strcmp(p->names[i].name, forms[k][0]) == 0)
				for (unsigned j = 0; j < p->nstructs; j++)
					if (strcmp(p->structs[j].name, forms[k][1]) == 0)
						return &p->structs[j];
	return s;
}

static void
show_structs(FILE *f, const struct trace_personality *p, const struct trace_param *a, const struct piece *d)
{
	const struct trace_struct *s = &p->structs[a->sub], *form;
	size_t at;

	form = sockaddr_struct(p, s, d);
	if (form != s || !a->more) {
		show_struct(f, p, form, d->p, d->n);
		return;
	}
	if (d->n == 0)
		putc('[', f);
	for (at = 0; at + s->size <= d->n; at += s->size) {
		fputs(at ? ", " : "[", f);
		show_struct(f, p, s, d->p + at, s->size);
	}
	fputs(d->flags & PIECE_CUT ? ", ...]" : "]", f);
}

/* Pairs of address and length, with what stood there instead of the address. */
static void
show_vector(FILE *f, const struct traced_call *c, const struct trace_struct *s, const struct trace_record *r,
    unsigned arg, const struct piece *d)
{
	const struct trace_field *x = &c->who->fields[s->first];
	struct piece content;
	unsigned k;

	putc('[', f);
	for (k = 0; (k + 1) * (size_t)s->size <= d->n; k++) {
		const uint8_t *pair = d->p + k * (size_t)s->size;

		fprintf(f, "%s{%s=", k ? ", " : "", x[0].name);
		if (piece_find(r, arg | TRACE_CONTENT, k, &content) && (content.flags & PIECE_FAULT) == 0)
			show_quoted(f, &content);
		else
			show_plain(f, c->who, KIND_PTR, load(pair, 8, 0));
		fprintf(f, ", %s=%" PRIu64 "}", x[1].name, load(pair + 8, 8, 0));
	}
	fputs(d->flags & PIECE_CUT ? ", ...]" : "]", f);
}

static void
show_numbers(FILE *f, const struct trace_param *a, const struct piece *d)
{
	size_t at;

	putc('[', f);
	for (at = 0; at + a->bytes <= d->n; at += a->bytes)
		fprintf(f, a->kind == KIND_SIGNEDS ? "%s%" PRId64 : "%s%" PRIu64, at ? ", " : "",
		    load(d->p + at, a->bytes, a->kind == KIND_SIGNEDS));
	fputs(d->flags & PIECE_CUT ? ", ...]" : "]", f);
}

static void
show_pointer(FILE *f, const struct traced_call *c, const struct trace_param *a, unsigned i, uint64_t v)
{
	const struct trace_record *r = a->dir == 2 ? c->leave : c->enter;
	struct piece d;
	unsigned k;

	if (v == 0) {
		fputs("NULL", f);
		return;
	}
	if (a->dir == 3 && piece_find(c->leave, i, 0, &d) && d.n != 0)
		r = c->leave;
	if (!piece_find(r, i, 0, &d) || (d.flags & PIECE_FAULT)) {
		fprintf(f, "%#" PRIx64, v);
		return;
	}
	if (a->kind == KIND_STRINGS) {
		putc('[', f);
		for (k = 0; piece_find(r, i, k, &d); k++) {
			fputs(k ? ", " : "", f);
			show_quoted(f, &d);
		}
		putc(']', f);
	} else if (a->kind == KIND_STRUCT && c->who->structs[a->sub].vector)
		show_vector(f, c, &c->who->structs[a->sub], r, i, &d);
	else if (a->kind == KIND_STRUCT)
		show_structs(f, c->who, a, &d);
	else if (a->kind == KIND_SIGNEDS || a->kind == KIND_UNSIGNEDS)
		show_numbers(f, a, &d);
	else
		show_quoted(f, &d);
}

static const struct trace_record *
either(const struct traced_call *c)
{
	return c->enter != NULL ? c->enter : c->leave;
}

void
format_name(FILE *f, const struct traced_call *c)
{
	if (c->row != NULL)
		fputs(c->row->name, f);
	else
		fprintf(f, "call_%" PRIu32, either(c)->nr);
}

unsigned
format_count(const struct traced_call *c)
{
	if (c->row == NULL)
		return 6;
	return c->row->count > 6 ? 6 : c->row->count;
}

/* The names of one argument can depend on another: socket options on their level. */
static int
group_choose(const struct traced_call *c, const struct trace_param *a)
{
	const struct trace_case *k;

	if (a->more > 0 && a->more <= 6)
		for (k = c->who->cases; k->base >= 0; k++)
			if (k->base == a->group &&
			    (uint32_t)k->value == (uint32_t)either(c)->arg[a->more - 1])
				return k->other;
	return a->group;
}

void
format_arg(FILE *f, const struct traced_call *c, unsigned i)
{
	uint64_t v = either(c)->arg[i];
	const struct trace_param *a;

	if (c->row == NULL) {
		fprintf(f, "%#" PRIx64, v);
		return;
	}
	a = &c->who->params[c->row->first + i];
	if (a->kind == KIND_FLAGS)
		show_group(f, c->who, group_choose(c, a), v);
	else if (a->dir != 0)
		show_pointer(f, c, a, i, v);
	else
		show_plain(f, c->who, a->kind, v);
}

static const char *
error_name(const struct trace_personality *p, int64_t ret)
{
	uint64_t e = (uint64_t)-ret;

	if (e > OWN_ERRORS && e - OWN_ERRORS < p->nown_errors)
		return p->own_errors[e - OWN_ERRORS];
	return e < p->nerrors ? p->errors[e] : NULL;
}

const char *
format_result(FILE *f, const struct traced_call *c)
{
	const char *e;
	int64_t ret;

	if (c->leave == NULL || c->leave->ret == TRACE_RAW_JUST_RETURN) {
		putc('?', f);
		return NULL;
	}
	ret = c->leave->ret;
	if (ret == TRACE_RAW_RESTART) {
		fputs("? (restarts)", f);
		return NULL;
	}
	if (ret < 0 && ret >= -4095) {
		e = error_name(c->who, ret);
		if (e != NULL)
			fprintf(f, "-1 %s", e);
		else
			fprintf(f, "-1 error %" PRId64, -ret);
		return e != NULL ? e : "?";
	}
	show_plain(f, c->who, c->row == NULL ? KIND_LONG : c->row->ret, (uint64_t)ret);
	return NULL;
}
