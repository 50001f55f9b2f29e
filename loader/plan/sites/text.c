/* SPDX-License-Identifier: ISC */
/* Names and tables of text entries. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "planner.h"
#include "sites.h"

void
text_identity_of(const struct image_file *f, struct text_identity *id)
{
	*id = (struct text_identity){ f->dev, f->ino, f->size, f->mtime_sec,
		f->mtime_nsec, f->ctime_nsec, f->mount };
}

int
text_choice_read(const char *s, struct text_choice *c)
{
	char *end;

	memset(c, 0, sizeof(*c));
	if (strcmp(s, "all") == 0)
		return 0;
	if (strcmp(s, "none") == 0) {
		c->mode = TEXT_OFF;
		return 0;
	}
	if (strncmp(s, "half:", 5) != 0 || s[5] < '0' || s[5] > '9')
		return -1;
	c->mode = TEXT_HALF;
	errno = 0;
	c->seed = strtoul(s + 5, &end, 10);
	return *end == '\0' && errno == 0 ? 0 : -1;
}

const char *
text_reason_words(enum text_reason r)
{
	static const char *const words[TEXT_REASONS] = {
		[TEXT_UNPROVEN] = "not proven to be an instruction",
		[TEXT_DATA] = "inside another instruction",
		[TEXT_NO_FUNCTION] = "in no known function",
		[TEXT_NO_ROOM] = "no neighbour or padding to use",
		[TEXT_SIGRETURN] = "a sigreturn sequence",
		[TEXT_WRITABLE] = "in writable text",
		[TEXT_OWN_GS] = "the file sets %gs itself",
		[TEXT_TEXTREL] = "text is relocated at start",
		[TEXT_NO_SLOTS] = "no room for slots below the image",
		[TEXT_NOT_CHOSEN] = "in the half that is left out",
	};

	return (unsigned)r < TEXT_REASONS && words[r] != NULL ? words[r] : "?";
}

const struct text_skip *
text_skips(const struct text *t)
{
	return (const void *)((const char *)t + t->skips_off);
}

/* What only the planner reads. */
static bool
report_sound(const struct text *t)
{
	uint64_t end = t->slots_len != 0 ? t->slots_off : t->total;

	return t->skips_off % 8 == 0 && t->skips_off >= sizeof(*t) &&
	    t->skips_off <= end &&
	    t->nskips <= (end - t->skips_off) / sizeof(struct text_skip);
}

bool
text_sound(const struct text *t, uint64_t bytes)
{
	const struct text_patch *p;
	const struct text_segment *s;
	uint32_t i;

	if (!text_entry_sound(t, bytes) || t->total != bytes ||
	    !report_sound(t))
		return false;
	p = text_patches(t);
	for (i = 0; i < t->npatches; i++)
		if (p[i].slot >= t->nslots ||
		    !text_within(p[i].off, p[i].len, 0, t->bytes))
			return false;
	s = text_segments(t);
	for (i = 0; i < t->nsegments; i++)
		if (s[i].prot > 7 || ((t->flags & TEXT_COPIES) != 0) !=
		    (s[i].copy_off != 0))
			return false;
	return true;
}
