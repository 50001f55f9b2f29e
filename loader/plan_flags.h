/* SPDX-License-Identifier: ISC */
/* Values that stand in a plan; shared by its writer and enter. */
#ifndef VENEER_LOADER_PLAN_FLAGS_H
#define VENEER_LOADER_PLAN_FLAGS_H

#include "text_entry.h"

#define PLAN_NONE	0xffffffffu
#define PLAN_STUBS_MAX	8
#define PLAN_IMAGES_MAX	4
#define PLAN_FILES_MAX	32
#define PLAN_BYTES_MAX	131072
#define PLAN_HEAD_BYTES	1024	/* of a file, hashed: headers, notes, #! line */

enum plan_flags {
	PLAN_SETS_GS	= 1 << 0,	/* = START_SETS_GS: program or interpreter sets %gs itself */
};

enum plan_image_flags {
	PLAN_FIXED	= 1 << 0,	/* at its link-time address or not at all */
	PLAN_PIE	= 1 << 1,	/* a program: low, with room for brk above */
	PLAN_SHARED	= 1 << 2,	/* an interpreter: where the kernel likes */
	PLAN_ARENA	= 1 << 3,	/* bias is the arena's start */
};

enum plan_file_flags {
	PLAN_FILE_CHECK	= 1 << 0,	/* mapped by no image: its state when the plan was made */
	PLAN_FILE_HEAD	= 1 << 1,	/* the head's hash is there */
	PLAN_FILE_DIR	= 1 << 2,	/* a directory: size does not count */
};

#endif
