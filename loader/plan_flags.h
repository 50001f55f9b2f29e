/* SPDX-License-Identifier: ISC */
/* Values that stand in a plan; shared by its writer and enter. */
#ifndef VENEER_LOADER_PLAN_FLAGS_H
#define VENEER_LOADER_PLAN_FLAGS_H

#define PLAN_NONE	0xffffffffu
#define PLAN_STUBS_MAX	8
#define PLAN_IMAGES_MAX	4

enum plan_image_flags {
	PLAN_FIXED	= 1 << 0,	/* at its link-time address or not at all */
	PLAN_PIE	= 1 << 1,	/* a program: low, with room for brk above */
	PLAN_SHARED	= 1 << 2,	/* an interpreter: where the kernel likes */
	PLAN_ARENA	= 1 << 3,	/* bias is the arena's start */
};

enum text_mode {		/* setting rewrite= */
	TEXT_ALL,		/* "all", the default */
	TEXT_HALF,		/* "half:SEED": a random half of the sites */
	TEXT_OFF		/* "none": no entry is made or looked for */
};

enum text_flags {
	TEXT_COPIES	= 1 << 0	/* segments have patched copies */
};

enum text_strategy {		/* also in the slot, at SITE_SLOT_STRATEGY */
	TEXT_A = 1,		/* mov $nr,%eax before the `syscall` became the jump */
	TEXT_B,			/* the `syscall` became a short jump to padding */
	TEXT_C			/* other instructions before it became the jump */
};

enum text_part {
	TEXT_SITE,		/* A and C: the bytes before the `syscall`; B: the `syscall` */
	TEXT_PAD		/* B: padding that holds the long jump */
};

/* Why a candidate stays on SIGSYS; plan's report has the words. */
enum text_reason {
	TEXT_UNPROVEN = 1,	/* in a known function, but not known to be an instruction */
	TEXT_DATA,		/* bytes inside another instruction */
	TEXT_NO_FUNCTION,	/* no function is known to hold it */
	TEXT_NO_ROOM,		/* no neighbour and no padding in reach */
	TEXT_SIGRETURN,		/* a sigreturn sequence: unwinders know its bytes */
	TEXT_WRITABLE,		/* in a writable segment */
	TEXT_OWN_GS,		/* the file sets %gs itself */
	TEXT_TEXTREL,		/* its text is relocated at start */
	TEXT_NO_SLOTS,		/* no room for slots below the image */
	TEXT_NOT_CHOSEN,	/* the other half of mode half */
	TEXT_REASONS
};

#endif
