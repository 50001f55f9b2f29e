/* SPDX-License-Identifier: ISC */
/*
 * enter: executes a plan.  It parses neither programs nor layers: what it knows of them
 * stands in the plan's tables (abi/layer/plan.tbl).
 */
#ifndef VENEER_LOADER_ENTER_H
#define VENEER_LOADER_ENTER_H

#include "layout.h"
#include "plan.h"
#include "plan_flags.h"

#define PAGE		4096ul
#define PAGE_DOWN(x)	((x) & ~(PAGE - 1))
#define PAGE_UP(x)	PAGE_DOWN((x) + PAGE - 1)

#define PLAN_PIPE_MAX	65536

/* The argument vector that enter itself was given; the rest is the guest's. */
enum { ARG_NAME, ARG_PLAN, ARG_EXECFN, ARG_SETTINGS, ARG_OWN };

struct enter {
	const struct plan *plan;
	const struct plan_image *image;
	const struct plan_file *file;
	const struct plan_map *map;
	const char *strings;
	const char *settings;
	const char *name;		/* the program, for messages */
	uint64_t bias[PLAN_IMAGES_MAX];
	uint64_t personality;		/* the process's persona bits */
	uint64_t brk;
	struct start start;
};

const char *enter_string(const struct enter *e, uint32_t off);
uint64_t enter_random(void);
/* Open read-only, make sure that it is the file that was planned. */
int enter_open(const struct enter *e, uint32_t file);

/* enter_map.c */
void arena_reserve(struct enter *e);
void images_map(struct enter *e);
void stubs_map(struct enter *e);
void commpage_map(struct enter *e);
void ring_map(struct enter *e);

/* enter_stack.c */
void stack_edit(struct enter *e, uint64_t *sp);

_Noreturn void jump(uint64_t sp, uint64_t target, struct start *s);

#endif
