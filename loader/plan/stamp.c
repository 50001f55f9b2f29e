/* SPDX-License-Identifier: ISC */
/* stamp FILE: writes a layer file's digest into its note.  Runs once, at build time. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "planner.h"

int
main(int argc, char **argv)
{
	struct problem p = { 0 };
	struct image_file f;
	struct elf_info info;
	uint8_t digest[32];
	FILE *out;
	int ret = 1;

	if (argc != 2 || sodium_init() < 0) {
		fprintf(stderr, "usage: stamp FILE\n");
		return 2;
	}
	if (file_map(&f, argv[1], &p) != 0 ||
	    elf_read(f.data, f.size, &info, &p) != 0) {
		fprintf(stderr, "stamp: %s: %s\n", argv[1], p.text);
		return 1;
	}
	if (!info.layer.there ||
	    info.layer.digest_off > f.size - sizeof(digest)) {
		fprintf(stderr, "stamp: %s: has no layer note\n", argv[1]);
		return 1;
	}
	layer_digest(f.data, f.size, info.layer.digest_off, digest);
	file_unmap(&f);
	out = fopen(argv[1], "r+b");
	if (out != NULL && fseek(out, (long)info.layer.digest_off,
	    SEEK_SET) == 0 && fwrite(digest, sizeof(digest), 1, out) == 1)
		ret = 0;
	if (out != NULL && fclose(out) != 0)
		ret = 1;
	if (ret != 0)
		fprintf(stderr, "stamp: %s: %s\n", argv[1], strerror(errno));
	return ret;
}
