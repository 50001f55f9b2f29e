/* SPDX-License-Identifier: ISC */
/*
 * sites FILE [PATCHED]: the text entry of an ELF file as lines for awk, and the file with
 * its patches applied.
 *
 *   counts CANDIDATES A B C SKIPS UNPROVEN PAGES
 *   patch ADDR LEN SITE STRATEGY PART
 *   skip ADDR REASON...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "planner.h"
#include "sites.h"

static void
print(const struct text *t)
{
	const struct text_patch *p = text_patches(t);
	const struct text_skip *s = text_skips(t);
	uint32_t i;

	printf("counts %u %u %u %u %u %u %u\n", t->ncandidates, t->nsites_a,
	    t->nsites_b, t->nsites_c, t->nskips, t->unproven, t->npages);
	for (i = 0; i < t->npatches; i++)
		printf("patch %lx %u %lx %c %s\n", (unsigned long)p[i].addr,
		    p[i].len, (unsigned long)p[i].site,
		    " ABC"[p[i].strategy], p[i].part == TEXT_PAD ?
		    "pad" : "site");
	for (i = 0; i < t->nskips; i++)
		printf("skip %lx %s\n", (unsigned long)s[i].addr,
		    text_reason_words((enum text_reason)s[i].reason));
}

static int
patched(const struct image_file *f, const struct text *t, const char *path)
{
	const struct text_patch *p = text_patches(t);
	uint8_t *copy = malloc(f->size);
	FILE *out = fopen(path, "wb");
	uint32_t i;
	int ret = 1;

	if (copy == NULL || out == NULL)
		return 1;
	memcpy(copy, f->data, f->size);
	for (i = 0; i < t->npatches; i++) {
		if (memcmp(copy + p[i].off, p[i].old, p[i].len) != 0) {
			fprintf(stderr, "patch %u meets other bytes\n", i);
			goto out;
		}
		memcpy(copy + p[i].off, p[i].new, p[i].len);
	}
	if (fwrite(copy, f->size, 1, out) == 1)
		ret = 0;
out:
	if (fclose(out) != 0)
		ret = 1;
	free(copy);
	return ret;
}

int
main(int argc, char **argv)
{
	static struct image_file f;
	static struct elf_info e;
	struct text_choice c = { .mode = TEXT_ALL };
	const char *mode = getenv("VENEER_REWRITE");
	struct problem p = { 0 };
	struct text *t = NULL;

	if (argc < 2 || (mode != NULL && text_choice_read(mode, &c) != 0))
		return 2;
	if (file_map(&f, argv[1], &p) != 0 ||
	    elf_read(f.data, f.size, &e, &p) != 0 ||
	    (t = text_make(&f, &e, &c, &p)) == NULL) {
		fprintf(stderr, "sites: %s\n", p.text);
		return 1;
	}
	if (!text_sound(t, t->total)) {
		fprintf(stderr, "sites: the entry is not sound\n");
		return 1;
	}
	print(t);
	return argc > 2 ? patched(&f, t, argv[2]) : 0;
}
