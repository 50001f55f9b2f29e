/* SPDX-License-Identifier: ISC */
/*
 * One line a fact, to the file of `log=` in the settings (veneer run --log): what is not there, what
 * was refused. Numbers and our own words only, never guest data. Without a file, only our own bugs
 * speak, on descriptor 2.
 */
#include <linux/fcntl.h>

#include "freestanding.h"
#include "host.h"
#include "internal.h"
#include "sigcontext.h"

#define LINE 256

struct line {
	char b[LINE];
	size_t n;
};

static void
put(struct line *l, const char *s)
{
	for (; *s != '\0' && l->n < LINE - 1; s++)
		l->b[l->n++] = *s;
}

static void
put_number(struct line *l, uint64_t v, unsigned base)
{
	char d[24];
	int i = 0;

	do
		d[i++] = "0123456789abcdef"[v % base];
	while ((v /= base) != 0);
	while (i > 0 && l->n < LINE - 1)
		l->b[l->n++] = d[--i];
}

/* Value of `key=` in the settings, copied; false when it is not there. */
bool
settings_get(struct thread_block *t, const char *key, char *value, size_t room)
{
	struct mm_block *mm = t->mm;
	const char *s = (const char *)mm->settings;
	size_t klen = strlen(key), n = 0;

	while (s != NULL && *s != '\0') {
		if (memcmp(s, key, klen) == 0 && s[klen] == '=') {
			for (s += klen + 1; *s != '\0' && *s != ';' && n < room - 1; s++)
				value[n++] = *s;
			value[n] = '\0';
			return true;
		}
		while (*s != '\0' && *s != ';')
			s++;
		if (*s == ';')
			s++;
	}
	return false;
}

static void
emit(struct thread_block *t, struct line *l, bool loud)
{
	char path[256];
	long fd = -1;

	l->b[l->n++] = '\n';
	if (settings_get(t, "log", path, sizeof(path)))
		fd = HOST4(t, HOST_NR_openat, AT_FDCWD, path,
		    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0) {
		HOST3(t, HOST_NR_write, fd, l->b, l->n);
		HOST1(t, HOST_NR_close, fd);
	} else if (loud)
		HOST3(t, HOST_NR_write, 2, l->b, l->n);
}

void
log_line(struct thread_block *t, const char *what, int number, uint64_t where)
{
	struct mm_block *mm = t->mm;
	struct line l = { .n = 0 };

	put(&l, what);
	put(&l, ": signal ");
	put_number(&l, (uint64_t)number, 10);
	put(&l, " at body+0x");
	put_number(&l, where - mm->body, 16);
	put(&l, " call ");
	put_number(&l, t->call.nr, 10);
	emit(t, &l, true);
}

void
log_missing(struct call *c, const char *why)
{
	struct thread_block *t = c->thread;
	struct mm_block *mm = t->mm;
	struct line l = { .n = 0 };

	put(&l, "veneer: personality ");
	put_number(&l, mm->personality, 10);
	put(&l, "@");
	put_number(&l, mm->layer_version, 10);
	put(&l, " pid ");
	put_number(&l, t->pid, 10);
	put(&l, ": call ");
	put_number(&l, c->nr, 10);
	put(&l, " ");
	put(&l, why);
	emit(t, &l, false);
}
