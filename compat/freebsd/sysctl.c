/* SPDX-License-Identifier: ISC */
/*
 * The calls, the search in the tree, and the questions about the tree itself, which are the names
 * {0, 1..5}: the name of a number, the next number, the number of a name, the format.
 */
#include "freebsd.h"
#include "sysctl.h"

#define NAME_MAX_ 24
#define PATH_MAX_ 1024

long
sysctl_put(struct sysctl_req *r, const void *v, size_t n)
{
	if (r->old.a != 0) {
		uint64_t left = r->used < r->room ? r->room - r->used : 0;
		size_t m = n < left ? n : (size_t)left;

		if (m > 0 && copyout(guest(r->old.a + r->used), v, m) < 0)
			return -EFAULT;
		if (m < n)
			r->cut = true;
	}
	r->used += n;
	return 0;
}

long
sysctl_put_string(struct sysctl_req *r, const char *s)
{
	size_t n = 0;

	while (s[n] != '\0')
		n++;
	return sysctl_put(r, s, n + 1);
}

long
sysctl_put_int(struct sysctl_req *r, int64_t v)
{
	int32_t i = (int32_t)v;

	return sysctl_put(r, &i, sizeof(i));
}

long
sysctl_put_long(struct sysctl_req *r, int64_t v)
{
	return sysctl_put(r, &v, sizeof(v));
}

long
sysctl_number(struct sysctl_req *r, const struct sysctl_row *row)
{
	if (row->kind == FREEBSD_CTLTYPE_INT || row->kind == FREEBSD_CTLTYPE_UINT)
		return sysctl_put_int(r, row->value);
	return sysctl_put_long(r, row->value);
}

long
sysctl_text(struct sysctl_req *r, const struct sysctl_row *row)
{
	return sysctl_put_string(r, sysctl_base + row->value);
}

/* ---- the tree ---- */

/* -1, 0, 1 as the row's number comes before, is, or comes after the name. */
static int
row_compare(const struct sysctl_row *row, const uint32_t *name, uint32_t n)
{
	for (uint32_t i = 0; i < row->depth && i < n; i++)
		if (row->mib[i] != name[i])
			return row->mib[i] < name[i] ? -1 : 1;
	return row->depth == n ? 0 : row->depth < n ? -1 : 1;
}

/* The row of this very name, or the deepest node with a handler above it. */
static const struct sysctl_row *
row_find(const uint32_t *name, uint32_t n)
{
	const struct sysctl_row *above = NULL;

	for (uint32_t i = 0; i < sysctl_count; i++) {
		const struct sysctl_row *row = &sysctl_rows[i];
		if (row_compare(row, name, n) == 0)
			return row;
		if (row->kind == FREEBSD_CTLTYPE_NODE && row->fn != 0 &&
		    row->depth < n && row_compare(row, name, row->depth) == 0)
			above = row;
	}
	return above;
}

static const struct sysctl_row *
row_by_name(const char *name)
{
	for (uint32_t i = 0; i < sysctl_count; i++) {
		const char *s = sysctl_base + sysctl_rows[i].name, *p = name;
		while (*s != '\0' && *s == *p) {
			s++;
			p++;
		}
		if (*s == '\0' && *p == '\0')
			return &sysctl_rows[i];
	}
	return NULL;
}

/* ---- questions about the tree ---- */

static long
ask_name(struct sysctl_req *r)
{
	const struct sysctl_row *row = row_find(r->rest, r->nrest);
	char text[16 * NAME_MAX_];
	size_t n = 0;

	if (row != NULL && row->depth == r->nrest)
		return sysctl_put_string(r, sysctl_base + row->name);
	/* The numbers themselves, as the kernel does for what has no name. */
	for (uint32_t i = 0; i < r->nrest; i++) {
		char digits[10];
		size_t k = 0;
		for (uint32_t v = r->rest[i]; k == 0 || v != 0; v /= 10)
			digits[k++] = (char)('0' + v % 10);
		if (i > 0)
			text[n++] = '.';
		while (k > 0)
			text[n++] = digits[--k];
	}
	text[n] = '\0';
	return sysctl_put_string(r, text);
}

/* The next leaf in the order of the numbers. */
static long
ask_next(struct sysctl_req *r)
{
	for (uint32_t i = 0; i < sysctl_count; i++) {
		const struct sysctl_row *row = &sysctl_rows[i];
		if (row->kind != FREEBSD_CTLTYPE_NODE &&
		    row_compare(row, r->rest, r->nrest) > 0)
			return sysctl_put(r, row->mib, row->depth * 4ul);
	}
	return -ENOENT;
}

static long
ask_number(struct sysctl_req *r, gaddr new, uint64_t newlen)
{
	char name[PATH_MAX_];

	if (newlen == 0)
		return -ENOENT;
	if (newlen >= sizeof(name))
		return -ENAMETOOLONG;
	if (copyin(name, new, newlen) < 0)
		return -EFAULT;
	name[newlen] = '\0';
	const struct sysctl_row *row = row_by_name(name);
	return row == NULL ? -ENOENT : sysctl_put(r, row->mib, row->depth * 4ul);
}

static long
ask_format(struct sysctl_req *r)
{
	static const char formats[][4] = {
		[1] = "N", [2] = "I", [3] = "A", [4] = "Q", [5] = "S",
		[6] = "IU", [7] = "L", [8] = "LU", [9] = "QU",
	};
	const struct sysctl_row *row = row_find(r->rest, r->nrest);

	if (row == NULL || row->depth != r->nrest)
		return -ENOENT;
	uint32_t kind = row->kind | FREEBSD_CTLFLAG_RD;
	long ret = sysctl_put(r, &kind, sizeof(kind));
	return ret < 0 ? ret : sysctl_put_string(r, formats[row->kind]);
}

static long
ask(struct sysctl_req *r, const uint32_t *name, uint32_t n, gaddr new, uint64_t newlen)
{
	r->rest = name + 2;
	r->nrest = n - 2;
	switch (name[1]) {
	case FREEBSD_CTL_SYSCTL_NAME:
		return ask_name(r);
	case FREEBSD_CTL_SYSCTL_NEXT:
	case FREEBSD_CTL_SYSCTL_NEXTNOSKIP:
		return ask_next(r);
	case FREEBSD_CTL_SYSCTL_NAME2OID:
		return ask_number(r, new, newlen);
	case FREEBSD_CTL_SYSCTL_OIDFMT:
		return ask_format(r);
	case FREEBSD_CTL_SYSCTL_OIDDESCR:
	case FREEBSD_CTL_SYSCTL_OIDLABEL:
		return sysctl_put_string(r, "");
	default:
		return -ENOENT;
	}
}

/* ---- the calls ---- */

/* Does the name go on behind that of a value? */
static bool
below_value(const uint32_t *name, uint32_t n)
{
	while (--n > 0) {
		const struct sysctl_row *row = row_find(name, n);

		if (row != NULL && row->depth == n)
			return row->kind != FREEBSD_CTLTYPE_NODE;
	}
	return false;
}

static long
row_run(struct sysctl_req *r, const uint32_t *name, uint32_t n, gaddr new, uint64_t newlen)
{
	if (n >= 2 && name[0] == FREEBSD_CTL_SYSCTL)
		return ask(r, name, n, new, newlen);
	const struct sysctl_row *row = row_find(name, n);
	if (row == NULL)
		return below_value(name, n) ? -ENOTDIR : -ENOENT;
	r->rest = name + row->depth;
	r->nrest = n - row->depth;
	if (row->fn == 0)
		return -EISDIR;
	if (new.a != 0)
		return -EPERM;
	return ((sysctl_fn *)((uintptr_t)sysctl_base + (uintptr_t)(intptr_t)row->fn))(r, row);
}

/* The size goes back also when the value did not fit. */
static long
sysctl_run(struct call *c, const uint32_t *name, uint32_t n, const gaddr arg[3], uint64_t newlen)
{
	struct sysctl_req r = { .c = c, .old = arg[0] };
	gaddr lenp = arg[1];

	if (lenp.a != 0 && copyin(&r.room, lenp, sizeof(r.room)) < 0)
		return -EFAULT;
	long ret = row_run(&r, name, n, arg[2], newlen);
	if (ret < 0)
		return ret;
	uint64_t stored = r.old.a != 0 && r.used > r.room ? r.room : r.used;
	if (lenp.a != 0 && copyout(lenp, &stored, sizeof(stored)) < 0)
		return -EFAULT;
	return r.cut ? -ENOMEM : 0;
}

CALL(__sysctl)
{
	uint32_t name[NAME_MAX_] = { 0 }, n = (uint32_t)c->arg[1];
	const gaddr arg[3] = { arg_ptr(c, 2), arg_ptr(c, 3), arg_ptr(c, 4) };

	if (n > NAME_MAX_ || n < 2)
		return -EINVAL;
	if (copyin(name, arg_ptr(c, 0), n * 4ul) < 0)
		return -EFAULT;
	return sysctl_run(c, name, n, arg, c->arg[5]);
}

CALL(__sysctlbyname)
{
	char text[PATH_MAX_];
	uint64_t n = c->arg[1];
	const gaddr arg[3] = { arg_ptr(c, 2), arg_ptr(c, 3), arg_ptr(c, 4) };

	if (n >= sizeof(text))
		return -ENAMETOOLONG;
	if (copyin(text, arg_ptr(c, 0), n) < 0)
		return -EFAULT;
	text[n] = '\0';
	const struct sysctl_row *row = row_by_name(text);
	if (row == NULL)
		return -ENOENT;
	return sysctl_run(c, row->mib, row->depth, arg, c->arg[5]);
}
