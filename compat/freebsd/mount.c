/* SPDX-License-Identifier: ISC */
/*
 * Reads /proc/self/mountinfo:
 *	ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS [TAG...] - TYPE SOURCE SUPEROPTIONS
 * with blanks in names written as octal escapes.
 */
#include "freebsd.h"
#include "mount.h"

long
mount_open(struct text_reader *r, struct thread_block *t)
{
	static const char path[] = "/proc/self/mountinfo";

	return text_open(r, t, path);
}

long
mount_next(struct text_reader *r, struct mount_line *m)
{
	char word[32];
	int end = text_field(r, word, sizeof(word));

	if (end != ' ')
		return 0;
	m->id = 0;
	for (const char *p = word; *p >= '0' && *p <= '9'; p++)
		m->id = m->id * 10 + (uint64_t)(*p - '0');
	for (int i = 0; i < 3 && end == ' '; i++)
		end = text_field(r, word, sizeof(word));
	if (end == ' ')
		end = text_field(r, m->on, sizeof(m->on));
	do {
		if (end != ' ')
			return 0;
		end = text_field(r, word, sizeof(word));
	} while (word[0] != '-' || word[1] != '\0');
	end = text_field(r, m->type, sizeof(m->type));
	if (end == ' ')
		end = text_field(r, m->from, sizeof(m->from));
	while (end == ' ')
		end = text_field(r, word, sizeof(word));
	return 1;
}
