/* SPDX-License-Identifier: ISC */
/*
 * enter: executes a plan.  It parses neither programs nor layers: what it knows of them
 * stands in the plan's tables (abi/layer/plan.tbl).
 */
#ifndef VENEER_LOADER_ENTER_H
#define VENEER_LOADER_ENTER_H

#include <stdbool.h>
#include <stdint.h>

#include "layout.h"
#include "plan.h"
#include "plan_flags.h"

#define SETTINGS_MAX	4096
#define PAGE		4096ul
#define PAGE_DOWN(x)	((x) & ~(PAGE - 1))
#define PAGE_UP(x)	PAGE_DOWN((x) + PAGE - 1)

struct front;
struct room;

/* How a start was asked for. */
struct enter_from {
	uint64_t *sp;			/* the kernel's initial stack */
	uint32_t own;			/* arguments of ours, the first ones */
	const char *argv0;		/* what the next one is to be */
	const char *path;		/* the program as it was named */
	const char *settings;
	struct room *room;
	bool cached;			/* the plan's prefix is not among the arguments yet */
	bool mapped;			/* the plan has pages of its own */
	/* A cached plan that does not work is no error: the planner is asked.  Does not return. */
	void (*cold)(struct front *f);
	struct front *front;
};

/* The text entry of an image; entry NULL: it runs as it is. */
struct enter_text {
	const struct text *entry;	/* header and tables */
	int fd;
};

struct enter {
	const struct enter_from *from;
	const struct plan *plan;
	const struct plan_image *image;
	const struct plan_file *file;
	const struct plan_map *map;
	const char *strings;
	uint64_t bias[PLAN_IMAGES_MAX];
	struct enter_text text[PLAN_IMAGES_MAX];
	uint64_t texts_at;		/* where tables of text entries begin, downwards from the unwind image */
	uint64_t texts_far;		/* bytes of them in the arena's last part */
	uint32_t euid;
	uint64_t personality;		/* the process's persona bits */
	uint64_t brk;
	uint64_t random[4];
	uint32_t nrandom;		/* of them not used yet */
	struct start start;
};

/* Executes a plan that was read, or one that stands in a file; closes it. */
_Noreturn void enter(const struct enter_from *from, const struct plan *plan,
    uint64_t bytes);
_Noreturn void enter_from_fd(struct enter_from *from, int fd);

static inline void
enter_cold(const struct enter *e)
{
	if (e->from->cached)
		e->from->cold(e->from->front);
}
#define enter_fail(e, ...) do { \
	enter_cold(e); \
	fail(EXIT_VENEER, __VA_ARGS__); \
} while (0)

const char *enter_string(const struct enter *e, uint32_t off);
uint64_t enter_random(struct enter *e);
/* Open read-only, make sure that it is the file that was planned. */
int enter_open(const struct enter *e, uint32_t file);

/* enter_map.c */
void arena_reserve(struct enter *e);
void images_map(struct enter *e);
void stubs_map(struct enter *e);
void ring_map(struct enter *e);

/* enter_text.c, in this order for each image; file: the program's descriptor */
void text_begin(struct enter *e, uint32_t image, int file);
long text_slots(struct enter *e, uint32_t image, uint64_t bias, int fixed);
void text_told(struct enter *e, uint32_t image);
void text_patch(const struct enter *e, uint32_t image, const struct plan_map *m, uint64_t bias);
void text_end(struct enter_text *t);

/* enter_stack.c */
void stack_edit(struct enter *e);

_Noreturn void jump(uint64_t sp, uint64_t target, struct start *s);

#endif
